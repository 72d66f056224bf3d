//! What of a node outlives a crash: its log, as far as it was flushed, and its election state.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use kraft_bridge_protocol::batch;
use kraft_bridge_protocol::{Epoch, Offset};
use kraft_bridge_raft::log::LogOutline;
use kraft_bridge_raft::quorum::outline;
use kraft_bridge_raft::quorum_state::QuorumState;

/// A batch of the log.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct Batch {
    /// Offset of its first record.
    pub base: Offset,
    /// Offset behind its last one.
    pub end: Offset,
    /// Epoch of the leader that wrote it.
    pub epoch: Epoch,
    /// Whether it holds control records, not a client's.
    pub is_control: bool,
    /// As it is written.
    pub bytes: Vec<u8>,
}

/// Batches from the start of a log on.
pub type Batches = Vec<Arc<Batch>>;

/// The files of a node.
#[derive(Clone, Debug, Default)]
pub struct Disk {
    /// As last written.
    pub quorum_state: Option<QuorumState>,
    /// The log.
    pub log: Batches,
    /// All below it survives a crash.
    pub synced: Offset,
    /// The flush that goes on, with the end of the log when it began.
    pub flushing: Option<Offset>,
}

impl Disk {
    /// Where the log ends.
    pub fn end(&self) -> Offset {
        self.log.last().map_or(Offset(0), |batch| batch.end)
    }

    /// Its outline.
    pub fn outline(&self) -> LogOutline {
        outline(self.end(), self.log.iter().map(|batch| (batch.epoch, batch.base)))
    }

    /// Writes whole batches at its end.
    ///
    /// # Panics
    ///
    /// When they are no batches: the machine lets nothing else through.
    pub fn append(&mut self, bytes: &[u8]) {
        let mut rest = bytes;
        while !rest.is_empty() {
            let (decoded, length) =
                batch::Batch::decode(rest).expect("batches that the machine made or checked");
            self.log.push(Arc::new(Batch {
                base: decoded.header.base_offset,
                end: decoded.end_offset(),
                epoch: decoded.header.epoch,
                is_control: decoded.header.control,
                bytes: rest[..length].to_vec(),
            }));
            rest = &rest[length..];
        }
    }

    /// Cuts it, durably, to end at `end` or before, where a batch ends. Returns where.
    pub fn truncate(&mut self, end: Offset) -> Offset {
        self.log.retain(|batch| batch.end <= end);
        let end = self.end();
        self.synced = self.synced.min(end);
        self.flushing = self.flushing.map(|flushing| flushing.min(end));
        end
    }

    /// The batches from `from` on to `end`.
    pub fn read(&self, from: Offset, end: Offset) -> Vec<u8> {
        let within = |batch: &&Arc<Batch>| batch.end > from && batch.base < end;
        self.log
            .iter()
            .filter(within)
            .flat_map(|batch| batch.bytes.clone())
            .collect()
    }

    /// Ends the flush that goes on, if one does, and returns up to where all is durable now.
    pub fn finish_flush(&mut self) -> Option<Offset> {
        self.synced = self.synced.max(self.flushing.take()?);
        Some(self.synced)
    }

    /// What is there after a crash that what was not flushed survived, or did not.
    pub fn after_crash(&self, survives: bool) -> Disk {
        let mut disk = self.clone();
        disk.flushing = None;
        if !survives {
            disk.truncate(self.synced);
        }
        disk.synced = disk.end();
        disk
    }
}

impl Hash for Disk {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        let state = self.quorum_state.as_ref();
        state
            .map(|state| (state.leader_epoch, state.leader, state.voted))
            .hash(hasher);
        self.log.hash(hasher);
        self.synced.hash(hasher);
        self.flushing.hash(hasher);
    }
}
