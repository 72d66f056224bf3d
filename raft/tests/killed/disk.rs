//! A real directory that counts its steps, and stops for good before, in the middle of or after a chosen one.

use std::fmt;
use std::io::{self, Write};
use std::path::Path;
use std::sync::{Arc, Mutex};

use kraft_bridge_raft::durable::FileError;
use kraft_bridge_raft::log::{Directory, Disk, DiskFile};

/// Where in a step the process ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Moment {
    Before,
    /// Half of a write is done.
    Half,
    After,
}

impl Moment {
    /// Those that a step of this kind has.
    pub(crate) fn of(kind: Kind) -> &'static [Moment] {
        match kind {
            Kind::Write => &[Moment::Before, Moment::Half, Moment::After],
            _ => &[Moment::Before, Moment::After],
        }
    }
}

/// A step and where in it the process ends.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Death {
    pub(crate) step: usize,
    pub(crate) moment: Moment,
}

/// What a step does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Write,
    Cut,
    SyncFile,
    Create,
    Rename,
    Remove,
    SyncDirectory,
}

/// Steps so far, and the one to die at.
#[derive(Debug)]
struct Steps {
    taken: Mutex<Vec<Kind>>,
    death: Option<Death>,
}

impl Steps {
    /// Takes a step; `half` does half of it.
    fn take<T>(
        &self,
        kind: Kind,
        half: impl FnOnce() -> Result<(), FileError>,
        step: impl FnOnce() -> Result<T, FileError>,
    ) -> Result<T, FileError> {
        let number = {
            let mut taken = self.taken.lock().unwrap();
            taken.push(kind);
            taken.len() - 1
        };
        let moment = self
            .death
            .filter(|death| death.step == number)
            .map(|death| death.moment);
        match moment {
            None => step(),
            Some(Moment::Before) => wait_for_sigkill(),
            Some(Moment::Half) => {
                half()?;
                wait_for_sigkill()
            }
            Some(Moment::After) => {
                step()?;
                wait_for_sigkill()
            }
        }
    }

    /// A step that has no half.
    fn take_whole<T>(&self, kind: Kind, step: impl FnOnce() -> Result<T, FileError>) -> Result<T, FileError> {
        self.take(kind, || Ok(()), step)
    }
}

/// Tells the parent that the moment has come; it sends SIGKILL.
fn wait_for_sigkill() -> ! {
    tell("now");
    loop {
        std::thread::park();
    }
}

/// Writes a line for the parent.
pub(crate) fn tell(line: impl fmt::Display) {
    let mut out = io::stderr().lock();
    writeln!(out, "{}{line}", super::PREFIX).expect("the parent reads");
}

/// The directory.
#[derive(Debug)]
pub(crate) struct CountedDisk {
    directory: Directory,
    steps: Arc<Steps>,
}

impl CountedDisk {
    pub(crate) fn open(path: &Path, death: Option<Death>) -> CountedDisk {
        let taken = Mutex::new(Vec::new());
        CountedDisk {
            directory: Directory::open(path).unwrap(),
            steps: Arc::new(Steps { taken, death }),
        }
    }

    /// The steps so far.
    pub(crate) fn steps(&self) -> Vec<Kind> {
        self.steps.taken.lock().unwrap().clone()
    }

    fn counted(&self, file: Arc<dyn DiskFile>) -> Arc<dyn DiskFile> {
        let steps = Arc::clone(&self.steps);
        Arc::new(CountedFile { file, steps })
    }
}

impl Disk for CountedDisk {
    fn path(&self) -> &Path {
        self.directory.path()
    }

    fn list(&self) -> Result<Vec<String>, FileError> {
        self.directory.list()
    }

    fn create(&self, name: &str) -> Result<Arc<dyn DiskFile>, FileError> {
        let file = self
            .steps
            .take_whole(Kind::Create, || self.directory.create(name))?;
        Ok(self.counted(file))
    }

    fn open(&self, name: &str) -> Result<Arc<dyn DiskFile>, FileError> {
        Ok(self.counted(self.directory.open(name)?))
    }

    fn rename(&self, from: &str, to: &str) -> Result<(), FileError> {
        self.steps
            .take_whole(Kind::Rename, || self.directory.rename(from, to))
    }

    fn remove(&self, name: &str) -> Result<(), FileError> {
        self.steps
            .take_whole(Kind::Remove, || self.directory.remove(name))
    }

    fn sync(&self) -> Result<(), FileError> {
        self.steps
            .take_whole(Kind::SyncDirectory, || self.directory.sync())
    }
}

#[derive(Debug)]
struct CountedFile {
    file: Arc<dyn DiskFile>,
    steps: Arc<Steps>,
}

impl DiskFile for CountedFile {
    fn length(&self) -> Result<u64, FileError> {
        self.file.length()
    }

    fn read_at(&self, position: u64, buffer: &mut [u8]) -> Result<(), FileError> {
        self.file.read_at(position, buffer)
    }

    fn write_at(&self, position: u64, bytes: &[u8]) -> Result<(), FileError> {
        let half = || self.file.write_at(position, &bytes[..bytes.len() / 2]);
        self.steps
            .take(Kind::Write, half, || self.file.write_at(position, bytes))
    }

    fn allocate(&self, position: u64, bytes: u64) {
        self.file.allocate(position, bytes);
    }

    fn truncate(&self, length: u64) -> Result<(), FileError> {
        self.steps.take_whole(Kind::Cut, || self.file.truncate(length))
    }

    fn sync(&self) -> Result<(), FileError> {
        self.steps.take_whole(Kind::SyncFile, || self.file.sync())
    }
}
