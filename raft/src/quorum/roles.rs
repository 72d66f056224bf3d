//! What a node can be, each with what only that role needs.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use kraft_bridge_protocol::{NodeId, Offset, Timestamp, Uuid};

use super::membership::VoterChange;
use super::{CallId, ReplicaKey, RoleName, Voter};
use crate::endpoint::Endpoint;

/// What a node is.
#[derive(Clone, Debug, PartialEq, Hash)]
pub(super) enum Role {
    /// It follows nobody.
    Unattached(Unattached),
    /// It asks whether it would be elected.
    Prospective(Prospective),
    /// It stands for election.
    Candidate(Candidate),
    /// It leads.
    Leader(Box<Leader>),
    /// It follows a leader.
    Follower(Follower),
    /// It led this epoch, and does not any more.
    Resigned(Resigned),
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Unattached {
    /// The leader of this epoch, if it is known but not where it is reached.
    pub(super) leader: Option<NodeId>,
    /// When to stand; never for an observer.
    pub(super) election: Option<Duration>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Prospective {
    pub(super) votes: Votes,
    /// When to give up.
    pub(super) election: Duration,
    /// The leader that it lost, to go back to.
    pub(super) lost: Option<Follower>,
    /// Whether a voter without pre-votes counts as granting: not if only a connection broke, because a real vote, the
    /// next step, would depose a leader that is well.
    pub(super) counts_unsupported: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Candidate {
    pub(super) votes: Votes,
    /// When to give up, or to try again if it has lost.
    pub(super) election: Duration,
    pub(super) has_lost: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Follower {
    pub(super) leader: KnownLeader,
    /// When the leader counts as gone.
    pub(super) fetch: Duration,
    /// Whether the leader ever answered a fetch.
    pub(super) has_fetched: bool,
    /// Set from when the leader resigned, or the connection to it broke, until a fetch succeeds.
    pub(super) lost: Option<LostLeader>,
    /// When its entry among the voters is looked at.
    pub(super) entry_check: Duration,
    /// Whether the leader was told what this node is.
    pub(super) has_reported: bool,
}

/// What a follower does about a leader that went.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct LostLeader {
    /// When to stand for election.
    pub(super) stand: Duration,
    /// How often it stood in vain.
    pub(super) tries: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Resigned {
    /// Voters that are to be told.
    pub(super) unacknowledged: BTreeSet<NodeId>,
    /// Who should stand, best first.
    pub(super) successors: Vec<ReplicaKey>,
    /// When to begin another epoch.
    pub(super) election: Duration,
}

#[derive(Clone, Debug, PartialEq, Hash)]
pub(super) struct Leader {
    /// Offset of the first record of its epoch.
    pub(super) epoch_start: Offset,
    /// All below it is committed; `None` until the epoch's first record is.
    pub(super) high_watermark: Option<Offset>,
    /// The replicas that fetch, but for itself.
    pub(super) replicas: BTreeMap<ReplicaKey, Progress>,
    /// Voters to be told of the epoch.
    pub(super) unacknowledged: BTreeSet<NodeId>,
    /// When all voters are told again.
    pub(super) announce: Duration,
    /// Voters that fetched since the timer was set.
    pub(super) fetched: BTreeSet<NodeId>,
    /// When it counts as cut off from the majority.
    pub(super) check_quorum: Duration,
    /// Fetches that wait for something to answer.
    pub(super) parked: Vec<Parked>,
    /// Bytes appended, by the end offset of their batch, that are not committed.
    pub(super) uncommitted: BTreeMap<Offset, usize>,
    /// The voter that is being added or removed.
    pub(super) change: Option<VoterChange>,
    /// What static voters said of themselves, which nothing but `kraft.version` 1 needs.
    pub(super) reported: BTreeMap<NodeId, Voter>,
}

/// A leader and where it is reached.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct KnownLeader {
    pub(super) id: NodeId,
    pub(super) endpoint: Endpoint,
}

/// Answers to a request for votes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Votes {
    pub(super) granted: BTreeSet<NodeId>,
    pub(super) rejected: BTreeSet<NodeId>,
}

/// How far a replica has come.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Progress {
    /// The directory that it fetched into, which a static voter set does not tell.
    pub(super) directory: Uuid,
    /// All below it is durable there.
    pub(super) end: Option<Offset>,
    /// When it fetched last.
    pub(super) fetched: Option<Timestamp>,
    /// The same by the clock of the timers.
    pub(super) fetched_elapsed: Duration,
    /// When it had last all that the leader had.
    pub(super) caught_up: Option<Timestamp>,
    /// End of the leader's log when it fetched last.
    pub(super) leader_end: Offset,
}

/// A fetch that waits.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Parked {
    pub(super) call: CallId,
    pub(super) from: Offset,
    pub(super) bytes_max: usize,
    /// High watermark that the replica knows; it waits for a higher one, too.
    pub(super) known_high_watermark: Offset,
    pub(super) deadline: Duration,
}

impl Follower {
    /// When it stands for election, or gives the leader up.
    pub(super) fn deadline(&self) -> Duration {
        let stand = self.lost.as_ref().map(|lost| lost.stand);
        stand.into_iter().chain([self.fetch]).min().expect("one at least")
    }
}

impl Votes {
    /// Takes an answer; the first one of a voter counts.
    pub(super) fn record(&mut self, voter: NodeId, is_granted: bool) {
        if self.has_answered(voter) {
            return;
        }
        let answers = if is_granted {
            &mut self.granted
        } else {
            &mut self.rejected
        };
        answers.insert(voter);
    }

    pub(super) fn has_answered(&self, voter: NodeId) -> bool {
        self.granted.contains(&voter) || self.rejected.contains(&voter)
    }
}

impl Role {
    pub(super) fn unattached(leader: Option<NodeId>, election: Option<Duration>) -> Role {
        Role::Unattached(Unattached { leader, election })
    }

    pub(super) fn name(&self) -> RoleName {
        match self {
            Role::Unattached(_) => RoleName::Unattached,
            Role::Prospective(_) => RoleName::Prospective,
            Role::Candidate(_) => RoleName::Candidate,
            Role::Leader(_) => RoleName::Leader,
            Role::Follower(_) => RoleName::Follower,
            Role::Resigned(_) => RoleName::Resigned,
        }
    }

    /// Who leads the epoch; `own` is this node.
    pub(super) fn leader(&self, own: NodeId) -> Option<NodeId> {
        match self {
            Role::Unattached(unattached) => unattached.leader,
            Role::Prospective(prospective) => Some(prospective.lost.as_ref()?.leader.id),
            Role::Candidate(_) => None,
            Role::Leader(_) | Role::Resigned(_) => Some(own),
            Role::Follower(follower) => Some(follower.leader.id),
        }
    }

    /// The leader with where it is reached, if it is another node.
    pub(super) fn other_leader(&self) -> Option<&KnownLeader> {
        match self {
            Role::Prospective(prospective) => Some(&prospective.lost.as_ref()?.leader),
            Role::Follower(follower) => Some(&follower.leader),
            _ => None,
        }
    }

    /// The leader that never answered a fetch: it may have moved.
    pub(super) fn unreached_leader(&mut self) -> Option<&mut KnownLeader> {
        let follower = match self {
            Role::Prospective(prospective) => prospective.lost.as_mut()?,
            Role::Follower(follower) => follower,
            _ => return None,
        };
        (!follower.has_fetched).then_some(&mut follower.leader)
    }

    /// When an election was to begin that the next epoch need not wait anew for.
    pub(super) fn pending_election(&self) -> Option<Duration> {
        match self {
            Role::Unattached(unattached) => unattached.election,
            Role::Prospective(prospective) => Some(prospective.election),
            Role::Candidate(candidate) => Some(candidate.election),
            _ => None,
        }
    }
}
