//! What can happen in a state, and what must be so in each.

use kraft_bridge_protocol::Epoch;
use kraft_bridge_raft::quorum::{AppendId, Input, NoAnswer, RequestId, RoleName, Timer};
use stateright::{Model, Property};

use crate::bounds::Bounds;
use crate::history::Law;
use crate::member::{self, Member};
use crate::network::{Content, Message};
use crate::quorum::Quorum;

/// Something that can happen.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// A message arrives, and does so again later if told.
    Deliver {
        /// Which.
        message: Message,
        /// Whether it stays on its way.
        arrives_again: bool,
    },
    /// A timer of a node fires.
    Fire {
        /// Whose.
        at: usize,
        /// Which.
        timer: Timer,
    },
    /// A node waits no longer for an answer.
    GiveUp {
        /// Which node.
        at: usize,
        /// The request.
        id: RequestId,
        /// Why.
        why: NoAnswer,
    },
    /// The connection of a follower to its leader breaks.
    Disconnect {
        /// The follower.
        at: usize,
    },
    /// A flush ends.
    Flush {
        /// Whose.
        at: usize,
    },
    /// A node crashes and starts again.
    Crash {
        /// Which.
        at: usize,
        /// Whether what it had not flushed is there.
        survives: bool,
    },
    /// A client appends a record through a leader.
    Append {
        /// The leader.
        at: usize,
    },
    /// A leader resigns.
    Resign {
        /// Which.
        at: usize,
    },
}

impl Model for Bounds {
    type State = Quorum;
    type Action = Action;

    fn init_states(&self) -> Vec<Quorum> {
        vec![Quorum::start(self)]
    }

    fn actions(&self, quorum: &Quorum, actions: &mut Vec<Action>) {
        for message in &quorum.network {
            self.arrivals(quorum, message, actions);
        }
        for at in 0..self.voters {
            self.timers(quorum, at, actions);
            self.silences(quorum, at, actions);
            self.mishaps(quorum, at, actions);
            self.work(quorum, at, actions);
        }
    }

    fn next_state(&self, quorum: &Quorum, action: Action) -> Option<Quorum> {
        let mut next = quorum.clone();
        match action {
            Action::Deliver {
                message,
                arrives_again,
            } => {
                next.spent.duplicates += u8::from(arrives_again);
                next.deliver(self, &message, arrives_again);
            }
            Action::Fire { at, timer } => {
                next.spent.duplicates += u8::from(timer == Timer::Announce);
                next.step(self, at, |member| member.raft.make_due(timer), Input::Tick);
            }
            Action::GiveUp { at, id, why } => {
                next.spent.losses += u8::from(quorum.is_under_way(at, id));
                let outcome = Err(why);
                next.step(self, at, |_| {}, Input::Response { id, outcome });
            }
            Action::Disconnect { at } => {
                next.spent.losses += 1;
                let leader = quorum.node(at).raft.leader()?;
                let endpoint = member::endpoint(usize::try_from(leader.0).ok()?);
                next.step(self, at, |_| {}, Input::ConnectionLost { endpoint });
            }
            Action::Flush { at } => {
                let durable_end = quorum.node(at).disk.clone().finish_flush()?;
                let finish = |member: &mut Member| {
                    member.disk.finish_flush();
                };
                next.step(self, at, finish, Input::Flushed { durable_end });
            }
            Action::Crash { at, survives } => {
                next.spent.crashes += 1;
                next.crash(self, at, survives);
            }
            Action::Append { at } => {
                let input = Input::Append {
                    id: AppendId(0),
                    epoch: quorum.node(at).raft.epoch(),
                    records: vec![vec![quorum.spent.records]],
                };
                next.spent.records += 1;
                next.step(self, at, |_| {}, input);
            }
            Action::Resign { at } => {
                next.spent.resignations += 1;
                let epoch = quorum.node(at).raft.epoch();
                next.step(self, at, |_| {}, Input::Resign { epoch });
            }
        }
        (next != *quorum).then_some(next)
    }

    fn within_boundary(&self, quorum: &Quorum) -> bool {
        let is_within = |node: &Member| node.raft.epoch() <= Epoch(self.epochs);
        quorum.spent.stands <= self.stands && quorum.nodes().all(is_within)
    }

    fn properties(&self) -> Vec<Property<Bounds>> {
        vec![
            Property::always("an epoch has one leader, once", |_, state| {
                keeps(state, Law::OneLeader)
            }),
            Property::always("epochs and votes never go back", |_, state| {
                keeps(state, Law::VotesStay)
            }),
            Property::always("logs match", |_, state| keeps(state, Law::LogsMatch)),
            Property::always("what is committed is never lost or changed", |_, state| {
                keeps(state, Law::CommittedStays)
            }),
            Property::always("what is committed is durable on a majority", |_, state| {
                keeps(state, Law::CommittedIsDurable)
            }),
            Property::always("what was acknowledged every later leader has", |_, state| {
                keeps(state, Law::AcknowledgedStays)
            }),
            Property::always("high watermarks never go back", |_, state| {
                keeps(state, Law::HighWatermarkRises)
            }),
            Property::always("no node has to give up", |_, state| {
                keeps(state, Law::NobodyFails)
            }),
            Property::sometimes("a node is elected", |_, state: &Quorum| {
                !state.history().leaders.is_empty()
            }),
            Property::sometimes("a client's record is committed", |_, state: &Quorum| {
                !state.history().acknowledged.is_empty()
            }),
            Property::sometimes("another leader is elected after that", |_, state: &Quorum| {
                state.history().led_after_append()
            }),
        ]
    }
}

fn keeps(quorum: &Quorum, law: Law) -> bool {
    !quorum.history().broken.contains(&law)
}

impl Bounds {
    /// Whether a node knows no pre-votes.
    pub fn is_older(&self, at: usize) -> bool {
        at + self.older >= self.voters
    }

    fn arrivals(&self, quorum: &Quorum, message: &Message, actions: &mut Vec<Action>) {
        let is_request = matches!(*message.content, Content::Request(_));
        let may_double = is_request && quorum.spent.duplicates < self.duplicates;
        for arrives_again in [false, true].into_iter().take(1 + usize::from(may_double)) {
            actions.push(Action::Deliver {
                message: message.clone(),
                arrives_again,
            });
        }
    }

    /// Nodes differ by nothing but their names, so it is the first one that stands first.
    fn timers(&self, quorum: &Quorum, at: usize, actions: &mut Vec<Action>) {
        let fires = |timer: &Timer| match timer {
            Timer::Election => quorum.spent.stands > 0 || at == 0,
            Timer::Announce => quorum.spent.duplicates < self.duplicates,
            _ => true,
        };
        let timers = quorum.node(at).raft.timers().into_iter().filter(fires);
        actions.extend(timers.map(|timer| Action::Fire { at, timer }));
    }

    fn silences(&self, quorum: &Quorum, at: usize, actions: &mut Vec<Action>) {
        let may_lose = quorum.spent.losses < self.losses;
        for id in quorum.node(at).raft.waiting_requests() {
            if may_lose || !quorum.is_unheard(self, at) && !quorum.is_under_way(at, id) {
                let why = [NoAnswer::TimedOut, NoAnswer::Disconnected];
                actions.extend(why.map(|why| Action::GiveUp { at, id, why }));
            }
        }
        if may_lose && quorum.node(at).raft.role() == RoleName::Follower {
            actions.push(Action::Disconnect { at });
        }
    }

    fn mishaps(&self, quorum: &Quorum, at: usize, actions: &mut Vec<Action>) {
        if quorum.spent.crashes >= self.crashes {
            return;
        }
        let disk = &quorum.node(at).disk;
        let is_unflushed = disk.synced < disk.end();
        for survives in [false, true].into_iter().take(1 + usize::from(is_unflushed)) {
            actions.push(Action::Crash { at, survives });
        }
    }

    fn work(&self, quorum: &Quorum, at: usize, actions: &mut Vec<Action>) {
        let node = quorum.node(at);
        if node.disk.flushing.is_some() {
            actions.push(Action::Flush { at });
        }
        if node.raft.role() != RoleName::Leader {
            return;
        }
        if quorum.spent.records < self.records {
            actions.push(Action::Append { at });
        }
        if quorum.spent.resignations < self.resignations {
            actions.push(Action::Resign { at });
        }
    }
}
