//! What a mistake in the notation looks like to the one who made it: each file under `ui/` makes one, and the `.stderr`
//! beside it is all that rustc then prints.

use std::process::Command;

/// rustc words its part of a message, and draws the source, a little differently in each release.
const PINNED: &str = "rustc 1.95.";

#[test]
fn mistakes_are_explained() {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(&rustc).arg("--version").output().expect("rustc runs: it compiled this test");
    let version = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    if !version.starts_with(PINNED) {
        println!("skipped: the messages are compared on {PINNED}x only, and this is {version}");
        return;
    }
    trybuild::TestCases::new().compile_fail("tests/ui/*/*.rs");
}
