//! BeginQuorumEpoch and EndQuorumEpoch: a leader tells the voters that it leads, and that it does so no more.
//!
//! Source: KIP-595, KIP-853.

use std::time::Duration;

use kraft_bridge_protocol::control::VoterEndpoint;
use kraft_bridge_protocol::rpc::{
    AnyRequest, AnyResponse, BeginEpochPartition, BeginEpochTopic, BeginQuorumEpochRequest,
    BeginQuorumEpochResponse, EndEpochPartition, EndEpochTopic, EndQuorumEpochRequest,
    EndQuorumEpochResponse, ErrorCode, LeaderEndpoint, PreferredCandidate, QuorumEpochPartition,
    QuorumEpochTopic, QuorumTopic,
};
use kraft_bridge_protocol::{Epoch, NodeId};

use super::learning::Learned;
use super::outbox::Purpose;
use super::roles::{LostLeader, Role};
use super::{ANY_DIRECTORY, Listener, Raft, ReplicaKey};
use crate::endpoint::Endpoint;

impl Raft {
    pub(super) fn handle_begin_epoch(
        &mut self,
        request: &BeginQuorumEpochRequest,
    ) -> BeginQuorumEpochResponse {
        let begun = BeginEpochTopic::only_metadata_log(&request.topics);
        let cluster = self.check_cluster(request.cluster_id.as_deref());
        let outcome = cluster.and_then(|()| begun.ok_or(ErrorCode::InvalidRequest));
        let begun = match outcome {
            Ok(begun) => begun,
            Err(error_code) => {
                return BeginQuorumEpochResponse {
                    error_code,
                    ..Default::default()
                };
            }
        };
        let endpoint = self.listener_of(&request.leader_endpoints);
        let outcome = self
            .told_of_epoch(begun.leader_epoch, begun.leader_id, endpoint)
            .and_then(|()| self.check_voter_key(request.voter_id, begun.voter_directory_id));
        let (topics, node_endpoints) = self.epoch_answer(outcome);
        BeginQuorumEpochResponse {
            topics,
            node_endpoints,
            ..Default::default()
        }
    }

    pub(super) fn handle_end_epoch(&mut self, request: &EndQuorumEpochRequest) -> EndQuorumEpochResponse {
        let ended = EndEpochTopic::only_metadata_log(&request.topics);
        let cluster = self.check_cluster(request.cluster_id.as_deref());
        let outcome = cluster.and_then(|()| ended.ok_or(ErrorCode::InvalidRequest));
        let ended = match outcome {
            Ok(ended) => ended,
            Err(error_code) => {
                return EndQuorumEpochResponse {
                    error_code,
                    ..Default::default()
                };
            }
        };
        let endpoint = self.listener_of(&request.leader_endpoints);
        let outcome = self.told_of_epoch(ended.leader_epoch, ended.leader_id, endpoint);
        if outcome.is_ok() {
            self.succeed(ended);
        }
        let (topics, node_endpoints) = self.epoch_answer(outcome);
        EndQuorumEpochResponse {
            topics,
            node_endpoints,
            ..Default::default()
        }
    }

    /// The leader names itself.
    fn told_of_epoch(
        &mut self,
        epoch: Epoch,
        leader: NodeId,
        endpoint: Option<Endpoint>,
    ) -> Result<(), ErrorCode> {
        if epoch < self.epoch {
            return Err(ErrorCode::FencedLeaderEpoch);
        }
        if leader < NodeId(0) {
            return Err(ErrorCode::InvalidRequest);
        }
        let is_believed = self.adopt(epoch, Some(leader), endpoint);
        is_believed.then_some(()).ok_or(ErrorCode::UnknownServerError)
    }

    /// Where a leader that tells its listeners is reached by this node.
    pub(super) fn listener_of(&self, endpoints: &[VoterEndpoint]) -> Option<Endpoint> {
        let own = &self.config.listeners[0].name;
        let matching = endpoints
            .iter()
            .find(|endpoint| endpoint.name.eq_ignore_ascii_case(own));
        Some(Listener::from(matching?).endpoint)
    }

    fn epoch_answer(&self, outcome: Result<(), ErrorCode>) -> (Vec<QuorumEpochTopic>, Vec<LeaderEndpoint>) {
        let partition = QuorumEpochPartition {
            error_code: outcome.err().unwrap_or(ErrorCode::None),
            leader_id: self.named_leader(),
            leader_epoch: self.epoch,
            ..Default::default()
        };
        (QuorumEpochTopic::metadata_log(partition), self.leader_endpoint())
    }

    /// Stands when it is its turn among the successors.
    fn succeed(&mut self, ended: &EndEpochPartition) {
        let delay = self.successor_delay(ended) + self.config.timeouts.succession_delay;
        let stand = self.after(delay);
        if let Role::Follower(follower) = &mut self.role
            && follower.leader.id == ended.leader_id
        {
            follower.lost = Some(LostLeader { stand, tries: 0 });
        }
    }

    fn successor_delay(&self, ended: &EndEpochPartition) -> Duration {
        let own = self.config.replica;
        let is_own = |candidate: &PreferredCandidate| {
            let directory = candidate.candidate_directory_id;
            candidate.candidate_id == own.id && (directory == ANY_DIRECTORY || directory == own.directory)
        };
        let (length, position) = if ended.preferred_candidates.is_empty() {
            let position = ended.preferred_successors.iter().position(|id| *id == own.id);
            (ended.preferred_successors.len(), position)
        } else {
            let position = ended.preferred_candidates.iter().position(is_own);
            (ended.preferred_candidates.len(), position)
        };
        let longest = self.config.timeouts.backoff_max;
        match position {
            _ if length == 0 => Duration::ZERO,
            Some(0) => Duration::ZERO,
            Some(position) => {
                let steps = u32::try_from(length - position).unwrap_or(u32::MAX).min(20);
                longest / (1 << steps)
            }
            None => longest,
        }
    }

    /// Tells every voter that has not heard it: a leader that it leads, one that resigned that it does not.
    pub(super) fn tell_voters(&mut self) {
        match &self.role {
            Role::Leader(leader) => {
                for voter in leader.unacknowledged.clone() {
                    let request = AnyRequest::BeginQuorumEpoch(self.begin_request(voter));
                    self.send_to_voter(voter, Purpose::BeginEpoch { voter }, request);
                }
            }
            Role::Resigned(resigned) => {
                let request = self.end_request(&resigned.successors);
                for voter in resigned.unacknowledged.clone() {
                    let request = AnyRequest::EndQuorumEpoch(request.clone());
                    self.send_to_voter(voter, Purpose::EndEpoch { voter }, request);
                }
            }
            _ => {}
        }
    }

    fn begin_request(&self, voter: NodeId) -> BeginQuorumEpochRequest {
        let directory = self.voters.current().get(voter).map(|voter| voter.directory);
        let partition = BeginEpochPartition {
            voter_directory_id: directory.unwrap_or(ANY_DIRECTORY),
            leader_id: self.own_id(),
            leader_epoch: self.epoch,
            ..Default::default()
        };
        BeginQuorumEpochRequest {
            cluster_id: Some(self.config.cluster_id.clone()),
            voter_id: Some(voter),
            topics: BeginEpochTopic::metadata_log(partition),
            leader_endpoints: self.own_endpoints(),
            ..Default::default()
        }
    }

    fn end_request(&self, successors: &[ReplicaKey]) -> EndQuorumEpochRequest {
        let candidate = |successor: &ReplicaKey| PreferredCandidate {
            candidate_id: successor.id,
            candidate_directory_id: successor.directory,
            ..Default::default()
        };
        let partition = EndEpochPartition {
            leader_id: self.own_id(),
            leader_epoch: self.epoch,
            preferred_successors: successors.iter().map(|successor| successor.id).collect(),
            preferred_candidates: successors.iter().map(candidate).collect(),
            ..Default::default()
        };
        EndQuorumEpochRequest {
            cluster_id: Some(self.config.cluster_id.clone()),
            topics: EndEpochTopic::metadata_log(partition),
            leader_endpoints: self.own_endpoints(),
            ..Default::default()
        }
    }

    pub(super) fn own_endpoints(&self) -> Vec<VoterEndpoint> {
        self.config.listeners.iter().map(Listener::on_wire).collect()
    }

    pub(super) fn handle_begin_epoch_response(&mut self, voter: NodeId, response: &AnyResponse) -> Learned {
        let AnyResponse::BeginQuorumEpoch(response) = response else {
            return Learned::Failed;
        };
        let answer = QuorumEpochTopic::only_metadata_log(&response.topics);
        let learned = self.learn_of_epoch(response.error_code, answer, &response.node_endpoints);
        if learned != Learned::Failed
            && let Role::Leader(leader) = &mut self.role
        {
            leader.unacknowledged.remove(&voter);
        }
        learned
    }

    pub(super) fn handle_end_epoch_response(&mut self, voter: NodeId, response: &AnyResponse) -> Learned {
        let AnyResponse::EndQuorumEpoch(response) = response else {
            return Learned::Failed;
        };
        let answer = QuorumEpochTopic::only_metadata_log(&response.topics);
        let learned = self.learn_of_epoch(response.error_code, answer, &response.node_endpoints);
        if learned != Learned::Failed
            && let Role::Resigned(resigned) = &mut self.role
        {
            resigned.unacknowledged.remove(&voter);
        }
        learned
    }

    fn learn_of_epoch(
        &mut self,
        error_code: ErrorCode,
        answer: Option<&QuorumEpochPartition>,
        endpoints: &[LeaderEndpoint],
    ) -> Learned {
        let Some(answer) = answer else {
            return self.learn_top_level(error_code);
        };
        let endpoint = Raft::named_endpoint(endpoints, answer.leader_id);
        self.learn(answer.error_code, answer.leader_epoch, answer.leader_id, endpoint)
    }
}
