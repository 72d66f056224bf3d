//! Log directories of replicas (KIP-858): what a broker tells of them, and what is taken for granted until it does.

use kraft_bridge_metadata::image::BrokerRegistration;
use kraft_bridge_metadata::release::MetadataVersion;
use kraft_bridge_protocol::rpc::{
    AssignReplicasToDirsRequest, AssignReplicasToDirsResponse, AssignedDirectoryResponse,
    AssignedPartitionResponse, AssignedTopicResponse, ErrorCode,
};
use kraft_bridge_protocol::{NodeId, PartitionId, Uuid};

use super::Change;
use crate::brokers::check_epoch;
use crate::draft::Draft;

/// Where a new replica of a broker lies, as far as can be told.
pub(crate) fn default_directory(broker: Option<&BrokerRegistration>) -> Uuid {
    match broker.map_or(&[][..], |broker| &broker.log_dirs) {
        [] => Uuid::ZERO,
        [only] => *only,
        _ => Uuid::ONE,
    }
}

/// Whether a replica in this directory can be used, on a broker with these directories.
pub(super) fn is_online(directories: &[Uuid], directory: Uuid) -> bool {
    match directory {
        Uuid::LOST => false,
        Uuid::ZERO | Uuid::ONE => true,
        directory => directories.is_empty() || directories.contains(&directory),
    }
}

/// Takes down where a broker's replicas lie.
pub(crate) fn assign(
    draft: &mut Draft<'_>,
    request: &AssignReplicasToDirsRequest,
) -> AssignReplicasToDirsResponse {
    if let Err(error_code) = may_assign(draft, request) {
        return AssignReplicasToDirsResponse {
            error_code,
            ..Default::default()
        };
    }
    let mut directories = Vec::with_capacity(request.directories.len());
    for directory in &request.directories {
        let mut topics = Vec::with_capacity(directory.topics.len());
        for topic in &directory.topics {
            let partitions = topic.partitions.iter().map(|partition| {
                let partition_index = partition.partition_index;
                let assigned = assign_one(
                    draft,
                    request.broker_id,
                    directory.id,
                    topic.topic_id,
                    partition_index,
                );
                AssignedPartitionResponse {
                    partition_index,
                    error_code: assigned.err().unwrap_or(ErrorCode::None),
                    ..Default::default()
                }
            });
            topics.push(AssignedTopicResponse {
                topic_id: topic.topic_id,
                partitions: partitions.collect(),
                ..Default::default()
            });
        }
        directories.push(AssignedDirectoryResponse {
            id: directory.id,
            topics,
            ..Default::default()
        });
    }
    AssignReplicasToDirsResponse {
        directories,
        ..Default::default()
    }
}

fn may_assign(draft: &Draft<'_>, request: &AssignReplicasToDirsRequest) -> Result<(), ErrorCode> {
    if draft.level() < MetadataVersion::DIRECTORIES {
        return Err(ErrorCode::UnsupportedVersion);
    }
    check_epoch(draft, request.broker_id, request.broker_epoch)
}

fn assign_one(
    draft: &mut Draft<'_>,
    broker: NodeId,
    directory: Uuid,
    topic_id: Uuid,
    partition_id: PartitionId,
) -> Result<(), ErrorCode> {
    let name = draft
        .image
        .topics
        .name(topic_id)
        .ok_or(ErrorCode::UnknownTopicId)?;
    let election = draft.election(name);
    let change = Change::of(draft, topic_id, partition_id, election);
    let change = change.ok_or(ErrorCode::UnknownTopicOrPartition)?;
    if !change.has_replica(broker) {
        return Err(ErrorCode::NotLeaderOrFollower);
    }
    let directories = &draft.image.brokers[&broker].log_dirs;
    let mut change = change.with_directory(broker, directory);
    if !is_online(directories, directory) {
        change = change.without(broker);
    }
    if let Some(record) = change.record() {
        draft.push(record);
    }
    Ok(())
}

/// The directories of a broker that a heartbeat says have failed: its replicas there are out of sync.
pub(crate) fn take_offline(draft: &mut Draft<'_>, broker: NodeId, failed: &[Uuid]) {
    let affected = |partition: &kraft_bridge_metadata::image::Partition| {
        let replicas = partition.replicas.iter().zip(partition.directories.iter());
        replicas
            .filter(|(id, _)| **id == broker)
            .any(|(_, directory)| failed.contains(directory))
            && (partition.isr.contains(&broker) || partition.leader == Some(broker))
    };
    for (topic_id, partition_id, election) in super::sweep::found(draft, affected) {
        let change = Change::of(draft, topic_id, partition_id, election);
        if let Some(record) = change.and_then(|change| change.without(broker).record()) {
            draft.push(record);
        }
    }
}
