//! DescribeConfigs: what a resource is configured to, and by which place.
//!
//! Source: KIP-133; KIP-226 (version 1: places), KIP-569 (version 3: types and documentation).

use super::{ErrorCode, Request};

crate::messages! {
    /// Asks for configs.
    ///
    /// Source: `DescribeConfigsRequest.json`, Kafka 4.3.
    DescribeConfigsRequest (key 32, versions 1..=4, flexible since 4) {
        /// What the configs belong to.
        resources: Vec<DescribableResource>, since 0;
        /// Whether to tell of every place that says something of a config.
        include_synonyms: bool, since 1;
        /// Whether to tell what each is for.
        include_documentation: bool, since 3;
    }

    /// A resource that is asked for.
    DescribableResource (versions 0..=0) {
        /// Kafka's number of the kind of resource, as in [`super::AlterableResource`].
        resource_type: i8, since 0;
        /// Its name; empty for the default of its kind.
        resource_name: String, since 0;
        /// Keys that are asked for; `None` for all.
        configuration_keys: Option<Vec<String>>, since 0;
    }

    /// The configs.
    ///
    /// Source: `DescribeConfigsResponse.json`, Kafka 4.3.
    DescribeConfigsResponse (key 32, versions 1..=4, flexible since 4) {
        /// How long the client is held back, in milliseconds.
        throttle_time_ms: i32, since 0;
        /// Each resource.
        results: Vec<DescribedResource>, since 0;
    }

    /// Configs of one resource.
    DescribedResource (versions 0..=4) {
        /// Why they are not told.
        error_code: ErrorCode = ErrorCode::None, since 0;
        /// The same in words.
        error_message: Option<String>, since 0;
        /// Kafka's number of the kind of resource.
        resource_type: i8, since 0;
        /// Its name.
        resource_name: String, since 0;
        /// The configs.
        configs: Vec<DescribedConfig>, since 0;
    }

    /// One config.
    DescribedConfig (versions 0..=4) {
        /// The key.
        name: String, since 0;
        /// The value; `None` for a secret.
        value: Option<String>, since 0;
        /// Whether it cannot be changed.
        read_only: bool, since 0;
        /// Kafka's number of the place that counts; see [`ConfigSource`].
        config_source: ConfigSource = ConfigSource::Unknown, since 1 or dropped;
        /// Whether it is a secret.
        is_sensitive: bool, since 0;
        /// What each place says, that which counts first.
        synonyms: Vec<ConfigSynonym>, since 1 or dropped;
        /// Kafka's number of its type; 0 for unknown.
        config_type: i8, since 3 or dropped;
        /// What it is for.
        documentation: Option<String>, since 3 or dropped;
    }

    /// What one place says of a config.
    ConfigSynonym (versions 0..=4) {
        /// The key in that place.
        name: String, since 0;
        /// The value; `None` for a secret.
        value: Option<String>, since 0;
        /// The place.
        source: ConfigSource = ConfigSource::Unknown, since 0;
    }
}

crate::codes! {
    /// Places that configs stand in.
    ConfigSource: i8 {
        /// The answer does not say.
        Unknown = -1,
        /// Dynamic, of a topic.
        Topic = 1,
        /// Dynamic, of one broker.
        Broker = 2,
        /// Dynamic, of all brokers.
        DefaultBroker = 3,
        /// The node's own file.
        StaticBroker = 4,
        /// Kafka's default.
        Default = 5,
        /// A level of logging.
        BrokerLogger = 6,
        /// Dynamic, of subscriptions to clients' metrics.
        ClientMetrics = 7,
        /// Dynamic, of a group.
        Group = 8,
    }
}

impl Request for DescribeConfigsRequest {
    type Response = DescribeConfigsResponse;
}
