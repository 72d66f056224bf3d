//! The KRaft side: a metadata log directory, or one checkpoint or segment of it.

use std::path::{Path, PathBuf};

use kraft_bridge_metadata::image::{Replay, ReplayError};
use kraft_bridge_metadata::records::MetadataRecord;
use kraft_bridge_protocol::wire::WireError;
use kraft_bridge_protocol::{Epoch, Offset, OffsetAndEpoch};
use kraft_bridge_raft::log_dir::{LogDir, LogDirError};
use kraft_bridge_raft::names;
use kraft_bridge_raft::reader::{BatchFile, Entry, Place, ReadError};

use crate::config::{ConfigError, KafkaConfig};

/// What `migrate --output` puts beside the log directory.
const CONTROLLER_PROPERTIES: &str = "controller.properties";

/// Where the metadata log is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// `metadata.log.dir`, or `__cluster_metadata-0` inside it.
    Directory(PathBuf),
    /// A checkpoint.
    Checkpoint(PathBuf),
    /// A segment.
    Segment(PathBuf),
}

/// A metadata log that has been read to its end.
#[derive(Clone, Debug)]
pub(crate) struct Log {
    /// Its records.
    pub(crate) replay: Replay,
    /// What was read, as a person would name it.
    pub(crate) target: String,
    /// Cluster id, if it is known.
    pub(crate) cluster_id: Option<String>,
    /// Where the reading ended.
    pub(crate) end: OffsetAndEpoch,
}

/// Why the KRaft side can't be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TargetError {
    /// It is none of the forms.
    #[error(
        "{}: is neither a metadata log directory (metadata.log.dir, or __cluster_metadata-0 in it), a \
         checkpoint or segment of one, nor a controller's configuration file",
        path.display()
    )]
    Form {
        /// What was given.
        path: PathBuf,
    },
    /// The configuration file is wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The directory is no log.
    #[error(transparent)]
    Directory(#[from] LogDirError),
    /// A file is damaged, cut off or missing.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// A record is not one of Kafka's, as far as we know them.
    #[error("{target}, offset {offset}: no metadata record that is known: {error}")]
    Record {
        /// The log.
        target: String,
        /// Offset of the record.
        offset: Offset,
        /// What is wrong.
        error: WireError,
    },
    /// A record contradicts those before it.
    #[error("{target}, offset {offset}: {error}; the log lacks records before it: give the whole directory")]
    Replay {
        /// The log.
        target: String,
        /// Offset of the record.
        offset: Offset,
        /// What is wrong.
        error: ReplayError,
    },
}

impl Target {
    /// The target that the path names; a controller's configuration file, or what `migrate --output` made, stands for
    /// the log directory it names.
    ///
    /// # Errors
    ///
    /// [`TargetError::Form`], or [`TargetError::Config`] when the configuration file can't be used.
    pub(crate) fn of(path: &Path) -> Result<Target, TargetError> {
        let generated = path.join(CONTROLLER_PROPERTIES);
        if generated.is_file() {
            return Target::of(&generated);
        }
        if path
            .extension()
            .is_some_and(|extension| extension == "properties")
        {
            return Ok(Target::Directory(KafkaConfig::load(path)?.metadata_log_dir));
        }
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let owned = path.to_owned();
        if path.is_dir() {
            Ok(Target::Directory(owned))
        } else if name == names::BOOTSTRAP_CHECKPOINT || names::parse_checkpoint(&name).is_some() {
            Ok(Target::Checkpoint(owned))
        } else if names::parse_segment(&name).is_some() {
            Ok(Target::Segment(owned))
        } else {
            Err(TargetError::Form { path: owned })
        }
    }

    /// Reads the whole log.
    ///
    /// # Errors
    ///
    /// [`TargetError`]: a log that was read in part is no log.
    pub(crate) fn read(&self) -> Result<Log, TargetError> {
        let mut reading = Reading::new(self.path().display().to_string());
        match self {
            Target::Directory(path) => {
                let directory = LogDir::open(path)?;
                let end = directory.for_each(|place, entry| reading.push(place, entry))?;
                reading.log.end = end;
                reading.log.cluster_id = directory.identity.and_then(|identity| identity.cluster_id);
            }
            Target::Checkpoint(path) => {
                BatchFile::open(path)?.for_each_of_checkpoint(|place, entry| reading.push(place, entry))?;
                let id = path
                    .file_name()
                    .and_then(|name| names::parse_checkpoint(&name.to_string_lossy()));
                reading.log.end = id.unwrap_or(reading.log.end);
            }
            Target::Segment(path) => {
                BatchFile::open(path)?.for_each(|place, entry| reading.push(place, entry))?
            }
        }
        Ok(reading.log)
    }

    fn path(&self) -> &Path {
        match self {
            Target::Directory(path) | Target::Checkpoint(path) | Target::Segment(path) => path,
        }
    }
}

/// A log while it is being read.
struct Reading {
    log: Log,
}

impl Reading {
    fn new(target: String) -> Reading {
        let end = OffsetAndEpoch {
            epoch: Epoch(0),
            offset: Offset(0),
        };
        Reading {
            log: Log {
                replay: Replay::default(),
                target,
                cluster_id: None,
                end,
            },
        }
    }

    fn push(&mut self, place: Place, entry: Entry<'_>) -> Result<(), TargetError> {
        let Log {
            replay, target, end, ..
        } = &mut self.log;
        *end = OffsetAndEpoch {
            epoch: place.epoch,
            offset: Offset(place.offset.0 + 1),
        };
        let Entry::Data(bytes) = entry else { return Ok(()) };
        let offset = place.offset;
        let (record, _) = MetadataRecord::decode(bytes).map_err(|error| {
            let target = target.clone();
            TargetError::Record {
                target,
                offset,
                error,
            }
        })?;
        replay.push(offset, record).map_err(|error| {
            let target = target.clone();
            TargetError::Replay {
                target,
                offset,
                error,
            }
        })
    }
}
