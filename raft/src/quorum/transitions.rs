//! From one role to the next: what is remembered, what is written down, who is told.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use kraft_bridge_protocol::{Epoch, NodeId, Offset, Uuid};

use super::effects::{Effect, LeaderAndEpoch};
use super::roles::{
    Candidate, Follower, KnownLeader, Leader, LostLeader, Prospective, Resigned, Role, Votes,
};
use super::{Raft, ReplicaKey, Timeouts};
use crate::endpoint::Endpoint;
use crate::quorum_state::{Form, QuorumState};

impl Raft {
    /// Takes up the role that `quorum-state` and the log leave a node that starts with.
    ///
    /// A leader never writes in its old epoch again, and a candidate does not ask again: both know no more what they said.
    pub(super) fn take_up(&mut self, state: Option<QuorumState>) {
        let log_epoch = self.log_end().epoch;
        let state = state.filter(|state| state.leader_epoch >= log_epoch);
        let Some(state) = state else {
            self.become_unattached(log_epoch, None);
            self.stand_if_alone();
            return;
        };
        self.epoch = state.leader_epoch;
        self.voted = state.voted.map(|id| ReplicaKey {
            id,
            directory: match state.form {
                Form::DynamicVoters { voted_directory } => voted_directory,
                Form::StaticVoters(_) => Uuid::ZERO,
            },
        });
        match state.leader {
            Some(leader) if leader == self.own_id() && mutant!(LeadsOldEpochOn) => {
                self.become_leader(&BTreeSet::new());
            }
            Some(leader) if leader == self.own_id() => self.become_resigned(Vec::new()),
            Some(leader) => match self.voter_endpoint(leader).cloned() {
                Some(endpoint) => self.become_follower(self.epoch, leader, endpoint),
                None => self.become_unattached(self.epoch, Some(leader)),
            },
            None => self.become_unattached(self.epoch, None),
        }
        self.stand_if_alone();
    }

    /// The only voter need not wait for anybody.
    fn stand_if_alone(&mut self) {
        if self.is_voter() && self.voters.current().len() == 1 {
            self.become_candidate();
        }
    }

    pub(super) fn become_unattached(&mut self, epoch: Epoch, leader: Option<NodeId>) {
        let pending = self.role.pending_election().filter(|_| epoch > self.epoch);
        let election = match pending {
            Some(pending) if self.may_stand() => Some(pending),
            _ => self.may_stand().then(|| self.election_deadline()),
        };
        self.enter(epoch, Role::unattached(leader, election));
    }

    /// Stands for an epoch that a replica can follow which has heard of a later one: from a voter, say, that does not
    /// know yet that it is none any more, and asks others for votes than this leader. Kafka's own would wait for ever.
    pub(super) fn lead_beyond(&mut self, epoch: Epoch) {
        let leads = matches!(self.role, Role::Leader(_)) && !self.is_shutting_down;
        if leads && epoch > self.epoch && epoch < Epoch(i32::MAX) {
            self.become_unattached(epoch, None);
            self.become_prospective();
        }
    }

    pub(super) fn become_follower(&mut self, epoch: Epoch, id: NodeId, endpoint: Endpoint) {
        let follower = Follower {
            leader: KnownLeader { id, endpoint },
            fetch: self.after(self.config.timeouts.fetch),
            has_fetched: false,
            lost: None,
            entry_check: self.after(self.config.timeouts.fetch),
            has_reported: false,
        };
        self.enter(epoch, Role::Follower(follower));
    }

    /// Asks first whether it would be elected: a node that was merely away does not depose anybody (KIP-996).
    pub(super) fn become_prospective(&mut self) {
        let votes = self.own_vote();
        let election = self.election_deadline();
        let was = std::mem::replace(&mut self.role, Role::unattached(None, None));
        let lost = match was {
            Role::Follower(follower) => Some(follower),
            _ => None,
        };
        let counts_unsupported = lost.as_ref().is_none_or(|lost| self.is_due(lost.fetch));
        let prospective = Prospective {
            votes,
            election,
            lost,
            counts_unsupported,
        };
        let begun = i32::from(mutant!(PreVoteBeginsEpoch));
        self.enter(Epoch(self.epoch.0 + begun), Role::Prospective(prospective));
        self.count_pre_votes();
    }

    pub(super) fn become_candidate(&mut self) {
        let epoch = Epoch(self.epoch.0 + 1);
        let candidate = Candidate {
            votes: self.own_vote(),
            election: self.election_deadline(),
            has_lost: false,
        };
        self.leave(epoch);
        self.voted = Some(self.config.replica);
        self.enter(epoch, Role::Candidate(candidate));
        self.count_votes();
    }

    fn own_vote(&self) -> Votes {
        Votes {
            granted: self.is_voter().then(|| self.own_id()).into_iter().collect(),
            rejected: BTreeSet::new(),
        }
    }

    pub(super) fn become_leader(&mut self, granting: &BTreeSet<NodeId>) {
        let timeouts = self.config.timeouts;
        let epoch_start = self.log.end;
        let leader = Leader {
            epoch_start,
            high_watermark: None,
            replicas: BTreeMap::new(),
            unacknowledged: self.other_voters(),
            announce: self.after(timeouts.fetch / 2),
            fetched: BTreeSet::new(),
            check_quorum: self.after(timeouts.fetch * 3 / 2),
            parked: Vec::new(),
            uncommitted: BTreeMap::new(),
            change: None,
            reported: BTreeMap::new(),
        };
        tracing::info!(node = %self.own_id(), epoch = %self.epoch, %epoch_start, "became leader");
        self.enter(self.epoch, Role::Leader(Box::new(leader)));
        self.begin_epoch(granting);
    }

    pub(super) fn become_resigned(&mut self, successors: Vec<ReplicaKey>) {
        let resigned = Resigned {
            unacknowledged: self.other_voters(),
            successors,
            election: self.election_deadline(),
        };
        self.enter(self.epoch, Role::Resigned(resigned));
    }

    /// What ends with a role, or with an epoch: nothing of it counts any more.
    fn leave(&mut self, epoch: Epoch) {
        self.dismiss_callers();
        for id in self.outbox.clear() {
            self.emit(Effect::Forget(id));
        }
        self.fetching.forget_request();
        if epoch > self.epoch {
            self.epoch = epoch;
            self.voted = None;
        }
    }

    fn enter(&mut self, epoch: Epoch, role: Role) {
        assert!(epoch >= self.epoch, "epochs never go back");
        self.leave(epoch);
        self.role = role;
        tracing::debug!(node = %self.own_id(), %epoch, role = ?self.role.name(), "changed");
        self.persist();
        self.tell_leader();
    }

    /// Writes down what must not be forgotten: the epoch, whom it voted for, whom it follows.
    pub(super) fn persist(&mut self) {
        let leader = self.leader();
        // Its own vote is what a leader stands for; another's stays, because the leader may be forgotten before the epoch ends.
        let voted = self.voted.filter(|_| leader != Some(self.own_id()));
        let form = match self.voters.kraft_version() {
            0 => Form::StaticVoters(self.voters.current().ids().collect()),
            _ => Form::DynamicVoters {
                voted_directory: voted.map_or(Uuid::ZERO, |voted| voted.directory),
            },
        };
        let state = QuorumState {
            leader_epoch: self.epoch,
            leader,
            voted: voted.map(|voted| voted.id),
            form,
        };
        if self.persisted.as_ref() != Some(&state) {
            self.persisted = Some(state.clone());
            self.emit(Effect::PersistQuorumState(state));
        }
    }

    fn tell_leader(&mut self) {
        // Whoever resigned is not said to lead, nor is anybody else yet.
        let leader = match &self.role {
            Role::Resigned(_) => None,
            role => role.leader(self.own_id()),
        };
        let epoch_start = match &self.role {
            Role::Leader(leader) => Some(leader.epoch_start),
            _ => None,
        };
        let told = LeaderAndEpoch {
            epoch: self.epoch,
            leader,
            epoch_start,
        };
        if self.told != Some(told) {
            self.told = Some(told);
            self.emit(Effect::LeaderChanged(told));
        }
    }

    pub(super) fn election_deadline(&mut self) -> Duration {
        let timeout = self.config.timeouts.election;
        self.after(timeout) + self.random.up_to(timeout)
    }

    /// Voters but for this node.
    pub(super) fn other_voters(&self) -> BTreeSet<NodeId> {
        let own = self.own_id();
        self.voters.current().ids().filter(|id| *id != own).collect()
    }

    /// The timers of the role.
    pub(super) fn role_deadline(&self) -> Option<Duration> {
        match &self.role {
            Role::Unattached(unattached) => unattached.election,
            Role::Prospective(prospective) => Some(prospective.election),
            Role::Candidate(candidate) => Some(candidate.election),
            Role::Resigned(resigned) => Some(resigned.election),
            Role::Follower(follower) => Some(follower.deadline().min(follower.entry_check)),
            Role::Leader(leader) => Some(self.leader_deadline(leader)),
        }
    }

    /// Lets every timer fire that is due.
    pub(super) fn expire_timers(&mut self) {
        self.expire_requests();
        match &self.role {
            Role::Unattached(unattached) if unattached.election.is_some_and(|at| self.is_due(at)) => {
                if self.may_stand() {
                    self.become_prospective();
                } else {
                    self.enter(self.epoch, Role::unattached(None, None));
                }
            }
            Role::Prospective(prospective) if self.is_due(prospective.election) => self.give_up_standing(),
            Role::Candidate(candidate) if self.is_due(candidate.election) => self.retry_standing(),
            Role::Resigned(resigned) if self.is_due(resigned.election) => {
                self.become_unattached(Epoch(self.epoch.0 + 1), None);
            }
            Role::Follower(follower) if self.is_due(follower.deadline()) => self.retry_standing(),
            Role::Leader(_) => self.expire_leader(),
            _ => {}
        }
    }

    /// Stands for election if it may, else looks for another leader.
    fn retry_standing(&mut self) {
        if self.may_stand() {
            self.become_prospective();
        } else {
            self.become_unattached(self.epoch, None);
        }
    }

    /// Nobody, or too few, would elect this node: back to the leader, or wait.
    pub(super) fn give_up_standing(&mut self) {
        let Role::Prospective(prospective) = &mut self.role else {
            return;
        };
        let Some(mut follower) = prospective.lost.take() else {
            self.become_unattached(self.epoch, None);
            return;
        };
        if self.is_due(follower.fetch) {
            follower.fetch = self.after(self.config.timeouts.fetch);
        }
        let tries = follower.lost.map_or(0, |lost| lost.tries + 1);
        follower.lost = None;
        self.enter(self.epoch, Role::Follower(follower));
        self.leader_lost(tries);
    }

    /// The connection to the leader broke, or it resigned: reason enough to ask whether the others lost it, too. After a
    /// random while, so that not all ask at once, and a longer one the oftener nobody agreed: in the end long enough for
    /// a fetch to be answered, which says that the leader is there.
    pub(super) fn leader_lost(&mut self, tries: u32) {
        let Timeouts {
            lost_leader_delay,
            backoff_max,
            ..
        } = self.config.timeouts;
        let longest = backoff_max
            .max(lost_leader_delay)
            .max(2 * self.config.timeouts.patience());
        let limit = (lost_leader_delay * (1 << tries.min(10))).min(longest);
        let delay = self.random.up_to(limit);
        let stand = self.after(delay);
        if let Role::Follower(follower) = &mut self.role
            && follower.lost.is_none()
        {
            follower.lost = Some(LostLeader { stand, tries });
        }
    }

    pub(super) fn handle_shut_down(&mut self) {
        self.is_shutting_down = true;
        self.resign();
    }

    pub(super) fn handle_resign(&mut self, epoch: Epoch) {
        if epoch == self.epoch {
            self.resign();
        }
    }

    /// Hands over what this node leads, to those first whose logs go furthest.
    pub(super) fn resign(&mut self) {
        let Role::Leader(leader) = &self.role else { return };
        let own = self.own_id();
        let reached = |key: &ReplicaKey| leader.replicas.get(key).and_then(|progress| progress.end);
        let mut successors: Vec<ReplicaKey> =
            self.voters.current().keys().filter(|key| key.id != own).collect();
        successors.sort_by_key(|key| Reverse(reached(key).unwrap_or(Offset(-1))));
        tracing::info!(node = %own, epoch = %self.epoch, "resigns");
        self.become_resigned(successors);
    }
}
