//! Topics and their partitions.

use kraft_bridge_metadata::records::{LeaderRecovery, MetadataRecord, PartitionRecord, TopicRecord};
use kraft_bridge_metadata::release::MetadataVersion;
use kraft_bridge_protocol::{LeaderEpoch, NodeId, PartitionEpoch, PartitionId, Uuid};

use super::{Translation, ids};
use crate::legacy::Partition;

pub(super) fn records<'a>(translation: &'a Translation<'_>) -> impl Iterator<Item = MetadataRecord> + 'a {
    translation.topics().flat_map(move |(name, topic)| {
        let topic_id = ids::topic_id(translation.cluster_id, name, topic);
        let record = TopicRecord {
            name: name.to_owned(),
            topic_id,
            ..Default::default()
        };
        let partitions = topic
            .partitions
            .iter()
            .filter(|(_, partition)| !partition.replicas.is_empty())
            .map(move |(id, partition)| partition_record(translation, topic_id, *id, partition));
        std::iter::once(record.into()).chain(partitions.map(MetadataRecord::from))
    })
}

/// One partition, without a leader: the first replica that may lead will, in the next leader epoch.
fn partition_record(
    translation: &Translation<'_>,
    topic_id: Uuid,
    partition_id: PartitionId,
    partition: &Partition,
) -> PartitionRecord {
    let state = partition.state.as_ref();
    let in_sync: Vec<NodeId> = partition.in_sync().collect();
    let (isr, eligible_leader_replicas) = if translation.target.eligible_leader_replicas() {
        (Vec::new(), Some(in_sync).filter(|in_sync| !in_sync.is_empty()))
    } else {
        (in_sync, None)
    };
    let recovering = state.is_some_and(|state| state.recovering);
    let reassigned = partition.reassigned.as_deref();
    // Zero means that the replica exists and the controller does not know where: the broker tells.
    let with_directories = translation.target.metadata_version() >= MetadataVersion::DIRECTORIES;
    PartitionRecord {
        partition_id,
        topic_id,
        replicas: partition.replicas.to_vec(),
        isr,
        removing_replicas: reassigned.map_or_else(Vec::new, |reassigned| reassigned.removing.to_vec()),
        adding_replicas: reassigned.map_or_else(Vec::new, |reassigned| reassigned.adding.to_vec()),
        leader: None,
        leader_recovery_state: if recovering {
            LeaderRecovery::Recovering
        } else {
            LeaderRecovery::Recovered
        },
        leader_epoch: state.map_or(LeaderEpoch(0), |state| state.leader_epoch),
        partition_epoch: state.map_or(PartitionEpoch(0), |state| state.partition_epoch),
        directories: if with_directories {
            vec![Uuid::ZERO; partition.replicas.len()]
        } else {
            Vec::new()
        },
        eligible_leader_replicas,
        ..Default::default()
    }
}
