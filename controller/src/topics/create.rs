//! CreateTopics.
//!
//! Source: KIP-4, KIP-464 (defaults), KIP-525 (what the answer tells), KAFKA-14129 (assignments without gaps).

use std::collections::BTreeMap;

use kraft_bridge_metadata::acls::CLUSTER_NAME;
use kraft_bridge_metadata::records::{
    AclOperation, ClearElrRecord, ConfigRecord, ConfigResource, LeaderRecovery, PartitionRecord,
    ResourceType, TopicRecord,
};
use kraft_bridge_metadata::release::{ELR_FEATURE, MetadataVersion};
use kraft_bridge_protocol::rpc::{
    CreatableTopic, CreateTopicsRequest, CreateTopicsResponse, CreatedTopic, ErrorCode,
};
use kraft_bridge_protocol::{LeaderEpoch, NodeId, PartitionEpoch, PartitionId, Uuid};

use super::names;
use super::placement::Placement;
use crate::configs::check_topic;
use crate::decision::Refusal;
use crate::distinct::distinct;
use crate::draft::{Draft, Size};
use crate::mutations::Allowance;
use crate::partitions;
use crate::requester::Requester;

/// Creates topics, or says of each why not.
pub(crate) fn create(
    draft: &mut Draft<'_>,
    requester: &dyn Requester,
    allowance: &mut Allowance<'_>,
    random: &mut fastrand::Rng,
    request: &CreateTopicsRequest,
) -> CreateTopicsResponse {
    let may_all = requester.may(AclOperation::Create, ResourceType::Cluster, CLUSTER_NAME);
    let mut placement = Placement::new(draft.image.brokers.values(), random);
    let mut plans = Vec::with_capacity(request.topics.len());
    for (topic, once) in distinct(&request.topics, |topic| &topic.name) {
        let may = once.and_then(|()| may_create(requester, may_all, topic));
        let plan = may.and_then(|()| plan(draft, &mut placement, topic));
        // What is only tried counts as well.
        plans.push((
            topic,
            plan.and_then(|plan| allowance.take(plan.partitions.len()).map(|()| plan)),
        ));
    }
    let sizes = plans
        .iter()
        .filter_map(|(topic, plan)| Some(plan.as_ref().ok()?.size(&topic.name)));
    let topics = match sizes.sum::<Size>().check() {
        Err(refusal) => request
            .topics
            .iter()
            .map(|topic| refused(topic, refusal.clone()))
            .collect(),
        Ok(()) => plans
            .into_iter()
            .map(|(topic, plan)| match plan {
                Ok(plan) => {
                    let mut answer = answer(draft, requester, topic, &plan);
                    if !request.validate_only {
                        answer.topic_id = id(draft, random);
                        write(draft, topic, answer.topic_id, plan);
                    }
                    answer
                }
                Err(refusal) => refused(topic, refusal),
            })
            .collect(),
    };
    CreateTopicsResponse {
        throttle_time_ms: allowance.throttle_time_ms(),
        topics,
        ..Default::default()
    }
}

/// What is said of a topic that is not created.
fn refused(topic: &CreatableTopic, refusal: Refusal) -> CreatedTopic {
    CreatedTopic {
        name: topic.name.clone(),
        error_code: refusal.error,
        error_message: refusal.message,
        ..Default::default()
    }
}

fn may_create(requester: &dyn Requester, may_all: bool, topic: &CreatableTopic) -> Result<(), Refusal> {
    if may_all || requester.may(AclOperation::Create, ResourceType::Topic, &topic.name) {
        Ok(())
    } else {
        Err(ErrorCode::TopicAuthorizationFailed.into())
    }
}

/// What a topic is to be.
struct Plan {
    configs: BTreeMap<String, String>,
    /// The replicas of each partition.
    partitions: Vec<Vec<NodeId>>,
}

impl Plan {
    /// Of the topic, each of its configs and what these may empty, and its partitions.
    fn size(&self, name: &str) -> Size {
        let configs = self
            .configs
            .iter()
            .map(|(key, value)| Size::record(name.len() + key.len() + value.len()));
        let partitions = self.partitions.iter().map(|replicas| partition_size(replicas));
        let others = [Size::record(name.len()); 2];
        configs.chain(partitions).chain(others).sum()
    }
}

fn plan(draft: &Draft<'_>, placement: &mut Placement, topic: &CreatableTopic) -> Result<Plan, Refusal> {
    names::check(&draft.image.topics, &topic.name)?;
    let configs = configs(topic)?;
    check_topic(draft, &configs)?;
    let partitions = if topic.assignments.is_empty() {
        place(draft, placement, topic)?
    } else {
        assigned(draft, topic)?
    };
    Ok(Plan { configs, partitions })
}

fn configs(topic: &CreatableTopic) -> Result<BTreeMap<String, String>, Refusal> {
    let configs = topic.configs.iter().map(|config| match &config.value {
        Some(value) => Ok((config.name.clone(), value.clone())),
        None => Err(Refusal::new(
            ErrorCode::InvalidConfig,
            format!("Null value not supported for topic configs: {}", config.name),
        )),
    });
    configs.collect()
}

/// The controller chooses.
fn place(
    draft: &Draft<'_>,
    placement: &mut Placement,
    topic: &CreatableTopic,
) -> Result<Vec<Vec<NodeId>>, Refusal> {
    let replication_factor = match topic.replication_factor {
        -1 => draft.settings.default_replication_factor,
        factor => factor,
    };
    if replication_factor < 1 {
        return Err(Refusal::new(
            ErrorCode::InvalidReplicationFactor,
            "Replication factor must be larger than 0, or -1 to use the default value.",
        ));
    }
    let partitions = match topic.num_partitions {
        -1 => draft.settings.partitions,
        partitions => partitions,
    };
    if partitions < 1 {
        return Err(Refusal::new(
            ErrorCode::InvalidPartitions,
            "Number of partitions must be larger than 0.",
        ));
    }
    let replicas = placement.check(replication_factor)?;
    Ok((0..partitions).map(|_| placement.next(replicas)).collect())
}

/// The request chooses.
fn assigned(draft: &Draft<'_>, topic: &CreatableTopic) -> Result<Vec<Vec<NodeId>>, Refusal> {
    if topic.replication_factor != -1 || topic.num_partitions != -1 {
        return Err(Refusal::new(
            ErrorCode::InvalidRequest,
            "A manual partition assignment was specified, but numPartitions or replicationFactor was not set to -1.",
        ));
    }
    let refuse = |why: String| Err(Refusal::new(ErrorCode::InvalidReplicaAssignment, why));
    let mut sorted: Vec<_> = topic.assignments.iter().collect();
    sorted.sort_by_key(|partition| partition.partition_index);
    for (partition, number) in sorted.iter().zip(0..) {
        if partition.partition_index != PartitionId(number) {
            return refuse("partitions should be a consecutive 0-based integer sequence".to_owned());
        }
        let replicas = &partition.broker_ids;
        if replicas.len() != sorted[0].broker_ids.len() {
            return refuse(format!(
                "partition {number} has another number of replicas than partition 0"
            ));
        }
        check_new_replicas(draft, replicas)?;
    }
    Ok(sorted
        .into_iter()
        .map(|partition| partition.broker_ids.clone())
        .collect())
}

/// Whether these brokers, as somebody has chosen them, can be the replicas of a partition.
pub(crate) fn check_replicas(draft: &Draft<'_>, replicas: &[NodeId]) -> Result<(), Refusal> {
    let refuse = |why: String| Err(Refusal::new(ErrorCode::InvalidReplicaAssignment, why));
    if replicas.is_empty() {
        return refuse("The manual partition assignment includes an empty replica list.".to_owned());
    }
    for (at, id) in replicas.iter().enumerate() {
        if !draft.image.brokers.contains_key(id) {
            return refuse(format!(
                "The manual partition assignment includes broker {id}, but no such broker is registered."
            ));
        }
        if replicas[..at].contains(id) {
            return refuse(format!(
                "The manual partition assignment includes the broker {id} more than once."
            ));
        }
    }
    Ok(())
}

/// The same for a partition that is new, and needs a leader.
pub(crate) fn check_new_replicas(draft: &Draft<'_>, replicas: &[NodeId]) -> Result<(), Refusal> {
    check_replicas(draft, replicas)?;
    match in_service(draft, replicas).next() {
        Some(_) => Ok(()),
        None => Err(Refusal::new(
            ErrorCode::InvalidReplicaAssignment,
            "All brokers specified in the manual partition assignment are fenced or shutting down.",
        )),
    }
}

/// Those of the brokers that may be in sync.
pub(crate) fn in_service<'a>(
    draft: &'a Draft<'_>,
    replicas: &'a [NodeId],
) -> impl Iterator<Item = NodeId> + 'a {
    let is_in_service = |id: &NodeId| {
        let broker = draft.image.brokers.get(id);
        broker.is_some_and(|broker| !broker.fenced && !broker.in_controlled_shutdown)
    };
    replicas.iter().copied().filter(is_in_service)
}

/// An id that nothing else has, nor tools trip over.
fn id(draft: &Draft<'_>, random: &mut fastrand::Rng) -> Uuid {
    loop {
        let id = Uuid::version_4(random.u128(..).to_be_bytes());
        if id.without_leading_dash().is_some() && draft.image.topics.name(id).is_none() {
            return id;
        }
    }
}

fn write(draft: &mut Draft<'_>, topic: &CreatableTopic, topic_id: Uuid, plan: Plan) {
    draft.push(TopicRecord {
        name: topic.name.clone(),
        topic_id,
        ..Default::default()
    });
    let touches_elr = plan.configs.contains_key("min.insync.replicas");
    for (name, value) in plan.configs {
        draft.push(ConfigRecord {
            resource_type: ConfigResource::Topic,
            resource_name: topic.name.clone(),
            name,
            value: Some(value),
            ..Default::default()
        });
    }
    if touches_elr && draft.image.features.levels.contains_key(ELR_FEATURE) {
        draft.push(ClearElrRecord {
            topic_name: topic.name.clone(),
            ..Default::default()
        });
    }
    for (replicas, number) in plan.partitions.into_iter().zip(0..) {
        let partition = new_partition(draft, topic_id, PartitionId(number), replicas);
        draft.push(partition);
    }
}

/// What the record of a partition takes that begins.
pub(crate) fn partition_size(replicas: &[NodeId]) -> Size {
    // Each is in both lists, and has a directory.
    Size::record(replicas.len() * (2 * size_of::<NodeId>() + size_of::<Uuid>()))
}

/// The record of a partition that begins, led by the first of its replicas that is in service.
pub(crate) fn new_partition(
    draft: &Draft<'_>,
    topic_id: Uuid,
    partition_id: PartitionId,
    replicas: Vec<NodeId>,
) -> PartitionRecord {
    let isr: Vec<NodeId> = in_service(draft, &replicas).collect();
    let mut directories = Vec::new();
    if draft.level() >= MetadataVersion::DIRECTORIES {
        let of = |id: &NodeId| partitions::default_directory(draft.image.brokers.get(id));
        directories = replicas.iter().map(of).collect();
    }
    PartitionRecord {
        partition_id,
        topic_id,
        leader: isr.first().copied(),
        isr,
        leader_recovery_state: LeaderRecovery::Recovered,
        leader_epoch: LeaderEpoch(0),
        partition_epoch: PartitionEpoch(0),
        directories,
        replicas,
        ..Default::default()
    }
}

/// What is said of a topic that is created, as far as whoever asked may know it.
fn answer(draft: &Draft<'_>, requester: &dyn Requester, topic: &CreatableTopic, plan: &Plan) -> CreatedTopic {
    let created = CreatedTopic {
        name: topic.name.clone(),
        ..Default::default()
    };
    if !requester.may(AclOperation::DescribeConfigs, ResourceType::Topic, &topic.name) {
        return CreatedTopic {
            topic_config_error_code: ErrorCode::TopicAuthorizationFailed,
            ..created
        };
    }
    CreatedTopic {
        num_partitions: i32::try_from(plan.partitions.len()).expect("their numbers are of that type"),
        replication_factor: i16::try_from(plan.partitions[0].len()).unwrap_or(i16::MAX),
        configs: Some(draft.topic_configs(&plan.configs)),
        ..created
    }
}
