//! What the source says about one broker: which topics there are, and what this broker holds of them.

use std::collections::{BTreeMap, BTreeSet};

use kraft_bridge_migration::legacy::{LegacyCluster, Partition, Topic};
use kraft_bridge_migration::translate::ids;
use kraft_bridge_protocol::{NodeId, PartitionId, Uuid};

/// The cluster as one broker's directories should mirror it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Expected {
    pub(crate) cluster_id: String,
    /// Topics that are migrated.
    pub(crate) topics: BTreeMap<String, ExpectedTopic>,
    /// Topics that are not, because somebody deleted them.
    pub(crate) pending_deletions: BTreeSet<String>,
}

/// One topic, as far as the broker is concerned.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ExpectedTopic {
    /// The id that the migrated topic has.
    pub(crate) id: Uuid,
    /// Whether the source has no id for the topic, so that `id` is a derived one.
    pub(crate) derived: bool,
    /// Partitions that the broker is a replica of.
    pub(crate) replicas: BTreeMap<PartitionId, Sync>,
}

/// Whether a replica was in sync when the cluster was stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sync {
    /// It may lead, so the cluster trusts that it has every committed message.
    InSync,
    /// It fetches what it lacks from a leader.
    Behind,
}

impl Expected {
    /// What the source says about broker `node`.
    pub(crate) fn of(node: NodeId, cluster_id: &str, cluster: &LegacyCluster) -> Expected {
        let topics = cluster
            .live_topics()
            .map(|(name, topic)| {
                let expected = ExpectedTopic {
                    id: ids::topic_id(cluster_id, name, topic),
                    derived: topic.id.is_none(),
                    replicas: replicas(node, topic),
                };
                (name.to_owned(), expected)
            })
            .collect();
        Expected {
            cluster_id: cluster_id.to_owned(),
            topics,
            pending_deletions: cluster.pending_deletions.clone(),
        }
    }
}

fn replicas(node: NodeId, topic: &Topic) -> BTreeMap<PartitionId, Sync> {
    let held = topic
        .partitions
        .iter()
        .filter(|(_, partition)| partition.replicas.contains(&node));
    held.map(|(id, partition)| (*id, sync(node, partition))).collect()
}

/// A partition without state has never had a leader, so there is nothing that a replica could lack.
fn sync(node: NodeId, partition: &Partition) -> Sync {
    match &partition.state {
        Some(state) if state.isr.contains(&node) => Sync::InSync,
        _ => Sync::Behind,
    }
}

#[cfg(test)]
mod tests {
    use kraft_bridge_migration::legacy::PartitionState;

    use super::*;

    fn partition(replicas: &[i32], isr: Option<&[i32]>) -> Partition {
        let nodes = |ids: &[i32]| ids.iter().copied().map(NodeId).collect();
        Partition {
            replicas: nodes(replicas),
            state: isr.map(|isr| PartitionState {
                leader: None,
                leader_epoch: Default::default(),
                isr: nodes(isr),
                partition_epoch: Default::default(),
                recovering: false,
            }),
            ..Partition::default()
        }
    }

    fn cluster() -> LegacyCluster {
        let partitions = [
            (PartitionId(0), partition(&[1, 2], Some(&[2]))),
            (PartitionId(1), partition(&[2, 1], Some(&[1, 2]))),
            (PartitionId(2), partition(&[2], Some(&[2]))),
            (PartitionId(3), partition(&[1], None)),
        ];
        let topic = |id| Topic {
            id,
            partitions: partitions.clone().into(),
            ..Topic::default()
        };
        LegacyCluster {
            topics: [
                ("doomed".to_owned(), topic(None)),
                ("old".to_owned(), topic(None)),
                ("orders".to_owned(), topic(Some(Uuid::LOST))),
            ]
            .into(),
            pending_deletions: ["doomed".to_owned()].into(),
            ..LegacyCluster::default()
        }
    }

    #[test]
    fn a_broker_holds_the_partitions_that_list_it_as_a_replica() {
        let expected = Expected::of(NodeId(1), "cluster", &cluster());

        assert_eq!(
            expected.topics["orders"].replicas,
            BTreeMap::from([
                (PartitionId(0), Sync::Behind),
                (PartitionId(1), Sync::InSync),
                (PartitionId(3), Sync::Behind),
            ])
        );
    }

    #[test]
    fn a_topic_without_an_id_gets_the_one_that_migrate_derives() {
        let cluster = cluster();
        let expected = Expected::of(NodeId(1), "cluster", &cluster);

        assert_eq!(
            (expected.topics["orders"].id, expected.topics["orders"].derived),
            (Uuid::LOST, false)
        );
        assert!(expected.topics["old"].derived);
        assert_eq!(
            expected.topics["old"].id,
            ids::topic_id("cluster", "old", &cluster.topics["old"])
        );
    }

    #[test]
    fn topics_pending_deletion_are_not_expected() {
        let expected = Expected::of(NodeId(1), "cluster", &cluster());

        assert!(!expected.topics.contains_key("doomed"));
        assert!(expected.pending_deletions.contains("doomed"));
    }
}
