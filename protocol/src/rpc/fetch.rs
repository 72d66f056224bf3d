//! Fetch: records from an offset on. Followers and observers of the quorum replicate the metadata log by it.
//!
//! Versions below 13 name topics instead of their ids; the metadata log is not served by them.

use super::{ErrorCode, LeaderIdAndEpoch, Request, SnapshotId};
use crate::wire::Blob;
use crate::{Epoch, NodeId, Offset, PartitionId, ProducerId, Uuid};

crate::messages! {
    /// Asks for records.
    ///
    /// Source: `FetchRequest.json`, Kafka 4.3.
    FetchRequest (key 1, versions 13..=18, flexible since 12) {
        /// The cluster that the requester believes to be in; a leader of another one refuses.
        cluster_id: Option<String>, since 13, tag 0;
        /// The replica that fetches, `None` for a consumer. A replica sets this and `replica_state`: each version has one.
        replica_id: Option<NodeId>, since 13, until 14 or dropped;
        /// The replica that fetches.
        replica_state: ReplicaState, since 15 or dropped, tag 1;
        /// How long the answer may wait for more bytes, in milliseconds.
        max_wait_ms: i32, since 13;
        /// Bytes to wait for.
        min_bytes: i32, since 13;
        /// Most bytes of the answer; one batch is answered whatever its length.
        max_bytes: i32 = i32::MAX, since 13;
        /// 0: records of open transactions too, 1: not those.
        isolation_level: i8, since 13;
        /// Fetch session, 0 for none.
        session_id: i32, since 13;
        /// Epoch of the session, −1 for none.
        session_epoch: i32 = -1, since 13;
        /// What to fetch.
        topics: Vec<FetchTopic>, since 13;
        /// What a session shall forget.
        forgotten_topics_data: Vec<ForgottenTopic>, since 13;
        /// Rack of a consumer.
        rack_id: String, since 13;
    }

    /// Which replica fetches.
    ReplicaState (versions 0..=0) {
        /// The replica, `None` for a consumer.
        replica_id: Option<NodeId>, since 0;
        /// Epoch of its broker, −1 if it has none.
        replica_epoch: i64 = -1, since 0;
    }

    /// Partitions of one topic.
    FetchTopic (versions 13..=18) {
        /// The topic.
        topic_id: Uuid, since 13;
        /// Its partitions.
        partitions: Vec<FetchPartition>, since 13;
    }

    /// From where to read one partition.
    FetchPartition (versions 13..=18) {
        /// The partition.
        partition: PartitionId, since 13;
        /// Epoch of the leader that the requester knows.
        current_leader_epoch: Epoch = Epoch(-1), since 13;
        /// Offset of the first record wanted.
        fetch_offset: Offset, since 13;
        /// Epoch of the record before it, −1 for none.
        last_fetched_epoch: Epoch = Epoch(-1), since 13;
        /// Start of the follower's log, −1 if it is none.
        log_start_offset: Offset = Offset(-1), since 13;
        /// Most bytes of this partition.
        partition_max_bytes: i32, since 13;
        /// Log directory of the replica (KIP-853); zero for none.
        replica_directory_id: Uuid, since 17 or dropped, tag 0;
        /// High watermark that the follower knows, −1 for none, the greatest number if it does not say (KIP-1166).
        high_watermark: Offset = Offset(i64::MAX), since 18 or dropped, tag 1;
    }

    /// Partitions that a session shall forget.
    ForgottenTopic (versions 0..=0) {
        /// The topic.
        topic_id: Uuid, since 0;
        /// Its partitions.
        partitions: Vec<PartitionId>, since 0;
    }

    /// Records, or why there are none.
    ///
    /// Source: `FetchResponse.json`, Kafka 4.3.
    FetchResponse (key 1, versions 13..=18, flexible since 12) {
        /// How long the client is held back, in milliseconds.
        throttle_time_ms: i32, since 13;
        /// Why nothing at all is answered.
        error_code: ErrorCode = ErrorCode::None, since 13;
        /// Fetch session, 0 for none.
        session_id: i32, since 13;
        /// What was asked for.
        responses: Vec<FetchTopicResponse>, since 13;
        /// Where the leaders named below are reached.
        node_endpoints: Vec<NodeEndpoint>, since 16 or dropped, tag 0;
    }

    /// Partitions of one topic.
    FetchTopicResponse (versions 0..=0) {
        /// The topic.
        topic_id: Uuid, since 0;
        /// Its partitions.
        partitions: Vec<FetchPartitionResponse>, since 0;
    }

    /// Records of one partition.
    FetchPartitionResponse (versions 0..=0) {
        /// The partition.
        partition_index: PartitionId, since 0;
        /// Why there are no records.
        error_code: ErrorCode = ErrorCode::None, since 0;
        /// Offset before which everything is committed, −1 if it is not known.
        high_watermark: Offset, since 0;
        /// Offset before which no transaction is open.
        last_stable_offset: Offset = Offset(-1), since 0;
        /// Offset of the first record that the leader has.
        log_start_offset: Offset = Offset(-1), since 0;
        /// Set if the requester's log and the leader's part: the last epoch and offset that they may share.
        diverging_epoch: EpochEndOffset, since 0, tag 0;
        /// Who leads.
        current_leader: LeaderIdAndEpoch, since 0, tag 1;
        /// Set if the leader has no record at the offset any more: the checkpoint to fetch instead.
        snapshot_id: SnapshotId, since 0, tag 2;
        /// Transactions that were aborted.
        aborted_transactions: Option<Vec<AbortedTransaction>> = Some(Vec::new()), since 0;
        /// A replica that a consumer should rather read from.
        preferred_read_replica: Option<NodeId>, since 0;
        /// Record batches; the last one may be cut off.
        records: Option<Blob>, since 0;
    }

    /// Where an epoch ends in the leader's log.
    EpochEndOffset (versions 0..=0) {
        /// The epoch, −1 for none.
        epoch: Epoch = Epoch(-1), since 0;
        /// Its end, exclusive.
        end_offset: Offset = Offset(-1), since 0;
    }

    /// An aborted transaction.
    AbortedTransaction (versions 0..=0) {
        /// Who wrote it.
        producer_id: ProducerId, since 0;
        /// Its first offset.
        first_offset: Offset, since 0;
    }

    /// Where a node is reached.
    NodeEndpoint (versions 0..=0) {
        /// The node.
        node_id: NodeId, since 0;
        /// Host.
        host: String, since 0;
        /// Port.
        port: i32, since 0;
        /// Rack.
        rack: Option<String>, since 0;
    }
}

impl Request for FetchRequest {
    type Response = FetchResponse;
}
