//! The whole cluster.

use std::collections::{BTreeMap, BTreeSet};

use kraft_bridge_protocol::{NodeId, PartitionId};

use super::{
    Acl, Broker, ConfigMap, ConsumerOffset, DelegationToken, ProducerIdBlock, QuotaEntity, ResourcePattern,
    ScramCredential, ScramMechanism, Topic,
};

/// A ZooKeeper-mode cluster, as its znodes describe it. What could not be decoded is not here but in a finding.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LegacyCluster {
    /// `/cluster/id`: opaque text, usually but not always a uuid.
    pub cluster_id: Option<String>,
    /// `/controller`, present while a controller is elected.
    pub controller: Option<ControllerZnode>,
    /// `/controller_epoch`
    pub controller_epoch: Option<i32>,
    /// `/migration`, left by Kafka's own migration.
    pub migration: Option<MigrationZnode>,
    /// `/brokers/ids`: brokers that were alive.
    pub brokers: BTreeMap<NodeId, Broker>,
    /// `/brokers/topics`, those pending deletion included.
    pub topics: BTreeMap<String, Topic>,
    /// `/admin/delete_topics`
    pub pending_deletions: BTreeSet<String>,
    /// `/admin/reassign_partitions`: a legacy request not yet taken up.
    pub pending_reassignments: Vec<PendingReassignment>,
    /// `/admin/preferred_replica_election`: a legacy request not yet taken up.
    pub pending_elections: Vec<(String, PartitionId)>,
    /// `/config/topics`: overrides by topic name, also of topics that do not exist.
    pub topic_configs: BTreeMap<String, ConfigMap>,
    /// `/config/brokers`: overrides by broker, `None` for the default of all. Password values as stored.
    pub broker_configs: BTreeMap<Option<NodeId>, ConfigMap>,
    /// Client quotas: value by quota key.
    pub quotas: BTreeMap<QuotaEntity, BTreeMap<String, f64>>,
    /// SCRAM credentials by user and mechanism.
    pub scram: BTreeMap<(String, ScramMechanism), ScramCredential>,
    /// ACLs by resource.
    pub acls: BTreeMap<ResourcePattern, std::collections::BTreeSet<Acl>>,
    /// Delegation tokens by token id.
    pub tokens: BTreeMap<String, DelegationToken>,
    /// `/latest_producer_id_block`, absent until a producer id was ever handed out.
    pub producer_ids: Option<ProducerIdBlock>,
    /// `/feature`: finalized levels by feature name.
    pub features: BTreeMap<String, i16>,
    /// `/consumers`: offsets of the old high-level consumer.
    pub consumer_offsets: Vec<ConsumerOffset>,
}

/// `/controller`: who is the active controller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct ControllerZnode {
    /// Broker, or KRaft node, that holds the office.
    pub node: NodeId,
    /// KRaft leader epoch when a KRaft controller holds it.
    pub kraft_epoch: Option<i32>,
}

/// `/migration`: progress of Kafka's own migration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct MigrationZnode {
    /// KRaft controller that wrote it last, `None` for −1.
    pub kraft_controller: Option<NodeId>,
    /// Its epoch, −1 initially.
    pub kraft_controller_epoch: i32,
    /// Metadata offset known to be in ZooKeeper, −1 until the copy is complete.
    pub kraft_metadata_offset: i64,
    /// Epoch of that offset.
    pub kraft_metadata_epoch: i32,
}

/// One partition of a legacy reassignment request.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct PendingReassignment {
    /// Topic.
    pub topic: String,
    /// Partition.
    pub partition: PartitionId,
    /// Replicas it shall have.
    pub replicas: Vec<NodeId>,
}
