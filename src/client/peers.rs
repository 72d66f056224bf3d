//! The connections of a node to the other nodes of its quorum.
//!
//! ```text
//!  ask(peer, Fetch, FetchSnapshot) ─▶ line ─▶ Connection ─┐
//!  ask(peer, any other request) ────▶ line ─▶ Connection ─┴─▶ peer
//!                                        └── ConnectionLost
//! ```
//!
//! A line is a task that opens its connection when it is first asked, keeps it open, and has one request on the way at
//! a time, as the JVM's nodes do. A fetch that the leader parks must not hold up a vote, so each peer has two lines.
//!
//! Nothing is tried twice here: when, and whether, to ask again is for the caller to say.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use kraft_bridge_protocol::rpc::{AnyRequest, AnyResponse};
use kraft_bridge_raft::endpoint::Endpoint;
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use super::connection::{Connection, Settings, within};
use super::error::{ConnectionError, QuorumError};
use crate::config::ClientConfig;

/// Requests that wait in one line for the answer to another. A caller that has one on the way needs no room at all.
const QUEUE_LENGTH: usize = 8;
/// Losses that nobody has taken notice of.
const LOSSES_MAX: usize = 64;
/// A connection of no use for so long is closed before the other side does so: servers wait for ten minutes.
const IDLE_MAX: Duration = Duration::from_mins(9);

/// The peers of a node, each by where it listens.
pub(crate) struct Peers {
    settings: Arc<Settings>,
    lines: Mutex<BTreeMap<(Endpoint, Lane), mpsc::Sender<Call>>>,
    losses: mpsc::Sender<ConnectionLost>,
}

/// Which of a peer's two connections a request takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Lane {
    /// Fetch and FetchSnapshot, which the peer may leave without an answer for a while.
    Fetch,
    /// All that is answered at once.
    Prompt,
}

/// A connection that stood was ended by the peer, or by the network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ConnectionLost {
    /// The peer.
    pub(crate) peer: Endpoint,
    /// What it was used for. Only one that is in constant use says something of the peer by its end.
    pub(crate) lane: Lane,
    /// What happened.
    pub(crate) reason: String,
}

/// What a line is asked for, and the way back.
struct Call {
    request: AnyRequest,
    reply: Reply,
}

type Reply = oneshot::Sender<Result<AnyResponse, ConnectionError>>;

impl Peers {
    /// No connection yet; and where those that break are told, most of all while nothing is on the way.
    ///
    /// # Errors
    ///
    /// [`QuorumError`] when a key store or trust store is of no use.
    pub(crate) fn new(config: &ClientConfig) -> Result<(Peers, mpsc::Receiver<ConnectionLost>), QuorumError> {
        let (losses, lost) = mpsc::channel(LOSSES_MAX);
        let peers = Peers {
            settings: Arc::new(Settings::new(config)?),
            lines: Mutex::default(),
            losses,
        };
        Ok((peers, lost))
    }

    /// Asks a peer, on the connection that stands or else on a new one, in the highest version that both know. Behind
    /// other requests of the same lane, it waits for its turn.
    ///
    /// From its turn on, all of it must be done within the request timeout; to which a fetch adds the time that it
    /// allows the peer to park it for. If the future is dropped, the connection is closed, since the answer might be
    /// taken for that to the next request. Must be called on a tokio runtime, which the connection belongs to.
    ///
    /// ApiVersions, whatever the request says, is answered by what the peer said when it was connected to: its APIs, the
    /// levels of the features that it supports, and those that it knew to be finalized. A peer before 3.9 does not show
    /// features whose lowest level is 0, such as `kraft.version`.
    ///
    /// # Errors
    ///
    /// [`ConnectionError::NoCommonVersion`] if the peer is too old for this request, or for what it says; it was not
    /// sent then. Any other one means that it may or may not have been received.
    pub(crate) async fn ask(
        &self,
        peer: &Endpoint,
        request: AnyRequest,
    ) -> Result<AnyResponse, ConnectionError> {
        let (reply, answer) = oneshot::channel();
        let line = self.line(peer, lane(&request));
        // A line ends before its peers only when the runtime does.
        let sent = line.send(Call { request, reply }).await;
        sent.map_err(|_| ConnectionError::HungUp)?;
        answer.await.unwrap_or(Err(ConnectionError::HungUp))
    }

    fn line(&self, peer: &Endpoint, lane: Lane) -> mpsc::Sender<Call> {
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        lines
            .entry((peer.clone(), lane))
            .or_insert_with(|| {
                let (calls, received) = mpsc::channel(QUEUE_LENGTH);
                let line = Line {
                    peer: peer.clone(),
                    lane,
                    settings: Arc::clone(&self.settings),
                    calls: received,
                    losses: self.losses.clone(),
                    connection: None,
                };
                tokio::spawn(line.run());
                calls
            })
            .clone()
    }
}

/// One connection to a peer, whether or not it is open.
struct Line {
    peer: Endpoint,
    lane: Lane,
    settings: Arc<Settings>,
    calls: mpsc::Receiver<Call>,
    losses: mpsc::Sender<ConnectionLost>,
    connection: Option<Connection>,
}

/// What a call leaves of the connection.
enum Rest {
    Good,
    /// Its answers could be taken for those to other requests.
    Useless,
    /// It was ended by the other side, for this reason.
    Lost(String),
}

impl Line {
    /// Serves one call after the other, to the end of the peers.
    async fn run(mut self) {
        loop {
            let call = tokio::select! {
                // A connection that is broken already is of no use to the next call.
                biased;
                rest = idle(self.connection.as_mut()) => {
                    self.keep(rest);
                    continue;
                }
                call = self.calls.recv() => call,
            };
            match call {
                Some(call) => self.serve(call).await,
                None => return,
            }
        }
    }

    async fn serve(&mut self, Call { request, reply }: Call) {
        let limit = self.settings.request_timeout + parked(&request);
        let work = async {
            let connection = self.open().await?;
            match &request {
                AnyRequest::ApiVersions(_) => Ok(AnyResponse::ApiVersions(connection.spoken().clone())),
                request => connection.ask_any(request).await,
            }
        };
        let rest = answer(reply, within(limit, work)).await;
        self.keep(rest);
    }

    /// The connection that stands, or else a new one.
    async fn open(&mut self) -> Result<&mut Connection, ConnectionError> {
        let connection = match self.connection.take() {
            Some(connection) => connection,
            None => Connection::open(&self.peer, &self.settings).await?,
        };
        Ok(self.connection.insert(connection))
    }

    fn keep(&mut self, rest: Rest) {
        let connection = match rest {
            Rest::Good => return,
            Rest::Useless | Rest::Lost(_) => self.connection.take(),
        };
        // What was never opened is not lost: the caller knows that nobody answers.
        if let (Rest::Lost(reason), Some(_)) = (rest, connection) {
            tracing::debug!(peer = %self.peer, lane = ?self.lane, reason, "connection lost");
            let lost = ConnectionLost {
                peer: self.peer.clone(),
                lane: self.lane,
                reason,
            };
            // Whoever does not listen learns of it by the next request.
            drop(self.losses.try_send(lost));
        }
    }
}

/// Waits for the end of a connection that nothing is asked on; for ever if there is none.
async fn idle(connection: Option<&mut Connection>) -> Rest {
    match connection {
        None => std::future::pending().await,
        Some(connection) => timeout(IDLE_MAX, connection.broken())
            .await
            .map_or(Rest::Useless, |error| rest(&error)),
    }
}

/// Does the work and replies, unless nobody waits for it any more.
async fn answer(mut reply: Reply, work: impl Future<Output = Result<AnyResponse, ConnectionError>>) -> Rest {
    let answer = tokio::select! {
        biased;
        () = reply.closed() => return Rest::Useless,
        answer = work => answer,
    };
    let rest = answer.as_ref().map_or_else(rest, |_| Rest::Good);
    drop(reply.send(answer));
    rest
}

fn rest(error: &ConnectionError) -> Rest {
    match error {
        error if error.was_not_sent() => Rest::Good,
        error if error.is_loss() => Rest::Lost(error.to_string()),
        _ => Rest::Useless,
    }
}

fn lane(request: &AnyRequest) -> Lane {
    match request {
        AnyRequest::Fetch(_) | AnyRequest::FetchSnapshot(_) => Lane::Fetch,
        _ => Lane::Prompt,
    }
}

/// How long the peer may leave a request without an answer.
fn parked(request: &AnyRequest) -> Duration {
    match request {
        AnyRequest::Fetch(fetch) => {
            u64::try_from(fetch.max_wait_ms).map_or(Duration::ZERO, Duration::from_millis)
        }
        _ => Duration::ZERO,
    }
}

#[cfg(test)]
#[path = "peers_tests.rs"]
mod tests;
