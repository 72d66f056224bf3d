//! The controller of a host that leads: it begins once everything before its epoch is replayed, decides, and answers when
//! what it decided is committed.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use kraft_bridge_controller::{Begun, Controller, Decision, Requester};
use kraft_bridge_metadata::records::{AclOperation, ResourceType};
use kraft_bridge_protocol::rpc::{AnyRequest, AnyResponse, ErrorCode};
use kraft_bridge_protocol::{BrokerEpoch, Epoch, NodeId, Offset};
use kraft_bridge_raft::quorum::{AppendId, Input};

use super::Call;
use crate::host::{Host, Running};
use crate::invariants::Violation;
use crate::ledger::Fate;
use crate::replica::metadata;
use crate::world::World;

/// Somebody who may do everything.
struct Anybody;

impl Requester for Anybody {
    fn may(&self, _: AclOperation, _: ResourceType, _: &str) -> bool {
        true
    }

    fn principal(&self) -> &str {
        "User:somebody"
    }

    fn client_id(&self) -> Option<&str> {
        None
    }

    fn may_ask_for_tokens(&self) -> bool {
        false
    }
}

/// A controller in office.
pub(crate) struct Seat {
    epoch: Epoch,
    controller: Controller,
    /// Behind the last of its records that is committed.
    committed: Offset,
    owed: VecDeque<Owed>,
    /// When each broker was heard of last.
    contacts: BTreeMap<NodeId, Duration>,
    began: Duration,
    has_failed: bool,
}

/// An answer that waits for what it rests on.
#[derive(Debug)]
struct Owed {
    appends: VecDeque<u64>,
    answer: Option<(Call, AnyResponse)>,
}

impl std::fmt::Debug for Seat {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "the controller of epoch {}", self.epoch)
    }
}

impl Seat {
    /// When it has to do something by time alone, on its host's clock.
    pub(crate) fn deadline(&self) -> Duration {
        self.controller.deadline()
    }

    /// Whether everything that it decided is committed.
    pub(super) fn is_settled(&self) -> bool {
        self.owed.is_empty()
    }

    pub(super) fn controller(&self) -> &Controller {
        &self.controller
    }

    /// Brokers in service.
    fn in_service(&self) -> Vec<NodeId> {
        let brokers = self.controller.image().brokers.values();
        brokers
            .filter(|broker| !broker.fenced)
            .map(|broker| broker.broker_id)
            .collect()
    }

    /// How long a broker has been silent.
    fn silence(&self, broker: NodeId, now: Duration) -> Duration {
        now - self.contacts.get(&broker).copied().unwrap_or(self.began)
    }
}

impl World {
    /// Begins and ends controllers as the quorum has it, and gives the answers that are due.
    pub(crate) fn look_after_seat(&mut self, at: usize) -> Result<(), Violation> {
        if self.cluster.is_none() {
            return Ok(());
        }
        let host = &mut self.hosts[at];
        let leads = leads(host);
        let Some(running) = &mut host.running else {
            return Ok(());
        };
        let epoch = leads.map(|(epoch, _)| epoch);
        if let Some(left) = running.seat.take_if(|seat| Some(seat.epoch) != epoch) {
            self.note(at, "leaves", || format!("{left:?} leaves"));
            let callers = left.owed.into_iter().filter_map(|owed| owed.answer);
            callers.for_each(|(call, _)| self.give(call, None));
        }
        let running = self.hosts[at].running.as_ref();
        if let Some((epoch, start)) = leads
            && running.is_some_and(|running| running.seat.is_none() && running.replica.end.offset > start)
        {
            self.take_seat(at, epoch)?;
        }
        self.settle(at)
    }

    fn take_seat(&mut self, at: usize, epoch: Epoch) -> Result<(), Violation> {
        let seed = self.random.number();
        let plan = &self.cluster.as_ref().expect("there is one").plan;
        let host = &mut self.hosts[at];
        let (now, node) = (host.clock.now(self.time).elapsed, host.key().id);
        let Some(running) = &mut host.running else {
            return Ok(());
        };
        let replay = running.replica.metadata();
        let end = running.replica.end.offset;
        let (settings, bootstrap) = (plan.settings(node), plan.bootstrap());
        let begun = Controller::take_over(settings, replay, end, &bootstrap, now, seed);
        let Begun {
            controller, batches, ..
        } = begun.map_err(|error| Violation::new("every log can be gone on with", error.to_string()))?;
        running.seat = Some(Seat {
            epoch,
            controller,
            committed: end,
            owed: VecDeque::new(),
            contacts: BTreeMap::new(),
            began: now,
            has_failed: false,
        });
        self.note(at, "takes over", || format!("decides from {end} on"));
        self.write(at, epoch, batches, None)
    }

    /// A request reaches a host.
    pub(super) fn decide(&mut self, at: usize, call: Call, request: &AnyRequest) -> Result<(), Violation> {
        let now = self.hosts[at].clock.now(self.time);
        let Some(running) = &mut self.hosts[at].running else {
            return Ok(());
        };
        let Some(seat) = running.seat.as_mut().filter(|seat| !seat.has_failed) else {
            self.give(call, None);
            return Ok(());
        };
        seat.controller.appended(seat.committed);
        let versions = request.api().known.as_ref().expect("it is known");
        let decision = seat.controller.handle(now, &Anybody, *versions.end(), request);
        let Decision { batches, answer } = decision.expect("it decides upon all of these");
        if let Some((broker, epoch)) = contact(request, &answer) {
            let known = seat.controller.image().brokers.get(&broker);
            if known.is_none_or(|known| known.broker_epoch != epoch) {
                let problem = format!("host{at} takes {request:?} for one of the present run");
                return Err(Violation::new(
                    "what an earlier run of a broker asks for is refused",
                    problem,
                ));
            }
            seat.contacts.insert(broker, now.elapsed);
        }
        let epoch = seat.epoch;
        self.note(at, "decides", || {
            let records: usize = batches.iter().map(Vec::len).sum();
            format!("decides {call:?} by {records} records: {answer:?}")
        });
        self.write(at, epoch, batches, Some((call, answer)))
    }

    /// A controller does what is due.
    pub(crate) fn tick_seat(&mut self, at: usize) -> Result<(), Violation> {
        let now = self.hosts[at].clock.now(self.time);
        let running = self.hosts[at].running.as_mut();
        let Some(seat) = running.and_then(|running| running.seat.as_mut()) else {
            return Ok(());
        };
        if seat.controller.deadline() > now.elapsed {
            return Ok(());
        }
        let before = seat.in_service();
        let batches = seat.controller.tick(now);
        let after = seat.in_service();
        let patience = self.cluster.as_ref().expect("there is one").plan.session_timeout;
        let mut fenced = before.iter().filter(|id| !after.contains(id));
        if let Some(id) = fenced.find(|id| seat.silence(**id, now.elapsed) < patience) {
            let silence = seat.silence(*id, now.elapsed);
            let problem = format!("host{at} fences broker {id}, which was silent for {silence:?} alone");
            return Err(Violation::new("a broker that is heard of is not fenced", problem));
        }
        // The next moment is for the others that are due.
        if seat.controller.deadline() > now.elapsed
            && let Some(id) = after.iter().find(|id| seat.silence(**id, now.elapsed) > patience)
        {
            let problem = format!("host{at} does not fence broker {id}, which is silent");
            return Err(Violation::new("a broker that is silent is fenced", problem));
        }
        let epoch = seat.epoch;
        match batches.is_empty() {
            true => Ok(()),
            false => self.write(at, epoch, batches, None),
        }
    }

    /// Appends what was decided, and owes the answer.
    fn write(
        &mut self,
        at: usize,
        epoch: Epoch,
        batches: Vec<Vec<Vec<u8>>>,
        answer: Option<(Call, AnyResponse)>,
    ) -> Result<(), Violation> {
        let mut appends = VecDeque::new();
        let mut is_refused = false;
        let batches: Vec<_> = batches
            .into_iter()
            .map(|batch| (self.next_append(), batch))
            .collect();
        appends.extend(batches.iter().map(|(append, _)| *append));
        let Some(seat) = self.seat(at, epoch) else {
            return Ok(());
        };
        seat.owed.push_back(Owed { appends, answer });
        for (append, batch) in batches {
            self.ledger.begin(append, batch.len());
            let records = batch.iter().map(|record| metadata(append, record)).collect();
            self.note(at, "append", || format!("is to append decision {append}"));
            let id = AppendId(append);
            self.step(at, Input::Append { id, epoch, records })?;
            is_refused |= self.ledger.fate(append) == Fate::Refused;
        }
        if is_refused && let Some(seat) = self.seat(at, epoch) {
            seat.has_failed = true;
            return self.step(at, Input::Resign { epoch });
        }
        self.settle(at)
    }

    fn seat(&mut self, at: usize, epoch: Epoch) -> Option<&mut Seat> {
        let seat = self.hosts[at].running.as_mut()?.seat.as_mut();
        seat.filter(|seat| seat.epoch == epoch)
    }

    /// Gives the answers whose records are committed, in order.
    fn settle(&mut self, at: usize) -> Result<(), Violation> {
        let Some(seat) = self.hosts[at]
            .running
            .as_mut()
            .and_then(|running| running.seat.as_mut())
        else {
            return Ok(());
        };
        let mut answers = Vec::new();
        while let Some(owed) = seat.owed.front_mut() {
            while let Some(append) = owed.appends.front()
                && let Fate::Acknowledged(_, end) = self.ledger.fate(*append)
            {
                owed.appends.pop_front();
                seat.committed = end;
            }
            if !owed.appends.is_empty() {
                break;
            }
            answers.extend(seat.owed.pop_front().and_then(|owed| owed.answer));
        }
        for (call, answer) in answers {
            self.note(at, "gives", || format!("answers {call:?}"));
            self.give(call, Some(answer));
        }
        self.compare_images(at)
    }

    /// A controller's image is what its log comes to.
    fn compare_images(&mut self, at: usize) -> Result<(), Violation> {
        let Some(Running {
            seat: Some(seat),
            replica,
            ..
        }) = &self.hosts[at].running
        else {
            return Ok(());
        };
        let is_comparable = seat.is_settled() && replica.end.offset >= seat.committed;
        if is_comparable && replica.metadata().image() != seat.controller.image() {
            let problem = format!("host{at}: {seat:?} takes the cluster for another than its log says");
            return Err(Violation::new(
                "a controller's image is what its log comes to",
                problem,
            ));
        }
        Ok(())
    }
}

/// The epoch that a host leads, and where that begins.
fn leads(host: &Host) -> Option<(Epoch, Offset)> {
    let own = host.key().id;
    let told = host.running.as_ref()?.told?;
    let start = told.epoch_start.filter(|_| told.leader == Some(own))?;
    host.leads().then_some((told.epoch, start))
}

/// The run of a broker that was heard of, if what it asked was done.
fn contact(request: &AnyRequest, answer: &AnyResponse) -> Option<(NodeId, BrokerEpoch)> {
    let (broker, epoch, error) = match (request, answer) {
        (AnyRequest::BrokerHeartbeat(request), AnyResponse::BrokerHeartbeat(answer)) => {
            (request.broker_id, request.broker_epoch, answer.error_code)
        }
        (AnyRequest::BrokerRegistration(request), AnyResponse::BrokerRegistration(answer)) => {
            (request.broker_id, answer.broker_epoch, answer.error_code)
        }
        _ => return None,
    };
    (error == ErrorCode::None).then_some((broker, epoch))
}
