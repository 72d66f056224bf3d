//! Placeholder registrations of the brokers, for eligible leader replicas only.
//!
//! A broker that comes from ZooKeeper mode says that its previous epoch was −1. Only if the log holds a registration
//! of that epoch does a 4.x controller take the broker's stop for a clean one and let it keep its eligibility.

use std::collections::BTreeSet;

use kraft_bridge_metadata::records::{MetadataRecord, RegisterBrokerRecord};
use kraft_bridge_protocol::{BrokerEpoch, NodeId};

use super::{Translation, ids};

/// Epoch of a broker that never registered.
const NEVER: BrokerEpoch = BrokerEpoch(-1);

pub(super) fn records<'a>(translation: &'a Translation<'_>) -> impl Iterator<Item = MetadataRecord> + 'a {
    let brokers = if translation.target.eligible_leader_replicas() {
        brokers(translation)
    } else {
        BTreeSet::new()
    };
    brokers.into_iter().map(|broker| {
        RegisterBrokerRecord {
            broker_id: broker,
            incarnation_id: ids::incarnation_id(translation.cluster_id, broker),
            broker_epoch: NEVER,
            fenced: true,
            ..Default::default()
        }
        .into()
    })
}

/// Every broker that holds a replica, has configs of its own, or was alive.
fn brokers(translation: &Translation<'_>) -> BTreeSet<NodeId> {
    let cluster = translation.cluster;
    let partitions = translation
        .topics()
        .flat_map(|(_, topic)| topic.partitions.values());
    let replicas = partitions.flat_map(|partition| partition.replicas.iter().copied());
    let configured = cluster.broker_configs.keys().copied().flatten();
    replicas
        .chain(configured)
        .chain(cluster.brokers.keys().copied())
        .collect()
}
