//! Topics and their partitions: `/brokers/topics/<topic>` and `…/partitions/<p>/state`.

use std::borrow::Cow;
use std::collections::BTreeMap;

use kraft_bridge_protocol::{LeaderEpoch, NodeId, NodeIds, PartitionEpoch, PartitionId, Uuid};

use super::json;
use super::notes::Notes;
use crate::znode::{Stat, Zxid};

/// A topic: its id, if the cluster ever gave it one, and its partitions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Topic {
    /// Absent when the cluster never ran with an inter-broker protocol of 2.8 or newer.
    pub id: Option<Uuid>,
    /// Transaction that created the topic's znode.
    pub czxid: Zxid,
    /// Partitions that the topic's assignment lists; also, without replicas, those that have only a state.
    pub partitions: BTreeMap<PartitionId, Partition>,
}

/// One partition. Small on purpose: a cluster may have a million of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Partition {
    /// Replicas, the preferred leader first; during a reassignment both old and new ones.
    pub replicas: NodeIds,
    /// Who comes and goes, while a reassignment runs.
    pub reassigned: Option<Box<Reassigned>>,
    /// Leadership, absent until a controller first elected a leader.
    pub state: Option<PartitionState>,
}

/// The two lists of a running reassignment (payload version 2 on).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reassigned {
    /// Replicas that are being added, a subset of the partition's replicas.
    pub adding: NodeIds,
    /// Replicas that are being removed, a subset of the partition's replicas.
    pub removing: NodeIds,
}

/// Who leads a partition and who is in sync.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartitionState {
    /// Leader, `None` for −1.
    pub leader: Option<NodeId>,
    /// Epoch of that leadership.
    pub leader_epoch: LeaderEpoch,
    /// In-sync replicas.
    pub isr: NodeIds,
    /// Data version of the state znode.
    pub partition_epoch: PartitionEpoch,
    /// Whether an unclean election has not been recovered from yet.
    pub recovering: bool,
}

impl Partition {
    /// Replicas that have every committed message: those of the ISR. A partition that never had a state has never had
    /// a leader either, so each of its replicas is in sync.
    pub fn in_sync(&self) -> impl Iterator<Item = NodeId> + '_ {
        let ids = match &self.state {
            Some(state) if !self.has_lost_its_only_replica() => &state.isr,
            _ => &self.replicas,
        };
        ids.iter().copied().filter(|id| self.replicas.contains(id))
    }

    /// Whether the ISR is empty although there is one replica only, which therefore has all there is. Brokers of 0.11
    /// leave this behind when they stop, for topics that allow unclean elections.
    pub fn has_lost_its_only_replica(&self) -> bool {
        self.replicas.len() == 1 && self.state.as_ref().is_some_and(|state| state.isr.is_empty())
    }

    /// The broker without which the partition has no leader, unless one is elected uncleanly.
    pub fn only_in_sync(&self) -> Option<NodeId> {
        let mut in_sync = self.in_sync();
        let only = in_sync.next()?;
        (in_sync.next().is_none() && self.state.is_some()).then_some(only)
    }
}

/// A topic's payload, versions 1 to 3; the version itself says nothing that the keys do not.
#[derive(serde::Deserialize)]
struct TopicPayload<'a> {
    #[serde(borrow, default)]
    topic_id: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    partitions: Assignment<'a>,
    #[serde(borrow, default)]
    adding_replicas: Assignment<'a>,
    #[serde(borrow, default)]
    removing_replicas: Assignment<'a>,
}

type Assignment<'a> = BTreeMap<Cow<'a, str>, Vec<i32>>;

#[derive(serde::Deserialize)]
struct StatePayload {
    leader: i32,
    leader_epoch: i32,
    isr: Vec<i32>,
    #[serde(default)]
    leader_recovery_state: i8,
}

/// Takes over a topic's id and assignment; partition states that are there already stay.
pub(super) fn decode_topic(topic: &mut Topic, data: &[u8], stat: &Stat, notes: &mut Notes<'_>) {
    topic.czxid = stat.czxid;
    topic.id = None;
    topic.partitions.retain(|_, partition| {
        partition.replicas = NodeIds::default();
        partition.reassigned = None;
        partition.state.is_some()
    });
    if json::is_nothing(data) {
        return;
    }
    let Some(payload) = json::typed::<TopicPayload<'_>>(data, notes) else {
        return;
    };
    topic.id = payload.topic_id.and_then(|text| topic_id(&text, notes));
    for (partition, replicas) in payload.partitions {
        if let Some(entry) = partition_of(topic, &partition, notes) {
            entry.replicas = nodes(replicas);
        }
    }
    for (partition, adding) in payload.adding_replicas {
        if let Some(entry) = partition_of(topic, &partition, notes) {
            entry.reassigned.get_or_insert_default().adding = nodes(adding);
        }
    }
    for (partition, removing) in payload.removing_replicas {
        if let Some(entry) = partition_of(topic, &partition, notes) {
            entry.reassigned.get_or_insert_default().removing = nodes(removing);
        }
    }
}

fn topic_id(text: &str, notes: &mut Notes<'_>) -> Option<Uuid> {
    let id = text
        .parse()
        .ok()
        .filter(|id| ![Uuid::ZERO, Uuid::ONE].contains(id));
    if id.is_none() {
        notes.undecodable(format_args!("topic_id {text:?}"));
    }
    id
}

fn partition_of<'a>(topic: &'a mut Topic, text: &str, notes: &mut Notes<'_>) -> Option<&'a mut Partition> {
    let Some(partition) = partition_id(text) else {
        notes.undecodable(format_args!("partition {text:?}"));
        return None;
    };
    Some(topic.partitions.entry(partition).or_default())
}

/// A partition number as Kafka writes it.
pub(super) fn partition_id(text: &str) -> Option<PartitionId> {
    let canonical = text == "0" || text.starts_with(|first: char| ('1'..='9').contains(&first));
    text.parse().ok().filter(|_| canonical)
}

pub(super) fn decode_state(data: &[u8], stat: &Stat, notes: &mut Notes<'_>) -> Option<PartitionState> {
    if json::is_nothing(data) {
        notes.undecodable("it is empty");
        return None;
    }
    let payload: StatePayload = match serde_json::from_slice(data) {
        Ok(payload) => payload,
        Err(error) => {
            notes.undecodable(error);
            return None;
        }
    };
    let StatePayload {
        leader,
        leader_epoch,
        isr,
        leader_recovery_state,
    } = payload;
    if leader < -1 || leader_epoch < 0 || !(0..=1).contains(&leader_recovery_state) {
        notes.undecodable(format_args!(
            "leader {leader}, leader epoch {leader_epoch}, recovery state {leader_recovery_state}"
        ));
        return None;
    }
    Some(PartitionState {
        leader: (leader >= 0).then_some(NodeId(leader)),
        leader_epoch: LeaderEpoch(leader_epoch),
        isr: nodes(isr),
        partition_epoch: PartitionEpoch(stat.version),
        recovering: leader_recovery_state == 1,
    })
}

fn nodes(ids: Vec<i32>) -> NodeIds {
    ids.into_iter().map(NodeId).collect()
}
