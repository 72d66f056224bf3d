//! Topics and their partitions: `/brokers/topics/<topic>` and `…/partitions/<p>/state`.

use std::collections::BTreeMap;

use kraft_bridge_protocol::{LeaderEpoch, NodeId, PartitionEpoch, PartitionId, Uuid};

/// A topic: its id, if the cluster ever gave it one, and its partitions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Topic {
    /// Absent when the cluster never ran with an inter-broker protocol of 2.8 or newer.
    pub id: Option<Uuid>,
    /// Partitions that the topic's assignment lists. (State znodes of others are findings.)
    pub partitions: BTreeMap<PartitionId, Partition>,
}

/// One partition. Small on purpose: a cluster may have a million of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Partition {
    /// Replicas, the preferred leader first; during a reassignment both old and new ones.
    pub replicas: Box<[NodeId]>,
    /// Who comes and goes, while a reassignment runs.
    pub reassigned: Option<Box<Reassigned>>,
    /// Leadership, absent until a controller first elected a leader.
    pub state: Option<PartitionState>,
}

/// The two lists of a running reassignment (payload version 2 on).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reassigned {
    /// Replicas that are being added, a subset of the partition's replicas.
    pub adding: Box<[NodeId]>,
    /// Replicas that are being removed, a subset of the partition's replicas.
    pub removing: Box<[NodeId]>,
}

/// Who leads a partition and who is in sync.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartitionState {
    /// Leader, `None` for −1.
    pub leader: Option<NodeId>,
    /// Epoch of that leadership.
    pub leader_epoch: LeaderEpoch,
    /// In-sync replicas.
    pub isr: Box<[NodeId]>,
    /// Data version of the state znode.
    pub partition_epoch: PartitionEpoch,
    /// Whether an unclean election has not been recovered from yet.
    pub recovering: bool,
}
