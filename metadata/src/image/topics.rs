//! Topics and partitions.

use std::collections::BTreeMap;
use std::sync::Arc;

use kraft_bridge_protocol::{LeaderEpoch, NodeId, NodeIds, PartitionEpoch, PartitionId, Uuid};

use super::ReplayError;
use crate::records::{
    LeaderRecovery, MetadataRecord, NewLeader, PartitionChangeRecord, PartitionRecord, TopicRecord,
};
use crate::release::MetadataVersion;

/// Every topic, found by id or by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Topics {
    /// Shared by the copies of an image until one of them changes the topic: nearly all of it is partitions.
    by_name: BTreeMap<String, Arc<Topic>>,
    names: BTreeMap<Uuid, String>,
    /// How many topics metrics know by a name, of those whose names hold `.` or `_`.
    metric_names: BTreeMap<Box<str>, u32>,
}

/// A topic with its partitions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Topic {
    /// Topic id.
    pub id: Uuid,
    /// Partitions by number.
    pub partitions: BTreeMap<PartitionId, Partition>,
}

/// The state of one partition. Small on purpose: a cluster may have a million of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Partition {
    /// Replicas, the preferred leader first; during a reassignment both old and new ones.
    pub replicas: NodeIds,
    /// In-sync replicas.
    pub isr: NodeIds,
    /// Leader, if there is one.
    pub leader: Option<NodeId>,
    /// Grows with each change of leader.
    pub leader_epoch: LeaderEpoch,
    /// Grows with each change.
    pub partition_epoch: PartitionEpoch,
    /// Whether an unclean election has not been recovered from yet.
    pub recovery: LeaderRecovery,
    /// Log directory of each replica, in their order; empty while none is known.
    pub directories: Box<[Uuid]>,
    /// Who comes and goes, while a reassignment runs.
    pub reassignment: Option<Box<Reassignment>>,
    /// Replicas that may lead although they left the ISR, and the last leader once nobody may (KIP-966).
    pub eligible: Option<Box<EligibleLeaders>>,
}

/// The two lists of a running reassignment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reassignment {
    /// Replicas that are being added.
    pub adding: NodeIds,
    /// Replicas that are being removed.
    pub removing: NodeIds,
}

/// What eligible leader replicas add to a partition (KIP-966).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EligibleLeaders {
    /// Replicas that may lead although they left the ISR.
    pub replicas: NodeIds,
    /// Last leader, once nobody is eligible any more.
    pub last_known: NodeIds,
}

impl Partition {
    /// Replicas that may lead although they left the ISR.
    pub fn eligible_leader_replicas(&self) -> &[NodeId] {
        self.eligible.as_ref().map_or(&[], |eligible| &eligible.replicas)
    }

    /// The record that makes this partition, for a log of that level.
    fn record(&self, topic_id: Uuid, partition_id: PartitionId, level: MetadataVersion) -> PartitionRecord {
        // Where a level has directories, its writers fill them in: with zeros, while none is known.
        let directories = if self.directories.is_empty() && level >= MetadataVersion::DIRECTORIES {
            vec![Uuid::ZERO; self.replicas.len()]
        } else {
            self.directories.to_vec()
        };
        let reassignment = self.reassignment.as_deref();
        let eligible = self.eligible.as_deref();
        let unless_empty = |list: &NodeIds| Some(list.to_vec()).filter(|list| !list.is_empty());
        PartitionRecord {
            partition_id,
            topic_id,
            replicas: self.replicas.to_vec(),
            isr: self.isr.to_vec(),
            removing_replicas: reassignment.map_or_else(Vec::new, |lists| lists.removing.to_vec()),
            adding_replicas: reassignment.map_or_else(Vec::new, |lists| lists.adding.to_vec()),
            leader: self.leader,
            leader_recovery_state: self.recovery,
            leader_epoch: self.leader_epoch,
            partition_epoch: self.partition_epoch,
            directories,
            eligible_leader_replicas: eligible.and_then(|lists| unless_empty(&lists.replicas)),
            last_known_elr: eligible.and_then(|lists| unless_empty(&lists.last_known)),
            ..Default::default()
        }
    }

    fn set_directories(&mut self, directories: Vec<Uuid>) {
        let known = directories.iter().any(|directory| *directory != Uuid::ZERO);
        self.directories = if known { directories.into() } else { Box::default() };
    }

    fn set_reassignment(&mut self, change: impl FnOnce(&mut Reassignment)) {
        let mut lists = self
            .reassignment
            .take()
            .map_or_else(Reassignment::default, |lists| *lists);
        change(&mut lists);
        self.reassignment = (lists != Reassignment::default()).then(|| Box::new(lists));
    }

    fn next_epoch(&mut self) {
        self.partition_epoch = PartitionEpoch(self.partition_epoch.0.saturating_add(1));
    }

    fn set_eligible(&mut self, change: impl FnOnce(&mut EligibleLeaders)) {
        let mut lists = self
            .eligible
            .take()
            .map_or_else(EligibleLeaders::default, |lists| *lists);
        change(&mut lists);
        self.eligible = (lists != EligibleLeaders::default()).then(|| Box::new(lists));
    }
}

impl Topics {
    /// Topics by name.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &Topic)> {
        self.by_name.iter().map(|(name, topic)| (name.as_str(), &**topic))
    }

    /// The topic of that name.
    pub fn get(&self, name: &str) -> Option<&Topic> {
        self.by_name.get(name).map(|topic| &**topic)
    }

    /// Name of the topic with that id.
    pub fn name(&self, id: Uuid) -> Option<&str> {
        self.names.get(&id).map(String::as_str)
    }

    /// Topics that are the same to metrics, which write `_` for `.` (KAFKA-13743), as one of this name.
    pub fn same_to_metrics<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> {
        let own = metric_name(name).filter(|own| self.metric_names.contains_key(own));
        // Hardly ever is there one: only then it is looked for.
        own.into_iter().flat_map(|own| {
            let names = self.by_name.keys();
            names
                .filter(move |name| metric_name(name).as_deref() == Some(&*own))
                .map(String::as_str)
        })
    }

    /// Each topic with its partitions behind it.
    pub(super) fn records(&self, level: MetadataVersion) -> impl Iterator<Item = MetadataRecord> {
        self.iter().flat_map(move |(name, topic)| {
            let record = TopicRecord {
                name: name.to_owned(),
                topic_id: topic.id,
                ..Default::default()
            };
            let partitions = topic.partitions.iter();
            let partitions = partitions.map(move |(id, partition)| partition.record(topic.id, *id, level));
            std::iter::once(record.into()).chain(partitions.map(MetadataRecord::from))
        })
    }

    pub(super) fn create(&mut self, record: TopicRecord) -> Result<(), ReplayError> {
        let TopicRecord {
            name, topic_id: id, ..
        } = record;
        if self.names.contains_key(&id) || self.by_name.contains_key(&name) {
            return Err(ReplayError::TopicExists { name, id });
        }
        if let Some(metric_name) = metric_name(&name) {
            *self.metric_names.entry(metric_name).or_default() += 1;
        }
        self.names.insert(id, name.clone());
        self.by_name.insert(
            name,
            Arc::new(Topic {
                id,
                partitions: BTreeMap::new(),
            }),
        );
        Ok(())
    }

    /// Returns the name of the topic that was removed.
    pub(super) fn remove(&mut self, id: Uuid) -> Result<String, ReplayError> {
        let name = self.names.remove(&id).ok_or(ReplayError::UnknownTopic { id })?;
        self.by_name.remove(&name);
        if let Some(metric_name) = metric_name(&name)
            && let Some(count) = self.metric_names.get_mut(&metric_name)
        {
            *count -= 1;
            if *count == 0 {
                self.metric_names.remove(&metric_name);
            }
        }
        Ok(name)
    }

    pub(super) fn set_partition(&mut self, record: PartitionRecord) -> Result<(), ReplayError> {
        let id = record.topic_id;
        check_directories(
            id,
            record.partition_id,
            record.replicas.len(),
            &record.directories,
        )?;
        let partition_id = record.partition_id;
        self.topic(id)?.partitions.insert(partition_id, partition(record));
        Ok(())
    }

    pub(super) fn change_partition(&mut self, record: PartitionChangeRecord) -> Result<(), ReplayError> {
        let (id, number) = (record.topic_id, record.partition_id);
        let found = self.topic(id)?.partitions.get_mut(&number);
        let partition = found.ok_or(ReplayError::UnknownPartition {
            id,
            partition: number,
        })?;
        let replicas = record
            .replicas
            .as_ref()
            .map_or(partition.replicas.len(), Vec::len);
        check_directories(
            id,
            number,
            replicas,
            record.directories.as_deref().unwrap_or_default(),
        )?;
        apply(partition, record);
        Ok(())
    }

    /// Empties the eligible leader replicas of one topic, or of all for an empty name.
    pub(super) fn clear_elr(&mut self, name: &str) -> Result<(), ReplayError> {
        if name.is_empty() {
            let is_meant = |topic: &&mut Arc<Topic>| topic.has_elr();
            let topics = self.by_name.values_mut().filter(is_meant);
            topics.for_each(|topic| Arc::make_mut(topic).clear_elr());
            return Ok(());
        }
        let unknown = || ReplayError::UnknownTopicName {
            name: name.to_owned(),
        };
        Arc::make_mut(self.by_name.get_mut(name).ok_or_else(unknown)?).clear_elr();
        Ok(())
    }

    fn topic(&mut self, id: Uuid) -> Result<&mut Topic, ReplayError> {
        let name = self.names.get(&id).ok_or(ReplayError::UnknownTopic { id })?;
        let topic = self.by_name.get_mut(name);
        Ok(Arc::make_mut(topic.expect("both maps hold the same topics")))
    }
}

/// What metrics call a topic; nothing if no other could be called so.
fn metric_name(name: &str) -> Option<Box<str>> {
    let is_shared = name.contains(['.', '_']);
    is_shared.then(|| name.replace('.', "_").into())
}

impl Topic {
    fn has_elr(&self) -> bool {
        self.partitions
            .values()
            .any(|partition| partition.eligible.is_some())
    }

    fn clear_elr(&mut self) {
        let partitions = self.partitions.values_mut();
        for partition in partitions.filter(|partition| partition.eligible.is_some()) {
            partition.eligible = None;
            partition.next_epoch();
        }
    }
}

fn check_directories(
    id: Uuid,
    partition: PartitionId,
    replicas: usize,
    directories: &[Uuid],
) -> Result<(), ReplayError> {
    if directories.is_empty() || directories.len() == replicas {
        return Ok(());
    }
    Err(ReplayError::Directories {
        id,
        partition,
        replicas,
        directories: directories.len(),
    })
}

fn partition(record: PartitionRecord) -> Partition {
    let mut partition = Partition {
        replicas: record.replicas.into(),
        isr: record.isr.into(),
        leader: record.leader,
        leader_epoch: record.leader_epoch,
        partition_epoch: record.partition_epoch,
        recovery: record.leader_recovery_state,
        directories: Box::default(),
        reassignment: None,
        eligible: None,
    };
    partition.set_directories(record.directories);
    partition.set_reassignment(|lists| {
        lists.adding = record.adding_replicas.into();
        lists.removing = record.removing_replicas.into();
    });
    partition.set_eligible(|lists| {
        lists.replicas = record.eligible_leader_replicas.unwrap_or_default().into();
        lists.last_known = record.last_known_elr.unwrap_or_default().into();
    });
    partition
}

/// A change always moves the partition epoch on, and a change of leader, to none as well, the leader epoch.
fn apply(partition: &mut Partition, record: PartitionChangeRecord) {
    if let Some(isr) = record.isr {
        partition.isr = isr.into();
    }
    if let Some(replicas) = record.replicas {
        // Directories that the record does not tell stay in their places, whoever is in them now.
        if replicas.len() != partition.replicas.len() {
            partition.directories = Box::default();
        }
        partition.replicas = replicas.into();
    }
    if let NewLeader::Changed(leader) = record.leader {
        partition.leader = leader;
        partition.leader_epoch = LeaderEpoch(partition.leader_epoch.0.saturating_add(1));
    }
    partition.set_reassignment(|lists| {
        replace(&mut lists.adding, record.adding_replicas);
        replace(&mut lists.removing, record.removing_replicas);
    });
    partition.set_eligible(|lists| {
        replace(&mut lists.replicas, record.eligible_leader_replicas);
        replace(&mut lists.last_known, record.last_known_elr);
    });
    if let Some(recovery) = record.leader_recovery_state.0 {
        partition.recovery = recovery;
    }
    if let Some(directories) = record.directories {
        partition.set_directories(directories);
    }
    partition.next_epoch();
}

fn replace(list: &mut NodeIds, new: Option<Vec<NodeId>>) {
    if let Some(new) = new {
        *list = new.into();
    }
}
