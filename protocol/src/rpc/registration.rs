//! BrokerRegistration, ControllerRegistration and UnregisterBroker: nodes tell the active controller who they are.
//!
//! Source: KIP-631; KIP-866 (BrokerRegistration version 1: brokers of ZooKeeper mode); KIP-858 (version 2: log
//! directories); KIP-966 (version 3: the epoch before a clean stop); KAFKA-17492 (version 4: features whose minimum
//! is 0); KIP-919 (ControllerRegistration).

use super::{ErrorCode, Request, SupportedFeature};
use crate::{BrokerEpoch, NodeId, Uuid};

crate::messages! {
    /// Asks for a broker to be taken into the cluster.
    ///
    /// Source: `BrokerRegistrationRequest.json`, Kafka 4.3.
    BrokerRegistrationRequest (key 62, versions 0..=4) {
        /// The broker.
        broker_id: NodeId, since 0;
        /// The cluster that it believes to be in.
        cluster_id: String, since 0;
        /// The run of its process.
        incarnation_id: Uuid, since 0;
        /// Where it is reached.
        listeners: Vec<RegisteredListener>, since 0;
        /// Features that it supports; before version 4 without those whose minimum is 0.
        features: Vec<SupportedFeature>, since 0;
        /// Rack.
        rack: Option<String>, since 0;
        /// Whether it is in ZooKeeper mode, configured for Kafka's own migration.
        is_migrating_zk_broker: bool, since 1;
        /// Its log directories that are online.
        log_dirs: Vec<Uuid>, since 2 or dropped;
        /// Its epoch until it stopped cleanly; −1 if it did not, or never ran.
        previous_broker_epoch: BrokerEpoch = BrokerEpoch(-1), since 3 or dropped;
    }

    /// A listener, and how it is secured.
    RegisteredListener (versions 0..=0) {
        /// Listener name.
        name: String, since 0;
        /// Host.
        host: String, since 0;
        /// Port.
        port: u16, since 0;
        /// Kafka's number of the security protocol: 0 PLAINTEXT, 1 SSL, 2 SASL_PLAINTEXT, 3 SASL_SSL.
        security_protocol: i16, since 0;
    }

    /// Whether the broker was taken in.
    ///
    /// Source: `BrokerRegistrationResponse.json`, Kafka 4.3.
    BrokerRegistrationResponse (key 62, versions 0..=4) {
        /// How long the client is held back, in milliseconds.
        throttle_time_ms: i32, since 0;
        /// Why it was not.
        error_code: ErrorCode = ErrorCode::None, since 0;
        /// The epoch of its registration, −1 for none.
        broker_epoch: BrokerEpoch = BrokerEpoch(-1), since 0;
    }

    /// Tells the active controller of a controller.
    ///
    /// Source: `ControllerRegistrationRequest.json`, Kafka 4.3.
    ControllerRegistrationRequest (key 70, versions 0..=0) {
        /// The controller.
        controller_id: NodeId, since 0;
        /// The run of its process.
        incarnation_id: Uuid, since 0;
        /// Whether it is configured for Kafka's own migration.
        zk_migration_ready: bool, since 0;
        /// Where it is reached.
        listeners: Vec<RegisteredListener>, since 0;
        /// Features that it supports.
        features: Vec<SupportedFeature>, since 0;
    }

    /// Whether the controller was written down.
    ///
    /// Source: `ControllerRegistrationResponse.json`, Kafka 4.3.
    ControllerRegistrationResponse (key 70, versions 0..=0) {
        /// How long the client is held back, in milliseconds.
        throttle_time_ms: i32, since 0;
        /// Why it was not.
        error_code: ErrorCode = ErrorCode::None, since 0;
        /// The same in words.
        error_message: Option<String>, since 0;
    }

    /// Asks for a broker to be forgotten.
    ///
    /// Source: `UnregisterBrokerRequest.json`, Kafka 4.3.
    UnregisterBrokerRequest (key 64, versions 0..=0) {
        /// The broker.
        broker_id: NodeId, since 0;
    }

    /// Whether the broker was forgotten.
    ///
    /// Source: `UnregisterBrokerResponse.json`, Kafka 4.3.
    UnregisterBrokerResponse (key 64, versions 0..=0) {
        /// How long the client is held back, in milliseconds.
        throttle_time_ms: i32, since 0;
        /// Why it was not.
        error_code: ErrorCode = ErrorCode::None, since 0;
        /// The same in words.
        error_message: Option<String>, since 0;
    }
}

impl Request for BrokerRegistrationRequest {
    type Response = BrokerRegistrationResponse;
}

impl Request for ControllerRegistrationRequest {
    type Response = ControllerRegistrationResponse;
}

impl Request for UnregisterBrokerRequest {
    type Response = UnregisterBrokerResponse;
}
