//! Broker registrations.

use kraft_bridge_protocol::{BrokerEpoch, NodeId, Uuid, codes, messages};

codes! {
    /// How a listener is secured.
    #[expect(missing_docs, reason = "the names are Kafka's and say it all")]
    SecurityProtocol: i16 {
        Plaintext = 0,
        Ssl = 1,
        SaslPlaintext = 2,
        SaslSsl = 3,
    }

    /// What a change says of a broker's fencing.
    FencingChange: i8 {
        /// It may lead and be in sync again.
        Unfence = -1,
        /// Nothing.
        None = 0,
        /// It may not.
        Fence = 1,
    }

    /// What a change says of a broker's controlled shutdown.
    ControlledShutdownChange: i8 {
        /// Nothing.
        None = 0,
        /// It began.
        Begin = 1,
    }
}

messages! {
    /// Registers a broker, fenced until it has caught up.
    ///
    /// Source: `RegisterBrokerRecord.json`, Kafka 4.3.
    RegisterBrokerRecord (key 0, versions 0..=4) {
        /// Broker.
        broker_id: NodeId, since 0;
        /// Whether it still runs in ZooKeeper mode, during Kafka's own migration.
        is_migrating_zk_broker: bool, since 2;
        /// Id of the broker's process.
        incarnation_id: Uuid, since 0;
        /// Offset of this record; −1 for a broker that never registered.
        broker_epoch: BrokerEpoch, since 0;
        /// Advertised listeners.
        end_points: Vec<ListenerRecord>, since 0;
        /// Features it supports.
        features: Vec<FeatureRangeRecord>, since 0;
        /// `broker.rack`.
        rack: Option<String>, since 0;
        /// Whether it may not lead or be in sync.
        fenced: bool = true, since 0;
        /// Whether it is shutting down.
        in_controlled_shutdown: bool, since 1;
        /// Ids of its log directories that work.
        log_dirs: Vec<Uuid>, since 3, tag 0;
        /// Ids of its log directories that take no new replicas.
        cordoned_log_dirs: Option<Vec<Uuid>>, since 4, tag 1;
    }

    /// A listener of a broker or controller.
    ListenerRecord (versions 0..=0) {
        /// Listener name.
        name: String, since 0;
        /// Host.
        host: String, since 0;
        /// Port.
        port: u16, since 0;
        /// How it is secured.
        security_protocol: SecurityProtocol = SecurityProtocol::Plaintext, since 0;
    }

    /// Levels of a feature that a node supports.
    FeatureRangeRecord (versions 0..=0) {
        /// Feature name.
        name: String, since 0;
        /// Lowest level.
        min_supported_version: i16, since 0;
        /// Highest level.
        max_supported_version: i16, since 0;
    }

    /// Removes a broker's registration.
    ///
    /// Source: `UnregisterBrokerRecord.json`, Kafka 4.3.
    UnregisterBrokerRecord (key 1, versions 0..=0) {
        /// Broker.
        broker_id: NodeId, since 0;
        /// Epoch of the registration.
        broker_epoch: BrokerEpoch, since 0;
    }

    /// Fences a broker, before metadata version 3.3-IV2.
    ///
    /// Source: `FenceBrokerRecord.json`, Kafka 4.3.
    FenceBrokerRecord (key 7, versions 0..=0) {
        /// Broker.
        id: NodeId, since 0;
        /// Its epoch.
        epoch: BrokerEpoch, since 0;
    }

    /// Unfences a broker, before metadata version 3.3-IV2.
    ///
    /// Source: `UnfenceBrokerRecord.json`, Kafka 4.3.
    UnfenceBrokerRecord (key 8, versions 0..=0) {
        /// Broker.
        id: NodeId, since 0;
        /// Its epoch.
        epoch: BrokerEpoch, since 0;
    }

    /// Changes some of a broker's registration.
    ///
    /// Source: `BrokerRegistrationChangeRecord.json`, Kafka 4.3.
    BrokerRegistrationChangeRecord (key 17, versions 0..=3) {
        /// Broker.
        broker_id: NodeId, since 0;
        /// Epoch of its registration.
        broker_epoch: BrokerEpoch, since 0;
        /// Fenced or unfenced.
        fenced: FencingChange = FencingChange::None, since 0, tag 0;
        /// Shutting down.
        in_controlled_shutdown: ControlledShutdownChange = ControlledShutdownChange::None, since 1, tag 1;
        /// New log directories; empty for no change.
        log_dirs: Vec<Uuid>, since 2, tag 2;
        /// New cordoned log directories.
        cordoned_log_dirs: Option<Vec<Uuid>>, since 3, tag 3;
    }
}
