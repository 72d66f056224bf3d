//! CreatePartitions: topics get more partitions.
//!
//! Source: KIP-195.

use kraft_bridge_metadata::records::{AclOperation, ResourceType};
use kraft_bridge_protocol::rpc::{
    CreatePartitionsRequest, CreatePartitionsResponse, ErrorCode, GrowingTopic, GrownTopic,
};
use kraft_bridge_protocol::{NodeId, PartitionId};

use super::create::{check_new_replicas, new_partition, partition_size};
use super::placement::Placement;
use crate::decision::Refusal;
use crate::distinct::distinct;
use crate::draft::{Draft, Size};
use crate::mutations::Allowance;
use crate::requester::Requester;

/// Adds partitions, or says of each topic why not.
pub(crate) fn grow(
    draft: &mut Draft<'_>,
    requester: &dyn Requester,
    allowance: &mut Allowance<'_>,
    random: &mut fastrand::Rng,
    request: &CreatePartitionsRequest,
) -> CreatePartitionsResponse {
    let mut plans = Vec::with_capacity(request.topics.len());
    for (topic, once) in distinct(&request.topics, |topic| &topic.name) {
        let may = once.and_then(|()| may_grow(requester, topic));
        let plan = may.and_then(|()| plan(draft, random, topic));
        plans.push((
            topic,
            plan.and_then(|plan| allowance.take(plan.len()).map(|()| plan)),
        ));
    }
    let partitions = plans.iter().filter_map(|(_, plan)| plan.as_ref().ok()).flatten();
    let size: Size = partitions.map(|replicas| partition_size(replicas)).sum();
    let results = match size.check() {
        Err(refusal) => request
            .topics
            .iter()
            .map(|topic| refused(topic, refusal.clone()))
            .collect(),
        Ok(()) => plans
            .into_iter()
            .map(|(topic, plan)| match plan {
                Ok(plan) => {
                    if !request.validate_only {
                        write(draft, topic, plan);
                    }
                    GrownTopic {
                        name: topic.name.clone(),
                        ..Default::default()
                    }
                }
                Err(refusal) => refused(topic, refusal),
            })
            .collect(),
    };
    CreatePartitionsResponse {
        throttle_time_ms: allowance.throttle_time_ms(),
        results,
        ..Default::default()
    }
}

fn refused(topic: &GrowingTopic, refusal: Refusal) -> GrownTopic {
    GrownTopic {
        name: topic.name.clone(),
        error_code: refusal.error,
        error_message: refusal.message,
        ..Default::default()
    }
}

fn may_grow(requester: &dyn Requester, topic: &GrowingTopic) -> Result<(), Refusal> {
    if requester.may(AclOperation::Alter, ResourceType::Topic, &topic.name) {
        Ok(())
    } else {
        Err(ErrorCode::TopicAuthorizationFailed.into())
    }
}

/// The replicas of the new partitions.
fn plan(
    draft: &Draft<'_>,
    random: &mut fastrand::Rng,
    topic: &GrowingTopic,
) -> Result<Vec<Vec<NodeId>>, Refusal> {
    let known = draft
        .image
        .topics
        .get(&topic.name)
        .ok_or(ErrorCode::UnknownTopicOrPartition)?;
    let now = known.partitions.len();
    let refuse = |error, why: String| Err(Refusal::new(error, why));
    let more = match usize::try_from(topic.count) {
        Ok(count) if count > now => count - now,
        Ok(count) if count == now => {
            return refuse(
                ErrorCode::InvalidPartitions,
                format!("Topic already has {now} partition(s)."),
            );
        }
        _ => {
            return refuse(
                ErrorCode::InvalidPartitions,
                format!(
                    "The topic {} currently has {now} partition(s); {} would not be an increase.",
                    topic.name, topic.count
                ),
            );
        }
    };
    let factor = known
        .partitions
        .values()
        .next()
        .map_or(1, |first| first.replicas.len());
    let Some(assignments) = topic.assignments.as_ref().filter(|list| !list.is_empty()) else {
        let mut placement = Placement::new(draft.image.brokers.values(), random);
        let replicas = placement.check(i16::try_from(factor).unwrap_or(i16::MAX))?;
        return Ok((0..more).map(|_| placement.next(replicas)).collect());
    };
    if assignments.len() != more {
        return refuse(
            ErrorCode::InvalidReplicaAssignment,
            format!(
                "{more} partition(s) are added, but {} assigned",
                assignments.len()
            ),
        );
    }
    for assigned in assignments {
        check_new_replicas(draft, &assigned.broker_ids)?;
        if assigned.broker_ids.len() != factor {
            return refuse(
                ErrorCode::InvalidReplicaAssignment,
                format!(
                    "a new partition has {} replicas, the others {factor}",
                    assigned.broker_ids.len()
                ),
            );
        }
    }
    Ok(assignments
        .iter()
        .map(|assigned| assigned.broker_ids.clone())
        .collect())
}

fn write(draft: &mut Draft<'_>, topic: &GrowingTopic, plan: Vec<Vec<NodeId>>) {
    let known = draft.image.topics.get(&topic.name).expect("it was found");
    let (id, first) = (known.id, known.partitions.len());
    for (at, replicas) in plan.into_iter().enumerate() {
        let number = i32::try_from(first + at).expect("the count is of that type");
        let partition = new_partition(draft, id, PartitionId(number), replicas);
        draft.push(partition);
    }
}
