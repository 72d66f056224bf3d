//! DescribeQuorum: how far each voter and observer has come, as the leader sees it.
//!
//! Source: KIP-595, KIP-836, KIP-853.

use std::time::Duration;

use kraft_bridge_protocol::rpc::{
    DescribeQuorumPartitionResponse, DescribeQuorumRequest, DescribeQuorumResponse, DescribeQuorumTopic,
    DescribeQuorumTopicResponse, ErrorCode, METADATA_TOPIC, QuorumNode, QuorumReplica, QuorumTopic,
};
use kraft_bridge_protocol::{Offset, Timestamp};

use super::roles::{Leader, Progress, Role};
use super::{Listener, Raft, ReplicaKey};

/// Observers that were silent for longer are not listed.
const OBSERVER_SESSION: Duration = Duration::from_secs(300);

impl Raft {
    pub(super) fn describe_quorum(&self, request: &DescribeQuorumRequest) -> DescribeQuorumResponse {
        let asked = DescribeQuorumTopic::only_metadata_log(&request.topics);
        let (partition, nodes) = match (&self.role, asked) {
            (_, None) => (refused(ErrorCode::UnknownTopicOrPartition), Vec::new()),
            (Role::Leader(leader), _) => (self.describe_replicas(leader), self.voter_nodes()),
            _ => (refused(ErrorCode::NotLeaderOrFollower), Vec::new()),
        };
        let partition = DescribeQuorumPartitionResponse {
            leader_id: self.named_leader(),
            leader_epoch: self.epoch,
            ..partition
        };
        let topic_name = request
            .topics
            .first()
            .map_or(METADATA_TOPIC, |topic| &topic.topic_name);
        DescribeQuorumResponse {
            topics: vec![DescribeQuorumTopicResponse {
                topic_name: topic_name.to_owned(),
                partitions: vec![partition],
                ..Default::default()
            }],
            nodes,
            ..Default::default()
        }
    }

    fn describe_replicas(&self, leader: &Leader) -> DescribeQuorumPartitionResponse {
        let voters = self.voters.current();
        let unheard = Progress::default();
        let current_voters = voters.keys().map(|voter| match voter.id == self.own_id() {
            true => self.describe_self(),
            false => describe(voter, leader.replicas.get(&voter).unwrap_or(&unheard)),
        });
        let is_listed = |replica: &ReplicaKey, progress: &Progress| {
            !voters.contains(*replica) && progress.fetched_elapsed + OBSERVER_SESSION > self.now.elapsed
        };
        let observers = leader
            .replicas
            .iter()
            .filter(|(replica, progress)| is_listed(replica, progress));
        let mut observers: Vec<_> = observers
            .map(|(replica, progress)| describe(*replica, progress))
            .collect();
        if !self.is_voter() {
            observers.push(self.describe_self());
        }
        DescribeQuorumPartitionResponse {
            high_watermark: leader.high_watermark.unwrap_or(Offset(-1)),
            current_voters: current_voters.collect(),
            observers,
            ..Default::default()
        }
    }

    fn describe_self(&self) -> QuorumReplica {
        QuorumReplica {
            replica_id: self.own_id(),
            replica_directory_id: self.config.replica.directory,
            log_end_offset: self.log.end,
            last_fetch_timestamp: self.now.wall,
            last_caught_up_timestamp: self.now.wall,
            ..Default::default()
        }
    }

    fn voter_nodes(&self) -> Vec<QuorumNode> {
        let nodes = self.voters.current().iter().map(|(node_id, voter)| QuorumNode {
            node_id,
            listeners: voter.listeners.iter().map(Listener::on_wire).collect(),
            ..Default::default()
        });
        nodes.collect()
    }
}

fn refused(error_code: ErrorCode) -> DescribeQuorumPartitionResponse {
    DescribeQuorumPartitionResponse {
        error_code,
        high_watermark: Offset(-1),
        ..Default::default()
    }
}

fn describe(replica: ReplicaKey, progress: &Progress) -> QuorumReplica {
    QuorumReplica {
        replica_id: replica.id,
        replica_directory_id: match progress.fetched {
            Some(_) => progress.directory,
            None => replica.directory,
        },
        log_end_offset: progress.end.unwrap_or(Offset(-1)),
        last_fetch_timestamp: progress.fetched.unwrap_or(Timestamp(-1)),
        last_caught_up_timestamp: progress.caught_up.unwrap_or(Timestamp(-1)),
        ..Default::default()
    }
}
