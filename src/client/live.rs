//! A live quorum as a source of records: performs what [`Observer`] decides.

use std::time::Duration;

use kraft_bridge_protocol::rpc::{FetchResponse, FetchSnapshotResponse};
use kraft_bridge_raft::endpoint::Endpoint;
use kraft_bridge_raft::observer::{
    Observer, ObserverError, ObserverOptions, Question, ReadUpTo, StartOver, Step,
};
use kraft_bridge_raft::reader::{Entry, Place};
use tokio::runtime::Runtime;
use tokio::time::{Instant, sleep};

use super::connection::{Connection, Settings, within};
use super::error::ConnectionError;
use super::{QuorumError, QuorumUri};
use crate::config::ClientConfig;

/// A quorum that runs, and how far its metadata log has been read. Nothing is ever written to it.
pub(crate) struct LiveQuorum {
    runtime: Runtime,
    settings: Settings,
    principal: String,
    observer: Observer,
    connection: Option<(Endpoint, Connection)>,
    /// The moment that times count from.
    start: Instant,
}

/// How a reading ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reading {
    /// All that was committed when it began has been given out; the next one goes on from there.
    UpTo(ReadUpTo),
    /// All that was given out, in this reading and those before, is void: the next one begins anew.
    StartOver(StartOver),
}

impl LiveQuorum {
    /// A quorum that nothing has been read of; servers are reached when it is read. If `cluster_id` is given, the
    /// servers refuse to be read when theirs is another.
    ///
    /// # Errors
    ///
    /// [`QuorumError`] when a key store or trust store is of no use.
    pub(crate) fn connect(
        uri: &QuorumUri,
        config: &ClientConfig,
        cluster_id: Option<&str>,
    ) -> Result<LiveQuorum, QuorumError> {
        let settings = Settings::new(config)?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(QuorumError::Runtime)?;
        let options = ObserverOptions {
            servers: uri.servers.clone(),
            cluster_id: cluster_id.map(str::to_owned),
            patience: config.patience,
        };
        Ok(LiveQuorum {
            start: runtime.block_on(async { Instant::now() }),
            runtime,
            settings,
            principal: principal(config),
            observer: Observer::new(options),
            connection: None,
        })
    }

    /// Reads what is committed by now and has not been read yet: the newest checkpoint first, if the leader offers
    /// one, then the log. Each record goes to `each`, in order; those of a checkpoint begin with its header.
    ///
    /// Must not be called from within an asynchronous runtime: it has its own.
    ///
    /// # Errors
    ///
    /// [`QuorumError`] when the quorum cannot be read, or whatever `each` fails with. After a failure of `each` this
    /// must be called no more: what was read twice or never can't be told.
    pub(crate) fn read<E: From<QuorumError>>(
        &mut self,
        mut each: impl FnMut(Place, Entry<'_>) -> Result<(), E>,
    ) -> Result<Reading, E> {
        let mut shell = Shell {
            settings: &self.settings,
            observer: &mut self.observer,
            connection: &mut self.connection,
            start: self.start,
        };
        let read = shell.read(&mut each);
        self.runtime.block_on(read).map_err(|failure| match failure {
            Failure::Caller(error) => error,
            Failure::Observer(ObserverError::NotAuthorized { server }) => QuorumError::NotAuthorized {
                server,
                principal: self.principal.clone(),
                what: "read the metadata log",
                operation: "ClusterAction",
            }
            .into(),
            Failure::Observer(error) => QuorumError::Observer(error).into(),
        })
    }
}

/// Who we are to the servers' authorizer.
pub(super) fn principal(config: &ClientConfig) -> String {
    let identity = config.tls.as_ref().and_then(|tls| tls.identity.as_ref());
    match (&config.login, identity) {
        (Some(login), _) => format!("User:{}", login.user),
        (None, Some(identity)) => {
            format!(
                "User:<the subject of the certificate in {}>",
                identity.path.display()
            )
        }
        (None, None) => "User:ANONYMOUS".to_owned(),
    }
}

/// Why a reading ended early.
enum Failure<E> {
    Observer(ObserverError),
    Caller(E),
}

impl<E> From<ObserverError> for Failure<E> {
    fn from(error: ObserverError) -> Self {
        Failure::Observer(error)
    }
}

/// The parts of a [`LiveQuorum`] that a reading works with.
struct Shell<'a> {
    settings: &'a Settings,
    observer: &'a mut Observer,
    connection: &'a mut Option<(Endpoint, Connection)>,
    start: Instant,
}

/// An answer to a [`Question`].
enum Answer {
    Fetch(FetchResponse),
    FetchSnapshot(FetchSnapshotResponse),
}

impl Shell<'_> {
    async fn read<E>(
        &mut self,
        each: &mut impl FnMut(Place, Entry<'_>) -> Result<(), E>,
    ) -> Result<Reading, Failure<E>> {
        self.observer.begin(self.now());
        loop {
            let now = self.now();
            match self.observer.next(now)? {
                Step::Done(up_to) => return Ok(Reading::UpTo(up_to)),
                Step::StartOver(reason) => return Ok(Reading::StartOver(reason)),
                Step::Pause(pause) => sleep(pause).await,
                Step::Ask(server, question) => {
                    let answer = self.ask(&server, &question).await;
                    self.take(&server, answer, each)?;
                }
            }
        }
    }

    fn now(&self) -> Duration {
        self.start.elapsed()
    }

    fn take<E>(
        &mut self,
        server: &Endpoint,
        answer: Result<Answer, ConnectionError>,
        each: &mut impl FnMut(Place, Entry<'_>) -> Result<(), E>,
    ) -> Result<(), Failure<E>> {
        let now = self.now();
        let each = |place, entry: Entry<'_>| each(place, entry).map_err(Failure::Caller);
        match answer {
            Ok(Answer::Fetch(response)) => self.observer.fetched(now, server, &response, each),
            Ok(Answer::FetchSnapshot(response)) => {
                self.observer.checkpoint_fetched(now, server, &response, each)
            }
            Err(error) => {
                tracing::debug!(%server, %error, "no answer");
                *self.connection = None;
                self.observer.lost(now, server, error.loss());
                Ok(())
            }
        }
    }

    /// Asks on the connection that stands, if it is to this server, else on a new one.
    async fn ask(&mut self, server: &Endpoint, question: &Question) -> Result<Answer, ConnectionError> {
        let limit = self.settings.request_timeout;
        let (_, connection) = match self.connection.take() {
            Some((to, connection)) if to == *server => self.connection.insert((to, connection)),
            _ => {
                let connection = within(limit, Connection::open(server, self.settings)).await?;
                self.connection.insert((server.clone(), connection))
            }
        };
        Ok(match question {
            Question::Fetch(request) => Answer::Fetch(within(limit, connection.ask(request)).await?),
            Question::FetchSnapshot(request) => {
                Answer::FetchSnapshot(within(limit, connection.ask(request)).await?)
            }
        })
    }
}
