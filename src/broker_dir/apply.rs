//! Making a plan come true, step by step, with the journal first.

use std::fs;
use std::path::Path;

use kraft_bridge_raft::durable::{self, FileError};

use super::journal::FILE_NAME as JOURNAL;
use super::plan::Plan;
use super::scan::LogDir;
use super::step::{Change, Content, Step};

/// The file operations that change a directory. Each is whole, and durable, or has not happened.
pub(crate) trait Files {
    /// Writes a file, whether it exists or not.
    fn replace(&mut self, path: &Path, content: &[u8]) -> Result<(), FileError>;
    /// Renames a file within a log directory.
    fn rename(&mut self, from: &Path, to: &Path) -> Result<(), FileError>;
    /// Removes a file.
    fn remove(&mut self, path: &Path) -> Result<(), FileError>;
    /// Makes a directory.
    fn create_directory(&mut self, path: &Path) -> Result<(), FileError>;
    /// Removes an empty directory.
    fn remove_directory(&mut self, path: &Path) -> Result<(), FileError>;
}

/// The real disk.
#[derive(Debug)]
pub(crate) struct Disk;

impl Files for Disk {
    fn replace(&mut self, path: &Path, content: &[u8]) -> Result<(), FileError> {
        durable::replace(path, content)
    }

    fn rename(&mut self, from: &Path, to: &Path) -> Result<(), FileError> {
        durable::rename(from, to)?;
        durable::sync_parent(from)
    }

    fn remove(&mut self, path: &Path) -> Result<(), FileError> {
        fs::remove_file(path).map_err(FileError::at(path, "remove"))?;
        durable::sync_parent(path)
    }

    fn create_directory(&mut self, path: &Path) -> Result<(), FileError> {
        fs::create_dir(path).map_err(FileError::at(path, "create"))?;
        durable::sync_parent(path)
    }

    fn remove_directory(&mut self, path: &Path) -> Result<(), FileError> {
        fs::remove_dir(path).map_err(FileError::at(path, "remove"))?;
        durable::sync_parent(path)
    }
}

/// Makes the plan come true in the directories that it was made for.
///
/// # Errors
///
/// [`FileError`]: what was done so far is in the journals, so it can be completed by a new plan, or undone.
pub(crate) fn apply(plan: &Plan, directories: &[LogDir], files: &mut dyn Files) -> Result<(), FileError> {
    if plan.is_empty() {
        return Ok(());
    }
    // Every directory gets one, so that one without is known to be as ZooKeeper mode left it.
    for (directory, planned) in directories.iter().zip(&plan.directories) {
        let before = directory.journal.as_ref().map(|journaled| &journaled.journal);
        let mut journal = before.cloned().unwrap_or_default();
        journal.note(&planned.steps);
        journal.ran_in_kraft_mode |= plan.ran_in_kraft_mode;
        if before != Some(&journal) {
            files.replace(&directory.path.join(JOURNAL), &journal.encode())?;
        }
    }
    for planned in &plan.directories {
        for step in &planned.steps {
            make(&planned.path, step, files)?;
        }
    }
    Ok(())
}

fn make(log_dir: &Path, step: &Step, files: &mut dyn Files) -> Result<(), FileError> {
    let path = log_dir.join(&step.file);
    match &step.change {
        Change::Write { after, .. } => files.replace(&path, &bytes(after)),
        Change::SetAside { to } => files.rename(&path, &log_dir.join(to)),
        Change::RemoveDirectory => files.remove_directory(&path),
    }
}

/// Content that a plan made, or that was checked when its journal was read.
pub(super) fn bytes(content: &Content) -> Vec<u8> {
    content.bytes().expect("made by us or checked")
}
