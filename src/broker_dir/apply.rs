//! Making a plan come true, step by step, with the journal first.

use std::fs;
use std::path::{Path, PathBuf};

use kraft_bridge_raft::durable::{self, FileError};

use super::journal::FILE_NAME as JOURNAL;
use super::plan::Plan;
use super::scan::LogDir;
use super::step::{Change, Content, Step};

/// The file operations that change a directory: durable when they return, and whole for each file if they fail.
pub(crate) trait Files {
    /// Writes files, whether they exist or not.
    fn replace(&mut self, files: &[(PathBuf, Vec<u8>)]) -> Result<(), FileError>;
    /// Renames a file within a log directory.
    fn rename(&mut self, from: &Path, to: &Path) -> Result<(), FileError>;
    /// Removes files.
    fn remove(&mut self, paths: &[PathBuf]) -> Result<(), FileError>;
    /// Makes a directory.
    fn create_directory(&mut self, path: &Path) -> Result<(), FileError>;
    /// Removes an empty directory.
    fn remove_directory(&mut self, path: &Path) -> Result<(), FileError>;
}

/// The real disk.
#[derive(Debug)]
pub(crate) struct Disk;

impl Files for Disk {
    fn replace(&mut self, files: &[(PathBuf, Vec<u8>)]) -> Result<(), FileError> {
        durable::replace_all(files)
    }

    fn rename(&mut self, from: &Path, to: &Path) -> Result<(), FileError> {
        durable::rename(from, to)?;
        durable::sync_parent(from)
    }

    fn remove(&mut self, paths: &[PathBuf]) -> Result<(), FileError> {
        durable::remove_all(paths)
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
            files.replace(&[(directory.path.join(JOURNAL), journal.encode())])?;
        }
    }
    for planned in &plan.directories {
        let together = |a: &Step, b: &Step| written(a).is_some() && written(b).is_some();
        for steps in planned.steps.chunk_by(together) {
            make(&planned.path, steps, files)?;
        }
    }
    Ok(())
}

/// Makes one step, or several that write files.
fn make(log_dir: &Path, steps: &[Step], files: &mut dyn Files) -> Result<(), FileError> {
    let Some(first) = steps.first() else {
        return Ok(());
    };
    let path = log_dir.join(&first.file);
    match &first.change {
        Change::Write { .. } => {
            let contents = steps
                .iter()
                .filter_map(|step| Some((log_dir.join(&step.file), bytes(written(step)?))));
            files.replace(&contents.collect::<Vec<_>>())
        }
        Change::SetAside { to } => files.rename(&path, &log_dir.join(to)),
        Change::RemoveDirectory => files.remove_directory(&path),
    }
}

fn written(step: &Step) -> Option<&Content> {
    match &step.change {
        Change::Write { after, .. } => Some(after),
        _ => None,
    }
}

/// Content that a plan made, or that was checked when its journal was read.
pub(super) fn bytes(content: &Content) -> Vec<u8> {
    content.bytes().expect("made by us or checked")
}
