//! AlterPartition: the leader of a partition changes its in-sync replicas.
//!
//! Versions below 2 name topics instead of their ids; no broker that a KRaft controller of today meets sends them.
//!
//! Source: KIP-497; KIP-704 (recovery), KIP-841 (version 2: topic ids), KIP-903 (version 3: epochs of the replicas).

use super::{ErrorCode, Request};
use crate::{BrokerEpoch, LeaderEpoch, NodeId, PartitionEpoch, PartitionId, Uuid};

crate::messages! {
    /// Asks for other in-sync replicas.
    ///
    /// Source: `AlterPartitionRequest.json`, Kafka 4.3.
    AlterPartitionRequest (key 56, versions 2..=3, flexible since 0) {
        /// The broker that leads.
        broker_id: NodeId, since 2;
        /// The epoch of its registration.
        broker_epoch: BrokerEpoch = BrokerEpoch(-1), since 2;
        /// What to change.
        topics: Vec<AlterPartitionTopic>, since 2;
    }

    /// Partitions of one topic.
    AlterPartitionTopic (versions 2..=3) {
        /// The topic.
        topic_id: Uuid, since 2;
        /// Its partitions.
        partitions: Vec<AlterPartition>, since 2;
    }

    /// What one partition should be like.
    AlterPartition (versions 2..=3) {
        /// The partition.
        partition_index: PartitionId, since 2;
        /// The epoch in which the broker leads it.
        leader_epoch: LeaderEpoch, since 2;
        /// The in-sync replicas.
        new_isr: Vec<NodeId>, since 2, until 2;
        /// The in-sync replicas, with the epochs of their registrations.
        new_isr_with_epochs: Vec<InSyncReplica>, since 3;
        /// 1 while the leader recovers from an unclean election, else 0.
        leader_recovery_state: i8, since 2;
        /// The epoch of the partition that the broker knows.
        partition_epoch: PartitionEpoch, since 2;
    }

    /// An in-sync replica.
    InSyncReplica (versions 0..=0) {
        /// Its broker.
        broker_id: NodeId, since 0;
        /// The epoch of the broker's registration; −1 if it shall not be checked.
        broker_epoch: BrokerEpoch = BrokerEpoch(-1), since 0;
    }

    /// What the partitions are like now.
    ///
    /// Source: `AlterPartitionResponse.json`, Kafka 4.3.
    AlterPartitionResponse (key 56, versions 2..=3, flexible since 0) {
        /// How long the client is held back, in milliseconds.
        throttle_time_ms: i32, since 2;
        /// Why nothing at all was changed.
        error_code: ErrorCode = ErrorCode::None, since 2;
        /// What was asked for.
        topics: Vec<AlterPartitionTopicResponse>, since 2;
    }

    /// Partitions of one topic.
    AlterPartitionTopicResponse (versions 0..=0) {
        /// The topic.
        topic_id: Uuid, since 0;
        /// Its partitions.
        partitions: Vec<AlteredPartition>, since 0;
    }

    /// What one partition is like now.
    AlteredPartition (versions 0..=0) {
        /// The partition.
        partition_index: PartitionId, since 0;
        /// Why it was not changed.
        error_code: ErrorCode = ErrorCode::None, since 0;
        /// The leader, `None` for none.
        leader_id: Option<NodeId>, since 0;
        /// The leader's epoch.
        leader_epoch: LeaderEpoch, since 0;
        /// The in-sync replicas.
        isr: Vec<NodeId>, since 0;
        /// 1 while the leader recovers from an unclean election, else 0.
        leader_recovery_state: i8, since 0;
        /// The partition's epoch.
        partition_epoch: PartitionEpoch, since 0;
    }
}

impl Request for AlterPartitionRequest {
    type Response = AlterPartitionResponse;
}
