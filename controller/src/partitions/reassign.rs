//! AlterPartitionReassignments and ListPartitionReassignments: replicas move from brokers to others.
//!
//! ```text
//!  asked for 3 4, now 1 2    replicas 3 4 1 2   adding 3 4   removing 1 2
//!  once 3 and 4 are in sync  replicas 3 4                                    (any change of the partition ends it)
//! ```
//!
//! Source: KIP-455; KIP-860.

use std::collections::{BTreeMap, BTreeSet};

use kraft_bridge_metadata::image::{MetadataImage, Partition};
use kraft_bridge_protocol::rpc::{
    AlterPartitionReassignmentsRequest, AlterPartitionReassignmentsResponse, ErrorCode,
    ListPartitionReassignmentsRequest, ListPartitionReassignmentsResponse, OngoingPartition, OngoingTopic,
    ReassignablePartition, ReassignedPartition, ReassignedTopic,
};
use kraft_bridge_protocol::{NodeId, PartitionId, Uuid};

use super::{Change, Election};
use crate::decision::Refusal;
use crate::draft::{Draft, Size};
use crate::topics::check_replicas;

/// Begins or cancels reassignments, each or says why not.
pub(crate) fn reassign(
    draft: &mut Draft<'_>,
    request: &AlterPartitionReassignmentsRequest,
) -> AlterPartitionReassignmentsResponse {
    let asked = request.topics.iter().flat_map(|topic| &topic.partitions);
    let size: Size = asked.map(size).sum();
    if let Err(refusal) = size.check() {
        return AlterPartitionReassignmentsResponse {
            error_code: refusal.error,
            error_message: refusal.message,
            ..Default::default()
        };
    }
    let mut responses = Vec::with_capacity(request.topics.len());
    for topic in &request.topics {
        let partitions = topic.partitions.iter().map(|asked| {
            let done = reassign_one(draft, &topic.name, asked, request.allow_replication_factor_change);
            let refusal = done.err();
            ReassignedPartition {
                partition_index: asked.partition_index,
                error_code: refusal.as_ref().map_or(ErrorCode::None, |refusal| refusal.error),
                error_message: refusal.and_then(|refusal| refusal.message),
                ..Default::default()
            }
        });
        responses.push(ReassignedTopic {
            name: topic.name.clone(),
            partitions: partitions.collect(),
            ..Default::default()
        });
    }
    AlterPartitionReassignmentsResponse {
        allow_replication_factor_change: request.allow_replication_factor_change,
        responses,
        ..Default::default()
    }
}

/// What the change of a partition takes at most: all its replicas, those that it has and those that it shall have.
fn size(asked: &ReassignablePartition) -> Size {
    let replicas = asked.replicas.as_ref().map_or(0, Vec::len);
    Size::record(2 * replicas * (2 * size_of::<NodeId>() + size_of::<Uuid>()))
}

fn reassign_one(
    draft: &mut Draft<'_>,
    name: &str,
    asked: &ReassignablePartition,
    may_change_factor: bool,
) -> Result<(), Refusal> {
    let topic = draft
        .image
        .topics
        .get(name)
        .ok_or(ErrorCode::UnknownTopicOrPartition)?;
    let partition = topic.partitions.get(&asked.partition_index);
    let partition = partition.ok_or(ErrorCode::UnknownTopicOrPartition)?;
    let election = draft.election(name);
    let change =
        |election| Change::of(draft, topic.id, asked.partition_index, election).expect("it was found");
    let change = match &asked.replicas {
        Some(target) => {
            check_replicas(draft, target)?;
            check_factor(partition, target, may_change_factor)?;
            // A new assignment alone costs no records, whatever the topic allows.
            begin(partition, target, change(Election::Online))
        }
        None => cancel(partition, election, change(election))?,
    };
    if let Some(record) = change.record() {
        draft.push(record);
    }
    Ok(())
}

fn check_factor(partition: &Partition, target: &[NodeId], may_change: bool) -> Result<(), Refusal> {
    let removing = partition
        .reassignment
        .as_ref()
        .map_or(0, |lists| lists.removing.len());
    let factor = partition.replicas.len() - removing;
    if may_change || factor == target.len() {
        return Ok(());
    }
    Err(Refusal::new(
        ErrorCode::InvalidReplicationFactor,
        format!(
            "The replication factor is changed from {factor} to {}, which the request does not allow.",
            target.len()
        ),
    ))
}

fn begin<'a>(partition: &Partition, target: &[NodeId], change: Change<'a>) -> Change<'a> {
    let without = |list: &[NodeId], others: &[NodeId]| {
        let mut rest: Vec<NodeId> = list.iter().filter(|id| !others.contains(id)).copied().collect();
        rest.sort();
        rest
    };
    let removing = without(&partition.replicas, target);
    // Those that were being added before are not forgotten, even if they shall not be there any more: without them a
    // cancellation would not come back to where all began.
    let mut adding = without(target, &partition.replicas);
    adding.extend(
        partition
            .reassignment
            .iter()
            .flat_map(|lists| lists.adding.iter().copied()),
    );
    adding.sort();
    let replicas = [target, &removing].concat();
    change.with_replicas(replicas, adding, removing)
}

fn cancel<'a>(partition: &Partition, election: Election, change: Change<'a>) -> Result<Change<'a>, Refusal> {
    let lists = partition.reassignment.as_deref();
    let adding = &lists.ok_or(ErrorCode::NoReassignmentInProgress)?.adding;
    let stay =
        |list: &[NodeId]| -> Vec<NodeId> { list.iter().filter(|id| !adding.contains(id)).copied().collect() };
    let (replicas, mut isr) = (stay(&partition.replicas), stay(&partition.isr));
    if isr.is_empty() {
        if election != Election::Unclean {
            return Err(Refusal::new(
                ErrorCode::InvalidReplicaAssignment,
                "Unable to revert partition assignment: none of the old replicas is in sync.",
            ));
        }
        // The first, alive or not: if it is not, another is elected, and must recover.
        isr.extend(replicas.first());
    }
    let recovery = partition.recovery;
    Ok(change
        .with_replicas(replicas, Vec::new(), Vec::new())
        .with_isr(isr, recovery))
}

/// The reassignments that are under way, in an image.
pub fn list(
    image: &MetadataImage,
    request: &ListPartitionReassignmentsRequest,
) -> ListPartitionReassignmentsResponse {
    let mut asked: BTreeMap<&str, BTreeSet<PartitionId>> = BTreeMap::new();
    for topic in request.topics.iter().flatten() {
        asked
            .entry(&topic.name)
            .or_default()
            .extend(&topic.partition_indexes);
    }
    let mut topics = Vec::new();
    for (name, topic) in image.topics.iter() {
        let asked = asked.get(name);
        let is_asked_for = |number: &PartitionId| {
            request.topics.is_none() || asked.is_some_and(|numbers| numbers.contains(number))
        };
        let ongoing = topic.partitions.iter().filter(|(number, _)| is_asked_for(number));
        let partitions: Vec<OngoingPartition> = ongoing
            .filter_map(|(number, partition)| ongoing_of(*number, partition))
            .collect();
        if !partitions.is_empty() {
            topics.push(OngoingTopic {
                name: name.to_owned(),
                partitions,
                ..Default::default()
            });
        }
    }
    ListPartitionReassignmentsResponse {
        topics,
        ..Default::default()
    }
}

fn ongoing_of(partition_index: PartitionId, partition: &Partition) -> Option<OngoingPartition> {
    let lists = partition.reassignment.as_deref()?;
    Some(OngoingPartition {
        partition_index,
        replicas: partition.replicas.to_vec(),
        adding_replicas: lists.adding.to_vec(),
        removing_replicas: lists.removing.to_vec(),
        ..Default::default()
    })
}
