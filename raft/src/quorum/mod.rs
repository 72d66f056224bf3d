//! One node of the metadata quorum, as a pure machine: it is told the time and what happened, and says what must be done.
//!
//! ```text
//!                  timer, or the leader is gone            majority of pre-votes
//!  Unattached ◀──────────────────────────────▶ Prospective ───────────────────────▶ Candidate
//!    ▲   │ a leader is heard of                    ▲  │ lost                           │    │ majority of votes
//!    │   ▼                                         │  ▼                       lost      │    ▼
//!    │  Follower ──────── fetch timer ─────────────┘ Follower, Unattached ◀─────────────┘  Leader
//!    │                                                                                        │ resigns, shuts down,
//!    └──────────── timer, epoch + 1 ◀── Resigned ◀────────────────────────────────────────────┘ no majority fetches
//!
//!  any role ── a later epoch is heard of ──▶ Follower if its leader is known, else Unattached
//! ```
//!
//! Replicas pull: a follower's Fetch tells how far its log goes, which is what commits. The machine knows a log by its
//! outline only; records are bytes, of which it reads the control records.
//!
//! Effects are to be carried out in order. Those that change files are done before the next is begun, so that nothing is
//! said that a crash could make untrue; only a flush is waited for elsewhere, and its end told by [`Input::Flushed`].
//!
//! Source: KIP-595, KIP-630, KIP-853, KIP-996.

mod config;
mod describe;
#[cfg(test)]
mod download_tests;
mod downloading;
mod effects;
mod elections;
mod epochs;
mod fetching;
#[cfg(test)]
mod follower_tests;
mod followers;
#[cfg(test)]
mod golden_tests;
mod leading;
mod learning;
mod membership;
mod membership_own_entry;
#[cfg(test)]
mod membership_own_entry_tests;
#[cfg(test)]
mod membership_random_tests;
mod membership_requests;
#[cfg(test)]
mod membership_tests;
mod membership_upgrade;
#[cfg(test)]
mod membership_upgrade_tests;
#[cfg(feature = "model")]
mod model;
#[cfg(test)]
mod older_peers_tests;
mod outbox;
mod requests;
mod roles;
mod serving;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod testing_setup;
#[cfg(test)]
mod tests;
mod transitions;
#[cfg(test)]
mod vote_tests;
mod voters;

use std::time::Duration;

use kraft_bridge_protocol::{Epoch, NodeId, Offset, OffsetAndEpoch, Uuid};

use crate::log::LogOutline;
use crate::quorum_state::QuorumState;

pub use config::{RaftConfig, Timeouts};
pub use effects::{
    Answer, AppendId, CallId, Effect, Fault, Input, LeaderAndEpoch, NoAnswer, NotAppended, RecordRange,
    RequestId,
};
pub use kraft_bridge_protocol::Now;
pub use leading::KRAFT_VERSIONS;
pub use membership_upgrade::{Lack, NotUpgraded};
#[cfg(feature = "model")]
pub use model::{Timer, outline};
pub use voters::{Listener, ReplicaKey, Voter, VoterHistory, VoterSet};

use crate::random::Random;
use outbox::Outbox;
use roles::Role;

/// What a node finds when it starts.
#[derive(Clone, Debug)]
pub struct Found {
    /// Its log, all of it durable.
    pub log: LogOutline,
    /// All below it is committed: the end of the newest checkpoint, or 0.
    pub high_watermark: Offset,
    /// What the checkpoint and the log say of the voters, replayed onto those configured.
    pub voters: VoterHistory,
    /// Its `quorum-state`.
    pub quorum_state: Option<QuorumState>,
}

/// What a node is at present.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the roles in the drawing of the module")]
pub enum RoleName {
    Unattached,
    Prospective,
    Candidate,
    Leader,
    Follower,
    Resigned,
}

/// One node of the quorum.
#[derive(Clone, Debug)]
pub struct Raft {
    config: RaftConfig,
    random: Random,
    now: Now,
    effects: Vec<Effect>,
    epoch: Epoch,
    /// Whom it voted for in this epoch.
    voted: Option<ReplicaKey>,
    role: Role,
    log: LogOutline,
    /// All below it is on disk.
    durable_end: Offset,
    is_flushing: bool,
    high_watermark: Offset,
    voters: VoterHistory,
    outbox: Outbox,
    fetching: fetching::Fetching,
    /// Leader and epoch, as last told.
    told: Option<LeaderAndEpoch>,
    /// `quorum-state` as last written.
    persisted: Option<QuorumState>,
    is_shutting_down: bool,
}

impl Raft {
    /// A node that starts, with what must be done first.
    pub fn start(config: RaftConfig, found: Found, now: Now) -> (Raft, Vec<Effect>) {
        let mut raft = Raft {
            random: Random::new(config.seed),
            now,
            effects: Vec::new(),
            epoch: Epoch(0),
            voted: None,
            role: Role::unattached(None, None),
            durable_end: found.log.end,
            is_flushing: false,
            high_watermark: found.high_watermark,
            voters: found.voters,
            outbox: Outbox::default(),
            fetching: fetching::Fetching::default(),
            told: None,
            persisted: found.quorum_state.clone(),
            is_shutting_down: false,
            log: found.log,
            config,
        };
        raft.take_up(found.quorum_state);
        raft.act();
        let effects = std::mem::take(&mut raft.effects);
        (raft, effects)
    }

    /// Advances the node by one input and returns what must be done, in order.
    pub fn step(&mut self, now: Now, input: Input) -> Vec<Effect> {
        self.now = now;
        match input {
            Input::Tick => {}
            Input::Request { call, request } => self.handle_request(call, request),
            Input::CallerGone { call } => self.forget_caller(call),
            Input::Response { id, outcome } => self.handle_response(id, outcome),
            Input::ConnectionLost { endpoint } => self.handle_connection_lost(&endpoint),
            Input::Flushed { durable_end } => self.handle_flushed(durable_end),
            Input::Truncated { end } => self.handle_truncated(end),
            Input::CheckpointInstalled { id, controls } => self.handle_checkpoint_installed(id, &controls),
            Input::CheckpointRefused { id } => self.handle_checkpoint_refused(id),
            Input::Checkpoints {
                start,
                oldest,
                newest,
            } => self.handle_checkpoints(start, oldest, newest),
            Input::Append { id, epoch, records } => self.handle_append(id, epoch, &records),
            Input::UpgradeKRaftVersion {
                id,
                epoch,
                version,
                validate_only,
            } => self.handle_upgrade(id, epoch, version, validate_only),
            Input::Resign { epoch } => self.handle_resign(epoch),
            Input::ShutDown => self.handle_shut_down(),
        }
        self.expire_timers();
        self.act();
        std::mem::take(&mut self.effects)
    }

    /// When [`Input::Tick`] is due at the latest, if nothing else happens before.
    pub fn deadline(&self) -> Option<Duration> {
        let role = self.role_deadline();
        let requests = self.outbox.deadline(self.now.elapsed);
        role.into_iter().chain(requests).min()
    }

    /// Who the node is.
    pub fn replica(&self) -> ReplicaKey {
        self.config.replica
    }

    /// Its epoch.
    pub fn epoch(&self) -> Epoch {
        self.epoch
    }

    /// What it is.
    pub fn role(&self) -> RoleName {
        self.role.name()
    }

    /// Who leads this epoch, as far as it knows.
    pub fn leader(&self) -> Option<NodeId> {
        self.role.leader(self.config.replica.id)
    }

    /// Whom it voted for in this epoch.
    pub fn voted(&self) -> Option<ReplicaKey> {
        self.voted
    }

    /// Its log, the part included that is not durable.
    pub fn log(&self) -> &LogOutline {
        &self.log
    }

    /// All below it is on its disk.
    pub fn durable_end(&self) -> Offset {
        self.durable_end
    }

    /// All below it is committed, as far as it knows.
    pub fn high_watermark(&self) -> Offset {
        self.high_watermark
    }

    /// The voters in force, and those before them.
    pub fn voters(&self) -> &VoterHistory {
        &self.voters
    }

    /// Whether it votes.
    pub fn is_voter(&self) -> bool {
        self.voters.current().contains(self.config.replica)
    }

    /// Whether a node that was told to shut down has nothing left to say.
    pub fn has_shut_down(&self) -> bool {
        self.is_shutting_down
            && match &self.role {
                Role::Resigned(resigned) => resigned.unacknowledged.is_empty(),
                Role::Leader(_) => false,
                _ => true,
            }
    }

    fn emit(&mut self, effect: Effect) {
        self.effects.push(effect);
    }

    fn own_id(&self) -> NodeId {
        self.config.replica.id
    }

    fn log_end(&self) -> OffsetAndEpoch {
        self.log.end()
    }

    fn after(&self, duration: Duration) -> Duration {
        self.now.elapsed + duration
    }

    fn is_due(&self, deadline: Duration) -> bool {
        deadline <= self.now.elapsed
    }
}

/// No directory known.
const ANY_DIRECTORY: Uuid = Uuid::ZERO;
