//! All that the log asks of a disk: one flat directory of files.
//!
//! [`Directory`] is the real one; `memory.rs` stands in where a crash must be played out step by step. What
//! is written is durable only once the file is synced, and what is created, renamed or removed once the
//! directory is.

use std::fmt::Debug;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::durable::{FileError, sync_directory};

/// A directory that holds files and nothing below them.
pub trait Disk: Debug + Send + Sync {
    /// Where it is, for errors.
    fn path(&self) -> &Path;

    /// Names of the files, sorted.
    ///
    /// # Errors
    ///
    /// [`FileError`] when the system fails; the other methods fail alike.
    fn list(&self) -> Result<Vec<String>, FileError>;

    /// Makes an empty file, in place of what bears this name.
    ///
    /// # Errors
    ///
    /// [`FileError`].
    fn create(&self, name: &str) -> Result<Arc<dyn DiskFile>, FileError>;

    /// Opens a file for reading and writing.
    ///
    /// # Errors
    ///
    /// [`FileError`], of kind [`io::ErrorKind::NotFound`] when there is none.
    fn open(&self, name: &str) -> Result<Arc<dyn DiskFile>, FileError>;

    /// Gives a file another name, in place of what bears that one.
    ///
    /// # Errors
    ///
    /// [`FileError`].
    fn rename(&self, from: &str, to: &str) -> Result<(), FileError>;

    /// Removes a file.
    ///
    /// # Errors
    ///
    /// [`FileError`].
    fn remove(&self, name: &str) -> Result<(), FileError>;

    /// Makes durable which files there are.
    ///
    /// # Errors
    ///
    /// [`FileError`].
    fn sync(&self) -> Result<(), FileError>;
}

/// One open file; may be used by several threads at once.
pub trait DiskFile: Debug + Send + Sync {
    /// Bytes in it.
    ///
    /// # Errors
    ///
    /// [`FileError`] when the system fails; the other methods fail alike.
    fn length(&self) -> Result<u64, FileError>;

    /// Fills the buffer with what stands from `position` on.
    ///
    /// # Errors
    ///
    /// [`FileError`], also when the file ends before.
    fn read_at(&self, position: u64, buffer: &mut [u8]) -> Result<(), FileError>;

    /// Writes all the bytes.
    ///
    /// # Errors
    ///
    /// [`FileError`]; some of them may be written then.
    fn write_at(&self, position: u64, bytes: &[u8]) -> Result<(), FileError>;

    /// Asks for room behind the end, so that appends need not look for it one by one; neither content nor
    /// length change. A file system that has no such thing, or no room, does nothing.
    fn allocate(&self, position: u64, bytes: u64);

    /// Cuts the file, and gives back what was allocated behind its new end.
    ///
    /// # Errors
    ///
    /// [`FileError`].
    fn truncate(&self, length: u64) -> Result<(), FileError>;

    /// Makes content and length durable (`fdatasync`).
    ///
    /// # Errors
    ///
    /// [`FileError`]. What was written since the last sync may be lost then, whatever a later sync says.
    fn sync(&self) -> Result<(), FileError>;
}

/// The content of a file; `None` when there is none.
///
/// # Errors
///
/// [`FileError`].
pub(super) fn read(disk: &dyn Disk, name: &str) -> Result<Option<Vec<u8>>, FileError> {
    let file = match disk.open(name) {
        Err(error) if error.source.kind() == io::ErrorKind::NotFound => return Ok(None),
        opened => opened?,
    };
    let length = usize::try_from(file.length()?).unwrap_or(usize::MAX);
    let mut content = vec![0; length];
    file.read_at(0, &mut content)?;
    Ok(Some(content))
}

/// Puts a file in place, whole and durable: written as `<name>.tmp`, synced, renamed, the directory synced.
///
/// # Errors
///
/// [`FileError`]; after a restart the old or the new content is there.
pub(super) fn replace(disk: &dyn Disk, name: &str, content: &[u8]) -> Result<(), FileError> {
    let temporary = format!("{name}{TEMPORARY_SUFFIX}");
    let file = disk.create(&temporary)?;
    file.write_at(0, content)?;
    file.sync()?;
    disk.rename(&temporary, name)?;
    disk.sync()
}

/// Follows a file's name while [`replace`] writes it; a JVM's files bear the same.
pub(super) const TEMPORARY_SUFFIX: &str = ".tmp";

/// A directory of the file system.
#[derive(Debug)]
pub struct Directory {
    path: PathBuf,
}

impl Directory {
    /// A directory, made if it is not there.
    ///
    /// # Errors
    ///
    /// [`FileError`].
    pub fn open(path: &Path) -> Result<Directory, FileError> {
        if !path.is_dir() {
            fs::create_dir_all(path).map_err(FileError::at(path, "create"))?;
            crate::durable::sync_parent(path)?;
        }
        Ok(Directory {
            path: path.to_owned(),
        })
    }

    fn file(
        &self,
        name: &str,
        options: &OpenOptions,
        action: &'static str,
    ) -> Result<Arc<dyn DiskFile>, FileError> {
        let path = self.path.join(name);
        let file = options.open(&path).map_err(FileError::at(&path, action))?;
        Ok(Arc::new(RealFile { path, file }))
    }
}

impl Disk for Directory {
    fn path(&self) -> &Path {
        &self.path
    }

    fn list(&self) -> Result<Vec<String>, FileError> {
        let mut names = Vec::new();
        let failed = || FileError::at(&self.path, "list");
        for entry in fs::read_dir(&self.path).map_err(failed())? {
            names.push(
                entry
                    .map_err(failed())?
                    .file_name()
                    .to_string_lossy()
                    .into_owned(),
            );
        }
        names.sort();
        Ok(names)
    }

    fn create(&self, name: &str) -> Result<Arc<dyn DiskFile>, FileError> {
        let mut options = OpenOptions::new();
        self.file(
            name,
            options.read(true).write(true).create(true).truncate(true),
            "create",
        )
    }

    fn open(&self, name: &str) -> Result<Arc<dyn DiskFile>, FileError> {
        // A JVM leaves its checkpoints read-only.
        match self.file(name, OpenOptions::new().read(true).write(true), "open") {
            Err(error) if error.source.kind() == io::ErrorKind::PermissionDenied => {
                self.file(name, OpenOptions::new().read(true), "open")
            }
            opened => opened,
        }
    }

    fn rename(&self, from: &str, to: &str) -> Result<(), FileError> {
        let to = self.path.join(to);
        fs::rename(self.path.join(from), &to).map_err(FileError::at(&to, "rename into place"))
    }

    fn remove(&self, name: &str) -> Result<(), FileError> {
        let path = self.path.join(name);
        fs::remove_file(&path).map_err(FileError::at(&path, "remove"))
    }

    fn sync(&self) -> Result<(), FileError> {
        sync_directory(&self.path)
    }
}

#[derive(Debug)]
struct RealFile {
    path: PathBuf,
    file: File,
}

impl RealFile {
    fn failed(&self, action: &'static str) -> impl FnOnce(io::Error) -> FileError {
        FileError::at(&self.path, action)
    }
}

impl DiskFile for RealFile {
    fn length(&self) -> Result<u64, FileError> {
        Ok(self.file.metadata().map_err(self.failed("look at"))?.len())
    }

    fn read_at(&self, position: u64, buffer: &mut [u8]) -> Result<(), FileError> {
        let read = self.file.read_exact_at(buffer, position);
        read.map_err(self.failed("read"))
    }

    fn write_at(&self, position: u64, bytes: &[u8]) -> Result<(), FileError> {
        let written = self.file.write_all_at(bytes, position);
        written.map_err(self.failed("write"))
    }

    #[cfg(not(target_os = "linux"))]
    fn allocate(&self, _position: u64, _bytes: u64) {}

    #[cfg(target_os = "linux")]
    fn allocate(&self, position: u64, bytes: u64) {
        let behind_the_end = rustix::fs::FallocateFlags::KEEP_SIZE;
        if let Err(error) = rustix::fs::fallocate(&self.file, behind_the_end, position, bytes) {
            tracing::debug!(path = %self.path.display(), %error, "no room allocated ahead");
        }
    }

    fn truncate(&self, length: u64) -> Result<(), FileError> {
        self.file.set_len(length).map_err(self.failed("cut"))
    }

    fn sync(&self) -> Result<(), FileError> {
        self.file.sync_data().map_err(self.failed("sync"))
    }
}
