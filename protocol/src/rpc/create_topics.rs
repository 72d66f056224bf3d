//! CreateTopics: new topics.
//!
//! Source: KIP-4; KIP-464 (version 4: counts may be left to defaults); KIP-525 (version 5: configs in the answer,
//! flexible); KIP-599 (version 6: quota); KIP-516 (version 7: topic ids).

use super::{ConfigSource, ErrorCode, Request};
use crate::{NodeId, PartitionId, Uuid};

crate::messages! {
    /// Asks for topics to be created.
    ///
    /// Source: `CreateTopicsRequest.json`, Kafka 4.3.
    CreateTopicsRequest (key 19, versions 2..=7, flexible since 5) {
        /// The topics.
        topics: Vec<CreatableTopic>, since 2;
        /// How long it may take, in milliseconds.
        timeout_ms: i32 = 60_000, since 2;
        /// Whether to check the request and change nothing.
        validate_only: bool, since 2;
    }

    /// A topic to be created.
    CreatableTopic (versions 0..=0) {
        /// Its name.
        name: String, since 0;
        /// Number of partitions; −1 for the default, or if they are assigned below.
        num_partitions: i32, since 0;
        /// Replicas of each; −1 for the default, or if they are assigned below.
        replication_factor: i16, since 0;
        /// Brokers of each partition; empty if the controller shall choose them.
        assignments: Vec<CreatablePartition>, since 0;
        /// Configs.
        configs: Vec<CreatableConfig>, since 0;
    }

    /// Brokers of one partition.
    CreatablePartition (versions 0..=0) {
        /// The partition.
        partition_index: PartitionId, since 0;
        /// The brokers, the preferred leader first.
        broker_ids: Vec<NodeId>, since 0;
    }

    /// A config of a topic.
    CreatableConfig (versions 0..=0) {
        /// The key.
        name: String, since 0;
        /// The value.
        value: Option<String>, since 0;
    }

    /// Which topics were created.
    ///
    /// Source: `CreateTopicsResponse.json`, Kafka 4.3.
    CreateTopicsResponse (key 19, versions 2..=7, flexible since 5) {
        /// How long the client is held back, in milliseconds.
        throttle_time_ms: i32, since 2;
        /// Each topic.
        topics: Vec<CreatedTopic>, since 2;
    }

    /// What became of one topic.
    CreatedTopic (versions 2..=7) {
        /// Its name.
        name: String, since 2;
        /// Its id, zero if it was not created.
        topic_id: Uuid, since 7 or dropped;
        /// Why it was not.
        error_code: ErrorCode = ErrorCode::None, since 2;
        /// The same in words.
        error_message: Option<String>, since 2;
        /// Why its counts and configs are not told.
        topic_config_error_code: ErrorCode = ErrorCode::None, since 5 or dropped, tag 0;
        /// Number of partitions, −1 if it is not told.
        num_partitions: i32 = -1, since 5 or dropped;
        /// Replicas of each, −1 if it is not told.
        replication_factor: i16 = -1, since 5 or dropped;
        /// Its configs.
        configs: Option<Vec<CreatedConfig>> = Some(Vec::new()), since 5 or dropped;
    }

    /// A config of a topic.
    CreatedConfig (versions 0..=0) {
        /// The key.
        name: String, since 0;
        /// The value, `None` if it must not be seen.
        value: Option<String>, since 0;
        /// Whether it cannot be changed.
        read_only: bool, since 0;
        /// The place that counts; see [`ConfigSource`].
        config_source: ConfigSource = ConfigSource::Unknown, since 0;
        /// Whether it must not be seen.
        is_sensitive: bool, since 0;
    }
}

impl Request for CreateTopicsRequest {
    type Response = CreateTopicsResponse;
}
