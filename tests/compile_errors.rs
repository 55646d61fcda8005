//! What a mistake in the notation looks like to the one who made it: each file under `ui/` makes one, and the `.stderr`
//! beside it is all that rustc then prints.

use std::io::Write as _;
use std::process::Command;

/// rustc words its part of a message, and draws the source, a little differently in each release.
const PINNED: &str = "rustc 1.95.";

#[test]
fn mistakes_are_explained() {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(&rustc).arg("--version").output().expect("rustc runs: it compiled this test");
    let version = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    if !version.starts_with(PINNED) {
        // Past the capture of the test's output, so that it is seen.
        let _ = writeln!(
            std::io::stderr(),
            "skipped: messages are compared on {PINNED}x only, and this is {version}"
        );
        return;
    }
    trybuild::TestCases::new().compile_fail("tests/ui/*/*.rs");
}

/// The README shows a message as it is.
#[test]
fn the_readme_quotes_a_message() {
    let message = include_str!("ui/sizes/does_not_divide.stderr");
    let (message, _) = message.split_once(" --> ").expect("a message points somewhere");
    assert!(include_str!("../README.md").contains(message.trim_end()), "README.md lacks\n{message}");
}
