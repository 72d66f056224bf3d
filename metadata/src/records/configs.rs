//! Dynamic configs.

use kraft_bridge_protocol::{codes, messages};

codes! {
    /// Kind of resource that a config belongs to.
    #[expect(missing_docs, reason = "the names are Kafka's and say it all")]
    ConfigResource: i8 {
        Topic = 2,
        Broker = 4,
        BrokerLogger = 8,
        ClientMetrics = 16,
        Group = 32,
    }
}

messages! {
    /// Sets or removes one config of one resource.
    ///
    /// Source: `ConfigRecord.json`, Kafka 4.3.
    ConfigRecord (key 4, versions 0..=0) {
        /// Kind of resource.
        resource_type: ConfigResource = ConfigResource::Topic, since 0;
        /// Topic name, broker id in decimal, or empty for the default of all brokers.
        resource_name: String, since 0;
        /// Config name.
        name: String, since 0;
        /// Value; `None` removes the config.
        value: Option<String>, since 0;
    }
}
