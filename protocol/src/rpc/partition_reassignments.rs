//! AlterPartitionReassignments and ListPartitionReassignments: replicas move from brokers to others.
//!
//! Source: KIP-455; KIP-860 (version 1: the replication factor must stay, if asked for).

use super::{ErrorCode, Request};
use crate::{NodeId, PartitionId};

crate::messages! {
    /// Asks for partitions to get other replicas, or for their reassignment to be cancelled.
    ///
    /// Source: `AlterPartitionReassignmentsRequest.json`, Kafka 4.3.
    AlterPartitionReassignmentsRequest (key 45, versions 0..=1, flexible since 0) {
        /// How long it may take, in milliseconds.
        timeout_ms: i32 = 60_000, since 0;
        /// Whether partitions may get another number of replicas.
        allow_replication_factor_change: bool = true, since 1;
        /// Topics of the partitions.
        topics: Vec<ReassignableTopic>, since 0;
    }

    /// Partitions of one topic.
    ReassignableTopic (versions 0..=0) {
        /// The topic.
        name: String, since 0;
        /// Its partitions.
        partitions: Vec<ReassignablePartition>, since 0;
    }

    /// What replicas one partition shall have.
    ReassignablePartition (versions 0..=0) {
        /// The partition.
        partition_index: PartitionId, since 0;
        /// The replicas, the preferred leader first; `None` cancels what is under way.
        replicas: Option<Vec<NodeId>>, since 0;
    }

    /// Whether reassignments have begun, or were cancelled.
    ///
    /// Source: `AlterPartitionReassignmentsResponse.json`, Kafka 4.3.
    AlterPartitionReassignmentsResponse (key 45, versions 0..=1, flexible since 0) {
        /// How long the client is held back, in milliseconds.
        throttle_time_ms: i32, since 0;
        /// As it was asked for.
        allow_replication_factor_change: bool = true, since 1 or dropped;
        /// Why nothing at all was done.
        error_code: ErrorCode = ErrorCode::None, since 0;
        /// The same in words.
        error_message: Option<String>, since 0;
        /// What was asked for.
        responses: Vec<ReassignedTopic>, since 0;
    }

    /// Partitions of one topic.
    ReassignedTopic (versions 0..=0) {
        /// The topic.
        name: String, since 0;
        /// Its partitions.
        partitions: Vec<ReassignedPartition>, since 0;
    }

    /// What became of one partition.
    ReassignedPartition (versions 0..=0) {
        /// The partition.
        partition_index: PartitionId, since 0;
        /// Why it stays as it is.
        error_code: ErrorCode = ErrorCode::None, since 0;
        /// The same in words.
        error_message: Option<String>, since 0;
    }

    /// Asks which reassignments are under way.
    ///
    /// Source: `ListPartitionReassignmentsRequest.json`, Kafka 4.3.
    ListPartitionReassignmentsRequest (key 46, versions 0..=0, flexible since 0) {
        /// How long it may take, in milliseconds.
        timeout_ms: i32 = 60_000, since 0;
        /// Of which partitions; `None` for all.
        topics: Option<Vec<ListedTopic>>, since 0;
    }

    /// Partitions of one topic.
    ListedTopic (versions 0..=0) {
        /// The topic.
        name: String, since 0;
        /// Its partitions.
        partition_indexes: Vec<PartitionId>, since 0;
    }

    /// The reassignments that are under way.
    ///
    /// Source: `ListPartitionReassignmentsResponse.json`, Kafka 4.3.
    ListPartitionReassignmentsResponse (key 46, versions 0..=0, flexible since 0) {
        /// How long the client is held back, in milliseconds.
        throttle_time_ms: i32, since 0;
        /// Why there is no answer.
        error_code: ErrorCode = ErrorCode::None, since 0;
        /// The same in words.
        error_message: Option<String>, since 0;
        /// Topics with reassignments.
        topics: Vec<OngoingTopic>, since 0;
    }

    /// Reassignments of one topic.
    OngoingTopic (versions 0..=0) {
        /// The topic.
        name: String, since 0;
        /// Its partitions.
        partitions: Vec<OngoingPartition>, since 0;
    }

    /// The reassignment of one partition.
    OngoingPartition (versions 0..=0) {
        /// The partition.
        partition_index: PartitionId, since 0;
        /// All replicas at present, old and new.
        replicas: Vec<NodeId>, since 0;
        /// Those that are being added.
        adding_replicas: Vec<NodeId>, since 0;
        /// Those that are being removed.
        removing_replicas: Vec<NodeId>, since 0;
    }
}

impl Request for AlterPartitionReassignmentsRequest {
    type Response = AlterPartitionReassignmentsResponse;
}

impl Request for ListPartitionReassignmentsRequest {
    type Response = ListPartitionReassignmentsResponse;
}
