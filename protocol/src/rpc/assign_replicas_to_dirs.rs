//! AssignReplicasToDirs: a broker tells in which of its log directories replicas lie.
//!
//! Source: KIP-858.

use super::{ErrorCode, Request};
use crate::{BrokerEpoch, NodeId, PartitionId, Uuid};

crate::messages! {
    /// Tells where replicas lie.
    ///
    /// Source: `AssignReplicasToDirsRequest.json`, Kafka 4.3.
    AssignReplicasToDirsRequest (key 73, versions 0..=0) {
        /// The broker.
        broker_id: NodeId, since 0;
        /// The epoch of its registration.
        broker_epoch: BrokerEpoch = BrokerEpoch(-1), since 0;
        /// Its log directories.
        directories: Vec<AssignedDirectory>, since 0;
    }

    /// Replicas in one directory.
    AssignedDirectory (versions 0..=0) {
        /// The directory.
        id: Uuid, since 0;
        /// Topics of the replicas.
        topics: Vec<AssignedTopic>, since 0;
    }

    /// Partitions of one topic.
    AssignedTopic (versions 0..=0) {
        /// The topic.
        topic_id: Uuid, since 0;
        /// Its partitions.
        partitions: Vec<AssignedPartition>, since 0;
    }

    /// One partition.
    AssignedPartition (versions 0..=0) {
        /// The partition.
        partition_index: PartitionId, since 0;
    }

    /// Whether it was written down.
    ///
    /// Source: `AssignReplicasToDirsResponse.json`, Kafka 4.3.
    AssignReplicasToDirsResponse (key 73, versions 0..=0) {
        /// How long the client is held back, in milliseconds.
        throttle_time_ms: i32, since 0;
        /// Why nothing at all was.
        error_code: ErrorCode = ErrorCode::None, since 0;
        /// What was told.
        directories: Vec<AssignedDirectoryResponse>, since 0;
    }

    /// Replicas in one directory.
    AssignedDirectoryResponse (versions 0..=0) {
        /// The directory.
        id: Uuid, since 0;
        /// Topics of the replicas.
        topics: Vec<AssignedTopicResponse>, since 0;
    }

    /// Partitions of one topic.
    AssignedTopicResponse (versions 0..=0) {
        /// The topic.
        topic_id: Uuid, since 0;
        /// Its partitions.
        partitions: Vec<AssignedPartitionResponse>, since 0;
    }

    /// One partition.
    AssignedPartitionResponse (versions 0..=0) {
        /// The partition.
        partition_index: PartitionId, since 0;
        /// Why it was not written down.
        error_code: ErrorCode = ErrorCode::None, since 0;
    }
}

impl Request for AssignReplicasToDirsRequest {
    type Response = AssignReplicasToDirsResponse;
}
