//! The thread that has the node: one event after the other, and what comes of each carried out in order.
//!
//! ```text
//!  listener ─ requests ─┐                       ┌─ answers ─▶ listener
//!  peers ── answers ────┼─▶ events ─▶ Node ─▶ ──┼─ requests ─▶ peers
//!  flusher ─ flushed ───┤   (bounded)           ├─ flush ─▶ the disk, waited for by the flusher while the node leads
//!  replay ── reads ─────┘                       └─ committed, leader ─▶ watchers
//! ```
//!
//! Whoever sends an event waits while the queue is full, so that memory is bounded by the number of connections.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use kraft_bridge_protocol::rpc::{AnyRequest, AnyResponse};
use kraft_bridge_protocol::{Epoch, NodeId, Offset, OffsetAndEpoch};
use kraft_bridge_raft::endpoint::Endpoint;
use kraft_bridge_raft::log::{CheckpointFile, Flush, Flushed, LogError};
use kraft_bridge_raft::node::{Node, NodeError, Outgoing};
use kraft_bridge_raft::quorum::{
    AppendId, CallId, Input, LeaderAndEpoch, NoAnswer, NotAppended, NotUpgraded, RequestId, RoleName,
};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::timeout;

use super::reading::{Committed, NewCheckpoint, committed, new_checkpoint};
use super::status::Status;
use crate::clock::Clock;

/// Events that wait for the node; whoever has more to say waits.
const EVENTS_MAX: usize = 1024;
/// How often what need not be kept is removed.
const CLEANING: Duration = Duration::from_secs(60);
/// How long a node that stops waits for the others to know that it leads no more.
const HANDING_OVER: Duration = Duration::from_secs(5);

/// What happens to the node.
pub(super) enum Event {
    /// Another node asks.
    Request(AnyRequest, oneshot::Sender<AnyResponse>),
    /// A request of this node ended.
    Response(RequestId, Result<AnyResponse, NoAnswer>),
    /// A connection broke.
    ConnectionLost(Endpoint),
    /// The disk has what it was given.
    Flushed(Flushed),
    /// Records for the log, as one batch.
    Append(Epoch, Vec<Vec<u8>>, oneshot::Sender<Result<Offset, NotCommitted>>),
    /// What is committed from an offset on; see [`committed`].
    Read(Option<Offset>, oneshot::Sender<Result<Committed, LogError>>),
    /// A checkpoint of this id is to be written.
    BeginCheckpoint(
        OffsetAndEpoch,
        oneshot::Sender<Result<Option<NewCheckpoint>, LogError>>,
    ),
    /// It was written.
    CheckpointWritten(CheckpointFile),
    /// Where a voter is reached, if it is one.
    FindVoter(NodeId, oneshot::Sender<Option<Endpoint>>),
    /// Who the voters are.
    ListVoters(oneshot::Sender<Vec<NodeId>>),
    /// The quorum shall be of this `kraft.version`, or is only asked whether it could.
    UpgradeKRaftVersion {
        epoch: Epoch,
        version: i16,
        validate_only: bool,
        reply: oneshot::Sender<Upgraded>,
    },
    /// This node cannot, or should not, lead the epoch.
    Resign(Epoch),
    /// It is to stop.
    ShutDown,
}

/// Where the record begins and ends that raised `kraft.version`, or why there is none.
type Upgraded = Result<(Offset, Offset), NotUpgraded>;

/// Why records were not committed, as far as this node knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NotCommitted {
    /// They are not in the log.
    #[error(transparent)]
    NotAppended(#[from] NotAppended),
    /// They were appended, and then the node lost its leadership: another leader may commit them or not.
    #[error(
        "the node lost its leadership before the records were committed; whether they will be is not known"
    )]
    Unknown,
    /// The node stopped.
    #[error("the node stopped")]
    Stopped,
}

/// Sends events to the node.
#[derive(Clone)]
pub(crate) struct Events(pub(super) mpsc::Sender<Event>);

impl Events {
    /// Appends records as leader of the epoch, as one batch, behind everything that was appended before. Told is the
    /// offset behind them once they are committed, or [`NotCommitted`]; nothing if the node has stopped.
    pub(crate) async fn append(
        &self,
        epoch: Epoch,
        records: Vec<Vec<u8>>,
    ) -> oneshot::Receiver<Result<Offset, NotCommitted>> {
        let (reply, committed) = oneshot::channel();
        // A node that has stopped drops the reply.
        drop(self.0.send(Event::Append(epoch, records, reply)).await);
        committed
    }
}

/// How requests of the node leave it.
pub(super) trait Sender: Send {
    /// Sends a request; its end comes back as [`Event::Response`].
    fn send(&mut self, id: RequestId, to: Endpoint, request: AnyRequest);

    /// Its answer is not waited for any more.
    fn forget(&mut self, id: RequestId);
}

/// The node with what it owes to others.
pub(super) struct Driver<S> {
    node: Node,
    clock: Clock,
    sender: S,
    flusher: std::sync::mpsc::Sender<Flush>,
    /// What the disk is yet to be told of what was carried out.
    flushes: VecDeque<Flush>,
    calls: BTreeMap<CallId, oneshot::Sender<AnyResponse>>,
    next_call: u64,
    appends: BTreeMap<AppendId, oneshot::Sender<Result<Offset, NotCommitted>>>,
    upgrades: BTreeMap<AppendId, oneshot::Sender<Upgraded>>,
    next_append: u64,
    /// By the end offset that commits them.
    uncommitted: BTreeMap<Offset, Vec<oneshot::Sender<Result<Offset, NotCommitted>>>>,
    leader: LeaderAndEpoch,
    status: watch::Sender<Status>,
    next_cleaning: Duration,
    /// When it stops, whether or not others know that it leads no more.
    stop: Option<Duration>,
}

/// A queue for events.
pub(super) fn queue() -> (Events, mpsc::Receiver<Event>) {
    let (sender, receiver) = mpsc::channel(EVENTS_MAX);
    (Events(sender), receiver)
}

impl<S: Sender> Driver<S> {
    /// The driver of a node that has just been started, with what it said then; and what it tells of itself.
    pub(super) fn new(
        node: Node,
        clock: Clock,
        first: Vec<Outgoing>,
        sender: S,
        events: &Events,
    ) -> (Driver<S>, watch::Receiver<Status>) {
        let leader = LeaderAndEpoch {
            epoch: node.raft().epoch(),
            leader: None,
            epoch_start: None,
        };
        let (status, watched) = watch::channel(Status::of(&node, leader));
        let mut driver = Driver {
            leader,
            node,
            clock,
            sender,
            flusher: start_flusher(events.clone()),
            flushes: VecDeque::new(),
            calls: BTreeMap::new(),
            next_call: 0,
            appends: BTreeMap::new(),
            upgrades: BTreeMap::new(),
            next_append: 0,
            uncommitted: BTreeMap::new(),
            status,
            next_cleaning: CLEANING,
            stop: None,
        };
        driver.carry_out(first);
        driver.tell_status();
        (driver, watched)
    }

    /// Runs until the node has shut down.
    ///
    /// # Errors
    ///
    /// [`NodeError`] when the node cannot go on.
    pub(super) async fn run(mut self, mut events: mpsc::Receiver<Event>) -> Result<(), NodeError> {
        while !self.is_done() {
            match timeout(self.patience(), events.recv()).await {
                Ok(Some(event)) => self.handle(event)?,
                Ok(None) => break,
                Err(_) => self.step(Input::Tick)?,
            }
            if self.clock.elapsed() >= self.next_cleaning {
                self.next_cleaning = self.clock.elapsed() + CLEANING;
                let outgoing = self.node.clean(self.clock.now())?;
                self.carry_out(outgoing);
            }
            self.flush()?;
            self.tell_status();
        }
        Ok(self.node.close()?)
    }

    /// How long nothing is to be done unless something happens.
    fn patience(&self) -> Duration {
        let deadlines = self.node.raft().deadline().into_iter().chain(self.stop);
        let next = deadlines.chain([self.next_cleaning]).min().expect("one at least");
        next.saturating_sub(self.clock.elapsed())
    }

    fn is_done(&self) -> bool {
        let is_late = self.stop.is_some_and(|stop| stop <= self.clock.elapsed());
        is_late || self.node.raft().has_shut_down()
    }

    fn step(&mut self, input: Input) -> Result<(), NodeError> {
        let outgoing = self.node.step(self.clock.now(), input)?;
        self.carry_out(outgoing);
        Ok(())
    }

    fn handle(&mut self, event: Event) -> Result<(), NodeError> {
        match event {
            Event::Request(request, answer) => {
                self.forget_gone_callers()?;
                let call = CallId(self.next_call);
                self.next_call += 1;
                self.calls.insert(call, answer);
                self.step(Input::Request { call, request })
            }
            Event::Response(id, outcome) => self.step(Input::Response { id, outcome }),
            Event::ConnectionLost(endpoint) => self.step(Input::ConnectionLost { endpoint }),
            Event::Flushed(flushed) => {
                let outgoing = self.node.flushed(self.clock.now(), flushed)?;
                self.carry_out(outgoing);
                Ok(())
            }
            Event::Append(epoch, records, committed) => {
                let id = AppendId(self.next_append);
                self.next_append += 1;
                self.appends.insert(id, committed);
                self.step(Input::Append { id, epoch, records })
            }
            Event::Read(from, reply) => {
                answer(reply, committed(&self.node, from));
                Ok(())
            }
            Event::BeginCheckpoint(id, reply) => {
                answer(reply, new_checkpoint(&mut self.node, id));
                Ok(())
            }
            Event::CheckpointWritten(file) => {
                let outgoing = self.node.checkpoint_taken(self.clock.now(), &file)?;
                self.carry_out(outgoing);
                Ok(())
            }
            Event::FindVoter(id, reply) => {
                let voter = self.node.raft().voters().current().get(id);
                let listener = voter.and_then(|voter| voter.listeners.first());
                answer(reply, listener.map(|listener| listener.endpoint.clone()));
                Ok(())
            }
            Event::ListVoters(reply) => {
                answer(reply, self.node.raft().voters().current().ids().collect());
                Ok(())
            }
            Event::UpgradeKRaftVersion {
                epoch,
                version,
                validate_only,
                reply,
            } => {
                let id = AppendId(self.next_append);
                self.next_append += 1;
                self.upgrades.insert(id, reply);
                self.step(Input::UpgradeKRaftVersion {
                    id,
                    epoch,
                    version,
                    validate_only,
                })
            }
            Event::Resign(epoch) => self.step(Input::Resign { epoch }),
            Event::ShutDown => {
                self.stop.get_or_insert(self.clock.elapsed() + HANDING_OVER);
                self.step(Input::ShutDown)
            }
        }
    }

    /// Lets go of answers that nobody waits for any more: a fetch that was parked, say.
    fn forget_gone_callers(&mut self) -> Result<(), NodeError> {
        let gone: Vec<CallId> = self
            .calls
            .iter()
            .filter_map(|(call, answer)| answer.is_closed().then_some(*call))
            .collect();
        for call in gone {
            self.calls.remove(&call);
            self.step(Input::CallerGone { call })?;
        }
        Ok(())
    }

    fn carry_out(&mut self, outgoing: Vec<Outgoing>) {
        for one in outgoing {
            match one {
                Outgoing::Flush(flush) => self.flushes.push_back(flush),
                Outgoing::Send { id, to, request } => self.sender.send(id, to, request),
                Outgoing::Forget(id) => self.sender.forget(id),
                Outgoing::Answer { call, response } => {
                    if let Some(caller) = self.calls.remove(&call) {
                        answer(caller, response);
                    }
                }
                Outgoing::Appended { id, outcome } => self.appended(id, outcome),
                Outgoing::HighWatermark(offset) => self.committed(offset),
                Outgoing::LeaderChanged(leader) => self.leader_changed(leader),
                Outgoing::KRaftVersionUpgraded { id, outcome } => {
                    if let Some(caller) = self.upgrades.remove(&id) {
                        answer(caller, outcome);
                    }
                }
                Outgoing::Reset(id) => {
                    tracing::info!(offset = %id.offset, epoch = %id.epoch, "goes on behind a checkpoint")
                }
            }
        }
    }

    /// Tells the disk. A leader goes on serving meanwhile; a follower has nothing to say before its disk has what it
    /// was given, so it waits here and saves the way to another thread and back.
    fn flush(&mut self) -> Result<(), NodeError> {
        while let Some(flush) = self.flushes.pop_front() {
            if self.node.raft().role() == RoleName::Leader {
                // The flusher ends with the driver, not before.
                self.flusher.send(flush).expect("the flusher runs");
            } else {
                self.handle(Event::Flushed(flush.perform()))?;
            }
        }
        Ok(())
    }

    fn appended(&mut self, id: AppendId, outcome: Result<(Offset, Offset), NotAppended>) {
        let Some(caller) = self.appends.remove(&id) else {
            return;
        };
        match outcome {
            Err(error) => answer(caller, Err(error.into())),
            Ok((_, end)) if end <= self.node.raft().high_watermark() => answer(caller, Ok(end)),
            Ok((_, end)) => self.uncommitted.entry(end).or_default().push(caller),
        }
    }

    fn committed(&mut self, high_watermark: Offset) {
        let later = self.uncommitted.split_off(&Offset(high_watermark.0 + 1));
        for (end, callers) in std::mem::replace(&mut self.uncommitted, later) {
            for caller in callers {
                answer(caller, Ok(end));
            }
        }
    }

    fn leader_changed(&mut self, leader: LeaderAndEpoch) {
        tracing::info!(epoch = %leader.epoch, leader = ?leader.leader, "the quorum has another leader or epoch");
        self.leader = leader;
        for caller in std::mem::take(&mut self.uncommitted).into_values().flatten() {
            answer(caller, Err(NotCommitted::Unknown));
        }
    }

    fn tell_status(&self) {
        let status = Status::of(&self.node, self.leader);
        self.status.send_if_modified(|known| {
            let is_news = *known != status;
            *known = status;
            is_news
        });
    }
}

/// Answers, unless nobody waits.
fn answer<T>(to: oneshot::Sender<T>, value: T) {
    drop(to.send(value));
}

/// A thread that waits for the disk, one flush after the other.
fn start_flusher(events: Events) -> std::sync::mpsc::Sender<Flush> {
    let (sender, flushes) = std::sync::mpsc::channel::<Flush>();
    std::thread::spawn(move || {
        for flush in flushes {
            if events.0.blocking_send(Event::Flushed(flush.perform())).is_err() {
                return;
            }
        }
    });
    sender
}
