//! A folder of checkpoints: numbered, few, and always one to go on from.

use std::cmp::Ordering;
use std::fmt;
use std::path::{Path, PathBuf};

use super::file::{Checkpoint, Checksums};
use super::progress::Progress;
use super::storage::{Disk, Storage};
use super::write;
use crate::error::Error;

/// Keeps the checkpoints of one training run in a folder: the last ones and the best.
///
/// It removes files that it has named ([`Progress::name`]) and no others, each only after a newer one is on the disk.
pub struct Keeper {
    folder: PathBuf,
    storage: Box<dyn Storage>,
    /// How many of the last are kept.
    last: usize,
    /// How many of the best are kept.
    best: usize,
    better: Better,
}

/// Which scores are better.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Better {
    /// Higher ones, such as accuracies.
    Higher,
    /// Lower ones, such as losses on the validation set.
    Lower,
}

/// A checkpoint in the folder.
#[derive(Clone, PartialEq, Debug)]
pub struct Kept {
    /// The file.
    pub path: PathBuf,
    /// What its name says.
    pub progress: Progress,
}

/// What became of a save.
#[derive(Debug)]
pub struct Saved {
    /// The new file.
    pub path: PathBuf,
    /// Older files that were removed.
    pub removed: Vec<PathBuf>,
    /// Why others, that are not needed any more, could not be removed: the new one is safe all the same.
    pub not_removed: Vec<Error>,
}

/// What was found, and what is there but broken.
#[derive(Debug)]
pub struct Search {
    /// The first checkpoint that could be read.
    pub found: Option<Found>,
    /// Those that come before it and could not.
    pub skipped: Vec<Skipped>,
}

/// A checkpoint that was found.
#[derive(Debug)]
pub struct Found {
    /// The file.
    pub path: PathBuf,
    /// What its name says.
    pub progress: Progress,
    /// What it holds.
    pub checkpoint: Checkpoint,
}

/// A checkpoint that could not be read.
#[derive(Debug)]
pub struct Skipped {
    /// The file.
    pub path: PathBuf,
    /// Why it could not be read; the message names the file.
    pub reason: Error,
}

impl fmt::Debug for Keeper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { folder, last, best, better, .. } = self;
        f.debug_struct("Keeper")
            .field("folder", folder)
            .field("last", last)
            .field("best", best)
            .field("better", better)
            .finish_non_exhaustive()
    }
}

impl Keeper {
    /// Of a folder, which is made if it is not there. It keeps the last 3 and the best 1, and takes higher scores for
    /// better. Temporary files that a killed run has left are removed.
    ///
    /// # Errors
    /// [`Error::Io`] if the folder cannot be made or listed.
    pub fn open(folder: impl Into<PathBuf>) -> Result<Self, Error> {
        Self::open_in(Box::new(Disk), folder)
    }

    /// Of a folder of a file system.
    ///
    /// # Errors
    /// Those of [`Keeper::open`].
    pub fn open_in(storage: Box<dyn Storage>, folder: impl Into<PathBuf>) -> Result<Self, Error> {
        let keeper = Self { folder: folder.into(), storage, last: 3, best: 1, better: Better::Higher };
        keeper.storage.create_folder(&keeper.folder).map_err(Error::io(&keeper.folder))?;
        keeper.list()?;
        let is_ours = |name: &[u8]| std::str::from_utf8(name).ok().and_then(Progress::of).is_some();
        write::remove_abandoned(&*keeper.storage, &keeper.folder, is_ours);
        Ok(keeper)
    }

    /// The same that keeps so many of the last.
    ///
    /// # Errors
    /// [`Error::Option`] if that is 0.
    pub fn keep_last(self, last: usize) -> Result<Self, Error> {
        if last > 0 {
            return Ok(Self { last, ..self });
        }
        Err(Error::Option { option: "keep_last", value: 0.0, expected: "at least 1, to go on from" })
    }

    /// The same that keeps so many of the best, which may be none.
    pub fn keep_best(self, best: usize) -> Self {
        Self { best, ..self }
    }

    /// The same that takes these scores for better.
    pub fn prefer(self, better: Better) -> Self {
        Self { better, ..self }
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The checkpoints in the folder, the newest first. Other files are not among them.
    ///
    /// # Errors
    /// [`Error::Io`] if the folder cannot be listed.
    pub fn list(&self) -> Result<Vec<Kept>, Error> {
        let names = self.storage.list(&self.folder).map_err(Error::io(&self.folder))?;
        let kept = names.iter().filter_map(|name| {
            let progress = Progress::of(name.to_str()?)?;
            Some(Kept { path: self.folder.join(name), progress })
        });
        let mut kept: Vec<_> = kept.collect();
        // Names decide between equals, since the order of a folder is chance.
        kept.sort_by(|a, b| b.progress.order(&a.progress).then_with(|| a.path.cmp(&b.path)));
        Ok(kept)
    }

    /// Saves a checkpoint, and, once it is on the disk, removes those that are neither among the last nor among the best.
    /// One of the same epoch and step is replaced. Of equal scores the earliest counts as best.
    ///
    /// # Errors
    /// [`Error::LaterCheckpoint`] if the folder holds checkpoints of a later epoch or step, which resuming would prefer;
    /// otherwise those of [`Checkpoint::save`], [`Progress::name`] and [`Keeper::list`]. Nothing is removed then.
    pub fn save(&self, checkpoint: &Checkpoint, progress: Progress) -> Result<Saved, Error> {
        let name = progress.name()?;
        let before = self.list()?;
        if let Some(latest) =
            before.first().filter(|kept| kept.progress.order(&progress) == Ordering::Greater)
        {
            let (folder, later) = (self.folder.clone(), latest.progress.name()?);
            return Err(Error::LaterCheckpoint { folder, name, later });
        }
        let path = self.folder.join(name);
        checkpoint.save_in(&*self.storage, &path)?;
        let (removed, not_removed) =
            self.remove_all(self.not_needed(&Kept { path: path.clone(), progress }, before));
        Ok(Saved { path, removed, not_removed })
    }

    /// Removes what is later than this: to go back to an earlier checkpoint for good, before training goes on from it.
    ///
    /// # Errors
    /// [`Error::Io`] if the folder cannot be listed, or names the first file that cannot be removed.
    pub fn remove_after(&self, progress: &Progress) -> Result<Vec<PathBuf>, Error> {
        let later =
            self.list()?.into_iter().filter(|kept| kept.progress.order(progress) == Ordering::Greater);
        let (removed, not_removed) = self.remove_all(later.map(|kept| kept.path).collect());
        not_removed.into_iter().next().map_or(Ok(removed), Err)
    }

    /// The newest checkpoint that can be read, to resume from. What is broken is skipped, and reported.
    ///
    /// # Errors
    /// [`Error::Io`] if the folder cannot be listed.
    pub fn newest(&self) -> Result<Search, Error> {
        Ok(self.first_readable(self.list()?))
    }

    /// The checkpoint with the best score on the validation set that can be read. What is better but broken is skipped,
    /// and reported.
    ///
    /// # Errors
    /// [`Error::Io`] if the folder cannot be listed.
    pub fn best(&self) -> Result<Search, Error> {
        Ok(self.first_readable(self.by_score(self.list()?)))
    }

    fn first_readable(&self, candidates: Vec<Kept>) -> Search {
        let mut skipped = Vec::new();
        for Kept { path, progress } in candidates {
            match Checkpoint::read_in(&*self.storage, &path, Checksums::Required) {
                Ok(checkpoint) => {
                    return Search { found: Some(Found { path, progress, checkpoint }), skipped };
                }
                Err(reason) => skipped.push(Skipped { path, reason }),
            }
        }
        Search { found: None, skipped }
    }

    /// Those that have a score, the best first, of equals the earliest.
    fn by_score(&self, kept: Vec<Kept>) -> Vec<Kept> {
        let mut scored: Vec<_> =
            kept.into_iter().filter(|kept| kept.progress.validation_score().is_some()).collect();
        scored.sort_by(|a, b| {
            let [one, other] = [a, b].map(|kept| kept.progress.validation_score().unwrap_or_default());
            let order = one.total_cmp(&other);
            let order = if self.better == Better::Higher { order.reverse() } else { order };
            order.then_with(|| a.progress.order(&b.progress))
        });
        scored
    }

    /// What need not be kept, now that `new` is there.
    fn not_needed(&self, new: &Kept, before: Vec<Kept>) -> Vec<PathBuf> {
        let is_other = |kept: &Kept| kept.path != new.path;
        let (replaced, mut kept): (Vec<_>, Vec<_>) = before
            .into_iter()
            .filter(is_other)
            .partition(|kept| kept.progress.order(&new.progress) == Ordering::Equal);
        kept.insert(0, new.clone());
        let best = self.by_score(kept.clone()).into_iter().take(self.best);
        let needed: Vec<_> = kept.iter().take(self.last).cloned().chain(best).map(|kept| kept.path).collect();
        let paths = replaced.into_iter().chain(kept).map(|kept| kept.path);
        paths.filter(|path| !needed.contains(path)).collect()
    }

    /// Removes files: those that are gone, and why others are not.
    fn remove_all(&self, paths: Vec<PathBuf>) -> (Vec<PathBuf>, Vec<Error>) {
        let (mut removed, mut not_removed) = (Vec::new(), Vec::new());
        for path in paths {
            match self.storage.remove(&path) {
                Ok(()) => removed.push(path),
                Err(source) => not_removed.push(Error::io(&path)(source)),
            }
        }
        (removed, not_removed)
    }
}
