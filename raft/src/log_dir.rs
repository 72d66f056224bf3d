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

    /// Files that [`LogDir::for_each`] reads, in order.
    pub fn files(&self) -> impl Iterator<Item = &Path> {
        let end = self.checkpoint.as_ref().map_or(Offset(0), |(id, _)| id.offset);
        let checkpoint = self.checkpoint.iter().map(|(_, path)| path);
        checkpoint
            .chain(self.segments_from(end).iter().map(|(_, path)| path))
            .map(PathBuf::as_path)
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

#[cfg(test)]
mod tests {
    use kraft_bridge_protocol::Timestamp;
    use kraft_bridge_protocol::batch::{BatchBuilder, BatchHeader};

    use super::*;
    use crate::checkpoint::{CheckpointHeader, CheckpointWriter};

    /// A log directory with these files.
    fn directory(files: &[(String, Vec<u8>)]) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        let partition = root.path().join(names::METADATA_PARTITION);
        fs::create_dir(&partition).unwrap();
        for (name, bytes) in files {
            fs::write(partition.join(name), bytes).unwrap();
        }
        root
    }

    /// A segment of one batch with a record for each offset, whose value is the offset's text.
    fn segment(offsets: std::ops::Range<i64>, epoch: i32) -> (String, Vec<u8>) {
        let base_offset = Offset(offsets.start);
        let mut batch = BatchBuilder::default();
        offsets.for_each(|offset| batch.push(None, offset.to_string().as_bytes()));
        let timestamp = Timestamp(0);
        let header = BatchHeader {
            base_offset,
            epoch: Epoch(epoch),
            timestamp,
            control: false,
        };
        (names::segment(base_offset), batch.finish(header))
    }

    fn checkpoint(end: i64, epoch: i32, value: &str) -> (String, Vec<u8>) {
        let header = CheckpointHeader {
            epoch: Epoch(epoch),
            timestamp: Timestamp(0),
            last_contained_log_timestamp: Timestamp(0),
            voters: None,
        };
        let mut writer = CheckpointWriter::new(Vec::new(), header).unwrap();
        writer.push(value.as_bytes()).unwrap();
        let (_, bytes) = writer.finish().unwrap();
        (
            names::checkpoint(OffsetAndEpoch {
                offset: Offset(end),
                epoch: Epoch(epoch),
            }),
            bytes,
        )
    }

    fn read(files: &[(String, Vec<u8>)]) -> Result<(Vec<String>, OffsetAndEpoch), ReadError> {
        let root = directory(files);
        let log = LogDir::open(root.path()).unwrap();
        let mut values = Vec::new();
        let end = log.for_each(|_, entry| {
            if let Entry::Data(value) = entry {
                values.push(String::from_utf8(value.to_vec()).unwrap());
            }
            Ok::<(), ReadError>(())
        })?;
        Ok((values, end))
    }

    fn end(offset: i64, epoch: i32) -> OffsetAndEpoch {
        OffsetAndEpoch {
            offset: Offset(offset),
            epoch: Epoch(epoch),
        }
    }

    #[test]
    fn the_newest_checkpoint_stands_for_what_comes_before_its_end() {
        let files = [
            checkpoint(2, 1, "old"),
            checkpoint(4, 2, "new"),
            segment(0..3, 1),
            segment(3..6, 2),
            segment(6..7, 3),
        ];
        let (values, at) = read(&files).unwrap();
        assert_eq!((values.join(" "), at), ("new 4 5 6".to_owned(), end(7, 3)));
    }

    #[test]
    fn a_log_without_checkpoint_is_read_from_its_start_and_a_checkpoint_alone_is_a_log() {
        assert_eq!(read(&[segment(0..2, 1)]).unwrap().1, end(2, 1));
        assert_eq!(
            read(&[checkpoint(9, 4, "all")]).unwrap(),
            (vec!["all".to_owned()], end(9, 4))
        );
    }

    #[test]
    fn a_gap_is_an_error_that_names_the_segment_behind_it() {
        for files in [
            vec![segment(0..2, 1), segment(3..4, 1)],
            vec![segment(3..4, 1)],
            vec![checkpoint(2, 1, "old"), segment(3..4, 1)],
        ] {
            let error = read(&files).unwrap_err().to_string();
            assert!(
                error.contains("00000000000000000003.log") && error.contains("missing"),
                "{error}"
            );
        }
    }

    #[test]
    fn a_segment_that_is_cut_off_is_an_error() {
        let (name, mut bytes) = segment(0..2, 1);
        bytes.pop();
        assert!(matches!(read(&[(name, bytes)]), Err(ReadError::Batch { .. })));
    }

    #[test]
    fn a_directory_without_log_is_refused() {
        let root = directory(&[("quorum-state".to_owned(), b"{}".to_vec())]);
        assert!(matches!(
            LogDir::open(root.path()),
            Err(LogDirError::Empty { .. })
        ));
    }
}
