//! What a follower does about its own entry among the voters.
//!
//! | it is | and | it sends the leader |
//! |---|---|---|
//! | a voter, kraft.version 1 | its entry differs from what it is | UpdateRaftVoter |
//! | a voter, kraft.version 0 | it has not said what it is in this epoch | UpdateRaftVoter: static voters can become dynamic ones only once the leader knows their directories |
//! | none, and may join | its id votes with another directory | RemoveRaftVoter for that one |
//! | none, and may join | its id does not vote | AddRaftVoter for itself |
//!
//! First one fetch timeout after it began to follow, so that its log is likely to say what is so; then a voter every three
//! of them, and who wants to join every one.
//!
//! Source: KIP-853; Kafka 4.2 (`controller.quorum.auto.join.enable`).

use kraft_bridge_protocol::control::KRaftVersionRange;
use kraft_bridge_protocol::rpc::{
    AddRaftVoterRequest, AnyRequest, AnyResponse, ErrorCode, RemoveRaftVoterRequest, UpdateRaftVoterRequest,
};

use super::leading::KRAFT_VERSIONS;
use super::learning::Learned;
use super::outbox::Purpose;
use super::roles::Role;
use super::{Raft, ReplicaKey, Voter};
use crate::endpoint::Endpoint;

impl Raft {
    /// This node's entry as it should be.
    pub(super) fn own_entry(&self) -> Voter {
        Voter {
            directory: self.config.replica.directory,
            listeners: self.config.listeners.clone(),
            kraft_versions: KRAFT_VERSIONS,
        }
    }

    /// Whether this node votes under an entry that does not say what it is.
    pub(super) fn is_entry_out_of_date(&self) -> bool {
        let entry = self.voters.current().get(self.own_id());
        self.is_voter() && entry.is_some_and(|entry| !entry.says_the_same(&self.own_entry()))
    }

    /// Asks the leader for what is missing, if it is time to.
    pub(super) fn keep_own_entry(&mut self) {
        let Role::Follower(follower) = &self.role else {
            return;
        };
        if !self.is_due(follower.entry_check) || self.is_shutting_down {
            return;
        }
        let leader = follower.leader.endpoint.clone();
        let timeouts = self.config.timeouts;
        let is_sent = match self.what_own_entry_needs() {
            Some((purpose, request)) => self.send(&leader, purpose, request),
            None => true,
        };
        let pause = match is_sent {
            false => timeouts.retry_backoff,
            true if self.is_voter() => timeouts.fetch * 3,
            true => timeouts.fetch,
        };
        let entry_check = self.after(pause);
        if let Role::Follower(follower) = &mut self.role {
            follower.entry_check = entry_check;
        }
    }

    fn what_own_entry_needs(&self) -> Option<(Purpose, AnyRequest)> {
        let Role::Follower(follower) = &self.role else {
            return None;
        };
        let is_dynamic = self.voters.kraft_version() > 0;
        if self.is_voter() {
            let is_due = match is_dynamic {
                true => self.is_entry_out_of_date(),
                false => !follower.has_reported,
            };
            return is_due.then(|| {
                (
                    Purpose::UpdateVoter,
                    AnyRequest::UpdateRaftVoter(self.update_request()),
                )
            });
        }
        if !self.config.auto_join || !is_dynamic {
            return None;
        }
        let request = match self.voters.current().get(self.own_id()) {
            Some(former) => AnyRequest::RemoveRaftVoter(self.remove_request(ReplicaKey {
                id: self.own_id(),
                directory: former.directory,
            })),
            None => AnyRequest::AddRaftVoter(self.add_request()),
        };
        Some((Purpose::Join, request))
    }

    fn update_request(&self) -> UpdateRaftVoterRequest {
        UpdateRaftVoterRequest {
            cluster_id: Some(self.config.cluster_id.clone()),
            current_leader_epoch: self.epoch,
            voter_id: self.own_id(),
            voter_directory_id: self.config.replica.directory,
            listeners: self.own_endpoints(),
            kraft_version_feature: KRaftVersionRange {
                min_supported_version: KRAFT_VERSIONS.0,
                max_supported_version: KRAFT_VERSIONS.1,
                ..Default::default()
            },
            ..Default::default()
        }
    }

    /// The record is seen in the log when it comes; nobody need wait for its commit.
    fn add_request(&self) -> AddRaftVoterRequest {
        AddRaftVoterRequest {
            cluster_id: Some(self.config.cluster_id.clone()),
            timeout_ms: i32::try_from(self.config.timeouts.request.as_millis()).unwrap_or(i32::MAX),
            voter_id: self.own_id(),
            voter_directory_id: self.config.replica.directory,
            listeners: self.own_endpoints(),
            ack_when_committed: false,
            ..Default::default()
        }
    }

    fn remove_request(&self, voter: ReplicaKey) -> RemoveRaftVoterRequest {
        RemoveRaftVoterRequest {
            cluster_id: Some(self.config.cluster_id.clone()),
            voter_id: voter.id,
            voter_directory_id: voter.directory,
            ..Default::default()
        }
    }

    pub(super) fn handle_update_response(&mut self, response: &AnyResponse) -> Learned {
        let AnyResponse::UpdateRaftVoter(response) = response else {
            return Learned::Failed;
        };
        let leader = &response.current_leader;
        let endpoint = u16::try_from(leader.port).ok().map(|port| Endpoint {
            host: leader.host.clone(),
            port,
        });
        let endpoint = endpoint.filter(|endpoint| !endpoint.host.is_empty());
        let error = response.error_code;
        let learned = self.learn(error, leader.leader_epoch, leader.leader_id, endpoint);
        // A leader of Kafka 3.9 has no use for it while the voters are static.
        if matches!(error, ErrorCode::None | ErrorCode::UnsupportedVersion) {
            self.entry_reported();
            return Learned::Done;
        }
        learned
    }

    /// The leader knows, or never will.
    pub(super) fn entry_reported(&mut self) {
        if let Role::Follower(follower) = &mut self.role {
            follower.has_reported = true;
        }
    }

    pub(super) fn handle_join_response(&mut self, response: &AnyResponse) -> Learned {
        let (error, message) = match response {
            AnyResponse::AddRaftVoter(response) => (response.error_code, &response.error_message),
            AnyResponse::RemoveRaftVoter(response) => (response.error_code, &response.error_message),
            _ => return Learned::Failed,
        };
        tracing::info!(node = %self.own_id(), %error, message = message.as_deref(), "asked to become a voter");
        match error {
            ErrorCode::None => Learned::Done,
            _ => Learned::Failed,
        }
    }
}
