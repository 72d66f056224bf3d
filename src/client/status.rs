//! How a quorum fares: who leads it, and how far everybody in it has come.
//!
//! Put together from the leader's answers to DescribeQuorum, and to DescribeCluster where it gives one. What the release
//! of the leader does not tell is `None`: times before version 1, directories and endpoints before version 2.
//!
//! Source: KIP-595, KIP-836, KIP-853; the figures are those of `kafka-metadata-quorum describe`.

use std::collections::BTreeMap;
use std::fmt;

use kraft_bridge_protocol::rpc::{
    DescribeClusterResponse, DescribeQuorumPartitionResponse, QuorumNode, QuorumReplica,
};
use kraft_bridge_protocol::{Epoch, NodeId, Offset, Timestamp, Uuid};
use serde::Serialize;

/// A quorum, as its leader sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct QuorumStatus {
    /// The cluster; `None` before Kafka 3.7, and while its `metadata.version` is older.
    pub(crate) cluster_id: Option<String>,
    /// Who leads.
    pub(crate) leader_id: NodeId,
    /// Since which epoch.
    pub(crate) leader_epoch: Epoch,
    /// Offset before which everything is committed; `None` until the leader knows it.
    pub(crate) high_watermark: Option<Offset>,
    /// How many records a voter lacks at most; `None` while one has not fetched from this leader.
    pub(crate) max_follower_lag: Option<i64>,
    /// How long ago each voter had all that the leader had, at most, in milliseconds.
    pub(crate) max_follower_lag_time_ms: Option<i64>,
    /// Who votes, the leader among them, by id.
    pub(crate) voters: Vec<Replica>,
    /// Who fetched of late without a vote, by id.
    pub(crate) observers: Vec<Replica>,
}

/// A member of the quorum.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Replica {
    /// The node.
    pub(crate) node_id: NodeId,
    /// Its log directory, if it has told.
    pub(crate) directory_id: Option<Uuid>,
    /// What it is.
    pub(crate) role: Role,
    /// End of its log, exclusive.
    pub(crate) log_end_offset: Option<Offset>,
    /// How many records it lacks.
    pub(crate) lag: Option<i64>,
    /// When it fetched last, in milliseconds by the leader's clock; for the leader itself the present.
    pub(crate) last_fetch_timestamp: Option<Timestamp>,
    /// When it had last all that the leader had, likewise.
    pub(crate) last_caught_up_timestamp: Option<Timestamp>,
    /// Where it is reached, as far as the leader says.
    pub(crate) endpoints: Vec<ReplicaEndpoint>,
}

/// Part that a replica plays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Role {
    /// Leads.
    Leader,
    /// Votes.
    Follower,
    /// Neither.
    Observer,
}

/// One listener of a replica.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ReplicaEndpoint {
    /// Its name, if the leader tells.
    pub(crate) listener: Option<String>,
    /// Name or address; an IPv6 address without brackets.
    pub(crate) host: String,
    /// Port.
    pub(crate) port: i32,
}

impl QuorumStatus {
    /// What the leader's answers say; `None` if the first does not name a leader among the voters.
    pub(super) fn of(
        quorum: &DescribeQuorumPartitionResponse,
        nodes: &[QuorumNode],
        cluster: Option<&DescribeClusterResponse>,
    ) -> Option<QuorumStatus> {
        let leader_id = quorum.leader_id?;
        let leader = quorum
            .current_voters
            .iter()
            .find(|voter| voter.replica_id == leader_id)?;
        let endpoints = endpoints(nodes, cluster);
        let list = |replicas: &[QuorumReplica], role| {
            let mut list: Vec<Replica> = replicas
                .iter()
                .map(|replica| Replica::of(replica, leader, role, &endpoints))
                .collect();
            list.sort_by_key(|replica| replica.node_id);
            list
        };
        let mut voters = list(&quorum.current_voters, Role::Follower);
        for voter in &mut voters {
            if voter.node_id == leader_id {
                voter.role = Role::Leader;
            }
        }
        Some(QuorumStatus {
            cluster_id: cluster.map(|cluster| cluster.cluster_id.clone()),
            leader_id,
            leader_epoch: quorum.leader_epoch,
            high_watermark: known(quorum.high_watermark),
            max_follower_lag: greatest(voters.iter().map(|voter| voter.lag)),
            max_follower_lag_time_ms: greatest(voters.iter().map(|voter| {
                let (now, then) = (
                    at(leader.last_caught_up_timestamp)?,
                    voter.last_caught_up_timestamp?,
                );
                Some(now.0.saturating_sub(then.0))
            })),
            voters,
            observers: list(&quorum.observers, Role::Observer),
        })
    }

    /// The present by the leader's clock, in milliseconds.
    pub(crate) fn leaders_clock(&self) -> Option<Timestamp> {
        let leader = self.voters.iter().find(|voter| voter.role == Role::Leader)?;
        leader.last_fetch_timestamp
    }
}

impl Replica {
    fn of(
        replica: &QuorumReplica,
        leader: &QuorumReplica,
        role: Role,
        endpoints: &BTreeMap<NodeId, Vec<ReplicaEndpoint>>,
    ) -> Replica {
        let log_end_offset = known(replica.log_end_offset);
        let lag = log_end_offset.map(|end| leader.log_end_offset.0.saturating_sub(end.0));
        Replica {
            node_id: replica.replica_id,
            directory_id: Some(replica.replica_directory_id).filter(|id| *id != Uuid::default()),
            role,
            log_end_offset,
            lag,
            last_fetch_timestamp: at(replica.last_fetch_timestamp),
            last_caught_up_timestamp: at(replica.last_caught_up_timestamp),
            endpoints: endpoints.get(&replica.replica_id).cloned().unwrap_or_default(),
        }
    }
}

impl fmt::Display for ReplicaEndpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(listener) = &self.listener {
            write!(f, "{listener}://")?;
        }
        match self.host.contains(':') {
            true => write!(f, "[{}]:{}", self.host, self.port),
            false => write!(f, "{}:{}", self.host, self.port),
        }
    }
}

/// What the voters' records say, else where the controllers have registered.
fn endpoints(
    nodes: &[QuorumNode],
    cluster: Option<&DescribeClusterResponse>,
) -> BTreeMap<NodeId, Vec<ReplicaEndpoint>> {
    let registered = cluster.into_iter().flat_map(|cluster| &cluster.brokers);
    let mut endpoints: BTreeMap<_, _> = registered
        .map(|node| {
            let endpoint = ReplicaEndpoint {
                listener: None,
                host: node.host.clone(),
                port: node.port,
            };
            (node.broker_id, vec![endpoint])
        })
        .collect();
    for node in nodes {
        let of_record = node.listeners.iter().map(|listener| ReplicaEndpoint {
            listener: Some(listener.name.clone()),
            host: listener.host.clone(),
            port: i32::from(listener.port),
        });
        endpoints.insert(node.node_id, of_record.collect());
    }
    endpoints
}

/// The greatest of what each voter has; unknown if one of them is.
fn greatest(of_each: impl Iterator<Item = Option<i64>>) -> Option<i64> {
    of_each.collect::<Option<Vec<i64>>>()?.into_iter().max()
}

fn known(offset: Offset) -> Option<Offset> {
    (offset >= Offset(0)).then_some(offset)
}

fn at(timestamp: Timestamp) -> Option<Timestamp> {
    (timestamp >= Timestamp(0)).then_some(timestamp)
}

#[cfg(test)]
mod tests {
    use kraft_bridge_protocol::control::VoterEndpoint;
    use kraft_bridge_protocol::rpc::DescribedNode;

    use super::*;

    const NOW: i64 = 1_000_000;

    fn replica(id: i32, end: i64, last_fetch: i64, last_caught_up: i64) -> QuorumReplica {
        QuorumReplica {
            replica_id: NodeId(id),
            log_end_offset: Offset(end),
            last_fetch_timestamp: Timestamp(last_fetch),
            last_caught_up_timestamp: Timestamp(last_caught_up),
            ..Default::default()
        }
    }

    fn quorum(voters: Vec<QuorumReplica>) -> DescribeQuorumPartitionResponse {
        DescribeQuorumPartitionResponse {
            leader_id: Some(NodeId(2)),
            leader_epoch: Epoch(7),
            high_watermark: Offset(100),
            current_voters: voters,
            observers: vec![
                replica(9, 40, NOW - 3, NOW - 900),
                replica(8, 100, NOW - 2, NOW - 2),
            ],
            ..Default::default()
        }
    }

    fn voters() -> Vec<QuorumReplica> {
        vec![
            replica(3, 90, NOW - 5, NOW - 400),
            replica(2, 100, NOW, NOW),
            replica(1, 100, NOW - 10, NOW - 10),
        ]
    }

    #[test]
    fn everybody_is_listed_by_id_with_what_they_lack() {
        let status = QuorumStatus::of(&quorum(voters()), &[], None).unwrap();
        let shown = |replicas: &[Replica]| -> Vec<(i32, Role, Option<i64>)> {
            let shown = replicas.iter().map(|one| (one.node_id.0, one.role, one.lag));
            shown.collect()
        };
        assert_eq!(
            shown(&status.voters),
            [
                (1, Role::Follower, Some(0)),
                (2, Role::Leader, Some(0)),
                (3, Role::Follower, Some(10))
            ]
        );
        assert_eq!(
            shown(&status.observers),
            [(8, Role::Observer, Some(0)), (9, Role::Observer, Some(60))]
        );
        assert_eq!(status.max_follower_lag, Some(10), "observers do not count");
        assert_eq!(status.max_follower_lag_time_ms, Some(400));
        assert_eq!(status.leaders_clock(), Some(Timestamp(NOW)));
    }

    #[test]
    fn what_is_not_known_is_not_made_up() {
        let mut unfetched = voters();
        unfetched[0] = replica(3, -1, -1, -1);
        let mut quorum = quorum(unfetched);
        quorum.high_watermark = Offset(-1);
        let status = QuorumStatus::of(&quorum, &[], None).unwrap();

        assert_eq!(
            (
                status.high_watermark,
                status.max_follower_lag,
                status.max_follower_lag_time_ms
            ),
            (None, None, None)
        );
        let third = &status.voters[2];
        assert_eq!((third.log_end_offset, third.lag), (None, None));
        assert_eq!((third.last_fetch_timestamp, third.directory_id), (None, None));
    }

    #[test]
    fn the_voters_records_say_where_they_are_reached_and_registrations_say_it_of_the_others() {
        let node = |id, host: &str| DescribedNode {
            broker_id: NodeId(id),
            host: host.to_owned(),
            port: 9093,
            ..Default::default()
        };
        let cluster = DescribeClusterResponse {
            cluster_id: "abc".to_owned(),
            brokers: vec![node(2, "other"), node(8, "::1")],
            ..Default::default()
        };
        let nodes = [QuorumNode {
            node_id: NodeId(2),
            listeners: vec![VoterEndpoint {
                name: "CONTROLLER".to_owned(),
                host: "c2".to_owned(),
                port: 9093,
                ..Default::default()
            }],
            ..Default::default()
        }];
        let status = QuorumStatus::of(&quorum(voters()), &nodes, Some(&cluster)).unwrap();
        let shown = |replica: &Replica| -> Vec<String> {
            replica.endpoints.iter().map(ReplicaEndpoint::to_string).collect()
        };
        assert_eq!(shown(&status.voters[1]), ["CONTROLLER://c2:9093"]);
        assert_eq!(shown(&status.observers[0]), ["[::1]:9093"]);
        assert!(shown(&status.voters[0]).is_empty());
        assert_eq!(status.cluster_id.as_deref(), Some("abc"));
    }

    #[test]
    fn a_leader_that_does_not_vote_is_none() {
        let others = voters().into_iter().filter(|voter| voter.replica_id != NodeId(2));
        assert_eq!(QuorumStatus::of(&quorum(others.collect()), &[], None), None);
    }
}
