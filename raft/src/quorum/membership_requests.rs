//! AddRaftVoter, RemoveRaftVoter and UpdateRaftVoter, as a leader judges them.
//!
//! The checks stand in the order in which Kafka makes them, so that the same request gets the same error:
//!
//! | check | error | add | remove | update |
//! |---|---|---|---|---|
//! | the cluster is this one | `INCONSISTENT_CLUSTER_ID` | ✓ | ✓ | ✓ |
//! | this node leads; update: the epoch that is named | `NOT_LEADER_OR_FOLLOWER` … | ✓ | ✓ | ✓ |
//! | id, directory; the leader's listener; a sound range | `INVALID_REQUEST` | ✓ | ids | ✓ |
//! | no other change is under way, the epoch has committed something | `REQUEST_TIMED_OUT` | ✓ | ✓ | ✓ |
//! | the voters stand in the log (kraft.version 1) | `UNSUPPORTED_VERSION` | ✓ | ✓ | |
//! | the newest set is committed | `REQUEST_TIMED_OUT` | ✓ | ✓ | ✓ |
//! | the node is no voter | `DUPLICATE_VOTER` | ✓ | | |
//! | the node answers ApiVersions | `REQUEST_TIMED_OUT` | ✓ | | |
//! | it supports the kraft.version in force | `INVALID_REQUEST` | ✓ | | ✓ |
//! | it has caught up, and fetched of late | `REQUEST_TIMED_OUT` | ✓ | | |
//! | this very replica is a voter; remove: not the last one | `VOTER_NOT_FOUND` | | ✓ | ✓ |
//!
//! With kraft.version 0 what UpdateRaftVoter says is kept in memory, until the version is raised.
//!
//! Source: KIP-853, KIP-1186; Kafka 4.3.

use std::time::Duration;

use kraft_bridge_protocol::NodeId;
use kraft_bridge_protocol::Uuid;
use kraft_bridge_protocol::control::VoterEndpoint;
use kraft_bridge_protocol::rpc::{
    AddRaftVoterRequest, AnyRequest, AnyResponse, ApiVersionsRequest, ApiVersionsResponse, CurrentLeader,
    ErrorCode, RemoveRaftVoterRequest, UpdateRaftVoterRequest, UpdateRaftVoterResponse,
};

use super::effects::{CallId, NoAnswer};
use super::learning::Learned;
use super::membership::{ChangeKind, ChangeStage, Joiner, Refusal, VoterChange};
use super::outbox::Purpose;
use super::roles::Role;
use super::{ANY_DIRECTORY, Listener, Raft, ReplicaKey, Voter};

/// A node that did not fetch for longer is not made a voter.
const CAUGHT_UP_WITHIN: Duration = Duration::from_secs(60 * 60);

impl Raft {
    pub(super) fn handle_add_voter(&mut self, call: CallId, request: &AddRaftVoterRequest) {
        if let Err(refusal) = self.begin_adding(call, request) {
            self.answer_change(call, ChangeKind::Adding, Err(refusal));
        }
    }

    fn begin_adding(&mut self, call: CallId, request: &AddRaftVoterRequest) -> Result<(), Refusal> {
        self.check_may_change(request.cluster_id.as_deref())?;
        let replica = named_replica(request.voter_id, request.voter_directory_id)?;
        let Some(endpoint) = self.listener_of(&request.listeners) else {
            return Err(self.lacks_listener(&request.listeners));
        };
        self.check_no_change_pending()?;
        self.check_dynamic()?;
        self.check_settled()?;
        if self.voters.current().get(replica.id).is_some() {
            let message = format!("node {} is a voter already", replica.id);
            return Err(Refusal::new(ErrorCode::DuplicateVoter, message));
        }
        let question = AnyRequest::ApiVersions(ApiVersionsRequest {
            client_software_name: "kraft-bridge".to_owned(),
            client_software_version: env!("CARGO_PKG_VERSION").to_owned(),
            ..Default::default()
        });
        if !self.send(&endpoint, Purpose::AskVersions { joiner: replica }, question) {
            let message = format!("node {} at {endpoint} cannot be asked just now", replica.id);
            return Err(Refusal::not_yet(message));
        }
        let voter = Voter {
            directory: replica.directory,
            listeners: request.listeners.iter().map(Listener::from).collect(),
            kraft_versions: (0, 0),
        };
        self.begin_change(
            call,
            ChangeKind::Adding,
            ChangeStage::Asking(Joiner {
                replica,
                voter,
                ack_when_committed: request.ack_when_committed,
            }),
        );
        Ok(())
    }

    fn begin_change(&mut self, call: CallId, kind: ChangeKind, stage: ChangeStage) {
        let deadline = self.after(self.config.timeouts.request);
        if let Role::Leader(leader) = &mut self.role {
            leader.change = Some(VoterChange {
                call: Some(call),
                kind,
                stage,
                deadline,
            });
        }
    }

    /// The node that is to be added says what it supports.
    pub(super) fn handle_versions_response(&mut self, joiner: ReplicaKey, response: &AnyResponse) -> Learned {
        let learned = match response {
            AnyResponse::ApiVersions(versions) if versions.error_code == ErrorCode::None => {
                self.admit(joiner, versions);
                return Learned::Done;
            }
            _ => Learned::Failed,
        };
        let message = format!("node {} did not say what it supports", joiner.id);
        self.fail_adding(joiner, Refusal::not_yet(message));
        learned
    }

    pub(super) fn versions_unknown(&mut self, joiner: ReplicaKey, no_answer: NoAnswer) {
        let message = format!("node {} did not answer: {no_answer:?}", joiner.id);
        self.fail_adding(joiner, Refusal::not_yet(message));
    }

    fn admit(&mut self, joiner: ReplicaKey, versions: &ApiVersionsResponse) {
        let outcome = self.check_supports(versions).and_then(|supported| {
            self.check_caught_up(joiner)?;
            Ok(supported)
        });
        let kraft_versions = match outcome {
            Ok(supported) => supported,
            Err(refusal) => return self.fail_adding(joiner, refusal),
        };
        let Some(mut change) = self.take_asking(joiner) else {
            return;
        };
        let ChangeStage::Asking(asked) = std::mem::replace(&mut change.stage, ChangeStage::Written) else {
            return;
        };
        let voter = Voter {
            kraft_versions,
            ..asked.voter
        };
        let set = self.voters.current().with(joiner.id, voter);
        self.append_voters(&set);
        if !asked.ack_when_committed
            && let Some(call) = change.call.take()
        {
            self.answer_change(call, ChangeKind::Adding, Ok(()));
        }
        if let Role::Leader(leader) = &mut self.role {
            leader.change = Some(change);
        }
    }

    fn check_supports(&self, versions: &ApiVersionsResponse) -> Result<(i16, i16), Refusal> {
        let features = &versions.supported_features;
        let named = features.iter().find(|feature| feature.name == "kraft.version");
        let range = named.map(|feature| (feature.min_version, feature.max_version));
        match range {
            Some(range) => self.check_range(range).map(|()| range),
            None => {
                let message = "the new voter knows no kraft.version";
                Err(Refusal::new(ErrorCode::InvalidRequest, message))
            }
        }
    }

    fn check_range(&self, (min, max): (i16, i16)) -> Result<(), Refusal> {
        let version = self.voters.kraft_version();
        if (min..=max).contains(&version) {
            return Ok(());
        }
        let message = format!("the voter supports kraft.version {min} to {max}, and {version} is in force");
        Err(Refusal::new(ErrorCode::InvalidRequest, message))
    }

    fn check_caught_up(&self, joiner: ReplicaKey) -> Result<(), Refusal> {
        let Role::Leader(leader) = &self.role else {
            return Err(self.not_leader());
        };
        let now = self.now.elapsed;
        let has_caught_up = leader.replicas.get(&joiner).is_some_and(|progress| {
            progress.caught_up.is_some() && progress.fetched_elapsed + CAUGHT_UP_WITHIN > now
        });
        let (id, directory) = (joiner.id, joiner.directory);
        let message = format!("node {id} with directory {directory} has not caught up with the leader's log");
        has_caught_up.then_some(()).ok_or(Refusal::not_yet(message))
    }

    pub(super) fn handle_remove_voter(&mut self, call: CallId, request: &RemoveRaftVoterRequest) {
        match self.judge_removal(request) {
            Err(refusal) => self.answer_change(call, ChangeKind::Removing, Err(refusal)),
            Ok(removed) => {
                let set = self.voters.current().without(removed.id);
                self.begin_change(call, ChangeKind::Removing, ChangeStage::Written);
                self.append_voters(&set);
            }
        }
    }

    fn judge_removal(&self, request: &RemoveRaftVoterRequest) -> Result<ReplicaKey, Refusal> {
        self.check_may_change(request.cluster_id.as_deref())?;
        let replica = named_replica(request.voter_id, request.voter_directory_id)?;
        self.check_no_change_pending()?;
        self.check_dynamic()?;
        self.check_settled()?;
        let voters = self.voters.current();
        let (id, directory) = (replica.id, replica.directory);
        if !voters.keys().any(|voter| voter == replica) {
            let message = format!("node {id} with directory {directory} is no voter");
            return Err(Refusal::new(ErrorCode::VoterNotFound, message));
        }
        if voters.len() == 1 {
            let message = format!("node {id} is the only voter, and there must be one");
            return Err(Refusal::new(ErrorCode::VoterNotFound, message));
        }
        Ok(replica)
    }

    pub(super) fn handle_update_voter(
        &mut self,
        request: &UpdateRaftVoterRequest,
    ) -> UpdateRaftVoterResponse {
        let error_code = match self.update_voter(request) {
            Ok(()) => ErrorCode::None,
            Err(Refusal { error, message }) => {
                tracing::info!(node = %self.own_id(), voter = %request.voter_id, %error, message, "a voter is not changed");
                error
            }
        };
        let (host, port) = self.named_leader_with_endpoint().map_or_else(
            || (String::new(), 0),
            |(_, endpoint)| (endpoint.host, i32::from(endpoint.port)),
        );
        UpdateRaftVoterResponse {
            error_code,
            current_leader: CurrentLeader {
                leader_id: self.named_leader(),
                leader_epoch: self.epoch,
                host,
                port,
                ..Default::default()
            },
            ..Default::default()
        }
    }

    fn update_voter(&mut self, request: &UpdateRaftVoterRequest) -> Result<(), Refusal> {
        let refused = |error| Refusal::new(error, "not for this leader");
        self.check_cluster(request.cluster_id.as_deref())
            .map_err(refused)?;
        self.check_leads(request.current_leader_epoch).map_err(refused)?;
        let replica = named_replica(request.voter_id, request.voter_directory_id)?;
        let range = &request.kraft_version_feature;
        let range = (range.min_supported_version, range.max_supported_version);
        if self.listener_of(&request.listeners).is_none() {
            return Err(self.lacks_listener(&request.listeners));
        }
        if range.0 < 0 || range.1 < range.0 {
            let message = format!("{} to {} is no range of versions", range.0, range.1);
            return Err(Refusal::new(ErrorCode::InvalidRequest, message));
        }
        self.check_no_change_pending()?;
        let is_dynamic = self.check_dynamic().is_ok();
        if is_dynamic {
            self.check_settled()?;
        }
        self.check_range(range)?;
        if !self.voters.current().contains(replica) {
            let message = format!(
                "node {} with directory {} is no voter",
                replica.id, replica.directory
            );
            return Err(Refusal::new(ErrorCode::VoterNotFound, message));
        }
        let voter = Voter {
            directory: replica.directory,
            listeners: request.listeners.iter().map(Listener::from).collect(),
            kraft_versions: range,
        };
        if is_dynamic {
            self.change_entry(replica.id, voter);
        } else if let Role::Leader(leader) = &mut self.role {
            leader.reported.insert(replica.id, voter);
        }
        Ok(())
    }

    /// Nothing is written that the log says already.
    fn change_entry(&mut self, id: NodeId, voter: Voter) {
        let voters = self.voters.current();
        if !voters.get(id).is_some_and(|known| known.says_the_same(&voter)) {
            let set = voters.with(id, voter);
            self.append_voters(&set);
        }
    }

    fn check_may_change(&self, cluster_id: Option<&str>) -> Result<(), Refusal> {
        self.check_cluster(cluster_id)
            .map_err(|error| Refusal::new(error, "the request is for another cluster"))?;
        self.check_leads(self.epoch).map_err(|error| Refusal {
            error,
            ..self.not_leader()
        })
    }

    fn lacks_listener(&self, listeners: &[VoterEndpoint]) -> Refusal {
        let names: Vec<&str> = listeners.iter().map(|listener| &*listener.name).collect();
        let message = format!(
            "voters reach each other at the listener {}, and the voter has only {names:?}",
            self.config.listeners[0].name
        );
        Refusal::new(ErrorCode::InvalidRequest, message)
    }
}

fn named_replica(id: NodeId, directory: Uuid) -> Result<ReplicaKey, Refusal> {
    if id < NodeId(0) || directory == ANY_DIRECTORY {
        let message =
            "a voter is named by its id, which is not negative, and its directory, which is not zero";
        return Err(Refusal::new(ErrorCode::InvalidRequest, message));
    }
    Ok(ReplicaKey { id, directory })
}
