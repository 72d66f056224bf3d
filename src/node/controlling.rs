//! What decides for brokers while this node leads: the controller, with its requests, its time and its answers.
//!
//! ```text
//!  listener ── Asked ─▶ Controlling ── records ─▶ node ─▶ log
//!                           │  one after the other         │ committed
//!                           └── Owed, in order ─▶ answers ◀┘
//! ```
//!
//! A controller begins with the image of all that was committed before its epoch, and ends with the epoch: what it
//! decided and did not get into the log never was.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use kraft_bridge_controller::{Begun, Controller, Decision, NotBegun, Requester, Settings};
use kraft_bridge_metadata::records::MetadataRecord;
use kraft_bridge_protocol::rpc::{AnyRequest, AnyResponse, ErrorCode};
use kraft_bridge_protocol::{Epoch, NodeId, Offset};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot, watch};
use tokio::time::sleep;

use super::driver::{Event, Events, NotCommitted};
use super::replaying::Image;
use super::status::Status;
use crate::clock::Clock;
use crate::server::with_error;

/// Requests that wait for the controller; whoever has more to ask waits.
const ASKED_MAX: usize = 1024;
/// Decisions that wait to be committed.
const OWED_MAX: usize = 4096;
/// Bytes of records that wait to be committed; fewer than a leader's log takes.
const UNCOMMITTED_BYTES_MAX: usize = 32 * 1024 * 1024;
/// How often a new leader looks whether everything before its epoch is replayed.
const CATCHING_UP: Duration = Duration::from_millis(1);
/// How long nothing need be done if nothing is due.
const IDLE: Duration = Duration::from_secs(3600);

/// A request for the controller.
struct Asked {
    requester: Box<dyn Requester + Send>,
    version: i16,
    request: AnyRequest,
    reply: oneshot::Sender<Reply>,
}

/// What comes of a request.
#[derive(Debug)]
pub(super) enum Reply {
    /// What the controller answers; everything that it rests on is committed.
    Decided(AnyResponse),
    /// That this node is not the active controller, or has not been so for long enough.
    NotController(AnyResponse),
}

/// Asks the controller of this node.
#[derive(Clone)]
pub(super) struct Decisions(mpsc::Sender<Asked>);

impl Decisions {
    /// The controller's answer, once what it decided is committed; `None` if the node stops before.
    pub(super) async fn ask(
        &self,
        requester: Box<dyn Requester + Send>,
        version: i16,
        request: AnyRequest,
    ) -> Option<Reply> {
        let (reply, answer) = oneshot::channel();
        let asked = Asked {
            requester,
            version,
            request,
            reply,
        };
        self.0.send(asked).await.ok()?;
        answer.await.ok()
    }
}

/// A queue for requests.
pub(super) fn queue() -> (Decisions, Receiver) {
    let (sender, receiver) = mpsc::channel(ASKED_MAX);
    (Decisions(sender), Receiver(receiver))
}

/// The other end of [`Decisions`].
pub(super) struct Receiver(mpsc::Receiver<Asked>);

/// Decides while this node leads, and says that it does not while it does not.
pub(super) struct Controlling {
    pub(super) own: NodeId,
    /// Whether it stays when it leads.
    pub(super) keeps: bool,
    pub(super) settings: Settings,
    /// What an empty log begins with.
    pub(super) bootstrap: Vec<MetadataRecord>,
    pub(super) clock: Clock,
    pub(super) image: Image,
    pub(super) events: Events,
    pub(super) status: watch::Receiver<Status>,
}

/// A controller that is active.
struct Active {
    epoch: Epoch,
    controller: Controller,
    committed: Arc<AtomicI64>,
    owed: mpsc::Sender<Owed>,
    space: Arc<Semaphore>,
}

/// An answer that waits for what it rests on.
struct Owed {
    committed: Vec<(
        oneshot::Receiver<Result<Offset, NotCommitted>>,
        OwnedSemaphorePermit,
    )>,
    answer: Option<(oneshot::Sender<Reply>, AnyRequest, AnyResponse)>,
}

impl Controlling {
    /// Runs until the node stops.
    pub(super) async fn run(mut self, mut asked: Receiver) {
        let mut active: Option<Active> = None;
        loop {
            let leads = self.status.borrow_and_update().leads(self.own);
            if active.as_ref().map(|active| active.epoch) != leads {
                active = None;
            }
            let mut patience = IDLE;
            if let Some(epoch) = leads {
                if !self.keeps {
                    tracing::info!(%epoch, "hands over, as it was told to");
                    drop(self.events.0.send(Event::Resign(epoch)).await);
                } else if active.is_none() {
                    active = self.begin(epoch).await;
                    patience = CATCHING_UP;
                }
            }
            if let Some(active) = &active {
                patience = active.controller.deadline().saturating_sub(self.clock.elapsed());
            }
            tokio::select! {
                changed = self.status.changed() => if changed.is_err() { return },
                request = asked.0.recv() => match request {
                    Some(request) => self.take(active.as_mut(), request).await,
                    None => return,
                },
                () = sleep(patience) => if let Some(active) = &mut active {
                    let batches = active.controller.tick(self.clock.now());
                    self.append(active, batches, None).await;
                },
            }
        }
    }

    /// A controller for this epoch, if everything before it is replayed and the log is one to decide upon.
    async fn begin(&self, epoch: Epoch) -> Option<Active> {
        let (begun, end) = match self.take_over(epoch)? {
            Ok(begun) => begun,
            Err(error) => {
                tracing::error!(%epoch, %error, "hands over");
                drop(self.events.0.send(Event::Resign(epoch)).await);
                return None;
            }
        };
        if begun.aborts_transaction {
            tracing::info!(%epoch, "aborts the transaction of an earlier leader");
        }
        if begun.bootstraps {
            tracing::info!(%epoch, "the log is empty: writes what bootstrap.checkpoint holds");
        }
        let committed = Arc::new(AtomicI64::new(end.0));
        let (owed, owing) = mpsc::channel(OWED_MAX);
        tokio::spawn(settle(owing, Arc::clone(&committed), self.events.clone(), epoch));
        let active = Active {
            epoch,
            controller: begun.controller,
            committed,
            owed,
            space: Arc::new(Semaphore::new(UNCOMMITTED_BYTES_MAX)),
        };
        self.append(&active, begun.batches, None).await;
        Some(active)
    }

    /// The controller, and where it goes on; nothing while something before the epoch is not replayed.
    fn take_over(&self, epoch: Epoch) -> Option<Result<(Begun, Offset), NotBegun>> {
        let published = self.image.read().unwrap_or_else(PoisonError::into_inner);
        let start = self.status.borrow().leader.epoch_start?;
        let end = published.end.filter(|end| end.offset > start)?.offset;
        let mut seed = [0; 8];
        getrandom::fill(&mut seed).ok()?;
        let seed = u64::from_le_bytes(seed);
        let now = self.clock.elapsed();
        tracing::info!(%epoch, offset = %end, "decides for brokers");
        let settings = self.settings.clone();
        let begun = Controller::take_over(settings, &published.replay, end, &self.bootstrap, now, seed);
        Some(begun.map(|begun| (begun, end)))
    }

    /// Has a request decided, or refuses it.
    async fn take(&self, active: Option<&mut Active>, asked: Asked) {
        let Asked {
            requester,
            version,
            request,
            reply,
        } = asked;
        let voters = match request {
            AnyRequest::UpdateFeatures(_) => self.voters().await,
            _ => None,
        };
        let decided = active.and_then(|active| {
            let Active {
                controller,
                committed,
                ..
            } = &mut *active;
            controller.appended(Offset(committed.load(Ordering::Relaxed)));
            if let Some(voters) = voters {
                controller.quorum_is(voters);
            }
            let decision = controller.handle(self.clock.now(), &*requester, version, &request)?;
            Some((active, decision))
        });
        match decided {
            Some((active, Decision { batches, answer })) => {
                self.append(active, batches, Some((reply, request, answer))).await;
            }
            // Whoever asked may be gone.
            None => drop(reply.send(Reply::NotController(with_error(
                &request,
                ErrorCode::NotController,
            )))),
        }
    }

    /// Who the quorum's voters are; nothing if the node has stopped.
    async fn voters(&self) -> Option<Vec<NodeId>> {
        let (reply, voters) = oneshot::channel();
        self.events.0.send(Event::ListVoters(reply)).await.ok()?;
        voters.await.ok()
    }

    /// Appends what was decided, and owes the answer.
    async fn append(
        &self,
        active: &Active,
        batches: Vec<Vec<Vec<u8>>>,
        answer: Option<(oneshot::Sender<Reply>, AnyRequest, AnyResponse)>,
    ) {
        let mut committed = Vec::with_capacity(batches.len());
        for batch in batches {
            let bytes = batch
                .iter()
                .map(Vec::len)
                .sum::<usize>()
                .min(UNCOMMITTED_BYTES_MAX);
            let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
            let space = Arc::clone(&active.space).acquire_many_owned(bytes).await;
            let space = space.expect("the semaphore is never closed");
            committed.push((self.events.append(active.epoch, batch).await, space));
        }
        // Its task ends with the controller, not before.
        drop(active.owed.send(Owed { committed, answer }).await);
    }
}

/// Gives answers in the order of the decisions, each once what it rests on is committed.
async fn settle(mut owing: mpsc::Receiver<Owed>, committed: Arc<AtomicI64>, events: Events, epoch: Epoch) {
    let mut failed = false;
    while let Some(owed) = owing.recv().await {
        for (outcome, space) in owed.committed {
            match outcome.await.unwrap_or(Err(NotCommitted::Stopped)) {
                Ok(end) => committed.store(end.0, Ordering::Relaxed),
                Err(error) if !failed => {
                    // What comes after rests on what is not there.
                    failed = true;
                    tracing::warn!(%error, %epoch, "a decision was not committed");
                    drop(events.0.send(Event::Resign(epoch)).await);
                }
                Err(_) => {}
            }
            drop(space);
        }
        if let Some((reply, request, answer)) = owed.answer {
            let answer = match failed {
                true => Reply::NotController(with_error(&request, ErrorCode::NotController)),
                false => Reply::Decided(answer),
            };
            // Whoever asked may be gone.
            drop(reply.send(answer));
        }
    }
}
