//! CreatePartitions: more partitions for topics.
//!
//! Source: KIP-195; KIP-599 (version 3: quota).

use super::{ErrorCode, Request};
use crate::NodeId;

crate::messages! {
    /// Asks for more partitions.
    ///
    /// Source: `CreatePartitionsRequest.json`, Kafka 4.3.
    CreatePartitionsRequest (key 37, versions 0..=3, flexible since 2) {
        /// The topics.
        topics: Vec<GrowingTopic>, since 0;
        /// How long it may take, in milliseconds.
        timeout_ms: i32, since 0;
        /// Whether to check the request and change nothing.
        validate_only: bool, since 0;
    }

    /// A topic that shall grow.
    GrowingTopic (versions 0..=0) {
        /// Its name.
        name: String, since 0;
        /// How many partitions it shall have, old and new.
        count: i32, since 0;
        /// Brokers of each new partition; `None` if the controller shall choose them.
        assignments: Option<Vec<NewPartition>> = Some(Vec::new()), since 0;
    }

    /// Brokers of a new partition.
    NewPartition (versions 0..=0) {
        /// The brokers, the preferred leader first.
        broker_ids: Vec<NodeId>, since 0;
    }

    /// Which topics grew.
    ///
    /// Source: `CreatePartitionsResponse.json`, Kafka 4.3.
    CreatePartitionsResponse (key 37, versions 0..=3, flexible since 2) {
        /// How long the client is held back, in milliseconds.
        throttle_time_ms: i32, since 0;
        /// Each topic.
        results: Vec<GrownTopic>, since 0;
    }

    /// What became of one topic.
    GrownTopic (versions 0..=0) {
        /// Its name.
        name: String, since 0;
        /// Why it did not grow.
        error_code: ErrorCode = ErrorCode::None, since 0;
        /// The same in words.
        error_message: Option<String>, since 0;
    }
}

impl Request for CreatePartitionsRequest {
    type Response = CreatePartitionsResponse;
}
