//! Checkpoints, fetched in place of records that the leader has no more: piece by piece, gone on with after a cut.
//!
//! ```text
//!  offered ─▶ BeginCheckpoint ─▶ FetchSnapshot, WriteCheckpoint … ─▶ InstallCheckpoint ─▶ installed: the log goes on behind it
//!                                     └─ gone, or another leader's ─▶ Fetch, and whatever is offered then
//! ```
//!
//! Source: KIP-630.

use kraft_bridge_protocol::control::ControlRecord;
use kraft_bridge_protocol::rpc::{
    AnyResponse, FetchSnapshotRequest, QuorumTopic, SnapshotPartition, SnapshotPartitionResponse,
    SnapshotTopic, SnapshotTopicResponse,
};
use kraft_bridge_protocol::{Epoch, NodeId, Offset, OffsetAndEpoch};

use super::Raft;
use super::effects::Effect;
use super::learning::Learned;
use crate::log::{EpochHistory, LogOutline};

/// A checkpoint on its way. Another leader's of the same id has other bytes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Download {
    pub(super) id: OffsetAndEpoch,
    pub(super) leader: NodeId,
    /// In a later epoch the log may have grown meanwhile, and the file at the leader be another one.
    pub(super) epoch: Epoch,
    /// Bytes that have come.
    pub(super) position: i64,
}

impl Raft {
    pub(super) fn fetch_snapshot_request(&self, download: &Download) -> FetchSnapshotRequest {
        let own = self.config.replica;
        let partition = SnapshotPartition {
            current_leader_epoch: self.epoch,
            snapshot_id: download.id.into(),
            position: download.position,
            replica_directory_id: own.directory,
            ..Default::default()
        };
        FetchSnapshotRequest {
            cluster_id: Some(self.config.cluster_id.clone()),
            replica_id: Some(own.id),
            max_bytes: self.config.snapshot_bytes_max,
            topics: SnapshotTopic::metadata_log(partition),
            ..Default::default()
        }
    }

    pub(super) fn take_offer(&mut self, id: OffsetAndEpoch) -> Learned {
        if self.loses_committed(id.offset) {
            return Learned::Failed;
        }
        if id <= self.log_end() {
            tracing::warn!(node = %self.own_id(), ?id, "a checkpoint is offered that the log reaches beyond");
            return Learned::Failed;
        }
        let Some(leader) = self.leader() else {
            return Learned::Failed;
        };
        if self
            .fetching
            .download
            .as_ref()
            .is_none_or(|download| download.id != id)
        {
            tracing::info!(node = %self.own_id(), ?id, "fetches a checkpoint");
            self.emit(Effect::BeginCheckpoint(id));
            self.fetching.download = Some(Download {
                id,
                leader,
                epoch: self.epoch,
                position: 0,
            });
        }
        Learned::Done
    }

    pub(super) fn handle_fetch_snapshot_response(&mut self, response: &AnyResponse) -> Learned {
        self.fetching.is_asking = false;
        let AnyResponse::FetchSnapshot(response) = response else {
            return Learned::Failed;
        };
        let Some(partition) = SnapshotTopicResponse::only_metadata_log(&response.topics) else {
            self.fetching.download = None;
            return self.learn_top_level(response.error_code);
        };
        let leader = &partition.current_leader;
        let endpoint = Raft::named_endpoint(&response.node_endpoints, leader.leader_id);
        let learned = self.learn(
            partition.error_code,
            leader.leader_epoch,
            leader.leader_id,
            endpoint,
        );
        if learned != Learned::Payload {
            self.fetching.download = None;
            return learned;
        }
        self.take_piece(partition)
    }

    fn take_piece(&mut self, partition: &SnapshotPartitionResponse) -> Learned {
        let Some(download) = &mut self.fetching.download else {
            return Learned::Done;
        };
        let bytes = &partition.unaligned_records.0;
        let is_next =
            partition.snapshot_id.id() == Some(download.id) && partition.position == download.position;
        if !is_next || bytes.is_empty() {
            self.fetching.download = None;
            return Learned::Failed;
        }
        let id = download.id;
        download.position += i64::try_from(bytes.len()).expect("shorter than a frame");
        let is_whole = download.position >= partition.size;
        self.emit(Effect::WriteCheckpoint(bytes.clone()));
        if is_whole {
            self.fetching.download = None;
            self.fetching.is_changing = true;
            self.emit(Effect::InstallCheckpoint(id));
        }
        self.leader_answered();
        Learned::Done
    }

    pub(super) fn handle_checkpoint_installed(&mut self, id: OffsetAndEpoch, controls: &[ControlRecord]) {
        self.fetching.is_changing = false;
        self.log = LogOutline {
            start: id.offset,
            end: id.offset,
            epochs: EpochHistory::default(),
            oldest_checkpoint: Some(id),
            newest_checkpoint: Some(id),
        };
        self.durable_end = id.offset;
        self.voters.clear();
        for control in controls {
            self.voters.replay(Offset(id.offset.0 - 1), control);
        }
        self.voters_changed();
        self.raise_high_watermark(id.offset);
    }

    pub(super) fn handle_checkpoint_refused(&mut self, id: OffsetAndEpoch) {
        tracing::warn!(node = %self.own_id(), ?id, "a fetched checkpoint is not sound, and is fetched anew");
        self.fetching.is_changing = false;
    }

    pub(super) fn handle_checkpoints(
        &mut self,
        start: Offset,
        oldest: Option<OffsetAndEpoch>,
        newest: Option<OffsetAndEpoch>,
    ) {
        self.log.start = start;
        self.log.epochs.advance_start(start);
        self.log.oldest_checkpoint = oldest;
        self.log.newest_checkpoint = newest;
    }
}
