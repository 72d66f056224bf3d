//! A ZooKeeper data directory as a source, with no ZooKeeper running: servers 3.4 to 3.9.
//!
//! ```text
//!  log.*       ─▶ which paths changed after the snapshot          (touch)
//!  snapshot.N  ─▶ verified; the changed ones as they were, chroots (scan)
//!  log.*       ─▶ the changed ones as they became                 (apply)
//!  snapshot.N  ─▶ delivered as read, changed ones from memory      (deliver)
//! ```
//!
//! The tree never lies in memory: only what the logs touched, and one number per znode of the snapshot.
//! What is delivered is what the server itself would come up with, as of its last whole transaction: a
//! consistent cut, even if the server still runs and writes meanwhile.
//!
//! A damaged newest snapshot is passed over for an older one only if the logs lead from that one past it.

mod files;
mod overlay;
mod scan;
mod snapshot;
mod stream;
mod synthetic;
mod txn;
mod txn_log;

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

pub use snapshot::{SnapshotReader, StoredZnode};
pub use synthetic::write_synthetic;
pub use txn::{Multi, Paths, Txn, TxnHeader};
pub use txn_log::TxnLogReader;

use super::chroot;
use super::{Capture, CaptureError, Summary, ZnodeSink};
use crate::znode::Zxid;
use files::{Files, Logs, NamedFile};
use overlay::Overlay;
use scan::{Delivery, Scan};

/// A ZooKeeper server's data directory.
#[derive(Clone, Debug)]
pub struct DataDir {
    data_dir: PathBuf,
    log_dir: PathBuf,
    log_dir_given: bool,
    chroot: Option<String>,
}

/// A snapshot (or none) with the logs after it, read and found whole.
struct Tree<'a> {
    snapshot: Option<&'a NamedFile>,
    scan: Scan,
    logs: Logs,
    overlay: Overlay,
    last_zxid: Zxid,
}

impl DataDir {
    /// The data directory at `path` (`dataDir`, or its `version-2`).
    ///
    /// `log_dir` is the `dataLogDir`, if the server has one. Without `chroot` the only Kafka cluster is taken.
    ///
    /// # Errors
    ///
    /// [`CaptureError::Io`] if `path` is no directory, [`CaptureError::Damaged`] if it is no data directory.
    pub fn open(path: &Path, log_dir: Option<&Path>, chroot: Option<&str>) -> Result<DataDir, CaptureError> {
        let dir = DataDir {
            data_dir: files::version_dir(path),
            log_dir: files::version_dir(log_dir.unwrap_or(path)),
            log_dir_given: log_dir.is_some(),
            chroot: chroot.map(chroot::normalize),
        };
        dir.list()?;
        Ok(dir)
    }

    fn list(&self) -> Result<Files, CaptureError> {
        let files = Files::list(&self.data_dir, &self.log_dir)?;
        let problem = match (files.snapshots.is_empty(), files.logs.is_empty()) {
            (true, true) => "neither snapshot.* nor log.* is here: this is no ZooKeeper data directory",
            (false, true) if !self.log_dir_given => {
                "snapshots are here, but not the transaction logs that belong to them: \
                 name the server's dataLogDir as well"
            }
            _ => return Ok(files),
        };
        Err(CaptureError::Damaged {
            path: self.data_dir.clone(),
            offset: 0,
            problem: problem.to_owned(),
        })
    }

    /// The newest whole tree.
    fn load<'a>(&self, files: &'a Files) -> Result<Tree<'a>, CaptureError> {
        let mut passed_over: Option<(&NamedFile, CaptureError)> = None;
        for snapshot in files.snapshots.iter().rev() {
            match load_from(snapshot, &files.logs) {
                Ok(tree) => return accept(tree, passed_over),
                Err(error @ CaptureError::Damaged { .. }) if is_about(&error, &snapshot.path) => {
                    // The newest one's damage is what to tell if nothing helps.
                    passed_over.get_or_insert((snapshot, error));
                }
                Err(error) => return Err(prefer(passed_over, error)),
            }
        }
        match files.logs.first() {
            Some(log) if is_first_ever(log.zxid) => accept(load_logs_alone(&files.logs)?, passed_over),
            _ => Err(prefer(passed_over, self.incomplete(&files.logs))),
        }
    }

    fn incomplete(&self, logs: &[NamedFile]) -> CaptureError {
        let first = logs.first().map_or(Zxid(0), |log| log.zxid);
        CaptureError::Damaged {
            path: self.data_dir.clone(),
            offset: 0,
            problem: format!(
                "no snapshot is here, and the logs begin at {first}: what was before is missing. \
                 Name the server's dataDir as well as its dataLogDir, or take another server's"
            ),
        }
    }

    fn describe(&self, tree: &Tree<'_>) -> String {
        let name = |path: &Path| {
            path.file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned()
        };
        let snapshot = tree
            .snapshot
            .map_or("no snapshot".to_owned(), |file| name(&file.path));
        format!(
            "{} ({snapshot}, {} log files)",
            self.data_dir.display(),
            tree.logs.count()
        )
    }

    /// A server that runs on this directory goes on after what was read.
    fn warn_if_alive(&self, before: &Files, last_zxid: Zxid) -> Result<(), CaptureError> {
        if Files::list(&self.data_dir, &self.log_dir)? != *before {
            tracing::warn!(
                directory = %self.data_dir.display(),
                %last_zxid,
                "a ZooKeeper server is writing here: what it does after this transaction is not in the capture"
            );
        }
        Ok(())
    }
}

impl Capture for DataDir {
    fn read(&mut self, sink: &mut dyn ZnodeSink) -> Result<Summary, CaptureError> {
        let files = self.list()?;
        let tree = self.load(&files)?;
        let source = self.describe(&tree);
        let chroot = match &self.chroot {
            Some(chroot) => chroot.clone(),
            None => tree.scan.chroots.find(&self.data_dir.display().to_string())?,
        };
        sink.expect(tree.scan.children.len() as u64);
        let delivery = Delivery::new(&chroot, &tree.overlay, sink);
        let delivered = match tree.snapshot {
            Some(snapshot) => delivery.deliver(&snapshot.path, &tree.scan.children)?,
            None => delivery.deliver_logs_alone()?,
        };
        if delivered.znodes == 0 {
            return Err(CaptureError::Chroot {
                problem: format!("{source}: {chroot} does not exist in it"),
            });
        }
        self.warn_if_alive(&files, tree.last_zxid)?;
        // The snapshot may show transactions that the logs lack: then it is no state there ever was.
        let consistent_cut = tree.scan.last_zxid.is_none_or(|last| last <= tree.last_zxid);
        Ok(Summary {
            source,
            chroot,
            first_zxid: tree.last_zxid,
            last_zxid: tree
                .scan
                .last_zxid
                .map_or(tree.last_zxid, |last| last.max(tree.last_zxid)),
            consistent_cut,
            znodes: delivered.znodes,
            reread: 0,
            data_bytes: delivered.data_bytes,
        })
    }
}

fn load_from<'a>(snapshot: &'a NamedFile, logs: &[NamedFile]) -> Result<Tree<'a>, CaptureError> {
    let mut logs = Logs::after(snapshot.zxid, logs);
    let mut overlay = Overlay::default();
    let last_zxid = logs.walk(|header, txn| overlay.touch(header, &txn))?;
    let scan = scan::scan(&snapshot.path, &mut overlay)?;
    apply(scan, Some(snapshot), logs, overlay, last_zxid)
}

/// A server that never took a snapshot.
fn load_logs_alone<'a>(logs: &[NamedFile]) -> Result<Tree<'a>, CaptureError> {
    let mut logs = Logs::after(Zxid(0), logs);
    let mut overlay = Overlay::default();
    let last_zxid = logs.walk(|header, txn| overlay.touch(header, &txn))?;
    overlay.start_empty();
    apply(Scan::default(), None, logs, overlay, last_zxid)
}

fn apply<'a>(
    mut scan: Scan,
    snapshot: Option<&'a NamedFile>,
    mut logs: Logs,
    mut overlay: Overlay,
    last_zxid: Zxid,
) -> Result<Tree<'a>, CaptureError> {
    logs.walk(|header, txn| overlay.apply(header, txn))?;
    for (path, touched) in overlay.iter() {
        scan.chroots.see(path, touched.node.is_some());
    }
    Ok(Tree {
        snapshot,
        scan,
        logs,
        overlay,
        last_zxid,
    })
}

/// Takes the tree, unless a newer snapshot is damaged and the logs do not lead past it.
fn accept<'a>(
    tree: Tree<'a>,
    passed_over: Option<(&NamedFile, CaptureError)>,
) -> Result<Tree<'a>, CaptureError> {
    match passed_over {
        Some((newer, error)) if tree.last_zxid < newer.zxid => Err(error),
        Some((newer, error)) => {
            tracing::warn!(
                snapshot = %newer.path.display(),
                %error,
                "damaged, or never finished: passed over, an older one and the logs cover it"
            );
            Ok(tree)
        }
        None => Ok(tree),
    }
}

fn prefer(passed_over: Option<(&NamedFile, CaptureError)>, error: CaptureError) -> CaptureError {
    passed_over.map_or(error, |(_, damage)| damage)
}

fn is_about(error: &CaptureError, file: &Path) -> bool {
    matches!(error, CaptureError::Damaged { path, .. } if path == file)
}

/// The first transaction of a server alone, or of an ensemble.
fn is_first_ever(zxid: Zxid) -> bool {
    matches!(zxid.0, 1 | 0x1_0000_0001)
}
