//! A trained LeNet inside the program: its parameters, its preprocessing and its classes are part of the binary, which reads no
//! model from a disk.
//!
//! ```text
//! cargo run --release --example 05_inside
//! ```
//!
//! It classifies the test digits that ship with the project. `docs/results.md` says how the model was trained.

use std::error::Error;
use std::path::Path;

use convnet::checkpoint::Model;
use convnet::data::idx;

convnet::network! {
    /// The network of `03_mnist.rs`.
    pub struct LeNet {
        INPUT[28x28x1] -> CONV5-16 nobias -> BN -> RELU -> POOL2 -> CONV5-32 p0 nobias -> BN -> RELU -> POOL2
        -> FC120 -> RELU -> DROPOUT(keep=0.5) -> FC84 -> RELU -> FC10
    }
}

/// The model, half a megabyte.
const MODEL: &[u8] = include_bytes!("../data/lenet.safetensors");

fn main() -> Result<(), Box<dyn Error>> {
    let model = Model::<LeNet>::from_bytes(MODEL)?;
    println!("{} parameters, {}", LeNet::PARAMETERS, model.preprocessing.description());
    let (_, test) = idx::read_mnist(Path::new(env!("CARGO_MANIFEST_DIR")).join("data/mnist-mini"))?;
    let guesses = model.classify(test.images(0..test.len())?.view())?;
    let mut right = 0;
    for (index, guesses) in guesses.iter().enumerate() {
        let best = guesses[0];
        right += usize::from(best.class == test.label(index));
        if index < 5 {
            let name = model.class_name(best.class);
            println!(
                "image {index} is a {}: {name} with {:.1} %",
                test.label(index),
                100.0 * best.probability
            );
        }
    }
    println!("{right} of {} test digits are right", test.len());
    Ok(())
}
