//! Dynamic configs of topics and brokers.

use kraft_bridge_metadata::records::{ConfigRecord, ConfigResource, MetadataRecord};

use super::Translation;

/// With eligible leader replicas Kafka wants this for the whole cluster, and allows it for no single broker.
pub(crate) const MIN_INSYNC_REPLICAS: &str = "min.insync.replicas";
/// Kafka's own default.
const DEFAULT_MIN_INSYNC_REPLICAS: u32 = 1;

pub(super) fn records<'a>(translation: &'a Translation<'_>) -> impl Iterator<Item = MetadataRecord> + 'a {
    of_topics(translation)
        .chain(cluster_min_insync_replicas(translation))
        .chain(of_brokers(translation))
}

fn of_topics<'a>(translation: &'a Translation<'_>) -> impl Iterator<Item = MetadataRecord> + 'a {
    translation.topics().flat_map(|(topic, _)| {
        let configs = translation.cluster.topic_configs.get(topic).into_iter().flatten();
        let known = configs.filter(|(name, _)| translation.target.knows_topic_config(name));
        known.map(move |(name, value)| config(ConfigResource::Topic, topic.to_owned(), name, value))
    })
}

fn of_brokers<'a>(translation: &'a Translation<'_>) -> impl Iterator<Item = MetadataRecord> + 'a {
    translation
        .cluster
        .broker_configs
        .iter()
        .flat_map(|(broker, configs)| {
            let resource = broker.map_or_else(String::new, |id| id.to_string());
            let forbidden = translation.target.eligible_leader_replicas() && broker.is_some();
            configs
                .iter()
                .filter(move |(name, _)| !(forbidden && *name == MIN_INSYNC_REPLICAS))
                .map(move |(name, value)| config(ConfigResource::Broker, resource.clone(), name, value))
        })
}

/// The cluster's value, if no dynamic default gives it already: that of the brokers' configuration files.
fn cluster_min_insync_replicas(translation: &Translation<'_>) -> Option<MetadataRecord> {
    let default = translation.cluster.broker_configs.get(&None);
    let given = default.is_some_and(|configs| configs.contains_key(MIN_INSYNC_REPLICAS));
    if given || !translation.target.eligible_leader_replicas() {
        return None;
    }
    let value = translation
        .target
        .min_insync_replicas
        .unwrap_or(DEFAULT_MIN_INSYNC_REPLICAS)
        .to_string();
    Some(config(
        ConfigResource::Broker,
        String::new(),
        MIN_INSYNC_REPLICAS,
        &value,
    ))
}

fn config(resource_type: ConfigResource, resource_name: String, name: &str, value: &str) -> MetadataRecord {
    ConfigRecord {
        resource_type,
        resource_name,
        name: name.to_owned(),
        value: Some(value.to_owned()),
        ..Default::default()
    }
    .into()
}
