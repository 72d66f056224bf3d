//! The KRaft side as files: a metadata log directory, or one checkpoint or segment of it.

use std::path::{Path, PathBuf};

use indicatif::ProgressBar;
use kraft_bridge_metadata::image::ReplayError;
use kraft_bridge_protocol::Offset;
use kraft_bridge_protocol::wire::WireError;
use kraft_bridge_raft::log_dir::{LogDir, LogDirError};
use kraft_bridge_raft::names;
use kraft_bridge_raft::reader::{BatchFile, Place, ReadError};

use super::kraft::Log;
use crate::client::QuorumError;
use crate::config::{ConfigError, KafkaConfig};
use crate::progress;

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
    #[error("{log}, offset {offset}: no metadata record that is known: {error}")]
    Record {
        /// The log.
        log: String,
        /// Offset of the record.
        offset: Offset,
        /// What is wrong.
        error: WireError,
    },
    /// The quorum can't be read.
    #[error(transparent)]
    Quorum(#[from] QuorumError),
    /// The quorum's log has been cut or replaced again and again while it was read.
    #[error(
        "{log}: its log was replaced by a newer checkpoint each time before it was read to its end: try again"
    )]
    Restless {
        /// The log.
        log: String,
    },
    /// A record contradicts those before it.
    #[error("{log}, offset {offset}: {error}; the log lacks records before it: give the whole directory")]
    Replay {
        /// The log.
        log: String,
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
    pub(super) fn read(&self) -> Result<Log, TargetError> {
        let mut log = Log::new(self.name());
        match self {
            Target::Directory(path) => {
                let directory = LogDir::open(path)?;
                let mut bar = FilesBar::new(directory.files());
                log.end = directory.for_each(|place, entry| log.push(bar.at(place), entry))?;
                log.cluster_id = directory.identity.and_then(|identity| identity.cluster_id);
            }
            Target::Checkpoint(path) => {
                let mut bar = FilesBar::new([path.as_path()]);
                BatchFile::open(path)?
                    .for_each_of_checkpoint(|place, entry| log.push(bar.at(place), entry))?;
                let id = path
                    .file_name()
                    .and_then(|name| names::parse_checkpoint(&name.to_string_lossy()));
                log.end = id.unwrap_or(log.end);
            }
            Target::Segment(path) => {
                let mut bar = FilesBar::new([path.as_path()]);
                BatchFile::open(path)?.for_each(|place, entry| log.push(bar.at(place), entry))?;
            }
        }
        Ok(log)
    }

    /// As a person would name it.
    pub(super) fn name(&self) -> String {
        match self {
            Target::Directory(path) | Target::Checkpoint(path) | Target::Segment(path) => {
                path.display().to_string()
            }
        }
    }
}

/// Shows how far files that are read one after the other have been read.
struct FilesBar {
    bar: ProgressBar,
    /// Bytes of the files before the present one.
    before: u64,
    last: u64,
}

impl FilesBar {
    fn new<'a>(files: impl IntoIterator<Item = &'a Path>) -> FilesBar {
        // A file that can't be looked at fails when it is read.
        let lengths = files.into_iter().filter_map(|path| path.metadata().ok());
        let bytes = lengths.map(|metadata| metadata.len()).sum();
        FilesBar {
            bar: progress::reading_log(Some(bytes)),
            before: 0,
            last: 0,
        }
    }

    /// Shows that the reading is at this place, and hands it on.
    fn at(&mut self, place: Place) -> Place {
        if place.position < self.last {
            // The next file begins.
            self.before += self.last;
        }
        if place.position != self.last {
            self.last = place.position;
            self.bar.set_position(self.before + self.last);
        }
        place
    }
}

impl Drop for FilesBar {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
