//! A file system in memory that knows what has reached the disk, and fails where it is told to.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};

use crate::checkpoint::{Opened, Storage, StoredFile};

/// What happens at one of the operations, counted from 0.
#[derive(Clone, Copy, Debug)]
pub(super) enum Fault {
    /// This one fails, with this error.
    Fail(usize, ErrorKind),
    /// The machine stops before it: from then on nothing happens any more.
    Stop(usize),
    /// The program panics before it.
    Panic(usize),
}

/// The bytes of a file.
#[derive(Clone, Default)]
struct Contents {
    bytes: Vec<u8>,
    /// Those that have reached the disk.
    synced: Vec<u8>,
    /// Whether somebody holds it.
    held: bool,
}

/// A change of names that has not reached the disk.
#[derive(Clone)]
enum Change {
    Link(PathBuf, usize),
    Rename(PathBuf, PathBuf),
    Unlink(PathBuf),
}

type Names = BTreeMap<PathBuf, usize>;

#[derive(Default)]
struct State {
    files: Vec<Contents>,
    /// What programs see.
    names: Names,
    /// What is on the disk.
    synced_names: Names,
    /// What leads from the one to the other.
    pending: Vec<Change>,
    /// The operations so far.
    log: Vec<&'static str>,
    fault: Option<Fault>,
    /// How many bytes there is still room for; none if there is no end.
    room: Option<usize>,
}

impl State {
    fn change(&mut self, change: Change) {
        apply(&mut self.names, &change);
        self.pending.push(change);
    }
}

fn apply(names: &mut Names, change: &Change) {
    match change {
        Change::Link(path, file) => {
            names.insert(path.clone(), *file);
        }
        Change::Rename(from, to) => {
            let file = names.remove(from).expect("a file to rename");
            names.insert(to.clone(), file);
        }
        Change::Unlink(path) => {
            names.remove(path);
        }
    }
}

/// A file system; a clone is the same one.
#[derive(Clone, Default)]
pub(super) struct Model(Arc<Mutex<State>>);

impl Model {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// The fault that will happen; operations are counted from now on.
    pub(super) fn set_fault(&self, fault: Option<Fault>) {
        let mut state = self.state();
        state.fault = fault;
        state.log.clear();
    }

    /// How many bytes there is still room for.
    pub(super) fn set_room(&self, room: Option<usize>) {
        self.state().room = room;
    }

    /// The operations since the fault was set.
    pub(super) fn log(&self) -> Vec<&'static str> {
        self.state().log.clone()
    }

    /// The names of all files.
    pub(super) fn names(&self) -> Vec<String> {
        self.state().names.keys().map(|path| path.display().to_string()).collect()
    }

    /// Puts bytes on the disk.
    pub(super) fn put(&self, path: &str, bytes: &[u8]) {
        let mut state = self.state();
        let file = state.files.len();
        state.files.push(Contents { bytes: bytes.to_vec(), synced: bytes.to_vec(), held: false });
        state.names.insert(path.into(), file);
        state.synced_names.insert(path.into(), file);
    }

    /// The bytes of a file.
    pub(super) fn get(&self, path: &Path) -> Vec<u8> {
        let state = self.state();
        state.files[state.names[path]].bytes.clone()
    }

    /// Everything that can be on the disk if the power fails now: the changes of names up to any of them, and of bytes that
    /// were not synced none, half of them, as many zeros, or all.
    pub(super) fn after_power_failure(&self) -> Vec<Self> {
        let state = self.state();
        let survive: [fn(&Contents) -> Vec<u8>; 4] = [
            |file| file.synced.clone(),
            |file| file.bytes[..file.synced.len().max(file.bytes.len() / 2)].to_vec(),
            |file| [&file.synced[..], &vec![0; file.bytes.len() - file.synced.len()]].concat(),
            |file| file.bytes.clone(),
        ];
        let mut names = state.synced_names.clone();
        let mut all = Vec::new();
        for change in std::iter::once(None).chain(state.pending.iter().map(Some)) {
            change.into_iter().for_each(|change| apply(&mut names, change));
            all.extend(survive.iter().map(|survive| Self::of(&names, state.files.iter().map(survive))));
        }
        all
    }

    fn of(names: &Names, files: impl Iterator<Item = Vec<u8>>) -> Self {
        let files = files.map(|bytes| Contents { synced: bytes.clone(), bytes, held: false }).collect();
        let state = State { files, names: names.clone(), synced_names: names.clone(), ..State::default() };
        Self(Arc::new(Mutex::new(state)))
    }

    /// Begins an operation, unless it is the one that fails.
    fn operation(&self, name: &'static str) -> io::Result<MutexGuard<'_, State>> {
        let mut state = self.state();
        let index = state.log.len();
        state.log.push(name);
        match state.fault {
            Some(Fault::Fail(at, kind)) if at == index => Err(kind.into()),
            Some(Fault::Stop(at)) if at <= index => Err(io::Error::other("the machine has stopped")),
            Some(Fault::Panic(at)) if at == index => {
                drop(state);
                panic!("a panic at operation {index}, {name}")
            }
            _ => Ok(state),
        }
    }
}

/// An open file.
struct ModelFile {
    model: Model,
    file: usize,
}

impl Drop for ModelFile {
    fn drop(&mut self) {
        self.model.state().files[self.file].held = false;
    }
}

impl StoredFile for ModelFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut state = self.model.operation("write")?;
        let fitting = state.room.map_or(bytes.len(), |room| room.min(bytes.len()));
        state.room = state.room.map(|room| room - fitting);
        state.files[self.file].bytes.extend(&bytes[..fitting]);
        if fitting == bytes.len() { Ok(()) } else { Err(ErrorKind::StorageFull.into()) }
    }

    fn sync(&mut self) -> io::Result<()> {
        let file = &mut self.model.operation("sync")?.files[self.file];
        file.synced.clone_from(&file.bytes);
        Ok(())
    }
}

impl Storage for Model {
    fn create_folder(&self, _: &Path) -> io::Result<()> {
        Ok(())
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn StoredFile>> {
        let mut state = self.operation("create")?;
        if state.names.contains_key(path) {
            return Err(ErrorKind::AlreadyExists.into());
        }
        let file = state.files.len();
        state.files.push(Contents { held: true, ..Contents::default() });
        state.change(Change::Link(path.to_owned(), file));
        Ok(Box::new(ModelFile { model: self.clone(), file }))
    }

    fn open(&self, path: &Path) -> io::Result<Opened> {
        let state = self.state();
        let file = *state.names.get(path).ok_or(ErrorKind::NotFound)?;
        let bytes = state.files[file].bytes.clone();
        let length = bytes.len() as u64;
        let contents: Box<dyn Read> = Box::new(io::Cursor::new(bytes));
        Ok(Opened { contents, length })
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut state = self.operation("rename")?;
        if !state.names.contains_key(from) {
            return Err(ErrorKind::NotFound.into());
        }
        state.change(Change::Rename(from.to_owned(), to.to_owned()));
        Ok(())
    }

    fn sync_folder(&self, _: &Path) -> io::Result<()> {
        let mut state = self.operation("sync folder")?;
        state.synced_names = state.names.clone();
        state.pending.clear();
        Ok(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        let mut state = self.operation("remove")?;
        if !state.names.contains_key(path) {
            return Err(ErrorKind::NotFound.into());
        }
        state.change(Change::Unlink(path.to_owned()));
        Ok(())
    }

    fn remove_abandoned(&self, path: &Path) -> io::Result<()> {
        let mut state = self.operation("remove abandoned")?;
        let file = *state.names.get(path).ok_or(ErrorKind::NotFound)?;
        if !state.files[file].held {
            state.change(Change::Unlink(path.to_owned()));
        }
        Ok(())
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<OsString>> {
        let state = self.operation("list")?;
        let inside = state.names.keys().filter(|path| path.parent() == Some(folder));
        Ok(inside.filter_map(|path| path.file_name()).map(Into::into).collect())
    }
}
