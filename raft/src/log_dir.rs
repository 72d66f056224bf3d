//! Reads a metadata log directory as its owner would at the next start: the newest checkpoint, then the log from its end.
//!
//! ```text
//! <dir>/meta.properties
//! <dir>/__cluster_metadata-0/<end offset>-<epoch>.checkpoint     the newest one counts
//! <dir>/__cluster_metadata-0/<base offset>.log                   from the checkpoint's end offset on
//! ```
//!
//! Nothing is changed. Whether the last records were committed, the directory itself does not tell.

use std::fs;
use std::path::{Path, PathBuf};

use kraft_bridge_protocol::{Epoch, Offset, OffsetAndEpoch};

use crate::meta_properties::{MetaProperties, MetaPropertiesError};
use crate::names;
use crate::reader::{BatchFile, Entry, Place, ReadError};

/// Why a directory is no metadata log.
#[derive(Debug, thiserror::Error)]
pub enum LogDirError {
    /// The system failed to list or read it.
    #[error("{}: {source}", path.display())]
    Io {
        /// Directory or file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// There is neither checkpoint nor segment.
    #[error("{}: holds no metadata log, neither a checkpoint nor a segment", path.display())]
    Empty {
        /// The directory.
        path: PathBuf,
    },
    /// `meta.properties` can't be read.
    #[error("{}: {source}", path.display())]
    Identity {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: MetaPropertiesError,
    },
}

/// A metadata log directory, listed.
#[derive(Clone, Debug)]
pub struct LogDir {
    checkpoint: Option<(OffsetAndEpoch, PathBuf)>,
    /// By base offset.
    segments: Vec<(Offset, PathBuf)>,
    /// Identity of the directory, if it has one.
    pub identity: Option<MetaProperties>,
}

impl LogDir {
    /// Lists the directory: `metadata.log.dir`, or `__cluster_metadata-0` inside it.
    ///
    /// # Errors
    ///
    /// [`LogDirError`].
    pub fn open(path: &Path) -> Result<LogDir, LogDirError> {
        let partition = path.join(names::METADATA_PARTITION);
        let (root, partition) = if partition.is_dir() {
            (Some(path), partition)
        } else {
            (path.parent(), path.to_owned())
        };
        let identity = root.map(identity).transpose()?.flatten();
        let mut log = LogDir {
            checkpoint: None,
            segments: Vec::new(),
            identity,
        };
        let io = |source| LogDirError::Io {
            path: partition.clone(),
            source,
        };
        for entry in fs::read_dir(&partition).map_err(io)? {
            log.add(entry.map_err(io)?.path());
        }
        log.segments.sort();
        if log.checkpoint.is_none() && log.segments.is_empty() {
            return Err(LogDirError::Empty {
                path: path.to_owned(),
            });
        }
        Ok(log)
    }

    fn add(&mut self, path: PathBuf) {
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else {
            return;
        };
        if let Some(base) = names::parse_segment(name) {
            self.segments.push((base, path));
        } else if let Some(id) = names::parse_checkpoint(name)
            && self.checkpoint.as_ref().is_none_or(|(newest, _)| *newest < id)
        {
            self.checkpoint = Some((id, path));
        }
    }

    /// Gives every record in force to `each`, in order, and returns where the log ends.
    ///
    /// # Errors
    ///
    /// [`ReadError`] when a file is damaged or cut off, or a part of the log is missing; or whatever `each` fails with.
    pub fn for_each<E: From<ReadError>>(
        &self,
        mut each: impl FnMut(Place, Entry<'_>) -> Result<(), E>,
    ) -> Result<OffsetAndEpoch, E> {
        let mut end = OffsetAndEpoch {
            epoch: Epoch(0),
            offset: Offset(0),
        };
        if let Some((id, path)) = &self.checkpoint {
            BatchFile::open(path)?.for_each_of_checkpoint(&mut each)?;
            end = *id;
        }
        for (_, path) in self.segments_from(end.offset) {
            BatchFile::open(path)?.for_each::<E>(|place, entry| {
                if place.offset < end.offset {
                    return Ok(());
                }
                if place.offset > end.offset {
                    let problem = "records before this one are missing: a segment was removed or cut off";
                    return Err(ReadError::Structure {
                        path: path.clone(),
                        position: place.position,
                        problem,
                    }
                    .into());
                }
                end = OffsetAndEpoch {
                    epoch: place.epoch,
                    offset: Offset(end.offset.0 + 1),
                };
                each(place, entry)
            })?;
        }
        Ok(end)
    }

    /// Segments that hold anything from this offset on: all but those followed by one that begins at or before it.
    fn segments_from(&self, offset: Offset) -> &[(Offset, PathBuf)] {
        let first = self
            .segments
            .partition_point(|(base, _)| *base <= offset)
            .saturating_sub(1);
        &self.segments[first..]
    }
}

fn identity(root: &Path) -> Result<Option<MetaProperties>, LogDirError> {
    let path = root.join(names::META_PROPERTIES);
    match fs::read(&path) {
        Ok(content) => {
            let identity = MetaProperties::decode(&content);
            identity
                .map(Some)
                .map_err(|source| LogDirError::Identity { path, source })
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(LogDirError::Io { path, source }),
    }
}
