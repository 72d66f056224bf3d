//! Brokers that nothing can replace: each alone holds some partitions in sync.
//!
//! After a clean stop of one broker after the other, the last one is in this position for everything it holds.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use kraft_bridge_protocol::NodeId;

use super::Preflight;

/// Partitions that are named; the rest is counted.
const EXAMPLES: usize = 5;

/// A broker without which some partitions have no leader, unless one is elected uncleanly.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct MustReturn {
    /// The broker.
    pub broker: NodeId,
    /// Partitions that it alone holds in sync.
    pub partitions: u64,
    /// Those of them that have other replicas, which lag behind.
    pub replicated: u64,
    /// The first few: `orders-0`.
    pub examples: Vec<String>,
}

/// The brokers that must return, the one with the most partitions first.
pub(super) fn must_return(preflight: &Preflight<'_>) -> Vec<MustReturn> {
    let mut brokers: BTreeMap<NodeId, MustReturn> = BTreeMap::new();
    for (name, topic) in preflight.topics() {
        for (id, partition) in &topic.partitions {
            let Some(broker) = partition.only_in_sync() else {
                continue;
            };
            let entry = brokers.entry(broker).or_insert_with(|| MustReturn {
                broker,
                partitions: 0,
                replicated: 0,
                examples: Vec::new(),
            });
            entry.partitions += 1;
            entry.replicated += u64::from(partition.replicas.len() > 1);
            if entry.examples.len() < EXAMPLES {
                entry.examples.push(format!("{name}-{id}"));
            }
        }
    }
    let mut brokers: Vec<_> = brokers.into_values().collect();
    brokers.sort_by_key(|broker| (Reverse(broker.partitions), broker.broker));
    brokers
}
