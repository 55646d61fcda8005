//! A command line for any network: `report`, `check`, `train`, `eval`, `predict` and `bench` in one line of `main`.
//!
//! ```no_run
//! convnet::network! {
//!     /// LeNet-5, with maximum pooling.
//!     pub struct LeNet {
//!         INPUT[28x28x1] -> CONV5-6 -> RELU -> POOL2 -> CONV5-16 p0 -> RELU -> POOL2
//!         -> FC120 -> RELU -> FC84 -> RELU -> FC10
//!     }
//! }
//!
//! fn main() {
//!     convnet::cli::run::<LeNet>()
//! }
//! ```
//!
//! `program train --data DIR` trains it on the MNIST, CIFAR or image files of a folder, with everything that a training has:
//! preprocessing, validation, schedules, checkpoints that `--resume` goes on from, a record to look at. `program --help` says the
//! rest.
//!
//! It ends with 0 if all went well, 1 with an error, 2 with options that it does not understand, 3 with a sanity check that was
//! not passed, and 130 where a training was interrupted and saved.

mod bench;
mod data;
mod eval;
mod options;
mod predict;
mod report;
mod rules;
mod train;

use std::error::Error;
use std::ffi::OsString;

use clap::{CommandFactory, FromArgMatches};
use convnet_runtime::Network;
use convnet_runtime::train::LabelLoss;

use options::{Command, Options};

/// How a command ended that was no error.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Code {
    Done = 0,
    CheckFailed = 3,
    Interrupted = 130,
}

/// Does what the program's arguments say, and ends the program.
pub fn run<N>()
where
    N: Network<Scalar = f32, Loss: LabelLoss<f32>>,
{
    let code = match command::<N>(std::env::args_os()) {
        Ok(code) => code as i32,
        Err(error) => {
            eprintln!("error: {error}");
            1
        }
    };
    std::process::exit(code);
}

/// Does what the arguments say. (Those that clap does not understand, and requests for help, end the program.)
fn command<N>(arguments: impl IntoIterator<Item = OsString>) -> Result<Code, Box<dyn Error>>
where
    N: Network<Scalar = f32, Loss: LabelLoss<f32>>,
{
    let about = format!("The network {}, to report, train and use", N::ARCHITECTURE.summary());
    let command = Options::command().about(about);
    let options = Options::from_arg_matches(&command.clone().get_matches_from(arguments))?;
    #[cfg(feature = "threads")]
    if let Some(threads) = options.threads {
        convnet_runtime::set_threads(threads)?;
    }
    match options.command {
        Command::Report(options) => report::report::<N>(&options),
        Command::Check(options) => train::check::<N>(&options),
        Command::Train(options) => train::train::<N>(&options),
        Command::Eval(options) => eval::eval::<N>(&options),
        Command::Predict(options) => predict::predict::<N>(&options),
        Command::Bench(options) => bench::bench::<N>(&options),
        Command::Completions { shell } => {
            let mut command = command;
            let name = command.get_name().to_owned();
            clap_complete::generate(shell, &mut command, name, &mut std::io::stdout());
            Ok(Code::Done)
        }
    }
}

/// Prints a value as JSON.
fn print_json(value: &serde_json::Value) {
    println!("{value:#}");
}
