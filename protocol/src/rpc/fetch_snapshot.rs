//! FetchSnapshot: a checkpoint of the metadata log, piece by piece (KIP-630).

use super::{ErrorCode, LeaderEndpoint, LeaderIdAndEpoch, Request, SnapshotId};
use crate::wire::Blob;
use crate::{Epoch, NodeId, PartitionId, Uuid};

crate::messages! {
    /// Asks for bytes of a checkpoint.
    ///
    /// Source: `FetchSnapshotRequest.json`, Kafka 4.3.
    FetchSnapshotRequest (key 59, versions 0..=1) {
        /// The cluster that the requester believes to be in; a leader of another one refuses.
        cluster_id: Option<String>, since 0, tag 0;
        /// The replica that fetches, `None` for none.
        replica_id: Option<NodeId>, since 0;
        /// Most bytes of the answer.
        max_bytes: i32 = i32::MAX, since 0;
        /// What to fetch.
        topics: Vec<SnapshotTopic>, since 0;
    }

    /// Partitions of one topic.
    SnapshotTopic (versions 0..=1) {
        /// The topic.
        name: String, since 0;
        /// Its partitions.
        partitions: Vec<SnapshotPartition>, since 0;
    }

    /// Which bytes of which checkpoint.
    SnapshotPartition (versions 0..=1) {
        /// The partition.
        partition: PartitionId, since 0;
        /// Epoch of the leader that the requester knows.
        current_leader_epoch: Epoch, since 0;
        /// The checkpoint.
        snapshot_id: SnapshotId, since 0;
        /// Position of the first byte wanted.
        position: i64, since 0;
        /// Log directory of the replica (KIP-853); zero for none.
        replica_directory_id: Uuid, since 1 or dropped, tag 0;
    }

    /// Bytes of a checkpoint, or why there are none.
    ///
    /// Source: `FetchSnapshotResponse.json`, Kafka 4.3.
    FetchSnapshotResponse (key 59, versions 0..=1) {
        /// How long the client is held back, in milliseconds.
        throttle_time_ms: i32, since 0;
        /// Why nothing at all is answered.
        error_code: ErrorCode = ErrorCode::None, since 0;
        /// What was asked for.
        topics: Vec<SnapshotTopicResponse>, since 0;
        /// Where the leaders named below are reached.
        node_endpoints: Vec<LeaderEndpoint>, since 1 or dropped, tag 0;
    }

    /// Partitions of one topic.
    SnapshotTopicResponse (versions 0..=1) {
        /// The topic.
        name: String, since 0;
        /// Its partitions.
        partitions: Vec<SnapshotPartitionResponse>, since 0;
    }

    /// Bytes of one checkpoint.
    SnapshotPartitionResponse (versions 0..=1) {
        /// The partition.
        index: PartitionId, since 0;
        /// Why there are no bytes.
        error_code: ErrorCode = ErrorCode::None, since 0;
        /// The checkpoint.
        snapshot_id: SnapshotId, since 0;
        /// Who leads. Left off the wire it means node 0 in epoch 0, not that nobody does.
        current_leader: LeaderIdAndEpoch = LeaderIdAndEpoch {
            leader_id: Some(NodeId(0)),
            leader_epoch: Epoch(0),
            ..Default::default()
        }, since 0, tag 0;
        /// Bytes of the whole checkpoint.
        size: i64, since 0;
        /// Position of the first byte below.
        position: i64, since 0;
        /// Bytes of record batches, which may begin and end within one.
        unaligned_records: Blob, since 0;
    }
}

impl Request for FetchSnapshotRequest {
    type Response = FetchSnapshotResponse;
}
