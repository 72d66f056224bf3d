//! Controller registrations (KIP-919).

use kraft_bridge_protocol::{NodeId, Uuid, messages};

use super::brokers::{FeatureRangeRecord, ListenerRecord};

messages! {
    /// Registers a controller.
    ///
    /// Source: `RegisterControllerRecord.json`, Kafka 4.3.
    RegisterControllerRecord (key 27, versions 0..=0) {
        /// Controller.
        controller_id: NodeId, since 0;
        /// Id of the controller's process.
        incarnation_id: Uuid, since 0;
        /// Whether it has the settings for Kafka's own migration.
        zk_migration_ready: bool, since 0;
        /// Listeners.
        end_points: Vec<ListenerRecord>, since 0;
        /// Features it supports.
        features: Vec<FeatureRangeRecord>, since 0;
    }
}
