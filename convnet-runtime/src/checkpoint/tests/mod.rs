//! Saving on a file system that fails, fills up, stops and loses power, after every operation.

mod failures;
mod keeping;
mod model;

use super::{Checkpoint, Tensor};

/// A small checkpoint that differs from others by a number.
fn numbered(number: u64) -> Checkpoint {
    let weights = Tensor::new("fc1.weights", [3, 2], vec![number as f32; 6]);
    let tensors = vec![Tensor::new("step", [], vec![number]), weights];
    let metadata = [("number".to_owned(), number.to_string())].into();
    Checkpoint { metadata, tensors }
}

/// The number of such a checkpoint.
fn number_of(checkpoint: &Checkpoint) -> u64 {
    let step = checkpoint.numbers::<u64>("step", &[]).expect("a number")[0];
    assert_eq!(*checkpoint, numbered(step));
    step
}
