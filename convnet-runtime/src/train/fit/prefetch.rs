//! Batches that are prepared on another thread while the one before is trained on.

use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::thread::Scope;

use crate::data::{Batch, BatchMemory, Batches};
use crate::error::Error;
use crate::scalar::Scalar;

/// Batches that are ready before they are asked for, besides the one that is trained on.
const AHEAD: usize = 2;

/// The batches of an epoch, each made on another thread. They are the same, and come in the same order, as without it.
pub(super) struct Prefetched<T> {
    ready: Receiver<Result<BatchMemory<T>, Error>>,
    used: Sender<BatchMemory<T>>,
    current: Option<BatchMemory<T>>,
}

impl<T: Scalar> Prefetched<T> {
    /// Begins to make all batches that are left, in memory that goes back and forth.
    ///
    /// # Errors
    /// [`Error::DataMemory`] if there is no memory for them.
    pub(super) fn start<'scope>(
        batches: Batches<'scope, T>,
        scope: &'scope Scope<'scope, '_>,
    ) -> Result<Self, Error> {
        let (used, empty) = channel();
        let (full, ready) = sync_channel(AHEAD);
        for _ in 0..=AHEAD {
            // Nobody has hung up yet.
            let _ = used.send(batches.memory()?);
        }
        scope.spawn(move || make(batches, &empty, &full));
        Ok(Self { ready, used, current: None })
    }

    /// The next batch; nothing once all were given.
    ///
    /// # Errors
    /// What an image could not be read for.
    pub(super) fn next(&mut self) -> Result<Option<Batch<'_, T>>, Error> {
        if let Some(used) = self.current.take() {
            // After the last batch there is nobody to take it.
            let _ = self.used.send(used);
        }
        let Ok(ready) = self.ready.recv() else { return Ok(None) };
        Ok(Some(self.current.insert(ready?).batch()))
    }
}

/// Makes batches until there is none left, or nobody wants them.
fn make<T: Scalar>(
    mut batches: Batches<'_, T>,
    empty: &Receiver<BatchMemory<T>>,
    full: &SyncSender<Result<BatchMemory<T>, Error>>,
) {
    while let Ok(mut memory) = empty.recv() {
        let made = match batches.fill(&mut memory) {
            Ok(true) => Ok(memory),
            Ok(false) => return,
            Err(error) => Err(error),
        };
        let is_last = made.is_err();
        if full.send(made).is_err() || is_last {
            return;
        }
    }
}
