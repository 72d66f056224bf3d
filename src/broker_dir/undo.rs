//! The way back: what the journals say is restored byte for byte, and the journals go.

use std::path::{Path, PathBuf};

use kraft_bridge_raft::durable::{FileError, TEMPORARY_SUFFIX};
use kraft_bridge_raft::names::METADATA_PARTITION;
use serde::Serialize;

use super::Node;
use super::apply::{Files, bytes};
use super::journal::FILE_NAME as JOURNAL;
use super::plan::ran_in_kraft_mode;
use super::scan::{Journaled, LogDir};
use super::step::{Change, Content};

/// What restores one broker's directories.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Undo {
    /// The log directories that have something to restore.
    pub(crate) directories: Vec<UndoDirectory>,
    /// Metadata logs that `migrate` wrote, which stay: not ours to undo.
    pub(crate) left: Vec<PathBuf>,
}

/// What restores one log directory.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct UndoDirectory {
    pub(crate) path: PathBuf,
    /// In the order in which they are made; the journal goes last.
    pub(crate) steps: Vec<Restore>,
}

/// One step of the way back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "action", rename_all = "kebab-case")]
pub(crate) enum Restore {
    /// A directory that had been removed is made again.
    CreateDirectory { directory: String },
    /// A file that had been set aside gets its name back.
    Rename { from: String, file: String },
    /// A file gets the content it had.
    Write { file: String, content: Content },
    /// A file that did not exist is removed.
    Remove { file: String },
    /// The journal is removed.
    Forget { file: String },
}

/// Why there is no way back, or none is needed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum UndoError {
    /// No journal.
    #[error("nothing to undo: none of the log directories holds a {JOURNAL}")]
    Nothing,
    /// The broker was started on what was prepared.
    #[error(
        "{}: the broker has run in KRaft mode since it was prepared: what was written since would be truncated by \
         the old cluster. Nothing was changed; the way is forward",
        path.display()
    )]
    RanInKraftMode {
        /// The log directory.
        path: PathBuf,
    },
    /// Somebody changed what was prepared.
    #[error(
        "{}: is neither what was there at first nor what was made of it: somebody changed it since, a broker that \
         was started for example. Nothing was changed; {JOURNAL} in the log directory holds what it was at first",
        path.display()
    )]
    Changed {
        /// The file.
        path: PathBuf,
    },
}

impl Undo {
    /// Decides what restores the directories.
    ///
    /// # Errors
    ///
    /// [`UndoError`].
    pub(crate) fn of(node: Node, directories: &[LogDir]) -> Result<Undo, UndoError> {
        let mut undo = Undo {
            directories: Vec::new(),
            left: Vec::new(),
        };
        for directory in directories {
            if ran_in_kraft_mode(directory, node) {
                return Err(UndoError::RanInKraftMode {
                    path: directory.path.clone(),
                });
            }
            if node.controller && directory.is_metadata && directory.metadata_partition.is_some() {
                undo.left.push(directory.path.join(METADATA_PARTITION));
            }
            let steps = steps(directory)?;
            if !steps.is_empty() {
                undo.directories.push(UndoDirectory {
                    path: directory.path.clone(),
                    steps,
                });
            }
        }
        if undo.directories.is_empty() {
            return Err(UndoError::Nothing);
        }
        Ok(undo)
    }

    /// Restores the directories.
    ///
    /// # Errors
    ///
    /// [`FileError`]: the journals are still there, so it can be tried again.
    pub(crate) fn apply(&self, files: &mut dyn Files) -> Result<(), FileError> {
        for directory in &self.directories {
            let together = |a: &Restore, b: &Restore| a.removed().is_some() && b.removed().is_some();
            for steps in directory.steps.chunk_by(together) {
                make(&directory.path, steps, files)?;
            }
        }
        Ok(())
    }
}

impl Restore {
    /// The file that is removed, if that is the step.
    fn removed(&self) -> Option<&str> {
        match self {
            Restore::Remove { file } => Some(file),
            _ => None,
        }
    }
}

/// Makes one step, or several that remove files.
fn make(log_dir: &Path, steps: &[Restore], files: &mut dyn Files) -> Result<(), FileError> {
    let Some(first) = steps.first() else {
        return Ok(());
    };
    match first {
        Restore::CreateDirectory { directory } => files.create_directory(&log_dir.join(directory)),
        Restore::Rename { from, file } => files.rename(&log_dir.join(from), &log_dir.join(file)),
        Restore::Write { file, content } => files.replace(&[(log_dir.join(file), bytes(content))]),
        Restore::Remove { .. } => {
            let removed = steps.iter().filter_map(Restore::removed);
            files.remove(&removed.map(|file| log_dir.join(file)).collect::<Vec<_>>())
        }
        Restore::Forget { file } => files.remove(&[log_dir.join(file)]),
    }
}

fn steps(directory: &LogDir) -> Result<Vec<Restore>, UndoError> {
    let mut steps = Vec::new();
    if let Some(journaled) = &directory.journal {
        let temporaries = journaled.temporaries.iter().cloned();
        steps.extend(temporaries.map(|file| Restore::Remove { file }));
        // A directory comes before the files in it: the journal is sorted.
        for (file, change) in &journaled.journal.changes {
            steps.extend(restore(directory, journaled, file, change)?);
        }
    }
    for file in [format!("{JOURNAL}{TEMPORARY_SUFFIX}"), JOURNAL.to_owned()] {
        if directory.files.contains(&file) {
            steps.push(Restore::Forget { file });
        }
    }
    Ok(steps)
}

/// What undoes one change, if it was made and has not been undone.
fn restore(
    directory: &LogDir,
    journaled: &Journaled,
    file: &str,
    change: &Change,
) -> Result<Option<Restore>, UndoError> {
    let changed = || UndoError::Changed {
        path: directory.path.join(file),
    };
    match change {
        Change::RemoveDirectory => {
            Ok(directory
                .metadata_partition
                .is_none()
                .then(|| Restore::CreateDirectory {
                    directory: file.to_owned(),
                }))
        }
        Change::SetAside { to } => match (exists(directory, file), directory.files.contains(to)) {
            (false, true) => Ok(Some(Restore::Rename {
                from: to.clone(),
                file: file.to_owned(),
            })),
            (true, false) => Ok(None),
            (true, true) | (false, false) => Err(changed()),
        },
        Change::Write { before, after } => {
            let now = journaled.now.get(file).map(|now| Content::from(now.as_slice()));
            if now == *before {
                return Ok(None);
            }
            if now.as_ref() != Some(after) {
                return Err(changed());
            }
            let file = file.to_owned();
            Ok(Some(match before.clone() {
                Some(content) => Restore::Write { file, content },
                None => Restore::Remove { file },
            }))
        }
    }
}

/// Whether a file that can be set aside is where it belongs.
fn exists(directory: &LogDir, file: &str) -> bool {
    let inside = file
        .strip_prefix(METADATA_PARTITION)
        .and_then(|rest| rest.strip_prefix('/'));
    match inside {
        Some(name) => directory
            .metadata_partition
            .as_ref()
            .is_some_and(|partition| partition.files.iter().any(|file| file == name)),
        None => directory.files.contains(file),
    }
}
