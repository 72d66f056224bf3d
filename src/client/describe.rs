//! Finding the leader of a quorum, to ask it how the quorum fares.
//!
//! ```text
//!  servers ─▶ DescribeQuorum of all at once ─▶ one leads: done
//!     ▲              │
//!     │              └ none does ─▶ the controllers that their DescribeCluster names
//!     └── pause ◀── nobody new ◀──────┘
//! ```
//!
//! A follower says no more than that it does not lead. From Kafka 3.7 on it names the other controllers by
//! DescribeCluster, if they have registered; before, all of them must be named by the user.

use std::collections::BTreeMap;
use std::time::Duration;

use kraft_bridge_protocol::PartitionId;
use kraft_bridge_protocol::rpc::{
    DescribeClusterRequest, DescribeClusterResponse, DescribeQuorumPartition,
    DescribeQuorumPartitionResponse, DescribeQuorumRequest, DescribeQuorumResponse, DescribeQuorumTopic,
    ENDPOINT_TYPE_CONTROLLER, ErrorCode, QuorumTopic,
};
use kraft_bridge_raft::endpoint::Endpoint;
use kraft_bridge_raft::observer::ObserverError;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use super::connection::{Connection, Settings, within};
use super::error::{ConnectionError, QuorumError};
use super::status::QuorumStatus;
use super::{QuorumUri, live};
use crate::config::ClientConfig;

/// Pause between two rounds through the servers: an election takes a few of them.
const PAUSE: Duration = Duration::from_millis(200);
/// No election takes longer, if there is a majority.
const PATIENCE_MAX: Duration = Duration::from_secs(10);
/// Servers that are asked, whoever names them.
const SERVERS_MAX: usize = 64;

/// What a server made of the question.
enum Answer {
    Leader(QuorumStatus),
    /// It does not lead; what it said, and the controllers that it named.
    Other(String, Vec<Endpoint>),
    /// We may not ask.
    NotAuthorized,
}

/// What is known of a server.
enum Known {
    /// Nothing: it has not been asked.
    Named,
    /// What it said last, and whether it would say so again.
    Said { what: String, is_final: bool },
}

/// Asks the servers, and those that they name, until one answers that it leads. Waits as long as an election may take,
/// and no longer than the configuration allows.
///
/// Must not be called from within an asynchronous runtime: it has its own.
///
/// # Errors
///
/// [`QuorumError`] when no leader is found, with what each server said, or when we may not ask.
pub(crate) fn describe_quorum(uri: &QuorumUri, config: &ClientConfig) -> Result<QuorumStatus, QuorumError> {
    let settings = Settings::new(config)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(QuorumError::Runtime)?;
    runtime.block_on(async {
        let mut search = Search {
            settings,
            begun: Instant::now(),
            patience: config.patience.min(PATIENCE_MAX),
            servers: BTreeMap::new(),
        };
        search.add(uri.servers.clone());
        match search.run().await {
            Ok(status) => Ok(status),
            Err(Failure::NotAuthorized(server)) => Err(QuorumError::NotAuthorized {
                server,
                principal: live::principal(config),
                what: "ask how the quorum fares",
                operation: "Describe",
            }),
            Err(Failure::NoLeader { waited, reasons }) => {
                Err(QuorumError::Observer(ObserverError::NoLeader {
                    servers: uri.to_string().replace(super::SCHEME, ""),
                    waited,
                    reasons,
                }))
            }
        }
    })
}

struct Search {
    settings: Settings,
    begun: Instant,
    patience: Duration,
    servers: BTreeMap<Endpoint, Known>,
}

enum Failure {
    NotAuthorized(Endpoint),
    NoLeader { waited: Duration, reasons: String },
}

impl Search {
    async fn run(&mut self) -> Result<QuorumStatus, Failure> {
        loop {
            if let Some(status) = self.round().await? {
                return Ok(status);
            }
            if self.servers.values().any(|known| matches!(known, Known::Named)) {
                continue;
            }
            let waited = self.begun.elapsed();
            if waited >= self.patience || self.to_ask().is_empty() {
                return Err(Failure::NoLeader {
                    waited,
                    reasons: self.reasons(),
                });
            }
            sleep(PAUSE).await;
        }
    }

    /// Asks all who may lead at once: one that hangs must not hold up the others.
    async fn round(&mut self) -> Result<Option<QuorumStatus>, Failure> {
        let left = self.patience.saturating_sub(self.begun.elapsed()).max(PAUSE);
        let limit = self.settings.request_timeout.min(left);
        let mut asked = JoinSet::new();
        for server in self.to_ask() {
            let settings = self.settings.clone();
            asked.spawn(async move {
                let answer = within(limit, ask(&server, &settings)).await;
                (server, answer)
            });
        }
        while let Some(joined) = asked.join_next().await {
            // Nothing in there panics, and nobody stops it.
            let Ok((server, answer)) = joined else { continue };
            match answer {
                Ok(Answer::Leader(status)) => return Ok(Some(status)),
                Ok(Answer::NotAuthorized) => return Err(Failure::NotAuthorized(server)),
                Ok(Answer::Other(what, named)) => {
                    self.said(server, what, false);
                    self.add(named);
                }
                Err(error) => {
                    let loss = error.loss();
                    self.said(server, loss.reason, loss.is_final);
                }
            }
        }
        Ok(None)
    }

    fn add(&mut self, servers: Vec<Endpoint>) {
        for server in servers {
            if self.servers.len() < SERVERS_MAX {
                self.servers.entry(server).or_insert(Known::Named);
            }
        }
    }

    fn said(&mut self, server: Endpoint, what: String, is_final: bool) {
        self.servers.insert(server, Known::Said { what, is_final });
    }

    /// Those who have not been asked, else all whose answer may change.
    fn to_ask(&self) -> Vec<Endpoint> {
        let of = |wanted: fn(&Known) -> bool| -> Vec<Endpoint> {
            let found = self.servers.iter().filter(|(_, known)| wanted(known));
            found.map(|(server, _)| server.clone()).collect()
        };
        let new = of(|known| matches!(known, Known::Named));
        match new.is_empty() {
            true => of(|known| matches!(known, Known::Said { is_final: false, .. })),
            false => new,
        }
    }

    fn reasons(&self) -> String {
        let said = self.servers.iter().filter_map(|(server, known)| match known {
            Known::Named => None,
            Known::Said { what, .. } => Some(format!("{server} {what}")),
        });
        said.collect::<Vec<_>>().join("; ")
    }
}

async fn ask(server: &Endpoint, settings: &Settings) -> Result<Answer, ConnectionError> {
    let mut connection = Connection::open(server, settings).await?;
    let described = connection.ask(&question()).await?;
    let cluster = cluster(&mut connection).await;
    Ok(understand(&described, cluster.as_ref()))
}

/// Asks of the metadata log.
pub(super) fn question() -> DescribeQuorumRequest {
    DescribeQuorumRequest {
        topics: DescribeQuorumTopic::metadata_log(DescribeQuorumPartition::default()),
        ..Default::default()
    }
}

/// The controllers that have registered. Not every release knows them; and nothing hangs on it.
async fn cluster(connection: &mut Connection) -> Option<DescribeClusterResponse> {
    let request = DescribeClusterRequest {
        endpoint_type: ENDPOINT_TYPE_CONTROLLER,
        ..Default::default()
    };
    let response = connection.ask(&request).await.ok()?;
    (response.error_code == ErrorCode::None).then_some(response)
}

fn understand(described: &DescribeQuorumResponse, cluster: Option<&DescribeClusterResponse>) -> Answer {
    let partition = described
        .topics
        .iter()
        .flat_map(|topic| &topic.partitions)
        .find(|partition| partition.partition_index == PartitionId(0));
    let (error, message) = match partition {
        _ if described.error_code != ErrorCode::None => (described.error_code, &described.error_message),
        None => return Answer::Other("describes no quorum".to_owned(), Vec::new()),
        Some(partition) => (partition.error_code, &partition.error_message),
    };
    match (error, partition) {
        (ErrorCode::None, Some(partition)) => leader(partition, described, cluster),
        (ErrorCode::ClusterAuthorizationFailed, _) => Answer::NotAuthorized,
        (ErrorCode::NotLeaderOrFollower, _) => not_leader(cluster),
        (error, _) => {
            let message = message.as_ref().map(|message| format!(": {message}"));
            Answer::Other(
                format!("answers {error}{}", message.unwrap_or_default()),
                Vec::new(),
            )
        }
    }
}

fn leader(
    partition: &DescribeQuorumPartitionResponse,
    described: &DescribeQuorumResponse,
    cluster: Option<&DescribeClusterResponse>,
) -> Answer {
    QuorumStatus::of(partition, &described.nodes, cluster).map_or_else(
        || {
            Answer::Other(
                "takes somebody for the leader who does not vote".to_owned(),
                Vec::new(),
            )
        },
        Answer::Leader,
    )
}

fn not_leader(cluster: Option<&DescribeClusterResponse>) -> Answer {
    let Some(cluster) = cluster else {
        let remedy = "does not lead, and its release names no other controller: name all of them";
        return Answer::Other(remedy.to_owned(), Vec::new());
    };
    let what = match cluster.controller_id {
        Some(id) => format!("does not lead, and takes controller {id} for the leader"),
        None => "does not lead, and knows of no leader".to_owned(),
    };
    let named = cluster.brokers.iter().filter_map(|node| {
        let port = u16::try_from(node.port).ok()?;
        Some(Endpoint {
            host: node.host.clone(),
            port,
        })
    });
    Answer::Other(what, named.collect())
}

#[cfg(test)]
mod tests {
    use kraft_bridge_protocol::NodeId;
    use kraft_bridge_protocol::rpc::{DescribeQuorumTopicResponse, DescribedNode};

    use super::*;

    fn answering(error_code: ErrorCode, error_message: Option<&str>) -> DescribeQuorumResponse {
        let partition = DescribeQuorumPartitionResponse {
            error_code,
            error_message: error_message.map(str::to_owned),
            ..Default::default()
        };
        DescribeQuorumResponse {
            topics: vec![DescribeQuorumTopicResponse {
                partitions: vec![partition],
                ..Default::default()
            }],
            ..Default::default()
        }
    }

    fn other(
        described: &DescribeQuorumResponse,
        cluster: Option<&DescribeClusterResponse>,
    ) -> (String, Vec<String>) {
        match understand(described, cluster) {
            Answer::Other(what, named) => (what, named.iter().map(Endpoint::to_string).collect()),
            Answer::Leader(status) => panic!("{status:?}"),
            Answer::NotAuthorized => panic!("not authorized"),
        }
    }

    #[test]
    fn a_follower_of_before_3_7_leaves_it_to_the_user_to_name_the_others() {
        let (what, named) = other(&answering(ErrorCode::NotLeaderOrFollower, None), None);
        assert!(what.ends_with("name all of them"), "{what}");
        assert!(named.is_empty());
    }

    #[test]
    fn a_follower_of_today_names_the_others() {
        let node = |id, port| DescribedNode {
            broker_id: NodeId(id),
            host: "c".to_owned(),
            port,
            ..Default::default()
        };
        let cluster = |controller_id| DescribeClusterResponse {
            controller_id,
            brokers: vec![node(1, 9093), node(2, 9094), node(3, 70_000)],
            ..Default::default()
        };
        let follower = answering(ErrorCode::NotLeaderOrFollower, None);
        let named = vec!["c:9093".to_owned(), "c:9094".to_owned()];
        let knowing = "does not lead, and takes controller 2 for the leader".to_owned();
        assert_eq!(
            other(&follower, Some(&cluster(Some(NodeId(2))))),
            (knowing, named.clone())
        );
        let unknowing = "does not lead, and knows of no leader".to_owned();
        assert_eq!(other(&follower, Some(&cluster(None))), (unknowing, named));
    }

    #[test]
    fn whoever_may_not_ask_is_told_apart_wherever_the_refusal_stands() {
        let whole = DescribeQuorumResponse {
            error_code: ErrorCode::ClusterAuthorizationFailed,
            ..Default::default()
        };
        for refusal in [answering(ErrorCode::ClusterAuthorizationFailed, None), whole] {
            assert!(matches!(understand(&refusal, None), Answer::NotAuthorized));
        }
    }

    #[test]
    fn any_other_error_is_shown_in_the_servers_words() {
        let (what, _) = other(
            &answering(ErrorCode::UnknownTopicOrPartition, Some("no such log")),
            None,
        );
        assert_eq!(what, "answers UNKNOWN_TOPIC_OR_PARTITION: no such log");
        assert_eq!(
            other(&DescribeQuorumResponse::default(), None).0,
            "describes no quorum"
        );
    }
}
