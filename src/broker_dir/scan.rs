//! What lies in a broker's log directories: everything that the plan depends on, and nothing else.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use kraft_bridge_raft::durable::{FileError, TEMPORARY_SUFFIX};
use kraft_bridge_raft::names::{META_PROPERTIES, METADATA_PARTITION, PARTITION_METADATA};

use super::journal::{FILE_NAME as JOURNAL, Journal, JournalError};
use super::replica_name::ReplicaName;
use super::step::Change;
use crate::config::KafkaConfig;
use crate::migrate::log_dir_paths;

/// The mark of an orderly stop.
pub(crate) const CLEAN_SHUTDOWN: &str = ".kafka_cleanshutdown";
/// Where releases with tiered storage cache indexes; the one directory that is no replica and that Kafka accepts.
const REMOTE_INDEX_CACHE: &str = "remote-log-index-cache";

/// One log directory.
#[derive(Clone, Debug, Default)]
pub(crate) struct LogDir {
    pub(crate) path: PathBuf,
    /// Whether it is the one that may hold `__cluster_metadata-0`.
    pub(crate) is_metadata: bool,
    /// Whether a running Kafka has locked it.
    pub(crate) in_use: bool,
    /// Content of `meta.properties`.
    pub(crate) identity: Option<Vec<u8>>,
    /// Content of `.kafka_cleanshutdown`.
    pub(crate) clean_shutdown: Option<Vec<u8>>,
    /// Replica directories, by name.
    pub(crate) replicas: Vec<Replica>,
    /// `__cluster_metadata-0`
    pub(crate) metadata_partition: Option<MetadataPartition>,
    /// Directories that Kafka does not take for replicas.
    pub(crate) other_directories: Vec<String>,
    /// Names of the files in the directory itself.
    pub(crate) files: BTreeSet<String>,
    /// What an earlier `--apply` noted.
    pub(crate) journal: Option<Journaled>,
}

/// A replica's directory.
#[derive(Clone, Debug)]
pub(crate) struct Replica {
    /// Name of the directory.
    pub(crate) directory: String,
    /// The same, read.
    pub(crate) name: ReplicaName,
    /// Content of its `partition.metadata`.
    pub(crate) metadata: Option<Vec<u8>>,
}

/// A metadata log.
#[derive(Clone, Debug, Default)]
pub(crate) struct MetadataPartition {
    /// Names in it.
    pub(crate) files: Vec<String>,
    /// Whether one of them is a directory, which Kafka never makes.
    pub(crate) nested: bool,
    /// Whether its segments hold records: a node has run on it. `migrate` leaves a snapshot and an empty segment.
    pub(crate) has_records: bool,
}

/// A journal, and what the files that it names are now.
#[derive(Clone, Debug)]
pub(crate) struct Journaled {
    pub(crate) journal: Journal,
    /// Content of each file that was written; absent if the file is.
    pub(crate) now: BTreeMap<String, Vec<u8>>,
    /// Half-written files that a kill left beside them.
    pub(crate) temporaries: Vec<String>,
}

/// Why the directories cannot be looked at.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ScanError {
    /// A configured directory is not there.
    #[error("{key}: {} is no directory: create it, or mount the disk that it is on", path.display())]
    Missing {
        /// The configuration key.
        key: &'static str,
        /// The directory.
        path: PathBuf,
    },
    /// A journal cannot be read.
    #[error("{}: {error}", path.display())]
    Journal {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        error: JournalError,
    },
    /// Something cannot be read.
    #[error(transparent)]
    File(#[from] FileError),
}

/// The directories of a configuration, `metadata.log.dir` among them even if it is in none of `log.dirs`.
///
/// # Errors
///
/// [`ScanError::Missing`] names the key and the directory.
pub(crate) fn log_dirs(config: &KafkaConfig) -> Result<Vec<LogDir>, ScanError> {
    let directory = |path: PathBuf| {
        if path.is_dir() {
            return Ok(LogDir {
                is_metadata: path == config.metadata_log_dir,
                path,
                ..LogDir::default()
            });
        }
        let key = if config.log_dirs.contains(&path) {
            "log.dirs"
        } else {
            "metadata.log.dir"
        };
        Err(ScanError::Missing { key, path })
    };
    log_dir_paths(config).into_iter().map(directory).collect()
}

impl LogDir {
    /// Reads what lies in the directory.
    ///
    /// # Errors
    ///
    /// [`ScanError`] if something that matters cannot be read.
    pub(crate) fn scan(&mut self) -> Result<(), ScanError> {
        self.identity = read(&self.path.join(META_PROPERTIES))?;
        self.clean_shutdown = read(&self.path.join(CLEAN_SHUTDOWN))?;
        for (name, is_directory) in entries(&self.path)? {
            if is_directory {
                self.add_directory(name)?;
            } else {
                self.files.insert(name);
            }
        }
        self.journal = self.read_journal()?;
        Ok(())
    }

    fn add_directory(&mut self, directory: String) -> Result<(), ScanError> {
        let path = self.path.join(&directory);
        if directory == METADATA_PARTITION {
            self.metadata_partition = Some(MetadataPartition::scan(&path)?);
        } else if let Some(name) = ReplicaName::parse(&directory) {
            let metadata = read(&path.join(PARTITION_METADATA))?;
            self.replicas.push(Replica {
                directory,
                name,
                metadata,
            });
        } else if directory != REMOTE_INDEX_CACHE {
            self.other_directories.push(directory);
        }
        Ok(())
    }

    fn read_journal(&self) -> Result<Option<Journaled>, ScanError> {
        let path = self.path.join(JOURNAL);
        let Some(content) = read(&path)? else {
            return Ok(None);
        };
        let journal = Journal::decode(&content).map_err(|error| ScanError::Journal { path, error })?;
        let (mut now, mut temporaries) = (BTreeMap::new(), Vec::new());
        for (file, change) in &journal.changes {
            if !matches!(change, Change::Write { .. }) {
                continue;
            }
            if let Some(content) = read(&self.path.join(file))? {
                now.insert(file.clone(), content);
            }
            let temporary = format!("{file}{TEMPORARY_SUFFIX}");
            if self.path.join(&temporary).exists() {
                temporaries.push(temporary);
            }
        }
        Ok(Some(Journaled {
            journal,
            now,
            temporaries,
        }))
    }
}

impl MetadataPartition {
    fn scan(path: &Path) -> Result<MetadataPartition, ScanError> {
        let mut partition = MetadataPartition::default();
        for (name, is_directory) in entries(path)? {
            let file = path.join(&name);
            partition.nested |= is_directory;
            partition.has_records |= name.ends_with(".log")
                && fs::metadata(&file)
                    .map_err(FileError::at(&file, "look at"))?
                    .len()
                    > 0;
            partition.files.push(name);
        }
        Ok(partition)
    }
}

/// A file's content; `None` if it, or the directory that it would be in, does not exist.
fn read(path: &Path) -> Result<Option<Vec<u8>>, FileError> {
    match fs::read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        content => content.map(Some).map_err(FileError::at(path, "read")),
    }
}

/// Names in a directory, sorted, and whether each is a directory. Names that are no UTF-8 are none of Kafka's; they
/// come out with a replacement character, which no topic's name has.
fn entries(path: &Path) -> Result<Vec<(String, bool)>, FileError> {
    let list = || -> io::Result<Vec<(String, bool)>> {
        fs::read_dir(path)?
            .map(|entry| {
                let entry = entry?;
                // Links are followed, as Kafka does.
                let is_directory = fs::metadata(entry.path()).is_ok_and(|metadata| metadata.is_dir());
                Ok((entry.file_name().to_string_lossy().into_owned(), is_directory))
            })
            .collect()
    };
    let mut entries = list().map_err(FileError::at(path, "list"))?;
    entries.sort();
    Ok(entries)
}
