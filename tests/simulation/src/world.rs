//! A world: hosts, a network, a workload, and the one queue of all that is going to happen.
//!
//! ```text
//!  queue ─▶ event ─▶ a node steps ─▶ invariants ─▶ its outgoing ─▶ queue
//!    ▲                                                  │
//!    └── faults, workload                               └─▶ ledger: committed, acknowledged
//! ```
//!
//! Virtual time jumps to the next event; of two at one moment the earlier queued comes first.

use std::collections::BTreeMap;
use std::time::Duration;

use kraft_bridge_raft::log::{Flush, Flushed};
use kraft_bridge_raft::node::Outgoing;
use kraft_bridge_raft::quorum::{CallId, Input, NoAnswer, RequestId, VoterSet};

use crate::checkpoints::Draft;
use crate::cluster::{Cluster, Happening};
use crate::faults::{Fault, Repair};
use crate::history::History;
use crate::host::{Host, Kept, host_at, voter};
use crate::invariants::{Invariants, Seen, View, Violation};
use crate::ledger::Ledger;
use crate::network::Network;
use crate::random::Random;
use crate::replica;
use crate::scenario::{Cast, Scenario};

/// Steps of one host without time going on, after which its timers count as stuck.
const STUCK: u32 = 10_000;

/// Something that is going to happen.
#[derive(Debug)]
pub enum Event {
    /// A request arrives.
    Request(Parcel),
    /// An answer arrives.
    Answer(Parcel),
    /// A host learns that a request of its is not answered.
    NoAnswer {
        /// The host that asked.
        at: usize,
        /// Its process.
        incarnation: u32,
        /// What it asked.
        id: RequestId,
        /// Why.
        why: NoAnswer,
    },
    /// A host learns that its connection to another broke.
    ConnectionLost {
        /// The host.
        at: usize,
        /// Its process.
        incarnation: u32,
        /// The other host.
        to: usize,
    },
    /// A host learns that nobody waits for an answer of its any more.
    CallerGone {
        /// The host.
        at: usize,
        /// Its process.
        incarnation: u32,
        /// The call.
        call: CallId,
    },
    /// A flush ends.
    Flush {
        /// The host.
        at: usize,
        /// Its process.
        incarnation: u32,
        /// The flush.
        flush: Waiting,
    },
    /// A host thinks about taking a checkpoint.
    Checkpoint(usize),
    /// A checkpoint is written.
    CheckpointWritten(Draft),
    /// The workload appends.
    Append,
    /// An operator changes the voters.
    Operate,
    /// Something happens to brokers and clients.
    Cluster(Happening),
    /// Something breaks.
    Fault(Fault),
    /// Something is mended.
    Repair(Repair),
}

/// A frame on its way.
#[derive(Clone, Debug)]
pub struct Parcel {
    /// The host that asked.
    pub asker: usize,
    /// Its process.
    pub incarnation: u32,
    /// How it names the request.
    pub id: RequestId,
    /// The host that answers.
    pub server: usize,
    /// Version of request and answer.
    pub version: i16,
    /// The connection that it goes by.
    pub connection: u32,
    /// The bytes.
    pub frame: Vec<u8>,
}

/// The part of a flush that waits for the disk.
#[derive(Debug)]
pub enum Waiting {
    /// The disk is slow to do it.
    ToBegin(Flush),
    /// The disk has done it and is slow to say so.
    ToReport(Flushed),
}

/// How much happened.
#[derive(Clone, Copy, Debug, Default)]
pub struct Statistics {
    /// Leaders of an epoch.
    pub elections: u64,
    /// Processes that ended against their will.
    pub crashes: u64,
    /// Checkpoints that replaced a log.
    pub resets: u64,
    /// Logs that were cut.
    pub truncations: u64,
    /// Appends that were acknowledged.
    pub acknowledged: u64,
    /// Voter sets that were committed.
    pub changes: u64,
    /// Metadata records that were committed.
    pub decided: u64,
    /// Records of partitions that producers were told of.
    pub produced: u64,
}

/// A world.
#[derive(Debug)]
pub struct World {
    /// Its constants.
    pub scenario: Scenario,
    /// All chance.
    pub random: Random,
    /// What time it is.
    pub time: Duration,
    /// Hosts: voters first.
    pub hosts: Vec<Host>,
    /// Between them.
    pub network: Network,
    /// What was committed.
    pub ledger: Ledger,
    /// What must always be so.
    pub invariants: Invariants,
    /// What happened.
    pub history: History,
    /// How much happened.
    pub statistics: Statistics,
    /// Brokers and clients, if there are any.
    pub cluster: Option<Cluster>,
    /// Whether faults are over.
    pub is_healed: bool,
    queue: BTreeMap<(Duration, u64), Event>,
    queued: u64,
    calls: u64,
    pub(crate) appends: u64,
    steps_in_place: u32,
}

impl World {
    /// A world before its beginning.
    pub fn new(cast: Cast, seed: u64, readable: bool) -> World {
        let mut random = Random::new(seed);
        let (scenario, cluster) = match cast {
            Cast::Quorum => (Scenario::draw(&mut random), None),
            Cast::Cluster => {
                let scenario = Scenario::draw_for_brokers(&mut random);
                (scenario, Some(Cluster::new(&mut random)))
            }
        };
        let releases = scenario.releases.iter().enumerate();
        let hosts: Vec<Host> = releases
            .map(|(index, release)| Host::new(index, *release))
            .collect();
        let mut world = World {
            network: Network::new(scenario.network, hosts.len()),
            scenario,
            random,
            time: Duration::ZERO,
            hosts,
            ledger: Ledger::default(),
            invariants: Invariants::default(),
            history: History::new(readable),
            statistics: Statistics::default(),
            cluster,
            is_healed: false,
            queue: BTreeMap::new(),
            queued: 0,
            calls: 0,
            appends: 0,
            steps_in_place: 0,
        };
        world
            .history
            .note(Duration::ZERO, &seed, || format!("seed {seed}"));
        world
    }

    /// Formats and starts all hosts, and lets workload and faults begin.
    ///
    /// # Errors
    ///
    /// [`Violation`], as everything here.
    pub fn begin(&mut self) -> Result<(), Violation> {
        let text = format!("{:?}", self.scenario);
        self.history.note(self.time, "scenario", || text);
        if self.scenario.is_dynamic {
            let hosts = &self.hosts[..self.scenario.voters];
            let voters = VoterSet::new(
                hosts
                    .iter()
                    .map(|host| (host.key().id, voter(host.index, host.directory))),
            );
            hosts.iter().for_each(|host| replica::format(&host.disk, &voters));
        }
        for at in 0..self.hosts.len() {
            self.start(at)?;
            let delay = self.random.millis(0, self.scenario.checkpoint_millis);
            self.after(delay, Event::Checkpoint(at));
        }
        match self.cluster {
            None => self.after(Duration::ZERO, Event::Append),
            Some(_) => self.begin_cluster(),
        }
        self.after(
            Duration::from_millis(self.scenario.operate_millis),
            Event::Operate,
        );
        self.schedule_fault();
        Ok(())
    }

    /// Queues an event.
    pub fn after(&mut self, delay: Duration, event: Event) {
        self.queued += 1;
        self.queue.insert((self.time + delay, self.queued), event);
    }

    /// Lets happen what happens up to a moment.
    ///
    /// # Errors
    ///
    /// [`Violation`].
    pub fn run_until(&mut self, end: Duration) -> Result<(), Violation> {
        loop {
            let queued = self.queue.first_key_value().map(|((time, _), _)| *time);
            let wakes = self
                .hosts
                .iter()
                .filter_map(|host| Some((host.wakes()?, host.index)));
            let timer = wakes.min();
            let is_timer = timer.is_some_and(|(time, _)| queued.is_none_or(|queued| time < queued));
            let next = if is_timer {
                timer.map(|(time, _)| time)
            } else {
                queued
            };
            let Some(next) = next.filter(|next| *next <= end) else {
                self.time = end;
                return Ok(());
            };
            self.go_on_to(next)?;
            match timer.filter(|_| is_timer) {
                Some((_, at)) => {
                    self.note(at, "tick", || "time goes on".to_owned());
                    self.step(at, Input::Tick)?;
                    self.tick_seat(at)?;
                }
                None => {
                    let (_, event) = self.queue.pop_first().expect("it was there");
                    self.happen(event)?;
                }
            }
        }
    }

    fn go_on_to(&mut self, next: Duration) -> Result<(), Violation> {
        if next > self.time {
            self.time = next;
            self.steps_in_place = 0;
        }
        self.steps_in_place += 1;
        if self.steps_in_place > STUCK {
            let problem = format!(
                "timers and answers go round at {:?} without time going on",
                self.time
            );
            return Err(Violation::new("busy loop", problem));
        }
        Ok(())
    }

    fn happen(&mut self, event: Event) -> Result<(), Violation> {
        if let Some(at) = event.host()
            && self.hosts[at].paused_until > self.time
        {
            let delay = self.hosts[at].paused_until - self.time;
            self.after(delay, event);
            return Ok(());
        }
        match event {
            Event::Request(parcel) => self.deliver_request(&parcel),
            Event::Answer(parcel) => self.deliver_answer(&parcel),
            Event::NoAnswer {
                at,
                incarnation,
                id,
                why,
            } => self.deliver_no_answer(at, incarnation, id, why),
            Event::ConnectionLost { at, incarnation, to } => {
                self.deliver_connection_lost(at, incarnation, to)
            }
            Event::CallerGone {
                at,
                incarnation,
                call,
            } => self.deliver_caller_gone(at, incarnation, call),
            Event::Flush {
                at,
                incarnation,
                flush,
            } => self.finish_flush(at, incarnation, flush),
            Event::Checkpoint(at) => self.begin_checkpoint(at),
            Event::CheckpointWritten(draft) => self.finish_checkpoint(draft),
            Event::Append => self.append(),
            Event::Operate => self.operate(),
            Event::Cluster(happening) => self.happen_to_cluster(happening),
            Event::Fault(fault) => self.break_something(fault),
            Event::Repair(repair) => self.repair(repair),
        }
    }

    /// Gives a node an input, if it runs.
    ///
    /// # Errors
    ///
    /// [`Violation`].
    pub fn step(&mut self, at: usize, input: Input) -> Result<(), Violation> {
        let host = &mut self.hosts[at];
        let now = host.clock.now(self.time);
        let Some(running) = &mut host.running else {
            return Ok(());
        };
        match running.node.step(now, input) {
            Ok(outgoing) => self.take(at, outgoing),
            Err(error) => self.fail(at, &error),
        }
    }

    /// Checks a node that has stepped, and carries out what it wants.
    ///
    /// # Errors
    ///
    /// [`Violation`].
    pub fn take(&mut self, at: usize, outgoing: Vec<Outgoing>) -> Result<(), Violation> {
        let end = self.hosts[at].kept.log.end;
        self.hosts[at].keep();
        self.statistics.truncations += u64::from(self.hosts[at].kept.log.end < end);
        self.see(at, &Seen::Stepped)?;
        for one in outgoing {
            match one {
                Outgoing::Flush(flush) => self.begin_flush(at, flush),
                Outgoing::Send { id, to, request } => self.send(at, id, host_at(&to), request)?,
                Outgoing::Forget(id) => {
                    if let Some(running) = &mut self.hosts[at].running
                        && let Some(asked) = running.outstanding.remove(&id)
                    {
                        running.forgotten.insert(id, asked);
                    }
                }
                Outgoing::Answer { call, response } => self.answer(at, call, &response)?,
                Outgoing::HighWatermark(end) => self.publish(at, end)?,
                Outgoing::LeaderChanged(leader) => self.told(at, leader),
                Outgoing::Reset(id) => self.reset(at, id)?,
                Outgoing::KRaftVersionUpgraded { outcome, .. } => {
                    self.note(at, "upgraded", || {
                        format!("makes its voters dynamic: {outcome:?}")
                    });
                }
                Outgoing::Appended { id, outcome } => self.appended(at, id, outcome),
            }
        }
        self.look_after_seat(at)?;
        self.close_if_done(at)
    }

    /// Holds what happened to the invariants.
    ///
    /// # Errors
    ///
    /// [`Violation`].
    pub fn see(&mut self, at: usize, seen: &Seen<'_>) -> Result<(), Violation> {
        let view = View {
            hosts: &self.hosts,
            at,
            ledger: &self.ledger,
            timeouts: self.scenario.timeouts,
            time: self.time,
        };
        self.invariants.see(&view, seen)
    }

    /// Takes note of something at a host.
    pub fn note(&mut self, at: usize, what: &str, text: impl FnOnce() -> String) {
        let host = &self.hosts[at];
        let raft = host.node().map(kraft_bridge_raft::node::Node::raft);
        let state = raft.map(|raft| {
            (
                raft.role(),
                raft.epoch(),
                raft.log().end,
                raft.durable_end(),
                raft.high_watermark(),
            )
        });
        self.history.note(self.time, &(at, what, state), || {
            let state = state.map_or(
                "down".to_owned(),
                |(role, epoch, end, durable, high_watermark)| {
                    format!("{role:?} of {epoch}, {high_watermark}/{durable}/{end}")
                },
            );
            format!("host{at} [{state}] {}", text())
        });
    }

    /// Names a call that no other had.
    pub fn next_call(&mut self) -> CallId {
        self.calls += 1;
        CallId(self.calls)
    }

    /// Another append.
    pub fn next_append(&mut self) -> u64 {
        self.appends += 1;
        self.appends
    }

    /// What each host has for sure, those included that are down.
    pub fn kept(&self) -> impl Iterator<Item = &Kept> {
        self.hosts.iter().map(|host| &host.kept)
    }
}

impl Event {
    /// The host that has to do something, and does not while it stands still.
    fn host(&self) -> Option<usize> {
        match self {
            Event::Request(parcel) => Some(parcel.server),
            Event::Answer(parcel) => Some(parcel.asker),
            Event::NoAnswer { at, .. }
            | Event::ConnectionLost { at, .. }
            | Event::CallerGone { at, .. }
            | Event::Flush { at, .. }
            | Event::Checkpoint(at) => Some(*at),
            Event::CheckpointWritten(draft) => Some(draft.at),
            Event::Cluster(happening) => happening.host(),
            Event::Append | Event::Operate | Event::Fault(_) | Event::Repair(_) => None,
        }
    }
}
