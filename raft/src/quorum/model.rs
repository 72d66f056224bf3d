//! The machine without its clock, for a checker that explores everything it can do.
//!
//! Of a time only this is left: whether it is over. What is to come is to come at any moment, in any order, so that the
//! checker lets any [`Timer`] fire whenever it likes; it sees all that real clocks allow, and more. With times, names of
//! requests, and what only operators are shown taken out, states are equal that behave alike.

use std::collections::BTreeMap;
use std::hash::{Hash, Hasher};
use std::time::Duration;

use kraft_bridge_protocol::{Epoch, Offset};

use super::roles::{Follower, Leader, Progress, Role};
use super::{CallId, Raft, RequestId};
use crate::endpoint::Endpoint;
use crate::log::LogOutline;
use crate::random::Random;

/// A moment that is over at any time.
const OVER: Duration = Duration::ZERO;

/// A moment that is to come, seen from any time of a model.
const TO_COME: Duration = Duration::from_secs(1 << 30);

/// What may fire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Timer {
    /// The election timeout of whoever follows nobody, or the delay after which a follower stands whose leader is lost.
    Election,
    /// The fetch timeout of a follower.
    Fetch,
    /// A leader tells the voters again that it leads.
    Announce,
    /// A leader counts as cut off from the majority.
    CheckQuorum,
    /// A fetch has waited long enough at the leader.
    Wait(CallId),
    /// Whoever failed to answer may be asked again.
    Retry,
}

/// The outline of a log that ends at `end`, with the epoch and first offset of each of its batches, in order.
pub fn outline(end: Offset, batches: impl IntoIterator<Item = (Epoch, Offset)>) -> LogOutline {
    let mut outline = LogOutline {
        end,
        ..LogOutline::default()
    };
    for (epoch, base) in batches {
        outline.epochs.add(epoch, base);
    }
    outline
}

impl Raft {
    /// Forgets all that a model leaves out, and names the requests under way anew: `name` is told where each goes and
    /// whether it is a fetch, of which there is one at most. Returns the old names with the new ones.
    pub fn forget_time(
        &mut self,
        name: impl Fn(&Endpoint, bool) -> RequestId,
    ) -> BTreeMap<RequestId, RequestId> {
        let now = self.now.elapsed;
        let forget = |moment: &mut Duration| {
            *moment = if *moment <= now { OVER } else { TO_COME };
        };
        match &mut self.role {
            Role::Unattached(unattached) => unattached.election.iter_mut().for_each(forget),
            Role::Prospective(prospective) => {
                forget(&mut prospective.election);
                if let Some(follower) = &mut prospective.lost {
                    forget_follower(follower, forget);
                }
            }
            Role::Candidate(candidate) => forget(&mut candidate.election),
            Role::Leader(leader) => forget_leader(leader),
            Role::Follower(follower) => forget_follower(follower, forget),
            Role::Resigned(resigned) => forget(&mut resigned.election),
        }
        self.outbox.forget_time(TO_COME, name)
    }

    /// Lets the random numbers begin from `seed`.
    pub fn draw_from(&mut self, seed: u64) {
        self.random = Random::new(seed);
    }

    /// The timers that run.
    pub fn timers(&self) -> Vec<Timer> {
        let mut timers = match &self.role {
            Role::Unattached(unattached) => {
                unattached.election.map(|_| Timer::Election).into_iter().collect()
            }
            Role::Prospective(_) | Role::Candidate(_) | Role::Resigned(_) => vec![Timer::Election],
            Role::Follower(follower) => {
                let lost = follower.lost.as_ref().map(|_| Timer::Election);
                [Timer::Fetch].into_iter().chain(lost).collect()
            }
            Role::Leader(leader) => {
                let parked = leader.parked.iter().map(|parked| Timer::Wait(parked.call));
                [Timer::Announce, Timer::CheckQuorum]
                    .into_iter()
                    .chain(parked)
                    .collect()
            }
        };
        timers.extend(self.outbox.backs_off().then_some(Timer::Retry));
        timers
    }

    /// Makes a timer that runs due for the next step.
    pub fn make_due(&mut self, timer: Timer) {
        match (&mut self.role, timer) {
            (_, Timer::Retry) => self.outbox.end_backoff(),
            (Role::Unattached(unattached), _) => unattached.election = Some(OVER),
            (Role::Prospective(prospective), _) => prospective.election = OVER,
            (Role::Candidate(candidate), _) => candidate.election = OVER,
            (Role::Resigned(resigned), _) => resigned.election = OVER,
            (Role::Follower(follower), Timer::Fetch) => follower.fetch = OVER,
            (Role::Follower(follower), _) => {
                if let Some(lost) = &mut follower.lost {
                    lost.stand = OVER;
                }
            }
            (Role::Leader(leader), Timer::Announce) => leader.announce = OVER,
            (Role::Leader(leader), Timer::Wait(call)) => {
                let parked = leader.parked.iter_mut().filter(|parked| parked.call == call);
                parked.for_each(|parked| parked.deadline = OVER);
            }
            (Role::Leader(leader), _) => leader.check_quorum = OVER,
        }
    }

    /// The calls that wait for an answer.
    pub fn waiting_calls(&self) -> Vec<CallId> {
        match &self.role {
            Role::Leader(leader) => leader.parked.iter().map(|parked| parked.call).collect(),
            _ => Vec::new(),
        }
    }

    /// The requests that wait for an answer.
    pub fn waiting_requests(&self) -> impl Iterator<Item = RequestId> {
        self.outbox.waiting_ids()
    }
}

/// How often it stood in vain bears on delays only.
fn forget_follower(follower: &mut Follower, forget: impl Fn(&mut Duration)) {
    forget(&mut follower.fetch);
    follower.entry_check = TO_COME;
    if let Some(lost) = &mut follower.lost {
        lost.stand = TO_COME;
        lost.tries = 0;
    }
}

/// Who fetched lately bears on when it counts as cut off, which may be at any moment.
fn forget_leader(leader: &mut Leader) {
    leader.announce = TO_COME;
    leader.check_quorum = TO_COME;
    leader.fetched.clear();
    for progress in leader.replicas.values_mut() {
        *progress = Progress {
            directory: progress.directory,
            end: progress.end,
            ..Progress::default()
        };
    }
    for parked in &mut leader.parked {
        parked.deadline = TO_COME;
    }
    leader.parked.sort_by_key(|parked| parked.call);
    leader.parked.dedup();
}

/// What tells one state from another, once times are forgotten. What follows from it, or from the node's files, is left
/// out.
impl Hash for Raft {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        self.config.replica.id.hash(hasher);
        self.epoch.hash(hasher);
        self.voted.map(|voted| voted.id).hash(hasher);
        self.role.hash(hasher);
        self.log.hash(hasher);
        self.durable_end.hash(hasher);
        self.is_flushing.hash(hasher);
        self.high_watermark.hash(hasher);
        self.outbox.hash(hasher);
        self.fetching.hash(hasher);
        self.is_shutting_down.hash(hasher);
    }
}
