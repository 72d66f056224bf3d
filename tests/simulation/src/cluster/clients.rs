//! Clients: each has topics of its own, which nobody else changes, and remembers what it was told.

use std::collections::BTreeMap;
use std::time::Duration;

use kraft_bridge_metadata::records::ConfigResource;
use kraft_bridge_protocol::rpc::{
    AlterPartitionReassignmentsRequest, AlterableConfig, AlterableResource, AnyRequest, AnyResponse,
    CreatableTopic, CreatePartitionsRequest, CreateTopicsRequest, DeletableTopic, DeleteTopicsRequest,
    ElectLeadersRequest, ErrorCode, GrowingTopic, IncrementalAlterConfigsRequest, ReassignablePartition,
    ReassignableTopic, TopicPartitions,
};
use kraft_bridge_protocol::{NodeId, PartitionId};

use super::{Cluster, Happening, Who, id};
use crate::invariants::Violation;
use crate::world::{Event, World};

/// How long a client waits for an answer.
const PATIENCE: Duration = Duration::from_secs(3);
/// Replicas of a partition at most.
const REPLICAS_MAX: usize = 3;
/// Topics that a client has at once.
const TOPICS: usize = 3;
/// The config that clients change.
const CONFIG: &str = "retention.ms";
/// Kinds of resources and elections, and what to do with a config, as requests name them.
const TOPIC: i8 = 2;
const SET: i8 = 0;
const PREFERRED: i8 = 0;
const UNCLEAN: i8 = 1;

/// A client.
#[derive(Debug)]
pub(super) struct Client {
    index: usize,
    named: u64,
    /// Its topics, as it was told.
    topics: BTreeMap<String, Topic>,
    waits: Option<(u64, Duration, Wish)>,
}

/// A topic as its owner was told that it is.
#[derive(Clone, Debug)]
struct Topic {
    partitions: i32,
    config: Option<String>,
}

/// What a client has asked for.
#[derive(Clone, Debug)]
enum Wish {
    Create(String, i32),
    Delete(String),
    Configure(String, String),
    Grow(String, i32),
    /// Something that is good whatever comes of it.
    Move(String),
}

impl Wish {
    fn topic(&self) -> &str {
        match self {
            Wish::Create(name, _)
            | Wish::Delete(name)
            | Wish::Configure(name, _)
            | Wish::Grow(name, _)
            | Wish::Move(name) => name,
        }
    }
}

impl Client {
    pub(super) fn new(index: usize) -> Client {
        Client {
            index,
            named: 0,
            topics: BTreeMap::new(),
            waits: None,
        }
    }
}

impl World {
    /// A client asks for something, if it waits for nothing, and again after a while.
    pub(super) fn client_acts(&mut self, cluster: &mut Cluster, index: usize) {
        if self.is_healed {
            return;
        }
        let delay = self.random.millis(1, cluster.plan.ask_millis * 2);
        self.after(delay, Event::Cluster(Happening::ClientActs(index)));
        let client = &mut cluster.clients[index];
        match &client.waits {
            Some((_, since, _)) if *since + PATIENCE > self.time => return,
            // It never knows what came of that, and leaves the topic alone from now on.
            Some((_, _, Wish::Move(_))) | None => {}
            Some((_, _, wish)) => drop(client.topics.remove(wish.topic())),
        }
        let (wish, request) = self.wish(cluster, index);
        let call = cluster.next_call(Who::Client(index));
        cluster.clients[index].waits = Some((call.id, self.time, wish));
        self.ask(call, request);
    }

    fn wish(&mut self, cluster: &mut Cluster, index: usize) -> (Wish, AnyRequest) {
        let brokers = cluster.brokers.len();
        let client = &mut cluster.clients[index];
        let names: Vec<&String> = client.topics.keys().collect();
        if names.len() < TOPICS {
            client.named += 1;
            let name = format!("topic-{}-{}", client.index, client.named);
            return self.wish_for_topic(name, cluster.plan.replicas_min(), brokers);
        }
        let name = names[self.random.index(names.len())].clone();
        let topic = client.topics[&name].clone();
        match self.random.between(0, 9) {
            0 => (Wish::Delete(name.clone()), delete(&name)),
            1..=2 => {
                let value = self.random.between(1000, 100_000).to_string();
                let request = configure(&name, &value);
                (Wish::Configure(name, value), request)
            }
            3 => {
                let count = topic.partitions + 1;
                let request = grow(&name, count);
                (Wish::Grow(name, count), request)
            }
            4..=7 if !(cluster.plan.has_elr && cluster.is_moving(&name)) => {
                let number = PartitionId(self.random_partition(&topic));
                let replicas = self
                    .random
                    .chance(850)
                    .then(|| self.some_brokers(cluster.plan.replicas_min(), brokers));
                let request = reassign(&name, number, replicas);
                (Wish::Move(name), request)
            }
            _ => {
                let number = PartitionId(self.random_partition(&topic));
                let kind = if self.random.chance(150) {
                    UNCLEAN
                } else {
                    PREFERRED
                };
                let request = elect(&name, number, kind);
                (Wish::Move(name), request)
            }
        }
    }

    fn random_partition(&mut self, topic: &Topic) -> i32 {
        let count = u64::try_from(topic.partitions).expect("there are some");
        i32::try_from(self.random.between(0, count - 1)).expect("few")
    }

    fn wish_for_topic(&mut self, name: String, replicas_min: usize, brokers: usize) -> (Wish, AnyRequest) {
        let partitions = i32::try_from(self.random.between(1, 3)).expect("few");
        let replicas = self.some_count(replicas_min, brokers);
        let topic = CreatableTopic {
            name: name.clone(),
            num_partitions: partitions,
            replication_factor: i16::try_from(replicas).expect("few"),
            ..Default::default()
        };
        let request = CreateTopicsRequest {
            topics: vec![topic],
            ..Default::default()
        };
        (Wish::Create(name, partitions), AnyRequest::CreateTopics(request))
    }

    fn some_count(&mut self, least: usize, brokers: usize) -> usize {
        least + self.random.index(REPLICAS_MAX.min(brokers) - least + 1)
    }

    fn some_brokers(&mut self, least: usize, brokers: usize) -> Vec<NodeId> {
        let mut left: Vec<NodeId> = (0..brokers).map(id).collect();
        let count = self.some_count(least, brokers);
        (0..count)
            .map(|_| left.swap_remove(self.random.index(left.len())))
            .collect()
    }

    pub(super) fn client_is_answered(
        &mut self,
        cluster: &mut Cluster,
        index: usize,
        call: u64,
        answer: Option<AnyResponse>,
    ) -> Result<(), Violation> {
        let client = &mut cluster.clients[index];
        let Some((_, _, wish)) = client.waits.take_if(|(id, _, _)| *id == call) else {
            return Ok(());
        };
        let error = answer.as_ref().map(error_of);
        self.history.note(self.time, &("client is answered", index), || {
            format!("client {index} is told of {wish:?}: {error:?}")
        });
        let is_done = error == Some(ErrorCode::None);
        // Its request may have been decided upon before the leader lost its place.
        let is_unknown = error.is_none();
        match &wish {
            Wish::Create(name, partitions) if is_done => {
                let (partitions, config) = (*partitions, None);
                client.topics.insert(name.clone(), Topic { partitions, config });
            }
            Wish::Delete(name) if is_done || is_unknown => drop(client.topics.remove(name)),
            Wish::Configure(name, value) if is_done => {
                client.topics.get_mut(name).expect("it is its own").config = Some(value.clone());
            }
            Wish::Grow(name, count) if is_done => {
                client.topics.get_mut(name).expect("it is its own").partitions = *count;
            }
            Wish::Configure(name, _) | Wish::Grow(name, _) if is_unknown => {
                drop(client.topics.remove(name));
            }
            _ => {}
        }
        if let (Wish::Delete(name), true) = (&wish, is_done)
            && cluster.log.image().topics.get(name).is_some()
        {
            return Err(lost(format!("{name} was deleted, and is there")));
        }
        cluster.check_client(index)
    }
}

impl Cluster {
    /// Whether partitions of a topic are on their way to other brokers. To cancel that, or to begin anew, takes replicas away
    /// that are in sync, down to one that may have died and lost something: nothing that a controller could know.
    fn is_moving(&self, name: &str) -> bool {
        let topic = self.log.image().topics.get(name);
        let mut partitions = topic.into_iter().flat_map(|topic| topic.partitions.values());
        partitions.any(|partition| partition.reassignment.is_some())
    }

    /// Whether everything that a client was told of is so.
    ///
    /// # Errors
    ///
    /// [`Violation`].
    pub(super) fn check_client(&self, index: usize) -> Result<(), Violation> {
        let client = &self.clients[index];
        let under_way = client.waits.as_ref().map(|(_, _, wish)| wish.topic());
        let image = self.log.image();
        let known = client
            .topics
            .iter()
            .filter(|(name, _)| Some(name.as_str()) != under_way);
        for (name, told) in known {
            let Some(topic) = image.topics.get(name) else {
                return Err(lost(format!("{name} was created, and is not there")));
            };
            let partitions = i32::try_from(topic.partitions.len()).expect("few");
            let configs = image.configs.get(ConfigResource::Topic, name);
            let config = configs.and_then(|configs| configs.get(CONFIG));
            if partitions != told.partitions || config != told.config.as_ref() {
                return Err(lost(format!(
                    "{name} was said to be {told:?}, and has {partitions} partitions and {CONFIG}={config:?}"
                )));
            }
        }
        Ok(())
    }
}

fn lost(problem: String) -> Violation {
    Violation::new("a change that was acknowledged stays", problem)
}

fn error_of(answer: &AnyResponse) -> ErrorCode {
    match answer {
        AnyResponse::CreateTopics(answer) => answer.topics[0].error_code,
        AnyResponse::DeleteTopics(answer) => answer.responses[0].error_code,
        AnyResponse::IncrementalAlterConfigs(answer) => answer.responses[0].error_code,
        AnyResponse::CreatePartitions(answer) => answer.results[0].error_code,
        AnyResponse::AlterPartitionReassignments(answer) => answer.error_code,
        AnyResponse::ElectLeaders(answer) => answer.error_code,
        other => unreachable!("no client asks for {other:?}"),
    }
}

fn delete(name: &str) -> AnyRequest {
    AnyRequest::DeleteTopics(DeleteTopicsRequest {
        topics: vec![DeletableTopic {
            name: Some(name.to_owned()),
            ..Default::default()
        }],
        ..Default::default()
    })
}

fn configure(name: &str, value: &str) -> AnyRequest {
    AnyRequest::IncrementalAlterConfigs(IncrementalAlterConfigsRequest {
        resources: vec![AlterableResource {
            resource_type: TOPIC,
            resource_name: name.to_owned(),
            configs: vec![AlterableConfig {
                name: CONFIG.to_owned(),
                config_operation: SET,
                value: Some(value.to_owned()),
                ..Default::default()
            }],
            ..Default::default()
        }],
        ..Default::default()
    })
}

fn grow(name: &str, count: i32) -> AnyRequest {
    AnyRequest::CreatePartitions(CreatePartitionsRequest {
        topics: vec![GrowingTopic {
            name: name.to_owned(),
            count,
            ..Default::default()
        }],
        ..Default::default()
    })
}

fn reassign(name: &str, partition_index: PartitionId, replicas: Option<Vec<NodeId>>) -> AnyRequest {
    AnyRequest::AlterPartitionReassignments(AlterPartitionReassignmentsRequest {
        topics: vec![ReassignableTopic {
            name: name.to_owned(),
            partitions: vec![ReassignablePartition {
                partition_index,
                replicas,
                ..Default::default()
            }],
            ..Default::default()
        }],
        ..Default::default()
    })
}

fn elect(name: &str, partition: PartitionId, election_type: i8) -> AnyRequest {
    AnyRequest::ElectLeaders(ElectLeadersRequest {
        election_type,
        topic_partitions: Some(vec![TopicPartitions {
            topic: name.to_owned(),
            partitions: vec![partition],
            ..Default::default()
        }]),
        ..Default::default()
    })
}
