//! Files that are whole or absent: written aside, synced, renamed, the directory synced.

use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, chown};
use std::path::{Path, PathBuf};

/// A file operation that failed, with the file.
#[derive(Debug, thiserror::Error)]
#[error("{}: cannot {action}: {source}", path.display())]
pub struct FileError {
    /// The file or directory.
    pub path: PathBuf,
    /// What was tried: `create`, `write`, `sync`, `rename`…
    pub action: &'static str,
    /// What the system said.
    pub source: io::Error,
}

impl FileError {
    /// Attaches file and action to an error of the system.
    pub fn at(path: &Path, action: &'static str) -> impl FnOnce(io::Error) -> FileError {
        let path = path.to_owned();
        move |source| FileError { path, action, source }
    }
}

/// Writes a file that must not exist yet, and syncs it. Its directory is not synced.
///
/// # Errors
///
/// [`FileError`]; what was written so far is left for the caller's clean-up.
pub fn write_new(path: &Path, content: &[u8]) -> Result<(), FileError> {
    let mut file = File::create_new(path).map_err(FileError::at(path, "create"))?;
    file.write_all(content).map_err(FileError::at(path, "write"))?;
    file.sync_all().map_err(FileError::at(path, "sync"))
}

/// Follows a file's name while [`replace`] writes it.
pub const TEMPORARY_SUFFIX: &str = ".kraft-bridge-tmp";

/// Puts a file in place, whole: written under a temporary name, synced, renamed over what was there.
///
/// It belongs to the owner of the file that was there, or else of the directory, so that what the superuser writes
/// can be used by whoever the directory is for.
///
/// # Errors
///
/// [`FileError`]; the old file is still there then.
pub fn replace(path: &Path, content: &[u8]) -> Result<(), FileError> {
    let temporary = sibling(path, TEMPORARY_SUFFIX);
    match fs::remove_file(&temporary) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            return Err(FileError::at(&temporary, "remove")(error));
        }
        _ => {}
    }
    write_new(&temporary, content).inspect_err(|_| discard(&temporary))?;
    give_away(&temporary, path).inspect_err(|_| discard(&temporary))?;
    rename(&temporary, path).inspect_err(|_| discard(&temporary))
}

/// Renames and syncs the directory.
///
/// # Errors
///
/// [`FileError`].
pub fn rename(from: &Path, to: &Path) -> Result<(), FileError> {
    fs::rename(from, to).map_err(FileError::at(to, "rename into place"))?;
    sync_parent(to)
}

/// Makes the entries of the directory that holds `path` durable.
///
/// # Errors
///
/// [`FileError`].
pub fn sync_parent(path: &Path) -> Result<(), FileError> {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => sync_directory(parent),
        _ => sync_directory(Path::new(".")),
    }
}

/// Makes the entries of a directory durable.
///
/// # Errors
///
/// [`FileError`].
pub fn sync_directory(path: &Path) -> Result<(), FileError> {
    File::open(path)
        .and_then(|directory| directory.sync_all())
        .map_err(FileError::at(path, "sync"))
}

/// The path with `suffix` appended to its last part.
pub fn sibling(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// Makes `file` belong to the owner of `path`, or of its directory if it does not exist.
fn give_away(file: &Path, path: &Path) -> Result<(), FileError> {
    let owner_of = |path: &Path| fs::metadata(path).map(|metadata| (metadata.uid(), metadata.gid()));
    let written = owner_of(file).map_err(FileError::at(file, "look at"))?;
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    let wanted = owner_of(path)
        .or_else(|_| owner_of(directory.unwrap_or(Path::new("."))))
        .map_err(FileError::at(path, "look at"))?;
    if wanted == written {
        return Ok(());
    }
    match chown(file, Some(wanted.0), Some(wanted.1)) {
        // Only the superuser can give a file away, and whoever else may write here may also read here.
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Ok(()),
        given => given.map_err(FileError::at(file, "give to its owner")),
    }
}

fn discard(path: &Path) {
    if let Err(error) = fs::remove_file(path) {
        tracing::warn!(path = %path.display(), %error, "temporary file left behind");
    }
}
