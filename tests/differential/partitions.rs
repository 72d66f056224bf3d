//! What brokers and administrators ask of topics and partitions.

use std::collections::BTreeSet;

use kraft_bridge_metadata::image::Partition;
use kraft_bridge_protocol::rpc::{
    AlterPartition, AlterPartitionReassignmentsRequest, AlterPartitionRequest, AlterPartitionTopic,
    AnyRequest, AssignReplicasToDirsRequest, AssignedDirectory, AssignedPartition, AssignedTopic,
    CreatableConfig, CreatablePartition, CreatableTopic, CreatePartitionsRequest, CreateTopicsRequest,
    DeletableTopic, DeleteTopicsRequest, ElectLeadersRequest, GrowingTopic, InSyncReplica,
    ListPartitionReassignmentsRequest, NewPartition, ReassignablePartition, ReassignableTopic,
    TopicPartitions,
};
use kraft_bridge_protocol::{LeaderEpoch, NodeId, PartitionEpoch, PartitionId};

use crate::asking::{Ask, Choice, id};
use crate::brokers::{directory, epoch};

pub(crate) fn ask(choice: &mut Choice<'_>) -> Ask {
    match choice.random.u32(0..20) {
        0..5 => create(choice),
        5 => delete(choice),
        6 => grow(choice),
        7..13 => alter(choice),
        13..16 => reassign(choice),
        16 => elect(choice),
        17 => assign(choice),
        18 => {
            Box::new(|_| AnyRequest::ListPartitionReassignments(ListPartitionReassignmentsRequest::default()))
        }
        _ => create_by_number(choice),
    }
}

/// A partition's number, most often one that is there.
fn number(choice: &mut Choice<'_>, topic: &str) -> PartitionId {
    let count = choice
        .image
        .topics
        .get(topic)
        .map_or(1, |topic| topic.partitions.len());
    let count = i32::try_from(count).unwrap();
    PartitionId(match choice.chance(4) {
        true => count,
        false => choice.random.i32(0..count),
    })
}

fn config(choice: &mut Choice<'_>) -> (String, Option<String>) {
    let config = choice.one(&[
        ("retention.ms", Some("1000")),
        ("cleanup.policy", Some("compact")),
        ("unclean.leader.election.enable", Some("true")),
        ("min.insync.replicas", Some("2")),
        ("min.insync.replicas", Some("0")),
        ("segment.bytes", Some("20")),
        ("no.such", Some("1")),
        ("retention.ms", None),
        ("max.compaction.lag.ms", Some("1")),
        ("leader.replication.throttled.replicas", Some("0:1,1:2")),
        ("message.format.version", Some("2.8")),
    ]);
    (config.0.to_owned(), config.1.map(str::to_owned))
}

/// Topics with replicas where the request says.
fn create(choice: &mut Choice<'_>) -> Ask {
    let topics = (0..choice.random.usize(1..=2))
        .map(|_| creatable(choice))
        .collect::<Vec<_>>();
    let validate_only = choice.chance(10);
    Box::new(move |_| {
        AnyRequest::CreateTopics(CreateTopicsRequest {
            topics: topics.clone(),
            validate_only,
            ..Default::default()
        })
    })
}

fn creatable(choice: &mut Choice<'_>) -> CreatableTopic {
    let name = choice.new_topic();
    let first = choice.some_brokers();
    let assignments = (0..choice.random.i32(1..=3)).map(|at| {
        let mut broker_ids = choice.some_brokers();
        // All have as many, most often.
        if !choice.chance(10) {
            broker_ids = first.clone();
            choice.random.shuffle(&mut broker_ids);
        }
        CreatablePartition {
            partition_index: PartitionId(if choice.chance(3) { at + 1 } else { at }),
            broker_ids,
            ..Default::default()
        }
    });
    let assignments = assignments.collect();
    let configs = match choice.chance(30) {
        true => vec![config(choice)],
        false => Vec::new(),
    };
    let configs = configs.into_iter().map(|(name, value)| CreatableConfig {
        name,
        value,
        ..Default::default()
    });
    CreatableTopic {
        name,
        num_partitions: if choice.chance(4) { 1 } else { -1 },
        replication_factor: -1,
        assignments,
        configs: configs.collect(),
        ..Default::default()
    }
}

/// Topics whose replicas the controller chooses; what it chooses is random, so that it is only asked whether it would.
fn create_by_number(choice: &mut Choice<'_>) -> Ask {
    let topic = CreatableTopic {
        name: choice.new_topic(),
        num_partitions: choice.one(&[-1, 1, 3, 0, -2]),
        replication_factor: choice.one(&[-1, 1, 3, 9, 0, -2]),
        ..Default::default()
    };
    Box::new(move |_| {
        AnyRequest::CreateTopics(CreateTopicsRequest {
            topics: vec![topic.clone()],
            validate_only: true,
            ..Default::default()
        })
    })
}

/// Deletes a topic that there is.
pub(crate) fn delete_one(name: String) -> Ask {
    delete_all(vec![(name, false)])
}

fn delete(choice: &mut Choice<'_>) -> Ask {
    let named: Vec<(String, bool)> = (0..choice.random.usize(1..=2))
        .map(|_| (choice.topic(), choice.chance(50)))
        .collect();
    delete_all(named)
}

/// Deletes topics by name, or by id.
fn delete_all(named: Vec<(String, bool)>) -> Ask {
    Box::new(move |side| {
        let topics = named.iter().map(|(name, by_id)| match by_id {
            true => DeletableTopic {
                topic_id: id(side, name),
                ..Default::default()
            },
            false => DeletableTopic {
                name: Some(name.clone()),
                ..Default::default()
            },
        });
        AnyRequest::DeleteTopics(DeleteTopicsRequest {
            topics: topics.collect(),
            timeout_ms: 10_000,
            ..Default::default()
        })
    })
}

fn grow(choice: &mut Choice<'_>) -> Ask {
    let name = choice.topic();
    let topic = choice.image.topics.get(&name);
    let count = topic.map_or(1, |topic| topic.partitions.len());
    let partitions = topic.into_iter().flat_map(|topic| topic.partitions.values());
    let widths: BTreeSet<usize> = partitions.map(|partition| partition.replicas.len()).collect();
    // Which partition's replicas count is a matter of chance with Kafka's, if they are not as many everywhere.
    if widths.len() > 1 {
        return alter(choice);
    }
    let width = widths.first().copied().unwrap_or(1);
    let mut broker_ids = choice.some_brokers();
    if !choice.chance(20) {
        broker_ids.truncate(width);
    }
    let more = choice.one(&[1, 1, 1, 1, 2, 0, -1]);
    let growing = GrowingTopic {
        name,
        count: i32::try_from(count).unwrap() + more,
        assignments: Some(vec![NewPartition {
            broker_ids,
            ..Default::default()
        }]),
        ..Default::default()
    };
    let validate_only = choice.chance(20);
    Box::new(move |_| {
        AnyRequest::CreatePartitions(CreatePartitionsRequest {
            topics: vec![growing.clone()],
            timeout_ms: 10_000,
            validate_only,
            ..Default::default()
        })
    })
}

/// A leader, or somebody else, asks for another ISR.
fn alter(choice: &mut Choice<'_>) -> Ask {
    let name = choice.topic();
    let partition_index = number(choice, &name);
    let of = |choice: &Choice<'_>| -> Option<Partition> {
        choice
            .image
            .topics
            .get(&name)?
            .partitions
            .get(&partition_index)
            .cloned()
    };
    let now = of(choice);
    let leader = now.as_ref().and_then(|now| now.leader).unwrap_or(NodeId(1));
    let asking = if choice.chance(5) {
        choice.random.i32(crate::asking::BROKERS)
    } else {
        leader.0
    };
    let mut isr: Vec<NodeId> = now.as_ref().map_or_else(Vec::new, |now| now.replicas.to_vec());
    choice.random.shuffle(&mut isr);
    isr.truncate(choice.random.usize(1..=3));
    if !isr.contains(&leader) && !choice.chance(10) {
        isr.push(leader);
    }
    if choice.chance(3) {
        isr = choice.some_brokers();
    }
    let (old_leader_epoch, old_epoch) = (choice.chance(4), choice.chance(4));
    let (is_stale, of_old_run) = (choice.chance(3), choice.chance(5));
    let leader_recovery_state = choice.one(&[0, 0, 0, 0, 0, 0, 0, 1]);
    Box::new(move |side| {
        let topic = side.image().topics.get(&name);
        let now = topic.and_then(|topic| topic.partitions.get(&partition_index));
        let leader_epoch = now.map_or(0, |now| now.leader_epoch.0);
        let partition_epoch = now.map_or(0, |now| now.partition_epoch.0);
        let members = isr.iter().map(|id| InSyncReplica {
            broker_id: *id,
            broker_epoch: epoch(side, id.0, of_old_run),
            ..Default::default()
        });
        AnyRequest::AlterPartition(AlterPartitionRequest {
            broker_id: NodeId(asking),
            broker_epoch: epoch(side, asking, is_stale),
            topics: vec![AlterPartitionTopic {
                topic_id: id(side, &name),
                partitions: vec![AlterPartition {
                    partition_index,
                    leader_epoch: LeaderEpoch(leader_epoch - i32::from(old_leader_epoch)),
                    partition_epoch: PartitionEpoch(partition_epoch - i32::from(old_epoch)),
                    leader_recovery_state,
                    new_isr_with_epochs: members.collect(),
                    ..Default::default()
                }],
                ..Default::default()
            }],
            ..Default::default()
        })
    })
}

fn reassign(choice: &mut Choice<'_>) -> Ask {
    let name = choice.topic();
    let partition_index = number(choice, &name);
    let partition = choice
        .image
        .topics
        .get(&name)
        .and_then(|topic| topic.partitions.get(&partition_index));
    let lists = partition.and_then(|partition| partition.reassignment.clone());
    let replicas = match (lists, partition) {
        // Another one on top adds nobody, and drops one of the first: Kafka's controllers forget part of the first else.
        (Some(lists), Some(partition)) if choice.chance(40) => {
            let mut replicas = partition.replicas.to_vec();
            let first = replicas.iter().position(|id| !lists.adding.contains(id));
            first
                .map(|at| replicas.remove(at))
                .filter(|_| !replicas.is_empty())
                .map(|_| replicas)
        }
        (Some(_), _) => None,
        (None, _) if choice.chance(10) => None,
        (None, _) => Some(choice.some_brokers()),
    };
    let allow_replication_factor_change = !choice.release.is_4 || choice.chance(80);
    Box::new(move |_| {
        AnyRequest::AlterPartitionReassignments(AlterPartitionReassignmentsRequest {
            allow_replication_factor_change,
            topics: vec![ReassignableTopic {
                name: name.clone(),
                partitions: vec![ReassignablePartition {
                    partition_index,
                    replicas: replicas.clone(),
                    ..Default::default()
                }],
                ..Default::default()
            }],
            ..Default::default()
        })
    })
}

fn elect(choice: &mut Choice<'_>) -> Ask {
    let election_type = choice.one(&[0, 0, 0, 1]);
    let topic = choice.topic();
    let partition = number(choice, &topic);
    let of_all = choice.chance(30);
    Box::new(move |_| {
        let one = TopicPartitions {
            topic: topic.clone(),
            partitions: vec![partition],
            ..Default::default()
        };
        AnyRequest::ElectLeaders(ElectLeadersRequest {
            election_type,
            topic_partitions: (!of_all).then(|| vec![one]),
            ..Default::default()
        })
    })
}

/// A broker says in which of its directories a replica lies.
fn assign(choice: &mut Choice<'_>) -> Ask {
    let broker = choice.random.i32(crate::asking::BROKERS);
    let name = choice.topic();
    let partition_index = number(choice, &name);
    let known = choice.image.brokers.get(&NodeId(broker));
    // For a directory that has failed Kafka's controllers change the partition twice, and from the same state.
    let directories = known
        .map(|broker| broker.log_dirs.clone())
        .filter(|list| !list.is_empty());
    let directories = directories.unwrap_or_else(|| vec![directory(broker, 0)]);
    let at = choice.one(&directories);
    let is_stale = choice.chance(5);
    Box::new(move |side| {
        AnyRequest::AssignReplicasToDirs(AssignReplicasToDirsRequest {
            broker_id: NodeId(broker),
            broker_epoch: epoch(side, broker, is_stale),
            directories: vec![AssignedDirectory {
                id: at,
                topics: vec![AssignedTopic {
                    topic_id: id(side, &name),
                    partitions: vec![AssignedPartition {
                        partition_index,
                        ..Default::default()
                    }],
                    ..Default::default()
                }],
                ..Default::default()
            }],
            ..Default::default()
        })
    })
}
