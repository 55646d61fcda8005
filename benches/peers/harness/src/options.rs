//! The command line.

use std::fmt;
use std::time::Duration;

use crate::nets::Net;

/// What is to be measured.
pub struct Options {
    pub nets: Vec<Net>,
    pub modes: Vec<Mode>,
    /// One number: a library's pool lives as long as the process.
    pub threads: usize,
    /// In place of those that each network has.
    pub batches: Option<Vec<usize>>,
    /// For each figure.
    pub budget: Duration,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    Infer,
    Train,
}

const USAGE: &str = "--nets lenet,card,... --modes train,infer --threads 1 --batches 1,64 --budget SECONDS";

impl Options {
    /// Those of the process; ends it if they are wrong. `own` takes the options of one program alone, by name and
    /// value, and tells whether it knows the name.
    pub fn of_process(mut own: impl FnMut(&str, &str) -> bool) -> Self {
        Self::read(std::env::args().skip(1), &mut own).unwrap_or_else(|message| {
            eprintln!("{message}; usage: {USAGE}");
            std::process::exit(2);
        })
    }

    fn read(
        mut arguments: impl Iterator<Item = String>,
        own: &mut impl FnMut(&str, &str) -> bool,
    ) -> Result<Self, String> {
        let mut options = Self {
            nets: Net::all(),
            modes: vec![Mode::Infer, Mode::Train],
            threads: 1,
            batches: None,
            budget: Duration::from_secs(2),
        };
        while let Some(name) = arguments.next() {
            let value = arguments.next().ok_or_else(|| format!("{name} wants a value"))?;
            match name.as_str() {
                "--nets" => options.nets = value.split(',').map(Net::named).collect::<Result<_, _>>()?,
                "--modes" => options.modes = value.split(',').map(mode).collect::<Result<_, _>>()?,
                "--threads" => options.threads = positive(&value)?,
                "--batches" => {
                    options.batches = Some(value.split(',').map(positive).collect::<Result<_, _>>()?)
                }
                "--budget" => options.budget = seconds(&value)?,
                _ if own(&name, &value) => {}
                _ => return Err(format!("{name} is no option")),
            }
        }
        Ok(options)
    }

    /// Modes and batches of a network: inference first, which takes less memory, as the peak is that of the process
    /// so far.
    pub(crate) fn cells(&self, net: &Net) -> Vec<(Mode, usize)> {
        [Mode::Infer, Mode::Train]
            .into_iter()
            .filter(|mode| self.modes.contains(mode))
            .flat_map(|mode| {
                let usual = match mode {
                    Mode::Infer => net.inference_batches,
                    Mode::Train => std::slice::from_ref(&net.training_batch),
                };
                self.batches.as_deref().unwrap_or(usual).iter().map(move |&batch| (mode, batch))
            })
            .collect()
    }

    /// Tells a library's pool how many threads to have, by the variable that it reads when it starts. To be called
    /// before anything else.
    pub fn set_threads(&self, variable: &str) {
        // SAFETY: `main` calls this first, when the process has no other thread.
        unsafe { std::env::set_var(variable, self.threads.to_string()) }
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(match self {
            Self::Infer => "infer",
            Self::Train => "train",
        })
    }
}

fn mode(text: &str) -> Result<Mode, String> {
    let modes = [Mode::Infer, Mode::Train];
    modes
        .into_iter()
        .find(|mode| mode.to_string() == text)
        .ok_or(format!("{text} is neither train nor infer"))
}

fn positive(text: &str) -> Result<usize, String> {
    text.parse().ok().filter(|&number| number > 0).ok_or_else(|| format!("{text} is not a number above 0"))
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse().map_err(|_| format!("{text} is not a number"))?;
    Duration::try_from_secs_f64(seconds).map_err(|error| error.to_string())
}
