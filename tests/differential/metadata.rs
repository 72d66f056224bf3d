//! Metadata, but for what is random or a matter of time: ids, epochs of brokers, and which run of a broker it is.

use std::collections::BTreeMap;

use kraft_bridge_metadata::image::{MetadataImage, Partition};
use kraft_bridge_protocol::{BrokerEpoch, Uuid};

/// What is said of each thing.
pub(crate) fn lines(image: &MetadataImage) -> BTreeMap<String, String> {
    let mut lines = BTreeMap::new();
    for (name, level) in &image.features.levels {
        lines.insert(format!("feature {name}"), level.to_string());
    }
    for (id, broker) in &image.brokers {
        let mut broker = broker.clone();
        broker.broker_epoch = BrokerEpoch(0);
        broker.incarnation_id = Uuid::ZERO;
        broker.features.sort_by(|one, other| one.name.cmp(&other.name));
        broker.log_dirs.sort();
        lines.insert(format!("broker {id}"), format!("{broker:?}"));
    }
    for (name, topic) in image.topics.iter() {
        lines.insert(format!("topic {name}"), String::new());
        for (number, partition) in &topic.partitions {
            lines.insert(format!("partition {name}-{number}"), format!("{partition:?}"));
        }
    }
    for (kind, resources) in &image.configs.0 {
        for (name, configs) in resources {
            lines.insert(format!("configs {kind:?} {name}"), format!("{configs:?}"));
        }
    }
    for (entity, quotas) in &image.client_quotas.0 {
        lines.insert(format!("quotas {entity:?}"), format!("{quotas:?}"));
    }
    for (pattern, acl) in image.acls_by_pattern() {
        let known = lines.insert(format!("acl {pattern} {acl}"), String::new());
        assert_eq!(known, None, "an ACL is there twice");
    }
    for ((user, mechanism), credential) in &image.scram.0 {
        lines.insert(format!("user {user} {mechanism:?}"), format!("{credential:?}"));
    }
    let producer_ids = image.producer_ids.as_ref().map(|ids| ids.next_producer_id);
    lines.insert("producer ids".to_owned(), format!("{producer_ids:?}"));
    lines
}

/// A topic of which Kafka says that a replica may lead that it has not any more; ours never says so, and nothing more can
/// be compared of such a topic.
pub(crate) fn led_by_gone(kafkas: &MetadataImage) -> Option<&str> {
    let is_gone = |partition: &Partition| {
        let mut eligible = partition.eligible_leader_replicas().iter();
        eligible.any(|id| !partition.replicas.contains(id))
    };
    let mut topics = kafkas.topics.iter();
    let found = topics.find(|(_, topic)| topic.partitions.values().any(is_gone));
    found.map(|(name, _)| name)
}

/// What differs, ours first.
pub(crate) fn differences(ours: &MetadataImage, kafkas: &MetadataImage) -> Vec<String> {
    let left_out = led_by_gone(kafkas).map(|name| format!("partition {name}-"));
    let (ours, kafkas) = (lines(ours), lines(kafkas));
    let keys: std::collections::BTreeSet<&String> = ours.keys().chain(kafkas.keys()).collect();
    keys.into_iter()
        .filter(|key| ours.get(*key) != kafkas.get(*key))
        .filter(|key| left_out.as_ref().is_none_or(|prefix| !key.starts_with(prefix)))
        .map(|key| {
            format!(
                "{key}\n  ours:    {:?}\n  Kafka's: {:?}",
                ours.get(key),
                kafkas.get(key)
            )
        })
        .collect()
}
