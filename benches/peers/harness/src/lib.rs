//! What the benchmarks of other libraries share.
//!
//! The command line, the way of timing and the JSON line per figure are those of `benches/throughput`, so that
//! `benches/compare.py` can put the figures side by side. [`nets`] describes the networks once; each program builds
//! them from its library's own layers.

pub mod nets;
mod options;
mod timing;

use std::error::Error;
use std::process::ExitCode;

use nets::Net;
pub use options::{Mode, Options};

/// Of the update with momentum in a training step.
pub const LEARNING_RATE: f64 = 1e-4;
/// Of the update with momentum in a training step.
pub const MOMENTUM: f64 = 0.9;

pub type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// One step; yields its loss or one of its scores.
pub type Step = Box<dyn FnMut() -> Result<f32>>;

/// Another library.
pub trait Peer {
    const NAME: &'static str;

    /// A network with a batch to infer: forward in evaluation mode, without gradients.
    fn inference(&self, net: &Net, batch: usize) -> Result<Step>;

    /// A network with a batch to train on: forward, softmax cross-entropy, backward, and an update with momentum of
    /// all parameters.
    fn training(&self, net: &Net, batch: usize) -> Result<Step>;
}

/// Prints a line per figure, and on stderr one per cell that the library cannot run; the code tells whether there was
/// such a cell.
pub fn run<P: Peer>(peer: &P, options: &Options) -> ExitCode {
    let mut code = ExitCode::SUCCESS;
    for net in &options.nets {
        for (mode, batch) in options.cells(net) {
            let step = match mode {
                Mode::Infer => peer.inference(net, batch),
                Mode::Train => peer.training(net, batch),
            };
            match step.and_then(|step| timing::times(step, options.budget)) {
                Ok(times) => timing::print(P::NAME, net.name, mode, batch, options.threads, &times),
                Err(error) => {
                    // Some libraries' messages have a backtrace below.
                    let error = error.to_string();
                    let error = error.lines().next().unwrap_or_default();
                    eprintln!("{} cannot {mode} {}, {batch} images: {error}", P::NAME, net.name);
                    code = ExitCode::FAILURE;
                }
            }
        }
    }
    code
}

/// That a library counts as many parameters as the description has.
pub fn check_parameters(counted: usize, net: &Net) -> Result<()> {
    if counted == net.parameters {
        return Ok(());
    }
    Err(format!("{counted} parameters in place of {}", net.parameters).into())
}
