//! Topics and partitions.

use kraft_bridge_protocol::wire::{Reader, Wire, WireError};
use kraft_bridge_protocol::{LeaderEpoch, NodeId, PartitionEpoch, PartitionId, Uuid, codes, messages};

codes! {
    /// Whether a partition's log has been made whole after an unclean election (KIP-704).
    LeaderRecovery: i8 {
        /// Nothing to recover from.
        Recovered = 0,
        /// The leader was elected out of sync and has not recovered yet.
        Recovering = 1,
    }
}

/// What a change says of a partition's leader.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub enum NewLeader {
    /// Nothing (−2 on the wire).
    #[default]
    Unchanged,
    /// It has none now (−1), or this one; either way the leader epoch grows.
    Changed(Option<NodeId>),
}

impl Wire for NewLeader {
    fn write(&self, out: &mut Vec<u8>) {
        match self {
            NewLeader::Unchanged => (-2i32).write(out),
            NewLeader::Changed(leader) => leader.write(out),
        }
    }

    fn read(reader: &mut Reader<'_>, field: &'static str) -> Result<Self, WireError> {
        let mut ahead = reader.clone();
        if i32::read(&mut ahead, field)? == -2 {
            *reader = ahead;
            return Ok(NewLeader::Unchanged);
        }
        Option::<NodeId>::read(reader, field).map(NewLeader::Changed)
    }
}

/// What a change says of a partition's recovery.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct NewRecovery(
    /// `None` (−1 on the wire) for no change.
    pub Option<LeaderRecovery>,
);

impl Wire for NewRecovery {
    fn write(&self, out: &mut Vec<u8>) {
        self.0.map_or(-1, LeaderRecovery::code).write(out);
    }

    fn read(reader: &mut Reader<'_>, field: &'static str) -> Result<Self, WireError> {
        let mut ahead = reader.clone();
        if i8::read(&mut ahead, field)? == -1 {
            *reader = ahead;
            return Ok(NewRecovery(None));
        }
        LeaderRecovery::read(reader, field).map(|recovery| NewRecovery(Some(recovery)))
    }
}

messages! {
    /// Declares a topic; its partitions follow.
    ///
    /// Source: `TopicRecord.json`, Kafka 4.3.
    TopicRecord (key 2, versions 0..=0) {
        /// Topic name.
        name: String, since 0;
        /// Topic id, never zero.
        topic_id: Uuid, since 0;
    }

    /// The whole state of one partition.
    ///
    /// Source: `PartitionRecord.json`, Kafka 4.3.
    PartitionRecord (key 3, versions 0..=2) {
        /// Partition number within the topic, counted from 0.
        partition_id: PartitionId = PartitionId(-1), since 0;
        /// Topic it belongs to.
        topic_id: Uuid, since 0;
        /// Replicas in order of preference; the first is the preferred leader.
        replicas: Vec<NodeId>, since 0;
        /// In-sync replicas.
        isr: Vec<NodeId>, since 0;
        /// Replicas that a running reassignment takes away.
        removing_replicas: Vec<NodeId>, since 0;
        /// Replicas that a running reassignment adds.
        adding_replicas: Vec<NodeId>, since 0;
        /// `None` (−1 on the wire) while the partition has no leader.
        leader: Option<NodeId>, since 0;
        /// Left off the wire at its default.
        leader_recovery_state: LeaderRecovery = LeaderRecovery::Recovered, since 0, tag 0;
        /// Grows by one with each change of leader.
        leader_epoch: LeaderEpoch = LeaderEpoch(-1), since 0;
        /// Grows by one with each change.
        partition_epoch: PartitionEpoch = PartitionEpoch(-1), since 0;
        /// Log directory of each replica, in the order of `replicas`.
        directories: Vec<Uuid>, since 1;
        /// Replicas that may lead although they left the ISR (KIP-966).
        eligible_leader_replicas: Option<Vec<NodeId>>, since 2, tag 1;
        /// Last leader, once nobody is eligible any more (KIP-966).
        last_known_elr: Option<Vec<NodeId>>, since 2, tag 2;
    }

    /// Changes some of a partition's state; fields left off do not change.
    ///
    /// Source: `PartitionChangeRecord.json`, Kafka 4.3.
    PartitionChangeRecord (key 5, versions 0..=2) {
        /// Partition number.
        partition_id: PartitionId = PartitionId(-1), since 0;
        /// Topic.
        topic_id: Uuid, since 0;
        /// New ISR.
        isr: Option<Vec<NodeId>>, since 0, tag 0;
        /// New leader.
        leader: NewLeader, since 0, tag 1;
        /// New replicas.
        replicas: Option<Vec<NodeId>>, since 0, tag 2;
        /// New removing replicas.
        removing_replicas: Option<Vec<NodeId>>, since 0, tag 3;
        /// New adding replicas.
        adding_replicas: Option<Vec<NodeId>>, since 0, tag 4;
        /// New recovery state.
        leader_recovery_state: NewRecovery, since 0, tag 5;
        /// New eligible leader replicas.
        eligible_leader_replicas: Option<Vec<NodeId>>, since 2, tag 6;
        /// New last known eligible leader replica.
        last_known_elr: Option<Vec<NodeId>>, since 2, tag 7;
        /// New log directories.
        directories: Option<Vec<Uuid>>, since 1, tag 8;
    }

    /// Deletes a topic with its partitions and configs.
    ///
    /// Source: `RemoveTopicRecord.json`, Kafka 4.3.
    RemoveTopicRecord (key 9, versions 0..=0) {
        /// Topic id.
        topic_id: Uuid, since 0;
    }

    /// Empties the eligible leader replicas of a topic, or of all.
    ///
    /// Source: `ClearElrRecord.json`, Kafka 4.3.
    ClearElrRecord (key 28, versions 0..=0) {
        /// Topic name, empty for every topic.
        topic_name: String, since 0;
    }
}
