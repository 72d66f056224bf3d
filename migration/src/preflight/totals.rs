//! What is in the cluster, counted, and what will not be in the new one.

use super::Preflight;

/// How much of each kind the cluster has, what is not carried included.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the names say it all")]
pub struct Totals {
    pub running_brokers: usize,
    pub topics: usize,
    pub partitions: usize,
    pub topic_configs: usize,
    pub broker_configs: usize,
    pub quotas: usize,
    pub acls: usize,
    pub scram_credentials: usize,
    pub delegation_tokens: usize,
}

/// How much of each kind stays behind.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NotCarried {
    /// Topics pending deletion.
    pub topics: usize,
    /// States of partitions that no assignment lists.
    pub partitions: usize,
    /// Topic configs that the release does not know, or whose topic is not there or not carried.
    pub topic_configs: usize,
    /// `min.insync.replicas` of single brokers.
    pub broker_configs: usize,
    /// Offsets of old consumers.
    pub consumer_offsets: usize,
    /// Partitions for which a reassignment or an election is requested.
    pub requests: usize,
    /// Features finalized in ZooKeeper mode.
    pub features: usize,
}

pub(super) fn totals(preflight: &Preflight<'_>) -> Totals {
    let cluster = preflight.cluster;
    Totals {
        running_brokers: cluster.brokers.len(),
        topics: cluster.topics.len(),
        partitions: cluster.topics.values().map(|topic| topic.partitions.len()).sum(),
        topic_configs: cluster.topic_configs.values().map(|configs| configs.len()).sum(),
        broker_configs: cluster.broker_configs.values().map(|configs| configs.len()).sum(),
        quotas: cluster.quotas.values().map(|quotas| quotas.len()).sum(),
        acls: cluster.acls.values().map(|acls| acls.len()).sum(),
        scram_credentials: cluster.scram.len(),
        delegation_tokens: cluster.tokens.len(),
    }
}

pub(super) fn not_carried(preflight: &Preflight<'_>) -> NotCarried {
    let cluster = preflight.cluster;
    let doomed = cluster.pending_deletions.iter();
    let stateless = preflight
        .topics()
        .flat_map(|(_, topic)| topic.partitions.values());
    let forbidden =
        |key: &String| preflight.target.eligible_leader_replicas() && key == "min.insync.replicas";
    let of_brokers = cluster
        .broker_configs
        .iter()
        .filter(|(broker, _)| broker.is_some());
    NotCarried {
        topics: doomed.filter(|name| cluster.topics.contains_key(*name)).count(),
        partitions: stateless
            .filter(|partition| partition.replicas.is_empty())
            .count(),
        topic_configs: cluster
            .topic_configs
            .iter()
            .map(|(topic, configs)| {
                let carried =
                    cluster.topics.contains_key(topic) && !cluster.pending_deletions.contains(topic);
                let known = |key: &&String| carried && preflight.target.knows_topic_config(key);
                configs.keys().filter(|key| !known(key)).count()
            })
            .sum(),
        broker_configs: of_brokers
            .flat_map(|(_, configs)| configs.keys())
            .filter(|key| forbidden(key))
            .count(),
        consumer_offsets: cluster.consumer_offsets.len(),
        requests: cluster.pending_reassignments.len() + cluster.pending_elections.len(),
        features: cluster.features.len(),
    }
}
