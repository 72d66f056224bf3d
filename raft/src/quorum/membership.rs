//! Changes of the voter set: one at a time, by one voter, from the request until the record is committed.
//!
//! ```text
//!  AddRaftVoter ─▶ Asking ── the node supports kraft.version and has caught up ─▶ Written ── committed ─▶ done
//!  RemoveRaftVoter ─────────────────────────────────────────────────────────────▶ Written ── committed ─▶ done
//! ```
//!
//! A set is in force as soon as it is in the log; two sets that follow each other share a majority, because nobody writes
//! the next one before the last is committed and the epoch has committed something of its own. A leader that was removed
//! leads on without counting itself, and resigns once that is committed; until then it stands for election, too, because
//! it may be the only one that has the record. Whoever waits longer than `request.timeout.ms`
//! is told so, but what is in the log stays there.
//!
//! Source: KIP-853, KIP-1186.

use std::time::Duration;

use kraft_bridge_protocol::rpc::{AddRaftVoterResponse, AnyResponse, ErrorCode, RemoveRaftVoterResponse};

use super::effects::{Answer, CallId};
use super::roles::Role;
use super::{Raft, ReplicaKey, Voter, VoterSet};

/// A voter that is being added or removed.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct VoterChange {
    /// Who waits for the answer, until it is given.
    pub(super) call: Option<CallId>,
    pub(super) kind: ChangeKind,
    pub(super) stage: ChangeStage,
    /// When it has taken too long.
    pub(super) deadline: Duration,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum ChangeKind {
    Adding,
    Removing,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum ChangeStage {
    /// The new node is asked what it supports.
    Asking(Joiner),
    /// The set is in the log.
    Written,
}

/// A node that is to become a voter.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Joiner {
    pub(super) replica: ReplicaKey,
    /// As it will stand in the set, once it is known what it supports.
    pub(super) voter: Voter,
    /// Whether the answer waits until the set is committed.
    pub(super) ack_when_committed: bool,
}

/// Why a voter is not added, removed or changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) error: ErrorCode,
    /// The same in words; an answer without room for them leaves them out.
    pub(super) message: String,
}

impl Refusal {
    pub(super) fn new(error: ErrorCode, message: impl Into<String>) -> Refusal {
        Refusal {
            error,
            message: message.into(),
        }
    }

    /// It may well succeed a little later.
    pub(super) fn not_yet(message: impl Into<String>) -> Refusal {
        Refusal::new(ErrorCode::RequestTimedOut, message)
    }
}

impl Raft {
    /// Nothing else is under way, and this epoch has committed something.
    pub(super) fn check_no_change_pending(&self) -> Result<(), Refusal> {
        let Role::Leader(leader) = &self.role else {
            return Err(self.not_leader());
        };
        if mutant!(ChangesUncommitted) {
            return Ok(());
        }
        if leader.change.is_some() {
            return Err(Refusal::not_yet("another change of the voters is under way"));
        }
        if leader.high_watermark.is_none() {
            return Err(Refusal::not_yet(
                "the leader has not committed anything in its epoch yet",
            ));
        }
        Ok(())
    }

    /// The voters stand in the log.
    pub(super) fn check_dynamic(&self) -> Result<(), Refusal> {
        if self.voters.kraft_version() > 0 {
            return Ok(());
        }
        let message = "the voters are those of controller.quorum.voters: kraft.version is 0";
        Err(Refusal::new(ErrorCode::UnsupportedVersion, message))
    }

    /// The set in force is committed.
    pub(super) fn check_settled(&self) -> Result<(), Refusal> {
        let message = "the newest set of voters is not committed yet";
        let is_settled = self.is_settled() || mutant!(ChangesUncommitted);
        is_settled.then_some(()).ok_or(Refusal::not_yet(message))
    }

    fn is_settled(&self) -> bool {
        let Role::Leader(leader) = &self.role else {
            return false;
        };
        let written = self.voters.newest_offset();
        matches!((written, leader.high_watermark), (Some(offset), Some(committed)) if offset < committed)
    }

    pub(super) fn not_leader(&self) -> Refusal {
        let message = format!("node {} does not lead the quorum", self.own_id());
        Refusal::new(ErrorCode::NotLeaderOrFollower, message)
    }

    /// Appends a set that differs from the one in force by one voter at most.
    pub(super) fn append_voters(&mut self, set: &VoterSet) {
        tracing::info!(node = %self.own_id(), offset = %self.log.end, voters = ?set.keys().collect::<Vec<_>>(), "writes a set of voters");
        self.append_control(&[set.record()]);
    }

    /// What was waited for is committed.
    pub(super) fn finish_change(&mut self) {
        if !self.is_settled() {
            return;
        }
        let Role::Leader(leader) = &mut self.role else {
            return;
        };
        let is_written = |change: &mut VoterChange| change.stage == ChangeStage::Written;
        if let Some(change) = leader.change.take_if(is_written) {
            self.end_change(change, Ok(()));
        }
    }

    /// Gives up a change that has taken too long; see [`Raft::end_change`].
    pub(super) fn expire_change(&mut self) {
        let now = self.now.elapsed;
        let Role::Leader(leader) = &mut self.role else {
            return;
        };
        let Some(change) = leader.change.take_if(|change| change.deadline <= now) else {
            return;
        };
        let message = match change.stage {
            ChangeStage::Asking(_) => "the new voter did not say in time what it supports",
            ChangeStage::Written => "the set of voters was written, but no majority has it yet",
        };
        self.end_change(change, Err(Refusal::not_yet(message)));
    }

    /// Fails what is under way, if it is still at the stage before the record.
    pub(super) fn fail_adding(&mut self, joiner: ReplicaKey, refusal: Refusal) {
        if let Some(change) = self.take_asking(joiner) {
            self.end_change(change, Err(refusal));
        }
    }

    /// The change that waits for this node's answer.
    pub(super) fn take_asking(&mut self, joiner: ReplicaKey) -> Option<VoterChange> {
        let Role::Leader(leader) = &mut self.role else {
            return None;
        };
        let is_of_joiner = |change: &mut VoterChange| matches!(&change.stage, ChangeStage::Asking(asked) if asked.replica == joiner);
        leader.change.take_if(is_of_joiner)
    }

    /// A node that leads no more cannot know what becomes of the change.
    pub(super) fn dismiss_change(&mut self) {
        let refusal = self.not_leader();
        let Role::Leader(leader) = &mut self.role else {
            return;
        };
        if let Some(change) = leader.change.take() {
            self.end_change(change, Err(refusal));
        }
    }

    fn end_change(&mut self, change: VoterChange, outcome: Result<(), Refusal>) {
        if let Some(call) = change.call {
            self.answer_change(call, change.kind, outcome);
        }
    }

    pub(super) fn answer_change(&mut self, call: CallId, kind: ChangeKind, outcome: Result<(), Refusal>) {
        let (error_code, error_message) = match outcome {
            Ok(()) => (ErrorCode::None, None),
            Err(refusal) => (refusal.error, Some(refusal.message)),
        };
        let response = match kind {
            ChangeKind::Adding => AnyResponse::AddRaftVoter(AddRaftVoterResponse {
                error_code,
                error_message,
                ..Default::default()
            }),
            ChangeKind::Removing => AnyResponse::RemoveRaftVoter(RemoveRaftVoterResponse {
                error_code,
                error_message,
                ..Default::default()
            }),
        };
        self.answer(call, Answer::Whole(response));
    }

    /// Whether this node stands for election: it votes, or its removal may still have to be committed by it.
    pub(super) fn may_stand(&self) -> bool {
        let own = self.config.replica;
        self.is_voter()
            || self
                .voters
                .since(self.high_watermark)
                .any(|set| set.contains(own))
    }

    /// Whether a leader was removed and the others know it for good.
    pub(super) fn was_removed(&self) -> bool {
        !self.is_voter() && self.is_settled()
    }

    /// What a leader knows of its followers after the set has changed.
    pub(super) fn sort_replicas(&mut self) {
        let voters = self.voters.current().clone();
        let others = self.other_voters();
        let Role::Leader(leader) = &mut self.role else {
            return;
        };
        leader.unacknowledged.retain(|voter| others.contains(voter));
        leader.fetched.retain(|voter| others.contains(voter));
        // A static voter's progress was that of any directory; which one is in the set will fetch again.
        let is_anybodys = |replica: &ReplicaKey| replica.directory == super::ANY_DIRECTORY;
        leader
            .replicas
            .retain(|replica, _| !is_anybodys(replica) || voters.keys().any(|voter| voter == *replica));
    }
}

impl VoterChange {
    /// The change goes on without anybody to tell.
    pub(super) fn forget_caller(&mut self, call: CallId) {
        self.call.take_if(|waiting| *waiting == call);
    }
}
