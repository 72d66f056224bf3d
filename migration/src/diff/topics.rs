//! Topics, their partitions and their configs.

use kraft_bridge_metadata::image;
use kraft_bridge_metadata::records::LeaderRecovery;
use kraft_bridge_protocol::{LeaderEpoch, NodeId, NodeIds, PartitionEpoch, PartitionId};

use super::sink::{count, together};
use super::{Diff, Entity, Item, Rule, Sink, Value, was_dual_written};
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
                // The next topic of that name would get them.
                if self.wanted.topic_configs(name).is_some() {
                    self.configs_of_no_topic(name, sink);
                }
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
                    let unassigned = zookeeper.replicas.is_empty() && zookeeper.state.is_some();
                    let ignored = unassigned.then_some(Rule::NoAssignment);
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
            dual_written: was_dual_written(self.observed),
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
            sink.offer(Kind::Partitions, Some(Rule::LeadershipMovedOn), &|| {
                let (old, new) = (pair.observed_leadership(), pair.wanted_leadership());
                Item::different(entity(), "leadership", old, new)
            });
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
    /// Whether a migrating controller has ever written ZooKeeper: the version of the state's znode then counts its
    /// writes, and KRaft's partition epoch the changes, of which one write may hold several.
    dual_written: bool,
}

impl Pair<'_> {
    fn observed_epochs(&self) -> (LeaderEpoch, PartitionEpoch) {
        let state = self.zookeeper.state.as_ref();
        state.map_or((LeaderEpoch(0), PartitionEpoch(0)), |state| {
            (state.leader_epoch, state.partition_epoch)
        })
    }

    /// Whether KRaft has gone on with the partition since it took over, and by no more than its own rules allow.
    fn moved_on(&self) -> bool {
        let observed = self.observed_epochs();
        let wanted = (self.kraft.leader_epoch, self.kraft.partition_epoch);
        let grown = if self.dual_written {
            wanted.0 > observed.0 || (wanted.0 == observed.0 && self.has_another_isr())
        } else {
            // Whoever changes the leader changes the partition.
            let changes = i64::from(wanted.1.0) - i64::from(observed.1.0);
            let leaders = i64::from(wanted.0.0) - i64::from(observed.0.0);
            leaders >= 0 && changes >= leaders
        };
        self.copied && wanted != observed && grown && self.is_led_as_kraft_does()
    }

    fn has_another_isr(&self) -> bool {
        !same_set(&self.kraft.isr, self.isr_as_stored())
    }

    /// A leader epoch has one leader only, who is in sync, and only replicas ever join the ISR.
    fn is_led_as_kraft_does(&self) -> bool {
        let kraft = self.kraft;
        let observed = self.observed_leader().or_else(|| self.leader_without_state());
        let of_this_epoch = kraft.leader == observed;
        let led = match kraft.leader {
            None => true,
            Some(_) if kraft.leader_epoch == self.observed_epochs().0 => of_this_epoch,
            Some(leader) => kraft.isr.contains(&leader),
        };
        let joined = |id: &NodeId| kraft.replicas.contains(id) || self.isr_as_stored().contains(id);
        led && kraft.isr.iter().all(joined)
    }

    fn observed_leader(&self) -> Option<NodeId> {
        self.zookeeper.state.as_ref().and_then(|state| state.leader)
    }

    /// Whom Kafka's own migration lets lead a partition that has no state.
    fn leader_without_state(&self) -> Option<NodeId> {
        let replicas = &self.zookeeper.replicas;
        let without = self.copied && self.zookeeper.state.is_none();
        replicas.first().copied().filter(|_| without)
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
            let counted = (self.dual_written || !self.copied).then_some(Rule::PartitionEpochCounted);
            sink.offer(Kind::Partitions, counted, &|| {
                let (old, new) = (partition_epoch, self.kraft.partition_epoch);
                Item::different(entity(), "partition epoch", Value::shown(old), Value::shown(new))
            });
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
        let observed = self.observed_leader();
        if observed == self.kraft.leader {
            return;
        }
        let rule = if self.copied && self.kraft.leader.is_none() {
            Some(Rule::LeaderFenced)
        } else if self.kraft.leader.is_some() && self.kraft.leader == self.leader_without_state() {
            Some(Rule::NoState)
        } else {
            None
        };
        sink.offer(Kind::Partitions, rule, &|| {
            Item::different(entity(), "leader", leader(observed), leader(self.kraft.leader))
        });
    }

    fn isr(&self, entity: &dyn Fn() -> Entity, sink: &mut dyn Sink) {
        let (isr, eligible) = (&*self.kraft.isr, self.kraft.eligible_leader_replicas());
        if eligible.is_empty() && !self.has_another_isr() {
            return;
        }
        let in_sync: NodeIds = self.zookeeper.in_sync().collect();
        let rule = if !self.copied {
            None
        } else if eligible.is_empty() && same_set(isr, &in_sync) {
            Some(Rule::IsrMended)
        } else if isr.is_empty() && same_set(eligible, &in_sync) {
            Some(Rule::IsrAsElr)
        } else {
            None
        };
        sink.offer(Kind::Partitions, rule, &|| {
            let wanted = if eligible.is_empty() {
                list(isr)
            } else {
                Value::shown(format_args!("{}, eligible {}", List(isr), List(eligible)))
            };
            Item::different(entity(), "isr", list(self.isr_as_stored()), wanted)
        });
    }

    fn isr_as_stored(&self) -> &[NodeId] {
        self.zookeeper
            .state
            .as_ref()
            .map_or(&self.zookeeper.replicas, |state| &state.isr)
    }

    fn observed_leadership(&self) -> Value {
        let (leader_epoch, partition_epoch) = self.observed_epochs();
        leadership(
            self.observed_leader(),
            leader_epoch,
            partition_epoch,
            self.isr_as_stored(),
        )
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

/// Whether two short lists hold the same, in whatever order and however often.
fn same_set(a: &[NodeId], b: &[NodeId]) -> bool {
    a == b || (a.iter().all(|id| b.contains(id)) && b.iter().all(|id| a.contains(id)))
}
