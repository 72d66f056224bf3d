//! The whole cluster, and the few znodes that belong to no other noun.

use std::collections::{BTreeMap, BTreeSet};

use kraft_bridge_protocol::{NodeId, PartitionId};
use serde_json::Value;

use super::json::{self, int, required};
use super::notes::Notes;
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
    /// Broker configs that were taken away because their password could not be opened.
    pub unopened_passwords: BTreeSet<(Option<NodeId>, String)>,
    /// Client quotas: value by quota key.
    pub quotas: BTreeMap<QuotaEntity, BTreeMap<String, f64>>,
    /// SCRAM credentials by user and mechanism.
    pub scram: BTreeMap<(String, ScramMechanism), ScramCredential>,
    /// ACLs by resource.
    pub acls: BTreeMap<ResourcePattern, BTreeSet<Acl>>,
    /// Delegation tokens by token id.
    pub tokens: BTreeMap<String, DelegationToken>,
    /// `/latest_producer_id_block`, absent until a producer id was ever handed out.
    pub producer_ids: Option<ProducerIdBlock>,
    /// `/feature`: finalized levels by feature name.
    pub features: BTreeMap<String, i16>,
    /// `/consumers`: offsets of the old high-level consumer.
    pub consumer_offsets: Vec<ConsumerOffset>,
}

impl LegacyCluster {
    /// Topics that live on, by name: all but those pending deletion.
    pub fn live_topics(&self) -> impl Iterator<Item = (&str, &Topic)> {
        self.topics
            .iter()
            .filter(|(name, _)| !self.pending_deletions.contains(*name))
            .map(|(name, topic)| (name.as_str(), topic))
    }
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
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

/// `{"version":"1","id":"…"}`
pub(super) fn decode_cluster_id(data: &[u8], notes: &mut Notes<'_>) -> Option<String> {
    let object = json::object(data, notes)?;
    let id = required(&object, "id", Value::as_str, notes)?;
    if id.trim().is_empty() {
        notes.undecodable("the cluster id is empty");
        return None;
    }
    Some(id.to_owned())
}

/// An object, or the bare broker id of the oldest releases.
pub(super) fn decode_controller(data: &[u8], notes: &mut Notes<'_>) -> Option<ControllerZnode> {
    if let Some(id) = json::number_text(data) {
        return Some(ControllerZnode {
            node: NodeId(id),
            kraft_epoch: None,
        });
    }
    let object = json::object(data, notes)?;
    Some(ControllerZnode {
        node: NodeId(required(&object, "brokerid", int, notes)?),
        kraft_epoch: object
            .get("kraftControllerEpoch")
            .and_then(int)
            .filter(|epoch| *epoch >= 0),
    })
}

pub(super) fn decode_controller_epoch(data: &[u8], notes: &mut Notes<'_>) -> Option<i32> {
    let epoch = json::number_text(data);
    if epoch.is_none() {
        notes.undecodable("it is no number");
    }
    epoch
}

pub(super) fn decode_migration(data: &[u8], notes: &mut Notes<'_>) -> Option<MigrationZnode> {
    let object = json::object(data, notes)?;
    if required(&object, "version", int, notes)? != 0 {
        notes.undecodable("version is not 0");
        return None;
    }
    let controller = required(&object, "kraft_controller_id", int, notes)?;
    Some(MigrationZnode {
        kraft_controller: (controller >= 0).then_some(NodeId(controller)),
        kraft_controller_epoch: required(&object, "kraft_controller_epoch", int, notes)?,
        kraft_metadata_offset: required(&object, "kraft_metadata_offset", Value::as_i64, notes)?,
        kraft_metadata_epoch: required(&object, "kraft_metadata_epoch", int, notes)?,
    })
}

/// `{"version":1,"partitions":[{"topic":"orders","partition":0,"replicas":[4,2,3]}]}`
pub(super) fn decode_reassignments(data: &[u8], notes: &mut Notes<'_>) -> Vec<PendingReassignment> {
    decode_request(data, notes, |entry| {
        let (topic, partition) = topic_partition(entry)?;
        let replicas = entry.get("replicas")?.as_array()?.iter();
        let replicas = replicas.map(|id| int(id).map(NodeId)).collect::<Option<_>>()?;
        Some(PendingReassignment {
            topic,
            partition,
            replicas,
        })
    })
}

/// `{"version":1,"partitions":[{"topic":"orders","partition":0}]}`
pub(super) fn decode_elections(data: &[u8], notes: &mut Notes<'_>) -> Vec<(String, PartitionId)> {
    decode_request(data, notes, topic_partition)
}

/// A request that Kafka ignores with a warning when it is odd; so do we.
fn decode_request<T>(data: &[u8], notes: &mut Notes<'_>, decode: impl Fn(&Value) -> Option<T>) -> Vec<T> {
    if json::is_nothing(data) {
        return Vec::new();
    }
    let request: Option<Value> = serde_json::from_slice(data).ok();
    let entries = request
        .as_ref()
        .and_then(|request| request.get("partitions")?.as_array());
    let decoded = entries.and_then(|entries| entries.iter().map(decode).collect());
    decoded.unwrap_or_else(|| {
        notes.warning(
            "odd-request",
            "the request can't be read".to_owned(),
            "not carried; Kafka ignores it too",
        );
        Vec::new()
    })
}

fn topic_partition(entry: &Value) -> Option<(String, PartitionId)> {
    Some((
        entry.get("topic")?.as_str()?.to_owned(),
        PartitionId(int(entry.get("partition")?)?),
    ))
}

/// `{"version":2,"status":1,"features":{"name":{"max_version_level":2}}}`; status 0 means that none counts.
pub(super) fn decode_features(data: &[u8], notes: &mut Notes<'_>) -> BTreeMap<String, i16> {
    let mut levels = BTreeMap::new();
    let Some(object) = json::object(data, notes) else {
        return levels;
    };
    if object.get("status").and_then(int) != Some(1) {
        return levels;
    }
    for (name, feature) in object
        .get("features")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
    {
        let level = feature
            .get("max_version_level")
            .and_then(int)
            .and_then(|level| i16::try_from(level).ok());
        match level {
            Some(level) => {
                levels.insert(name.clone(), level);
            }
            None => notes.undecodable(format_args!("feature {name} has no max_version_level")),
        }
    }
    levels
}
