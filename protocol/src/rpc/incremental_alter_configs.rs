//! IncrementalAlterConfigs: changes of configs, key by key.
//!
//! Source: KIP-339.

use super::{ErrorCode, Request};

crate::messages! {
    /// Asks for configs to be changed.
    ///
    /// Source: `IncrementalAlterConfigsRequest.json`, Kafka 4.3.
    IncrementalAlterConfigsRequest (key 44, versions 0..=1, flexible since 1) {
        /// What the configs belong to.
        resources: Vec<AlterableResource>, since 0;
        /// Whether to check the request and change nothing.
        validate_only: bool, since 0;
    }

    /// Changes of one resource's configs.
    AlterableResource (versions 0..=0) {
        /// Kafka's number of the kind of resource: 2 topic, 4 broker, 8 logger, 16 client metrics, 32 group. One that
        /// nobody knows is answered with an error of its own.
        resource_type: i8, since 0;
        /// Its name; empty for the default of its kind.
        resource_name: String, since 0;
        /// The changes.
        configs: Vec<AlterableConfig>, since 0;
    }

    /// Change of one config.
    AlterableConfig (versions 0..=0) {
        /// The key.
        name: String, since 0;
        /// Kafka's number of the change: 0 set, 1 delete, 2 append to a list, 3 take from a list. One that nobody knows is
        /// answered with an error of its own.
        config_operation: i8, since 0;
        /// The value.
        value: Option<String>, since 0;
    }

    /// Which configs were changed.
    ///
    /// Source: `IncrementalAlterConfigsResponse.json`, Kafka 4.3.
    IncrementalAlterConfigsResponse (key 44, versions 0..=1, flexible since 1) {
        /// How long the client is held back, in milliseconds.
        throttle_time_ms: i32, since 0;
        /// Each resource.
        responses: Vec<AlteredResource>, since 0;
    }

    /// What became of one resource's changes.
    AlteredResource (versions 0..=0) {
        /// Why they were not made.
        error_code: ErrorCode = ErrorCode::None, since 0;
        /// The same in words.
        error_message: Option<String>, since 0;
        /// Kafka's number of the kind of resource.
        resource_type: i8, since 0;
        /// Its name.
        resource_name: String, since 0;
    }
}

impl Request for IncrementalAlterConfigsRequest {
    type Response = IncrementalAlterConfigsResponse;
}
