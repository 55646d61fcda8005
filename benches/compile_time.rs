//! What does a network cost to compile? Seconds of `cargo build` for a crate with one network, its dependencies built.
//!
//! `cargo bench --bench compile_time` builds each of five networks as a crate of its own, five times (`-- 9`: nine), and prints
//! the medians: one JSON line a figure. `-- --clean` times a clean release build of this crate instead.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

/// A network of the zoo, and the file that it stands in; a file that is none holds the network itself.
const NETWORKS: [(&str, &str); 5] = [
    (
        "CardNet",
        "convnet::network! { pub struct CardNet { INPUT[32x32x3] -> [CONV3-64 -> RELU]*2 -> POOL2 -> FC10 } }",
    ),
    ("Vgg16", include_str!("../src/zoo/vgg.rs")),
    ("GoogLeNet", include_str!("../src/zoo/googlenet.rs")),
    ("ResNet50", include_str!("../src/zoo/resnet.rs")),
    ("ResNet152", include_str!("../src/zoo/resnet.rs")),
];

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let repeats = arguments.iter().find_map(|argument| argument.parse().ok()).unwrap_or(5);
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("compile-time");
    if arguments.iter().any(|argument| argument == "--clean") {
        let seconds = median((0..repeats).map(|_| clean(&folder)).collect());
        println!(
            r#"{{"bench":"compile_time","what":"convnet, clean","profile":"release","seconds":{seconds:.1}}}"#
        );
        return;
    }
    for (name, source) in NETWORKS {
        let source = only(source, name);
        let package = package(&folder, name, &source);
        for (profile, flags) in [("debug", &[][..]), ("release", &["--release"][..])] {
            build(&package, flags);
            let seconds = median((0..repeats).map(|_| rebuild(&package, flags)).collect());
            println!(
                r#"{{"bench":"compile_time","network":"{name}","profile":"{profile}","seconds":{seconds:.2}}}"#
            );
        }
        let seconds = median((0..repeats).map(|_| expansion(&package)).collect());
        println!(
            r#"{{"bench":"compile_time","network":"{name}","what":"expansion","seconds":{seconds:.3}}}"#
        );
    }
}

/// The call of the macro that makes a network, without the other networks in it.
fn only(source: &str, name: &str) -> String {
    let calls = source.split("network! {").skip(1);
    let head = format!("pub struct {name} {{");
    let call = calls.into_iter().find(|call| call.contains(&head)).expect("the zoo has this network");
    let blocks = call.split("\n    block ").skip(1).filter_map(|block| block.split_once(';'));
    let blocks: Vec<_> = blocks.map(|(block, _)| format!("block {block};\n")).collect();
    let blocks = blocks.concat();
    let (_, body) = call.split_once(&head).expect("its struct");
    let body = closed(body);
    format!("convnet::network! {{\n{blocks}{head}{body}}}\n}}")
}

/// What stands before the brace that closes a body.
fn closed(body: &str) -> &str {
    let mut depth = 0;
    let end = body.char_indices().find(|&(_, c)| {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => return true,
            '}' => depth -= 1,
            _ => {}
        }
        false
    });
    &body[..end.expect("a closing brace").0]
}

/// A crate that makes a network, runs it and trains it for a step.
fn package(folder: &Path, name: &str, source: &str) -> PathBuf {
    let package = folder.join(name);
    std::fs::create_dir_all(package.join("src")).expect("a folder");
    let root = env!("CARGO_MANIFEST_DIR");
    let manifest = format!(
        "[package]\nname = \"{}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[dependencies]\nconvnet = {{ path = {root:?} }}\n\
         ndarray = \"0.17\"\n\n[workspace]\n",
        name.to_lowercase()
    );
    let main = format!(
        "use convnet::prelude::*;\n\n{source}\n\nfn main() {{\n\
         let mut net = {name}::new(1);\n\
         let input = {name}::INPUT;\n\
         let images = ndarray::Array4::zeros((1, input.height, input.width, input.depth));\n\
         let mut inference = InferenceWorkspace::of(&net, 1).unwrap();\n\
         println!(\"{{}}\", net.infer(images.view(), &mut inference, &mut Unobserved).unwrap());\n\
         let mut training = TrainingWorkspace::of(&net, 1).unwrap();\n\
         let step = Step::default();\n\
         let loss = net.gradients(images.view(), &[0_usize][..], &Softmax::default(), &mut training, step, &mut Unobserved);\n\
         println!(\"{{:?}}\", loss.unwrap());\n}}\n"
    );
    std::fs::write(package.join("Cargo.toml"), manifest).expect("a file");
    std::fs::write(package.join("src/main.rs"), main).expect("a file");
    let lock = std::fs::read(Path::new(root).join("Cargo.lock")).expect("the lock file");
    std::fs::write(package.join("Cargo.lock"), lock).expect("a file");
    package
}

/// cargo, on dependencies that all packages share.
fn cargo(package: &Path, arguments: &[&str]) -> Command {
    let mut cargo = Command::new(env!("CARGO"));
    let target = package.parent().expect("a folder around it").join("target");
    cargo.current_dir(package).args(arguments).args(["--quiet", "--offline"]).env("CARGO_TARGET_DIR", target);
    cargo
}

fn run(mut command: Command) -> String {
    let output = command.output().expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

fn build(package: &Path, flags: &[&str]) -> String {
    run(cargo(package, &[&["build"], flags].concat()))
}

/// Seconds that a build takes after the source was touched.
fn rebuild(package: &Path, flags: &[&str]) -> f64 {
    touch(package);
    let start = Instant::now();
    build(package, flags);
    start.elapsed().as_secs_f64()
}

fn touch(package: &Path) {
    let main = package.join("src/main.rs");
    let text = std::fs::read(&main).expect("the source");
    std::fs::write(main, text).expect("the source");
}

/// Seconds that rustc says it took to expand all macros, loading ours included.
fn expansion(package: &Path) -> f64 {
    touch(package);
    let mut rustc = cargo(package, &["rustc"]);
    rustc.args(["--", "-Ztime-passes"]).env("RUSTC_BOOTSTRAP", "1");
    let passes = run(rustc);
    let line = passes.lines().find(|line| line.trim_end().ends_with("macro_expand_crate"));
    let line = line.expect("the pass that expands macros");
    let seconds = line.split_whitespace().find_map(|word| word.trim_end_matches(';').parse().ok());
    seconds.expect("its seconds")
}

/// Seconds of a release build of this crate, from nothing but downloaded sources.
fn clean(folder: &Path) -> f64 {
    let target = folder.join("clean");
    // There is none the first time.
    let _ = std::fs::remove_dir_all(&target);
    let mut cargo = Command::new(env!("CARGO"));
    cargo.current_dir(env!("CARGO_MANIFEST_DIR"));
    cargo.args(["build", "--release", "--quiet", "--offline"]).env("CARGO_TARGET_DIR", &target);
    let start = Instant::now();
    run(cargo);
    start.elapsed().as_secs_f64()
}

fn median(mut seconds: Vec<f64>) -> f64 {
    seconds.sort_by(f64::total_cmp);
    seconds[seconds.len() / 2]
}
