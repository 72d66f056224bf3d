//! DeleteTopics: topics that shall be no more.
//!
//! Source: KIP-4; KIP-599 (version 5: quota, messages); KIP-516 (version 6: topic ids).

use super::{ErrorCode, Request};
use crate::Uuid;

crate::messages! {
    /// Asks for topics to be deleted.
    ///
    /// Source: `DeleteTopicsRequest.json`, Kafka 4.3.
    DeleteTopicsRequest (key 20, versions 1..=6, flexible since 4) {
        /// The topics, by name or id.
        topics: Vec<DeletableTopic>, since 6;
        /// The topics, by name.
        topic_names: Vec<String>, since 1, until 5;
        /// How long it may take, in milliseconds.
        timeout_ms: i32, since 1;
    }

    /// A topic by its name or its id: one of them is set.
    DeletableTopic (versions 0..=0) {
        /// The name.
        name: Option<String>, since 0;
        /// The id, zero for none.
        topic_id: Uuid, since 0;
    }

    /// Which topics were deleted.
    ///
    /// Source: `DeleteTopicsResponse.json`, Kafka 4.3.
    DeleteTopicsResponse (key 20, versions 1..=6, flexible since 4) {
        /// How long the client is held back, in milliseconds.
        throttle_time_ms: i32, since 1;
        /// Each topic.
        responses: Vec<DeletedTopic>, since 1;
    }

    /// What became of one topic.
    DeletedTopic (versions 1..=6) {
        /// Its name; `None`, from version 6 on, if it was asked for by an id that is unknown or hidden.
        name: Option<String>, since 1;
        /// Its id.
        topic_id: Uuid, since 6 or dropped;
        /// Why it was not deleted.
        error_code: ErrorCode = ErrorCode::None, since 1;
        /// The same in words.
        error_message: Option<String>, since 5 or dropped;
    }
}

impl Request for DeleteTopicsRequest {
    type Response = DeleteTopicsResponse;
}
