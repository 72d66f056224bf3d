//! Files that are whole or absent: written aside, synced, renamed, the directory synced.

use std::collections::BTreeSet;
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
    let temporary = write_aside(path, content)?;
    let put = || {
        let file = File::open(&temporary).map_err(FileError::at(&temporary, "open"))?;
        file.sync_all().map_err(FileError::at(&temporary, "sync"))?;
        rename(&temporary, path)
    };
    put().inspect_err(|_| discard(&temporary))
}

/// Puts many files in place, each of them whole as by [`replace`], but syncs once for all of them where the system
/// can: two syncs for each of ten thousand files take minutes.
///
/// # Errors
///
/// [`FileError`]; each file is the old or the new one then.
pub fn replace_all(files: &[(PathBuf, Vec<u8>)]) -> Result<(), FileError> {
    if files.len() < 2 || !CAN_SYNC_FILE_SYSTEMS {
        return files
            .iter()
            .try_for_each(|(path, content)| replace(path, content));
    }
    let mut temporaries = Vec::new();
    let mut put = || {
        for (path, content) in files {
            temporaries.push(write_aside(path, content)?);
        }
        sync_file_systems(files.iter().map(|(path, _)| path))?;
        for ((path, _), temporary) in files.iter().zip(&temporaries) {
            fs::rename(temporary, path).map_err(FileError::at(path, "rename into place"))?;
        }
        sync_file_systems(files.iter().map(|(path, _)| path))
    };
    put().inspect_err(|_| temporaries.iter().for_each(|temporary| discard(temporary)))
}

/// Removes files durably, with one sync for all where the system can.
///
/// # Errors
///
/// [`FileError`]; some may be removed then.
pub fn remove_all(paths: &[PathBuf]) -> Result<(), FileError> {
    for path in paths {
        fs::remove_file(path).map_err(FileError::at(path, "remove"))?;
    }
    if CAN_SYNC_FILE_SYSTEMS {
        return sync_file_systems(paths.iter());
    }
    paths.iter().try_for_each(|path| sync_parent(path))
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
    sync_directory(parent(path))
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

/// Writes what shall replace `path` under a temporary name, not synced yet, for the right owner.
fn write_aside(path: &Path, content: &[u8]) -> Result<PathBuf, FileError> {
    let temporary = sibling(path, TEMPORARY_SUFFIX);
    match fs::remove_file(&temporary) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            return Err(FileError::at(&temporary, "remove")(error));
        }
        _ => {}
    }
    let mut file = File::create_new(&temporary).map_err(FileError::at(&temporary, "create"))?;
    file.write_all(content)
        .map_err(FileError::at(&temporary, "write"))
        .and_then(|()| give_away(&temporary, path))
        .inspect_err(|_| discard(&temporary))?;
    Ok(temporary)
}

/// Makes `file` belong to the owner of `path`, or of its directory if it does not exist.
fn give_away(file: &Path, path: &Path) -> Result<(), FileError> {
    let owner_of = |path: &Path| fs::metadata(path).map(|metadata| (metadata.uid(), metadata.gid()));
    let written = owner_of(file).map_err(FileError::at(file, "look at"))?;
    let wanted = owner_of(path)
        .or_else(|_| owner_of(parent(path)))
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

const CAN_SYNC_FILE_SYSTEMS: bool = cfg!(target_os = "linux");

/// Makes everything durable on the file systems that hold these files.
fn sync_file_systems<'a>(paths: impl Iterator<Item = &'a PathBuf>) -> Result<(), FileError> {
    let mut synced = BTreeSet::new();
    for path in paths {
        let directory = parent(path);
        let device = fs::metadata(directory)
            .map_err(FileError::at(directory, "look at"))?
            .dev();
        if synced.insert(device) {
            File::open(directory)
                .and_then(|file| sync_file_system(&file))
                .map_err(FileError::at(directory, "sync the file system of"))?;
        }
    }
    Ok(())
}

#[cfg(target_os = "linux")]
fn sync_file_system(file: &File) -> io::Result<()> {
    Ok(rustix::fs::syncfs(file)?)
}

#[cfg(not(target_os = "linux"))]
fn sync_file_system(_: &File) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// The directory that holds `path`.
fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

fn discard(path: &Path) {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            tracing::warn!(path = %path.display(), %error, "temporary file left behind");
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_files_are_put_in_place_at_once_over_what_was_there() {
        let dir = tempfile::tempdir().unwrap();
        let files = ["a", "b", "c"].map(|name| (dir.path().join(name), name.as_bytes().to_vec()));
        fs::write(&files[1].0, "old").unwrap();
        fs::write(sibling(&files[2].0, TEMPORARY_SUFFIX), "half").unwrap();

        replace_all(&files).unwrap();

        for (path, content) in &files {
            assert_eq!(fs::read(path).unwrap(), *content);
        }
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 3);
    }

    #[test]
    fn files_that_cannot_be_put_in_place_leave_no_temporary_ones() {
        let dir = tempfile::tempdir().unwrap();
        let files = ["a", "missing/b"].map(|name| (dir.path().join(name), b"new".to_vec()));

        let error = replace_all(&files).unwrap_err().to_string();

        assert!(
            error.contains("missing/b.kraft-bridge-tmp: cannot create"),
            "{error}"
        );
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    }
}
