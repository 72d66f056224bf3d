//! A disk in memory that can lose what was not synced, for playing out crashes one step at a time.
//!
//! Each change (create, write, cut, sync, rename, remove) is a step. At a chosen step something goes wrong;
//! then [`MemoryDisk::after_crash`] tells what a machine would find that lost its power at that moment, of
//! which there are several possibilities: see [`Survivors`].

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::io::{Disk, DiskFile};
use crate::durable::FileError;

/// What goes wrong at a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The machine stops: half of a write may be done, and every later step fails.
    Stop,
    /// A write fails after half of its bytes because the disk is full; so do all later ones.
    Full,
    /// A sync fails, and what it should have made durable never will be, although it can still be read.
    SyncFails,
}

/// Which of the changes that were not synced a crash leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Survivors {
    /// None.
    Nothing,
    /// All.
    Everything,
    /// All, except that of each file's last write only the first half is there.
    TornWrite,
    /// The same, but the file has grown already: what is new of it is zeros.
    ZeroedWrite,
    /// Of each file only the last write; where the others made it grow are zeros; the names are new.
    LastWrite,
    /// What files there are, but nothing of their content.
    Names,
    /// The content, but the names are old.
    Content,
}

impl Survivors {
    /// Every possibility.
    pub const ALL: [Survivors; 7] = [
        Survivors::Nothing,
        Survivors::Everything,
        Survivors::TornWrite,
        Survivors::ZeroedWrite,
        Survivors::LastWrite,
        Survivors::Names,
        Survivors::Content,
    ];
}

/// The disk; clones are the same disk.
#[derive(Clone, Debug, Default)]
pub struct MemoryDisk {
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    names: BTreeMap<String, u64>,
    durable_names: BTreeMap<String, u64>,
    files: BTreeMap<u64, Content>,
    steps: u64,
    fault: Option<(u64, Fault)>,
}

#[derive(Clone, Debug, Default)]
struct Content {
    now: Vec<u8>,
    durable: Vec<u8>,
    unsynced: Vec<Change>,
}

#[derive(Clone, Debug)]
enum Change {
    Write(usize, Vec<u8>),
    Grow(usize),
    Cut(usize),
}

impl Change {
    fn apply(&self, content: &mut Vec<u8>) {
        match self {
            Change::Write(position, bytes) => {
                let end = position + bytes.len();
                content.resize(content.len().max(end), 0);
                content[*position..end].copy_from_slice(bytes);
            }
            Change::Grow(length) => content.resize(content.len().max(*length), 0),
            Change::Cut(length) => content.resize(*length, 0),
        }
    }

    /// What is left if only the first half of a write came to the disk.
    fn half(&self) -> Change {
        match self {
            Change::Write(position, bytes) => Change::Write(*position, bytes[..bytes.len() / 2].to_vec()),
            other => other.clone(),
        }
    }

    /// What is left if only the length of the file came to the disk.
    fn growth(&self) -> Change {
        match self {
            Change::Write(position, bytes) => Change::Grow(position + bytes.len()),
            other => other.clone(),
        }
    }
}

impl Content {
    fn change(&mut self, change: Change) {
        change.apply(&mut self.now);
        self.unsynced.push(change);
    }

    fn after_crash(&self, survivors: Survivors) -> Vec<u8> {
        let mut content = self.durable.clone();
        let Some((last, before)) = self.unsynced.split_last() else {
            return content;
        };
        let mut apply = |change: &Change| change.apply(&mut content);
        match survivors {
            Survivors::Nothing | Survivors::Names => {}
            Survivors::Everything | Survivors::Content => self.unsynced.iter().for_each(apply),
            Survivors::TornWrite => {
                before.iter().for_each(&mut apply);
                apply(&last.half());
            }
            Survivors::ZeroedWrite => {
                before.iter().for_each(&mut apply);
                apply(&last.half());
                apply(&last.growth());
            }
            Survivors::LastWrite => {
                before
                    .iter()
                    .map(Change::growth)
                    .for_each(|change| apply(&change));
                apply(last);
            }
        }
        content
    }
}

impl MemoryDisk {
    /// Makes something go wrong at a step, counted from 0 since the disk was made.
    pub fn fail_at(&self, step: u64, fault: Fault) {
        self.state().fault = Some((step, fault));
    }

    /// Steps so far.
    pub fn steps(&self) -> u64 {
        self.state().steps
    }

    /// The disk as found after a crash at this moment, all in order again.
    pub fn after_crash(&self, survivors: Survivors) -> MemoryDisk {
        let state = self.state();
        let names = match survivors {
            Survivors::Nothing | Survivors::Content => &state.durable_names,
            _ => &state.names,
        };
        let contents = state
            .files
            .iter()
            .map(|(id, content)| (*id, content.after_crash(survivors)));
        let files = contents.map(|(id, bytes)| {
            let (now, durable, unsynced) = (bytes.clone(), bytes, Vec::new());
            (
                id,
                Content {
                    now,
                    durable,
                    unsynced,
                },
            )
        });
        let found = State {
            names: names.clone(),
            durable_names: names.clone(),
            files: files.collect(),
            steps: 0,
            fault: None,
        };
        MemoryDisk {
            state: Arc::new(Mutex::new(found)),
        }
    }

    /// What a crash that loses all it can would leave of a file; `None` if not even its name.
    pub fn durable(&self, name: &str) -> Option<Vec<u8>> {
        let state = self.state();
        let id = state.durable_names.get(name)?;
        Some(state.files.get(id)?.durable.clone())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a step; returns the state to change, and what is to go wrong.
    fn step(&self) -> (MutexGuard<'_, State>, Option<Fault>) {
        let mut state = self.state();
        let step = state.steps;
        state.steps += 1;
        let fault = state.fault.and_then(|(at, fault)| match fault {
            Fault::SyncFails => (step == at).then_some(fault),
            Fault::Stop | Fault::Full => (step >= at).then_some(fault),
        });
        (state, fault)
    }

    /// Changes which files there are.
    fn change_names<T>(
        &self,
        name: &str,
        action: &'static str,
        change: impl FnOnce(&mut State) -> io::Result<T>,
    ) -> Result<T, FileError> {
        let (mut state, fault) = self.step();
        let changed = if fault == Some(Fault::Stop) {
            Err(stopped())
        } else {
            change(&mut state)
        };
        changed.map_err(FileError::at(Path::new(name), action))
    }

    fn file(&self, name: &str, id: u64) -> Arc<dyn DiskFile> {
        let (disk, path) = (self.clone(), PathBuf::from(name));
        Arc::new(MemoryFile { disk, path, id })
    }
}

fn stopped() -> io::Error {
    io::Error::other("the machine has stopped")
}

impl Disk for MemoryDisk {
    fn path(&self) -> &Path {
        Path::new("memory")
    }

    fn list(&self) -> Result<Vec<String>, FileError> {
        Ok(self.state().names.keys().cloned().collect())
    }

    fn create(&self, name: &str) -> Result<Arc<dyn DiskFile>, FileError> {
        let id = self.change_names(name, "create", |state| {
            let id = state.files.len() as u64;
            state.files.insert(id, Content::default());
            state.names.insert(name.to_owned(), id);
            Ok(id)
        })?;
        Ok(self.file(name, id))
    }

    fn open(&self, name: &str) -> Result<Arc<dyn DiskFile>, FileError> {
        let id = self.state().names.get(name).copied();
        let missing = || FileError::at(Path::new(name), "open")(io::ErrorKind::NotFound.into());
        Ok(self.file(name, id.ok_or_else(missing)?))
    }

    fn rename(&self, from: &str, to: &str) -> Result<(), FileError> {
        self.change_names(to, "rename into place", |state| {
            let id = state.names.remove(from).ok_or(io::ErrorKind::NotFound)?;
            state.names.insert(to.to_owned(), id);
            Ok(())
        })
    }

    fn remove(&self, name: &str) -> Result<(), FileError> {
        self.change_names(name, "remove", |state| {
            state.names.remove(name).ok_or(io::ErrorKind::NotFound)?;
            Ok(())
        })
    }

    fn sync(&self) -> Result<(), FileError> {
        let (mut state, fault) = self.step();
        match fault {
            Some(Fault::Stop) => Err(FileError::at(self.path(), "sync")(stopped())),
            Some(Fault::SyncFails) => Err(FileError::at(self.path(), "sync")(io::Error::other(
                "input/output error",
            ))),
            Some(Fault::Full) | None => {
                state.durable_names = state.names.clone();
                Ok(())
            }
        }
    }
}

#[derive(Debug)]
struct MemoryFile {
    disk: MemoryDisk,
    path: PathBuf,
    id: u64,
}

impl MemoryFile {
    fn failed(&self, action: &'static str) -> impl FnOnce(io::Error) -> FileError {
        FileError::at(&self.path, action)
    }

    /// Makes a change, or half of it if something goes wrong.
    fn change(&self, change: Change, action: &'static str) -> Result<(), FileError> {
        let (mut state, fault) = self.disk.step();
        let content = state.files.entry(self.id).or_default();
        match fault {
            None | Some(Fault::SyncFails) => {
                content.change(change);
                Ok(())
            }
            Some(Fault::Stop) => {
                // A machine that has stopped already does not write another half.
                if state.fault.map(|(at, _)| at + 1) == Some(state.steps) {
                    let content = state.files.entry(self.id).or_default();
                    content.change(change.half());
                }
                Err(self.failed(action)(stopped()))
            }
            Some(Fault::Full) => {
                content.change(change.half());
                Err(self.failed(action)(io::ErrorKind::StorageFull.into()))
            }
        }
    }
}

impl DiskFile for MemoryFile {
    fn length(&self) -> Result<u64, FileError> {
        let state = self.disk.state();
        Ok(state.files.get(&self.id).map_or(0, |content| content.now.len()) as u64)
    }

    fn read_at(&self, position: u64, buffer: &mut [u8]) -> Result<(), FileError> {
        let state = self.disk.state();
        let from = usize::try_from(position).unwrap_or(usize::MAX);
        let content = state.files.get(&self.id).map_or(&[][..], |content| &content.now);
        let stored = content.get(from..from.saturating_add(buffer.len()));
        let stored = stored.ok_or_else(|| self.failed("read")(io::ErrorKind::UnexpectedEof.into()))?;
        buffer.copy_from_slice(stored);
        Ok(())
    }

    fn write_at(&self, position: u64, bytes: &[u8]) -> Result<(), FileError> {
        let position = usize::try_from(position).unwrap_or(usize::MAX);
        self.change(Change::Write(position, bytes.to_vec()), "write")
    }

    /// There is always room.
    fn allocate(&self, _position: u64, _bytes: u64) {}

    fn truncate(&self, length: u64) -> Result<(), FileError> {
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        self.change(Change::Cut(length), "cut")
    }

    fn sync(&self) -> Result<(), FileError> {
        let (mut state, fault) = self.disk.step();
        let content = state.files.entry(self.id).or_default();
        match fault {
            Some(Fault::Stop) => Err(self.failed("sync")(stopped())),
            Some(Fault::SyncFails) => {
                content.unsynced.clear();
                Err(self.failed("sync")(io::Error::other("input/output error")))
            }
            Some(Fault::Full) | None => {
                let unsynced = std::mem::take(&mut content.unsynced);
                unsynced
                    .iter()
                    .for_each(|change| change.apply(&mut content.durable));
                Ok(())
            }
        }
    }
}
