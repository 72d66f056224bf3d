//! A file whose syncs fail for good once one has failed.
//!
//! The system reports a failed sync once, to whoever asked first, and calls the next one a success although it has dropped
//! what should have been written. A flush that failed on another thread must not be forgotten by the sync that ends the
//! segment meanwhile: what is behind it would count as durable, and be acknowledged, over a hole.

use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use super::io::DiskFile;
use crate::durable::FileError;

/// See the module.
#[derive(Debug)]
pub(super) struct SyncedFile {
    file: Arc<dyn DiskFile>,
    path: PathBuf,
    /// Whether a sync has failed. One sync is under way at a time.
    has_failed: Mutex<bool>,
}

impl SyncedFile {
    pub(super) fn new(file: Arc<dyn DiskFile>, path: PathBuf) -> SyncedFile {
        SyncedFile {
            file,
            path,
            has_failed: Mutex::new(false),
        }
    }
}

impl DiskFile for SyncedFile {
    fn length(&self) -> Result<u64, FileError> {
        self.file.length()
    }

    fn read_at(&self, position: u64, buffer: &mut [u8]) -> Result<(), FileError> {
        self.file.read_at(position, buffer)
    }

    fn write_at(&self, position: u64, bytes: &[u8]) -> Result<(), FileError> {
        self.file.write_at(position, bytes)
    }

    fn allocate(&self, position: u64, bytes: u64) {
        self.file.allocate(position, bytes);
    }

    fn truncate(&self, length: u64) -> Result<(), FileError> {
        self.file.truncate(length)
    }

    fn sync(&self) -> Result<(), FileError> {
        let mut has_failed = self.has_failed.lock().unwrap_or_else(PoisonError::into_inner);
        if *has_failed {
            let earlier =
                io::Error::other("an earlier sync failed, and what it lost no later one brings back");
            return Err(FileError::at(&self.path, "sync")(earlier));
        }
        let synced = self.file.sync();
        *has_failed = synced.is_err();
        synced
    }
}
