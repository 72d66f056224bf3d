//! `.lock`: how a running Kafka keeps a log directory to itself, seen and respected.
//!
//! Kafka holds a POSIX record lock over the whole file while it runs and removes the file when it stops. Whoever
//! changes the directory must hold the same lock, so that Kafka cannot start in the middle.
//!
//! Such locks belong to the process, and closing *any* handle of the file releases them: the file is opened here only.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use kraft_bridge_raft::durable::FileError;
use rustix::fs::{FlockOperation, fcntl_lock};
use rustix::io::Errno;

/// Kafka's name for it.
const FILE_NAME: &str = ".lock";

/// A log directory that nobody else uses as long as this exists.
#[derive(Debug)]
pub(crate) struct Lock {
    /// The lock file, if it was not there before.
    created: Option<PathBuf>,
    // Closing it is what releases the lock.
    _file: File,
}

impl Lock {
    /// Locks a directory; `None` if a running Kafka has it.
    ///
    /// # Errors
    ///
    /// [`FileError`] if the lock file cannot be made.
    pub(crate) fn take(log_dir: &Path) -> Result<Option<Lock>, FileError> {
        let path = log_dir.join(FILE_NAME);
        let mut options = File::options();
        options.read(true).write(true);
        let (file, created) = match options.clone().create_new(true).open(&path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => (options.open(&path), None),
            file => (file, Some(path.clone())),
        };
        let file = file.map_err(FileError::at(&path, "open"))?;
        let free = try_lock(&file, FlockOperation::NonBlockingLockExclusive)
            .map_err(FileError::at(&path, "lock"))?;
        Ok(free.then_some(Lock { created, _file: file }))
    }

    /// Whether a running Kafka has the directory, found out without changing anything.
    ///
    /// # Errors
    ///
    /// [`FileError`] if the lock file is there and cannot be read.
    pub(crate) fn is_held(log_dir: &Path) -> Result<bool, FileError> {
        let path = log_dir.join(FILE_NAME);
        let file = match File::open(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
            file => file.map_err(FileError::at(&path, "open"))?,
        };
        let free =
            try_lock(&file, FlockOperation::NonBlockingLockShared).map_err(FileError::at(&path, "lock"))?;
        Ok(!free)
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        if let Some(path) = &self.created {
            // As Kafka does. A file that stays behind is harmless.
            drop(fs::remove_file(path));
        }
    }
}

fn try_lock(file: &File, operation: FlockOperation) -> io::Result<bool> {
    match fcntl_lock(file, operation) {
        Ok(()) => Ok(true),
        Err(Errno::AGAIN | Errno::ACCESS) => Ok(false),
        Err(error) => Err(error.into()),
    }
}
