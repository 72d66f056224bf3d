//! AlterPartition: a leader says which of its followers are in sync.
//!
//! Source: KIP-497; KIP-704, KIP-841, KIP-903.

use kraft_bridge_metadata::image::Partition;
use kraft_bridge_metadata::records::LeaderRecovery;
use kraft_bridge_protocol::rpc::{
    AlterPartition, AlterPartitionRequest, AlterPartitionResponse, AlterPartitionTopicResponse,
    AlteredPartition, ErrorCode, InSyncReplica,
};
use kraft_bridge_protocol::{BrokerEpoch, NodeId, Uuid};

use super::Change;
use crate::brokers::check_epoch;
use crate::draft::Draft;

/// Changes what a leader asks for.
pub(crate) fn alter(draft: &mut Draft<'_>, request: &AlterPartitionRequest) -> AlterPartitionResponse {
    if let Err(error_code) = check_epoch(draft, request.broker_id, request.broker_epoch) {
        return AlterPartitionResponse {
            error_code,
            ..Default::default()
        };
    }
    let mut topics = Vec::with_capacity(request.topics.len());
    for topic in &request.topics {
        let partitions = topic.partitions.iter().map(|partition| {
            let altered = alter_one(draft, request.broker_id, topic.topic_id, partition);
            altered.unwrap_or_else(|error_code| AlteredPartition {
                partition_index: partition.partition_index,
                error_code,
                ..Default::default()
            })
        });
        topics.push(AlterPartitionTopicResponse {
            topic_id: topic.topic_id,
            partitions: partitions.collect(),
            ..Default::default()
        });
    }
    AlterPartitionResponse {
        topics,
        ..Default::default()
    }
}

fn alter_one(
    draft: &mut Draft<'_>,
    leader: NodeId,
    topic_id: Uuid,
    asked: &AlterPartition,
) -> Result<AlteredPartition, ErrorCode> {
    let name = draft
        .image
        .topics
        .name(topic_id)
        .ok_or(ErrorCode::UnknownTopicId)?;
    let name = name.to_owned();
    let was = partition(draft, &name, asked)?;
    let isr = members(asked);
    let recovery = recovery(asked)?;
    check_epochs(was, leader, asked)?;
    check_isr(was, leader, &isr, recovery)?;
    check_members(draft, &isr)?;

    let ids = isr.iter().map(|member| member.broker_id).collect();
    let change = Change::of(draft, topic_id, asked.partition_index, draft.election(&name));
    let change = change.expect("it was found").with_isr(ids, recovery);
    if let Some(record) = change.record() {
        draft.push(record);
    }
    let now = partition(draft, &name, asked)?;
    // A reassignment that this completes may move the leadership; what it says is written all the same.
    if now.leader != Some(leader) {
        return Err(ErrorCode::NewLeaderElected);
    }
    Ok(AlteredPartition {
        partition_index: asked.partition_index,
        leader_id: now.leader,
        leader_epoch: now.leader_epoch,
        isr: now.isr.to_vec(),
        leader_recovery_state: now.recovery.code(),
        partition_epoch: now.partition_epoch,
        ..Default::default()
    })
}

fn partition<'a>(
    draft: &'a Draft<'_>,
    name: &str,
    asked: &AlterPartition,
) -> Result<&'a Partition, ErrorCode> {
    let topic = draft.image.topics.get(name);
    let partition = topic.and_then(|topic| topic.partitions.get(&asked.partition_index));
    partition.ok_or(ErrorCode::UnknownTopicOrPartition)
}

/// The ISR that is asked for; before version 3 without epochs.
fn members(asked: &AlterPartition) -> Vec<InSyncReplica> {
    let without_epoch = asked.new_isr.iter().map(|broker_id| InSyncReplica {
        broker_id: *broker_id,
        ..Default::default()
    });
    without_epoch
        .chain(asked.new_isr_with_epochs.iter().cloned())
        .collect()
}

fn recovery(asked: &AlterPartition) -> Result<LeaderRecovery, ErrorCode> {
    LeaderRecovery::from_code(asked.leader_recovery_state).ok_or(ErrorCode::InvalidRequest)
}

/// A broker that knows more than this controller has met a newer one (KAFKA-14154).
fn check_epochs(was: &Partition, leader: NodeId, asked: &AlterPartition) -> Result<(), ErrorCode> {
    if mutant!(TrustsOldLeaders) {
        return Ok(());
    }
    if asked.leader_epoch > was.leader_epoch || asked.partition_epoch > was.partition_epoch {
        return Err(ErrorCode::NotController);
    }
    if asked.leader_epoch < was.leader_epoch {
        return Err(ErrorCode::FencedLeaderEpoch);
    }
    if was.leader != Some(leader) {
        return Err(ErrorCode::InvalidRequest);
    }
    if asked.partition_epoch < was.partition_epoch && !mutant!(TrustsOldPartitionEpochs) {
        return Err(ErrorCode::InvalidUpdateVersion);
    }
    Ok(())
}

fn check_isr(
    was: &Partition,
    leader: NodeId,
    isr: &[InSyncReplica],
    recovery: LeaderRecovery,
) -> Result<(), ErrorCode> {
    let is_twice = |at: usize| isr[..at].iter().any(|other| other.broker_id == isr[at].broker_id);
    let are_replicas = isr.iter().all(|member| was.replicas.contains(&member.broker_id));
    let has_leader = isr.iter().any(|member| member.broker_id == leader);
    let recovers = recovery == LeaderRecovery::Recovering;
    let is_refused = !are_replicas
        || !has_leader
        || (0..isr.len()).any(is_twice)
        || recovers && (isr.len() > 1 || was.recovery == LeaderRecovery::Recovered);
    if is_refused {
        Err(ErrorCode::InvalidRequest)
    } else {
        Ok(())
    }
}

/// Whether each member may be in sync at all (KAFKA-13916), and is the run of the broker that the leader means.
fn check_members(draft: &Draft<'_>, isr: &[InSyncReplica]) -> Result<(), ErrorCode> {
    let is_eligible = |member: &InSyncReplica| {
        draft.image.brokers.get(&member.broker_id).is_some_and(|broker| {
            let is_meant =
                member.broker_epoch == BrokerEpoch(-1) || member.broker_epoch == broker.broker_epoch;
            is_meant && !broker.fenced && !broker.in_controlled_shutdown
        })
    };
    if isr.iter().all(is_eligible) || mutant!(AdmitsFencedMembers) {
        Ok(())
    } else {
        Err(ErrorCode::IneligibleReplica)
    }
}
