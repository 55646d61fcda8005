//! The reference implementation of the format reads our files, and we read its files.

mod common;

use std::process::Command;

use common::Folder;
use convnet::checkpoint::{Checkpoint, Checksums, Tensor};

/// Names a Python with the packages `safetensors` and `numpy`.
const VARIABLE: &str = "CONVNET_SAFETENSORS_PYTHON";

/// A tensor of every type.
fn every_type() -> Checkpoint {
    let weights: Vec<f32> = (0..24).map(|i| i as f32 / 8.0 - 1.0).collect();
    let tensors = vec![
        Tensor::new("bytes", [3], vec![1_u8, 2, 255]),
        Tensor::new("weights", [2, 3, 4], weights),
        Tensor::new("doubles", [2], vec![0.1, f64::NEG_INFINITY]),
        Tensor::new("updates", [], vec![u64::MAX]),
        Tensor::new("signed", [2], vec![i32::MIN, 5]),
        Tensor::new("signed64", [1], vec![i64::MIN]),
        Tensor::new("words", [1], vec![u32::MAX]),
        Tensor::new("empty", [0, 3], Vec::<f32>::new()),
        Tensor::new("odd \"ü\n😀", [1], vec![1.0_f32]),
    ];
    Checkpoint { metadata: [("note".to_owned(), "quote \" and ü and \t".to_owned())].into(), tensors }
}

#[test]
fn the_reference_reads_ours_and_we_read_its() {
    let Some(python) = std::env::var_os(VARIABLE) else {
        println!("skipped: {VARIABLE} names no Python that has `safetensors` and `numpy`");
        return;
    };
    let folder = Folder::new("reference");
    let [ours, plain, copied] = ["ours", "plain", "copied"].map(|name| folder.path().join(name));
    every_type().save(&ours).expect("a save");
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/checkpoint_reference.py");
    let output = Command::new(python).arg(script).args([&ours, &plain, &copied]).output().expect("a Python");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));

    let read = Checkpoint::read(&plain, Checksums::IfPresent).expect("a file of the reference");
    assert_eq!(read.metadata["by"], "numpy");
    assert_eq!(read.numbers::<f32>("a", &[1, 2]).expect("a"), [1.5, -2.5]);
    assert_eq!(read.numbers::<u64>("b", &[]).expect("b"), [7]);
    Checkpoint::read(&plain, Checksums::Required).expect_err("no checksums");
    let message = Checkpoint::read(&copied, Checksums::IfPresent).expect_err("a copied checksum").to_string();
    assert!(message.contains("the header, bytes 0 to"), "{message}");
}
