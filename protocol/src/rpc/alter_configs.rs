//! AlterConfigs: all configs of a resource at once; what is not named is removed.
//!
//! Source: KIP-133; KIP-339, which advises against it.

use super::{AlteredResource, Request};

crate::messages! {
    /// Asks for configs to be replaced.
    ///
    /// Source: `AlterConfigsRequest.json`, Kafka 4.3.
    AlterConfigsRequest (key 33, versions 0..=2, flexible since 2) {
        /// What the configs belong to.
        resources: Vec<ReplacedResource>, since 0;
        /// Whether to check the request and change nothing.
        validate_only: bool, since 0;
    }

    /// All that one resource shall be configured to.
    ReplacedResource (versions 0..=0) {
        /// Kafka's number of the kind of resource, as in [`super::AlterableResource`].
        resource_type: i8, since 0;
        /// Its name; empty for the default of its kind.
        resource_name: String, since 0;
        /// The configs.
        configs: Vec<ReplacedConfig>, since 0;
    }

    /// One config.
    ReplacedConfig (versions 0..=0) {
        /// The key.
        name: String, since 0;
        /// The value.
        value: Option<String>, since 0;
    }

    /// Which configs were replaced.
    ///
    /// Source: `AlterConfigsResponse.json`, Kafka 4.3.
    AlterConfigsResponse (key 33, versions 0..=2, flexible since 2) {
        /// How long the client is held back, in milliseconds.
        throttle_time_ms: i32, since 0;
        /// Each resource.
        responses: Vec<AlteredResource>, since 0;
    }
}

impl Request for AlterConfigsRequest {
    type Response = AlterConfigsResponse;
}
