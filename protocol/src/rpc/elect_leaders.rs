//! ElectLeaders: other leaders for partitions, because somebody says so.
//!
//! Source: KIP-183; KIP-460 (version 1: unclean ones as well).

use super::{ErrorCode, Request};
use crate::PartitionId;

crate::messages! {
    /// Asks for elections.
    ///
    /// Source: `ElectLeadersRequest.json`, Kafka 4.3.
    ElectLeadersRequest (key 43, versions 0..=2, flexible since 2) {
        /// Kafka's number of the kind: 0 the preferred leader, 1 an unclean one for partitions without leader.
        election_type: i8, since 1;
        /// The partitions; `None` for all that need it.
        topic_partitions: Option<Vec<TopicPartitions>>, since 0;
        /// How long it may take, in milliseconds.
        timeout_ms: i32 = 60_000, since 0;
    }

    /// Partitions of one topic.
    TopicPartitions (versions 0..=2) {
        /// Its name.
        topic: String, since 0;
        /// Their indexes.
        partitions: Vec<PartitionId>, since 0;
    }

    /// What became of the elections.
    ///
    /// Source: `ElectLeadersResponse.json`, Kafka 4.3.
    ElectLeadersResponse (key 43, versions 0..=2, flexible since 2) {
        /// How long the client is held back, in milliseconds.
        throttle_time_ms: i32, since 0;
        /// Why there were none at all; in version 0 each partition says so.
        error_code: ErrorCode = ErrorCode::None, since 1 or dropped;
        /// Each topic.
        replica_election_results: Vec<ElectedTopic>, since 0;
    }

    /// What became of those of one topic.
    ElectedTopic (versions 0..=2) {
        /// Its name.
        topic: String, since 0;
        /// Each partition.
        partition_result: Vec<ElectedPartition>, since 0;
    }

    /// What became of one.
    ElectedPartition (versions 0..=2) {
        /// Its index.
        partition_id: PartitionId, since 0;
        /// Why nobody else leads it.
        error_code: ErrorCode = ErrorCode::None, since 0;
        /// The same in words.
        error_message: Option<String>, since 0;
    }
}

impl Request for ElectLeadersRequest {
    type Response = ElectLeadersResponse;
}
