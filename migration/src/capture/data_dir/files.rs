//! The files of a data directory: which there are, and the walk through the transaction logs.
//!
//! ```text
//!  dataDir/version-2/snapshot.<zxid>[.gz|.snappy]   the tree at about that transaction
//!  dataLogDir/version-2/log.<zxid>                  transactions from that one on (dataDir's own by default)
//! ```
//!
//! Source: ZooKeeper's `FileTxnSnapLog`, `FileTxnLog` and `Util`.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::txn::{Txn, TxnHeader};
use super::txn_log::TxnLogReader;
use crate::capture::CaptureError;
use crate::znode::Zxid;

/// A file named after a transaction.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct NamedFile {
    pub(crate) zxid: Zxid,
    pub(crate) path: PathBuf,
    pub(crate) length: u64,
    modified: Option<SystemTime>,
}

/// What lies in the directories, each list by transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Files {
    pub(crate) snapshots: Vec<NamedFile>,
    pub(crate) logs: Vec<NamedFile>,
}

impl Files {
    pub(crate) fn list(data_dir: &Path, log_dir: &Path) -> Result<Files, CaptureError> {
        Ok(Files {
            snapshots: list(data_dir, "snapshot.")?,
            logs: list(log_dir, "log.")?,
        })
    }
}

/// `path/version-2` if there is one, else `path`.
pub(crate) fn version_dir(path: &Path) -> PathBuf {
    let inner = path.join("version-2");
    if inner.is_dir() { inner } else { path.to_owned() }
}

fn list(dir: &Path, prefix: &str) -> Result<Vec<NamedFile>, CaptureError> {
    let io = |source| CaptureError::Io {
        path: dir.to_owned(),
        source,
    };
    let mut files = Vec::new();
    for entry in fs::read_dir(dir).map_err(io)? {
        let entry = entry.map_err(io)?;
        let name = entry.file_name();
        let Some(rest) = name.to_str().and_then(|name| name.strip_prefix(prefix)) else {
            continue;
        };
        let digits = rest.split('.').next().unwrap_or_default();
        let Ok(zxid) = i64::from_str_radix(digits, 16) else {
            continue;
        };
        // A live server may just have purged it.
        let Ok(metadata) = entry.metadata() else { continue };
        if metadata.is_file() {
            let (length, modified) = (metadata.len(), metadata.modified().ok());
            files.push(NamedFile {
                zxid: Zxid(zxid),
                path: entry.path(),
                length,
                modified,
            });
        }
    }
    files.sort();
    Ok(files)
}

/// The logs that follow a snapshot, and how far each was read the first time.
///
/// A live server may go on writing: later walks end where the first one did.
#[derive(Clone, Debug)]
pub(crate) struct Logs {
    after: Zxid,
    files: Vec<(NamedFile, u64)>,
    walked: bool,
}

impl Logs {
    /// Those of `logs` that can hold transactions after `after`.
    pub(crate) fn after(after: Zxid, logs: &[NamedFile]) -> Logs {
        let start = logs.iter().rposition(|log| log.zxid <= after).unwrap_or(0);
        let files = logs[start..].iter().map(|log| (log.clone(), u64::MAX)).collect();
        Logs {
            after,
            files,
            walked: false,
        }
    }

    pub(crate) fn count(&self) -> usize {
        self.files.len()
    }

    /// Hands every transaction after the snapshot to `visit`, in order; returns the last one's id.
    ///
    /// # Errors
    ///
    /// [`CaptureError::Damaged`] where a transaction is damaged, or missing between two others.
    pub(crate) fn walk(&mut self, mut visit: impl FnMut(&TxnHeader, Txn<'_>)) -> Result<Zxid, CaptureError> {
        let mut last = self.after;
        for (file, end_offset) in &mut self.files {
            let mut reader = TxnLogReader::open(&file.path, *end_offset)?;
            let mut start = reader.position();
            while let Some((header, txn)) = reader.next_txn()? {
                if header.zxid > self.after {
                    if !follows(last, header.zxid) {
                        return Err(missing(&file.path, start, last, header.zxid));
                    }
                    last = last.max(header.zxid);
                    visit(&header, txn);
                }
                start = reader.position();
            }
            if reader.is_torn() && !self.walked {
                tracing::warn!(
                    file = %file.path.display(),
                    offset = start,
                    "what follows the last whole transaction is left out, as ZooKeeper does: \
                     it was being written when the server died"
                );
            }
            *end_offset = start;
        }
        self.walked = true;
        Ok(last)
    }
}

/// Whether no transaction can be missing between the two: an epoch counts by one, and the next begins at 1.
fn follows(last: Zxid, next: Zxid) -> bool {
    let (epoch, counter) = (next.0 >> 32, next.0 & 0xffff_ffff);
    next <= last || next.0 == last.0 + 1 || (epoch > last.0 >> 32 && counter == 1)
}

fn missing(path: &Path, offset: u64, last: Zxid, next: Zxid) -> CaptureError {
    CaptureError::Damaged {
        path: path.to_owned(),
        offset,
        problem: format!(
            "transaction {next} follows {last}: those between are missing. A log file was removed or is cut off; \
             take the data directory of another server of the ensemble"
        ),
    }
}
