//! What an answer tells besides its content: later epochs, and leaders. The same for every request.
//!
//! | the answer | follows |
//! |---|---|
//! | an earlier epoch, or `UNKNOWN_LEADER_EPOCH` | nothing: it is late |
//! | a later epoch | its leader is followed, if it is known and where, else nobody |
//! | a leader of this epoch, where none was known | it is followed |
//! | the leader that is known, reached elsewhere | that counts if the leader never answered a fetch |
//! | another leader of this epoch | an error that no sound quorum makes; it is logged and not believed |
//!
//! Source: KIP-595.

use kraft_bridge_protocol::rpc::{ErrorCode, LeaderEndpoint, LeaderIdAndEpoch};
use kraft_bridge_protocol::{Epoch, NodeId};

use super::Raft;
use super::roles::Role;
use crate::endpoint::Endpoint;

/// What is left to do with an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Learned {
    /// Its content counts.
    Payload,
    /// It said all that it had to say.
    Done,
    /// Ask again after a while.
    Failed,
}

impl Raft {
    /// Takes what an answer says of epoch and leader.
    pub(super) fn learn(
        &mut self,
        error: ErrorCode,
        epoch: Epoch,
        leader: Option<NodeId>,
        endpoint: Option<Endpoint>,
    ) -> Learned {
        if epoch < self.epoch && mutant!(TakesStaleAnswers) {
            return Learned::Payload;
        }
        if epoch < self.epoch || error == ErrorCode::UnknownLeaderEpoch {
            return Learned::Done;
        }
        self.adopt(epoch, leader, endpoint);
        match error {
            ErrorCode::None => Learned::Payload,
            ErrorCode::FencedLeaderEpoch | ErrorCode::NotLeaderOrFollower | ErrorCode::InvalidVoterKey => {
                Learned::Done
            }
            error => {
                tracing::debug!(node = %self.own_id(), %error, "another node refused");
                Learned::Failed
            }
        }
    }

    /// An answer without content.
    pub(super) fn learn_top_level(&self, error: ErrorCode) -> Learned {
        tracing::debug!(node = %self.own_id(), %error, "another node refused");
        Learned::Failed
    }

    /// Follows the leader of a later epoch, or of this one if none was known. Returns whether the leader, if one was
    /// named, is the one that this node knows now.
    pub(super) fn adopt(&mut self, epoch: Epoch, leader: Option<NodeId>, endpoint: Option<Endpoint>) -> bool {
        let own = self.own_id();
        let is_told_where = endpoint.is_some();
        let reached = leader.and_then(|id| {
            let endpoint = endpoint.or_else(|| self.voter_endpoint(id).cloned())?;
            Some((id, endpoint)).filter(|(id, _)| *id != own)
        });
        if epoch > self.epoch {
            match reached {
                Some((id, endpoint)) => self.become_follower(epoch, id, endpoint),
                None => self.become_unattached(epoch, leader.filter(|id| *id != own)),
            }
            return true;
        }
        let Some(named) = leader else { return true };
        match (self.leader(), reached) {
            (Some(known), _) if known != named => {
                tracing::warn!(node = %own, %epoch, %known, %named, "two leaders are named for one epoch");
                false
            }
            (known, Some((id, endpoint))) => {
                if known.is_none() || matches!(self.role, Role::Unattached(_)) {
                    self.become_follower(epoch, id, endpoint);
                } else if is_told_where && let Some(unreached) = self.role.unreached_leader() {
                    unreached.endpoint = endpoint;
                }
                true
            }
            // A node that lost its directory may be told that it leads: it does not.
            (_, None) => named != own || matches!(self.role, Role::Leader(_) | Role::Resigned(_)),
        }
    }

    /// The leader that answers name: never one that the reader could not reach.
    pub(super) fn named_leader(&self) -> Option<NodeId> {
        match &self.role {
            Role::Unattached(_) => None,
            _ => self.leader(),
        }
    }

    /// The same with its epoch.
    pub(super) fn named_leader_and_epoch(&self) -> LeaderIdAndEpoch {
        LeaderIdAndEpoch {
            leader_id: self.named_leader(),
            leader_epoch: self.epoch,
            ..Default::default()
        }
    }

    /// Where it is reached.
    pub(super) fn leader_endpoint(&self) -> Vec<LeaderEndpoint> {
        self.named_leader_with_endpoint()
            .map(|(node_id, endpoint)| LeaderEndpoint {
                node_id,
                host: endpoint.host,
                port: endpoint.port,
                ..Default::default()
            })
            .into_iter()
            .collect()
    }

    /// The leader and where it is reached.
    pub(super) fn named_leader_with_endpoint(&self) -> Option<(NodeId, Endpoint)> {
        let id = self.named_leader()?;
        let endpoint = match self.role.other_leader() {
            Some(leader) => leader.endpoint.clone(),
            None => self.config.listeners[0].endpoint.clone(),
        };
        Some((id, endpoint))
    }

    /// Where an answer says that the leader is reached.
    pub(super) fn named_endpoint(endpoints: &[LeaderEndpoint], leader: Option<NodeId>) -> Option<Endpoint> {
        let named = endpoints
            .iter()
            .find(|endpoint| Some(endpoint.node_id) == leader)?;
        Some(Endpoint {
            host: named.host.clone(),
            port: named.port,
        })
    }

    /// Whether a request is meant for this cluster, as far as it says.
    pub(super) fn check_cluster(&self, cluster_id: Option<&str>) -> Result<(), ErrorCode> {
        let is_ours = cluster_id.is_none_or(|id| id == self.config.cluster_id);
        is_ours.then_some(()).ok_or(ErrorCode::InconsistentClusterId)
    }
}
