//! Requests under way: one of a kind to each node, none too soon after one that failed.
//!
//! Fetches have a lane of their own, because they wait at the leader while a vote must not.

use std::collections::BTreeMap;
use std::time::Duration;

use kraft_bridge_protocol::NodeId;
use kraft_bridge_protocol::rpc::{AnyRequest, AnyResponse};

use super::effects::{Effect, NoAnswer, RequestId};
use super::learning::Learned;
use super::roles::Role;
use super::{Raft, ReplicaKey};
use crate::endpoint::Endpoint;

/// What a request is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Purpose {
    Vote { voter: NodeId, pre_vote: bool },
    BeginEpoch { voter: NodeId },
    EndEpoch { voter: NodeId },
    AskVersions { joiner: ReplicaKey },
    UpdateVoter,
    Join,
    Fetch,
    FetchSnapshot,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Lane {
    Fetches,
    Others,
}

impl Purpose {
    fn lane(self) -> Lane {
        match self {
            Purpose::Fetch | Purpose::FetchSnapshot => Lane::Fetches,
            _ => Lane::Others,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Waiting {
    to: Endpoint,
    purpose: Purpose,
    deadline: Duration,
}

/// The requests under way.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Outbox {
    next: u64,
    waiting: BTreeMap<RequestId, Waiting>,
    /// Until when nothing is sent.
    backoff: BTreeMap<(Endpoint, Lane), Duration>,
}

impl Outbox {
    fn is_ready(&self, to: &Endpoint, lane: Lane, now: Duration) -> bool {
        let is_waiting = |waiting: &Waiting| waiting.to == *to && waiting.purpose.lane() == lane;
        let backs_off = self
            .backoff
            .get(&(to.clone(), lane))
            .is_some_and(|until| *until > now);
        !backs_off && !self.waiting.values().any(is_waiting)
    }

    /// When the next request is given up, or may be sent again.
    pub(super) fn deadline(&self, now: Duration) -> Option<Duration> {
        let requests = self.waiting.values().map(|waiting| waiting.deadline);
        let retries = self.backoff.values().copied().filter(|until| *until > now);
        requests.chain(retries).min()
    }

    /// Forgets all that is under way; returns what.
    pub(super) fn clear(&mut self) -> Vec<RequestId> {
        self.backoff.clear();
        if mutant!(TakesStaleAnswers) {
            return self.waiting.keys().copied().collect();
        }
        std::mem::take(&mut self.waiting).into_keys().collect()
    }
}

#[cfg(feature = "model")]
impl Outbox {
    /// As [`Raft::forget_time`].
    pub(super) fn forget_time(
        &mut self,
        to_come: Duration,
        name: impl Fn(&Endpoint, bool) -> RequestId,
    ) -> BTreeMap<RequestId, RequestId> {
        let mut names = BTreeMap::new();
        for (id, mut waiting) in std::mem::take(&mut self.waiting) {
            waiting.deadline = to_come;
            let named = name(&waiting.to, waiting.purpose.lane() == Lane::Fetches);
            names.insert(id, named);
            self.waiting.insert(named, waiting);
        }
        // Names that are given again must not be those of requests that still wait.
        let newest = self.waiting.keys().next_back();
        self.next = newest.map_or(0, |newest| newest.0 + 1);
        self.backoff.values_mut().for_each(|until| *until = to_come);
        names
    }

    pub(super) fn backs_off(&self) -> bool {
        !self.backoff.is_empty()
    }

    pub(super) fn end_backoff(&mut self) {
        self.backoff.clear();
    }

    pub(super) fn waiting_ids(&self) -> impl Iterator<Item = RequestId> {
        self.waiting.keys().copied()
    }
}

impl Raft {
    /// Sends unless something of the kind is under way or failed just now; returns whether it did.
    pub(super) fn send(&mut self, to: &Endpoint, purpose: Purpose, request: AnyRequest) -> bool {
        if !self.outbox.is_ready(to, purpose.lane(), self.now.elapsed) {
            return false;
        }
        let id = RequestId(self.outbox.next);
        self.outbox.next += 1;
        let waiting = Waiting {
            to: to.clone(),
            purpose,
            deadline: self.after(self.config.timeouts.request),
        };
        self.outbox.waiting.insert(id, waiting);
        self.emit(Effect::Send {
            id,
            to: to.clone(),
            request,
        });
        true
    }

    /// Where a voter is reached by the others.
    pub(super) fn voter_endpoint(&self, id: NodeId) -> Option<&Endpoint> {
        let listener = &self.config.listeners[0].name;
        self.voters.current().get(id)?.endpoint(listener)
    }

    /// The same to a voter, wherever it is reached.
    pub(super) fn send_to_voter(&mut self, voter: NodeId, purpose: Purpose, request: AnyRequest) {
        if let Some(endpoint) = self.voter_endpoint(voter).cloned() {
            self.send(&endpoint, purpose, request);
        }
    }

    pub(super) fn expire_requests(&mut self) {
        let expired = |waiting: &Waiting| self.is_due(waiting.deadline);
        let late: Vec<RequestId> = self
            .outbox
            .waiting
            .iter()
            .filter_map(|(id, waiting)| expired(waiting).then_some(*id))
            .collect();
        for id in late {
            self.emit(Effect::Forget(id));
            self.handle_response(id, Err(NoAnswer::TimedOut));
        }
        let now = self.now.elapsed;
        self.outbox.backoff.retain(|_, until| *until > now);
    }

    /// Takes an answer; one that is not waited for any more is dropped.
    pub(super) fn handle_response(&mut self, id: RequestId, outcome: Result<AnyResponse, NoAnswer>) {
        let Some(waiting) = self.outbox.waiting.remove(&id) else {
            return;
        };
        let Waiting { to, purpose, .. } = waiting;
        let learned = match &outcome {
            Ok(response) => self.take_answer(purpose, &to, response),
            Err(no_answer) => self.take_silence(purpose, &to, *no_answer),
        };
        if learned == Learned::Failed {
            let until = self.after(self.config.timeouts.retry_backoff);
            self.outbox.backoff.insert((to, purpose.lane()), until);
        }
    }

    fn take_answer(&mut self, purpose: Purpose, from: &Endpoint, response: &AnyResponse) -> Learned {
        match purpose {
            Purpose::Vote { voter, pre_vote } => self.handle_vote_response(voter, pre_vote, response),
            Purpose::BeginEpoch { voter } => self.handle_begin_epoch_response(voter, response),
            Purpose::EndEpoch { voter } => self.handle_end_epoch_response(voter, response),
            Purpose::AskVersions { joiner } => self.handle_versions_response(joiner, response),
            Purpose::UpdateVoter => self.handle_update_response(response),
            Purpose::Join => self.handle_join_response(response),
            Purpose::Fetch => self.handle_fetch_response(from, response),
            Purpose::FetchSnapshot => self.handle_fetch_snapshot_response(response),
        }
    }

    fn take_silence(&mut self, purpose: Purpose, to: &Endpoint, no_answer: NoAnswer) -> Learned {
        match purpose {
            Purpose::Vote {
                voter,
                pre_vote: true,
            } if no_answer == NoAnswer::Unsupported => {
                self.pre_vote_unsupported(voter);
            }
            Purpose::AskVersions { joiner } => self.versions_unknown(joiner, no_answer),
            Purpose::UpdateVoter if no_answer == NoAnswer::Unsupported => self.entry_reported(),
            Purpose::Fetch | Purpose::FetchSnapshot => self.fetch_failed(to, no_answer),
            _ => {}
        }
        Learned::Failed
    }

    pub(super) fn handle_connection_lost(&mut self, endpoint: &Endpoint) {
        if let Role::Follower(follower) = &self.role
            && follower.leader.endpoint == *endpoint
        {
            self.leader_lost(0);
        }
    }
}
