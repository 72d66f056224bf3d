//! Topics, their partitions and their configs.

use std::collections::BTreeSet;

use kraft_bridge_metadata::image;
use kraft_bridge_metadata::records::LeaderRecovery;
use kraft_bridge_protocol::{LeaderEpoch, NodeId, PartitionEpoch, PartitionId};

use super::sink::{count, together};
use super::{Diff, Entity, Item, Rule, Sink, Value};
use crate::legacy::{Partition, Topic};
use crate::parity::Kind;
use crate::translate::ids;

impl Diff<'_> {
    /// Every topic, with its partitions and configs, and the configs of topics that do not exist.
    pub(super) fn topics(&self, sink: &mut dyn Sink) {
        let observed = self
            .observed
            .topics
            .iter()
            .map(|(name, topic)| (name.as_str(), topic));
        for (name, zookeeper, kraft) in together(observed, self.wanted.image.topics.iter()) {
            self.topic(name, zookeeper, kraft, sink);
        }
        self.configs_without_topic(sink);
    }

    /// One topic, with its partitions and configs.
    pub fn topic(
        &self,
        name: &str,
        zookeeper: Option<&Topic>,
        kraft: Option<&image::Topic>,
        sink: &mut dyn Sink,
    ) {
        let entity = || Entity::Topic(name.to_owned());
        if self.observed.pending_deletions.contains(name) {
            return self.deleted_topic(name, zookeeper, kraft, sink);
        }
        sink.count(Kind::Topics, zookeeper.is_some().into(), kraft.is_some().into());
        match (zookeeper, kraft) {
            (Some(zookeeper), Some(kraft)) => {
                self.topic_id(name, zookeeper, kraft, sink);
                self.partitions(name, zookeeper, kraft, sink);
                self.topic_configs(name, sink);
            }
            (Some(zookeeper), None) => {
                sink.item(Item::missing(entity(), self.summary_of_observed(name, zookeeper)))
            }
            (None, Some(kraft)) => {
                sink.item(Item::only_in_kraft(entity(), self.summary_of_wanted(name, kraft)))
            }
            (None, None) => {}
        }
    }

    /// A topic that ZooKeeper mode was about to delete must not be in KRaft.
    fn deleted_topic(
        &self,
        name: &str,
        zookeeper: Option<&Topic>,
        kraft: Option<&image::Topic>,
        sink: &mut dyn Sink,
    ) {
        let entity = Entity::Topic(name.to_owned());
        sink.count(Kind::Topics, zookeeper.is_some().into(), kraft.is_some().into());
        match (zookeeper, kraft) {
            (Some(zookeeper), None) => {
                let item = Item::missing(entity, self.summary_of_observed(name, zookeeper));
                sink.item(item.because(Rule::PendingDeletion));
            }
            (_, Some(_)) => {
                let (yes, no) = (Value::shown("to be deleted"), Value::shown("to be kept"));
                sink.item(Item::different(entity, "deletion", yes, no));
            }
            (None, None) => {}
        }
    }

    fn topic_id(&self, name: &str, zookeeper: &Topic, kraft: &image::Topic, sink: &mut dyn Sink) {
        if zookeeper.id == Some(kraft.id) {
            return;
        }
        let cluster_id = self.observed.cluster_id.as_deref().unwrap_or_default();
        let derived = zookeeper.id.is_none() && ids::topic_id(cluster_id, name, zookeeper) == kraft.id;
        let zookeeper = zookeeper.id.map_or_else(|| Value::shown("none"), Value::shown);
        let item = Item::different(
            Entity::Topic(name.to_owned()),
            "id",
            zookeeper,
            Value::shown(kraft.id),
        );
        sink.item(item.because(derived.then_some(Rule::DerivedTopicId)));
    }

    fn partitions(&self, topic: &str, zookeeper: &Topic, kraft: &image::Topic, sink: &mut dyn Sink) {
        sink.count(
            Kind::Partitions,
            count(zookeeper.partitions.len()),
            count(kraft.partitions.len()),
        );
        for (id, zookeeper, kraft) in together(zookeeper.partitions.iter(), kraft.partitions.iter()) {
            let entity = || Entity::Partition(topic.to_owned(), *id);
            match (zookeeper, kraft) {
                (Some(zookeeper), Some(kraft)) => self.partition(topic, *id, zookeeper, kraft, sink),
                (Some(zookeeper), None) => {
                    let ignored = zookeeper.replicas.is_empty().then_some(Rule::NoAssignment);
                    let value = Value::shown(format_args!("replicas {}", List(&zookeeper.replicas)));
                    sink.item(Item::missing(entity(), value).because(ignored));
                }
                (None, Some(kraft)) => {
                    let value = Value::shown(format_args!("replicas {}", List(&kraft.replicas)));
                    sink.item(Item::only_in_kraft(entity(), value));
                }
                (None, None) => {}
            }
        }
    }

    fn partition(
        &self,
        topic: &str,
        id: PartitionId,
        zookeeper: &Partition,
        kraft: &image::Partition,
        sink: &mut dyn Sink,
    ) {
        let entity = || Entity::Partition(topic.to_owned(), id);
        let pair = Pair {
            zookeeper,
            kraft,
            copied: self.copied(),
        };
        let completed = pair
            .reassignment_completed()
            .then_some(Rule::ReassignmentCompleted);
        if zookeeper.replicas != kraft.replicas {
            let item = Item::different(
                entity(),
                "replicas",
                list(&zookeeper.replicas),
                list(&kraft.replicas),
            );
            sink.item(item.because(completed));
        }
        let (old, new) = (zookeeper.reassigned.as_deref(), kraft.reassignment.as_deref());
        let adding = (old.map(|lists| &*lists.adding), new.map(|lists| &*lists.adding));
        let removing = (
            old.map(|lists| &*lists.removing),
            new.map(|lists| &*lists.removing),
        );
        for (field, (old, new)) in [("adding replicas", adding), ("removing replicas", removing)] {
            let (old, new) = (old.unwrap_or_default(), new.unwrap_or_default());
            if !same_set(old, new) {
                sink.item(Item::different(entity(), field, list(old), list(new)).because(completed));
            }
        }
        if pair.moved_on() {
            let (old, new) = (pair.observed_leadership(), pair.wanted_leadership());
            let item = Item::different(entity(), "leadership", old, new);
            sink.item(item.because(Rule::LeadershipMovedOn));
        } else {
            pair.leadership(&entity, sink);
        }
    }

    fn summary_of_observed(&self, name: &str, topic: &Topic) -> Value {
        let configs = self.observed.topic_configs.get(name);
        summary(
            topic.id.map(|id| id.to_string()),
            topic.partitions.len(),
            configs.map_or(0, |configs| configs.len()),
        )
    }

    fn summary_of_wanted(&self, name: &str, topic: &image::Topic) -> Value {
        let configs = self.wanted.topic_configs(name);
        summary(
            Some(topic.id.to_string()),
            topic.partitions.len(),
            configs.map_or(0, |configs| configs.len()),
        )
    }
}

fn summary(id: Option<String>, partitions: usize, configs: usize) -> Value {
    let id = id.unwrap_or_else(|| "none".to_owned());
    Value::shown(format_args!(
        "id {id}, {partitions} partitions, {configs} configs"
    ))
}

/// One partition as both sides have it.
struct Pair<'a> {
    zookeeper: &'a Partition,
    kraft: &'a image::Partition,
    copied: bool,
}

impl Pair<'_> {
    fn observed_epochs(&self) -> (LeaderEpoch, PartitionEpoch) {
        let state = self.zookeeper.state.as_ref();
        state.map_or((LeaderEpoch(0), PartitionEpoch(0)), |state| {
            (state.leader_epoch, state.partition_epoch)
        })
    }

    /// Whether KRaft has changed the leadership since it took over: an epoch is higher, and none lower.
    fn moved_on(&self) -> bool {
        let observed = self.observed_epochs();
        let wanted = (self.kraft.leader_epoch, self.kraft.partition_epoch);
        self.copied && wanted != observed && wanted.0 >= observed.0 && wanted.1 >= observed.1
    }

    /// Whether the reassignment that ran in ZooKeeper mode has come to its end in KRaft.
    fn reassignment_completed(&self) -> bool {
        let Some(lists) = self.zookeeper.reassigned.as_deref() else {
            return false;
        };
        let stayed = self
            .zookeeper
            .replicas
            .iter()
            .filter(|id| !lists.removing.contains(id));
        self.moved_on() && self.kraft.reassignment.is_none() && stayed.eq(self.kraft.replicas.iter())
    }

    /// Leader, epochs, ISR and recovery, field by field.
    fn leadership(&self, entity: &dyn Fn() -> Entity, sink: &mut dyn Sink) {
        let (leader_epoch, partition_epoch) = self.observed_epochs();
        self.leader(entity, sink);
        if leader_epoch != self.kraft.leader_epoch {
            let (old, new) = (Value::shown(leader_epoch), Value::shown(self.kraft.leader_epoch));
            sink.item(Item::different(entity(), "leader epoch", old, new));
        }
        if partition_epoch != self.kraft.partition_epoch {
            let (old, new) = (
                Value::shown(partition_epoch),
                Value::shown(self.kraft.partition_epoch),
            );
            let counted = (!self.copied).then_some(Rule::PartitionEpochCounted);
            sink.item(Item::different(entity(), "partition epoch", old, new).because(counted));
        }
        self.isr(entity, sink);
        let observed = self
            .zookeeper
            .state
            .as_ref()
            .is_some_and(|state| state.recovering);
        let wanted = self.kraft.recovery == LeaderRecovery::Recovering;
        if observed != wanted {
            sink.item(Item::different(
                entity(),
                "recovery",
                recovery(observed),
                recovery(wanted),
            ));
        }
    }

    fn leader(&self, entity: &dyn Fn() -> Entity, sink: &mut dyn Sink) {
        let observed = self.zookeeper.state.as_ref().and_then(|state| state.leader);
        if observed == self.kraft.leader {
            return;
        }
        let rule = if self.copied && self.kraft.leader.is_none() {
            Some(Rule::LeaderFenced)
        } else if self.zookeeper.state.is_none()
            && self.kraft.leader == self.zookeeper.replicas.first().copied()
        {
            Some(Rule::NoState)
        } else {
            None
        };
        let item = Item::different(entity(), "leader", leader(observed), leader(self.kraft.leader));
        sink.item(item.because(rule));
    }

    fn isr(&self, entity: &dyn Fn() -> Entity, sink: &mut dyn Sink) {
        if same_set(&self.kraft.isr, self.isr_as_stored()) {
            return;
        }
        let in_sync: BTreeSet<NodeId> = self.zookeeper.in_sync().collect();
        if self.copied && is_set(&self.kraft.isr, &in_sync) {
            return;
        }
        let eligible = self.kraft.eligible_leader_replicas();
        let as_elr = self.copied && self.kraft.isr.is_empty() && is_set(eligible, &in_sync);
        let wanted = if eligible.is_empty() {
            list(&self.kraft.isr)
        } else {
            Value::shown(format_args!(
                "{}, eligible {}",
                List(&self.kraft.isr),
                List(eligible)
            ))
        };
        let item = Item::different(entity(), "isr", list(self.isr_as_stored()), wanted);
        sink.item(item.because(as_elr.then_some(Rule::IsrAsElr)));
    }

    fn isr_as_stored(&self) -> &[NodeId] {
        self.zookeeper
            .state
            .as_ref()
            .map_or(&self.zookeeper.replicas, |state| &state.isr)
    }

    fn observed_leadership(&self) -> Value {
        let (leader_epoch, partition_epoch) = self.observed_epochs();
        let observed = self.zookeeper.state.as_ref().and_then(|state| state.leader);
        leadership(observed, leader_epoch, partition_epoch, self.isr_as_stored())
    }

    fn wanted_leadership(&self) -> Value {
        let kraft = self.kraft;
        leadership(
            kraft.leader,
            kraft.leader_epoch,
            kraft.partition_epoch,
            &kraft.isr,
        )
    }
}

fn leadership(of: Option<NodeId>, leader_epoch: LeaderEpoch, epoch: PartitionEpoch, isr: &[NodeId]) -> Value {
    let isr = List(isr);
    Value::shown(format_args!(
        "leader {}, leader epoch {leader_epoch}, partition epoch {epoch}, isr {isr}",
        leader(of)
    ))
}

fn leader(id: Option<NodeId>) -> Value {
    id.map_or_else(|| Value::shown("none"), Value::shown)
}

fn recovery(recovering: bool) -> Value {
    Value::shown(if recovering { "recovering" } else { "recovered" })
}

fn list(ids: &[NodeId]) -> Value {
    Value::shown(List(ids))
}

/// Ids as `1,2,3`.
struct List<'a>(&'a [NodeId]);

impl std::fmt::Display for List<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.0.is_empty() {
            return f.write_str("none");
        }
        for (index, id) in self.0.iter().enumerate() {
            write!(f, "{}{id}", if index > 0 { "," } else { "" })?;
        }
        Ok(())
    }
}

/// Whether two short lists hold the same, in whatever order.
fn same_set(a: &[NodeId], b: &[NodeId]) -> bool {
    a == b || (a.len() == b.len() && a.iter().all(|id| b.contains(id)))
}

fn is_set(list: &[NodeId], set: &BTreeSet<NodeId>) -> bool {
    list.len() == set.len() && list.iter().all(|id| set.contains(id))
}
