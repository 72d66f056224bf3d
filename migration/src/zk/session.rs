//! One session with an ensemble, and what it is asked. The only file that opens one, and it never writes.
//!
//! ```text
//!  Walk ─batch─▶ Session ─multi-read (3.6 and later) or single reads─▶ server
//!    ▲                │
//!    └────answers─────┘  lost: wait for the session, or open a new one; sync; go on
//! ```
//!
//! A session may end at any time (expired, or refused at a reconnect): no reading depends on one living on. After
//! every loss a `sync` brings whatever server answers now up to what was committed before, so that what is read only
//! ever gets newer.
//!
//! The client takes an answer of any length, and servers send any: `jute.maxbuffer` limits what a server takes in.
//! [`ConnectOptions::jute_maxbuffer`] bounds how much is asked for at once; a single znode beyond it is read
//! all the same.

use std::time::Duration;

use tokio::task::{JoinSet, spawn_blocking};
use tokio::time::{sleep, timeout};
use zookeeper_client::{
    AddWatchMode, Client, Connector, Error, PersistentWatcher, SaslOptions, SessionState,
};

use super::estimate::Estimate;
use super::options::ConnectOptions;
use super::pieces::Pieces;
use super::reads::{multi_read, single_reads};
use super::throttle::Throttle;
use super::walk::{Answer, Batch, Limits, Lost, Seen, Step, Walk};
use super::{probe, tls};
use crate::capture::{CaptureError, SinkError, ZnodeSink};

/// Batches in flight.
const BATCHES: usize = 8;
/// Paths of a multi-read.
const MULTI_READ_PATHS: usize = 512;
/// Servers refuse requests above 1 MiB by default, and each path stands in one twice.
const REQUEST_BYTES: usize = 128 * 1024;
/// Payloads held while one before them is still to come.
const HELD_BYTES: usize = 64 * 1024 * 1024;
/// Pause between two attempts to open a session.
const PAUSE: Duration = Duration::from_millis(200);
/// Longest wait for the end of a session.
const CLOSING: Duration = Duration::from_secs(1);

pub(super) fn refused(options: &ConnectOptions, problem: String) -> CaptureError {
    CaptureError::Ensemble {
        servers: options.servers.clone(),
        problem,
    }
}

/// The present session, and what it is asked.
pub(super) struct Session {
    options: ConnectOptions,
    connector: Connector,
    client: Client,
    /// Whether the servers know multi-reads, once that is known.
    is_multi: Option<bool>,
    reads: JoinSet<(Batch, Result<Vec<Answer>, Error>)>,
    throttle: Throttle,
}

impl Session {
    pub(super) async fn open(options: ConnectOptions) -> Result<Session, CaptureError> {
        let connector = connector(&options)?;
        let client = within(&options, connect(&options, &connector)).await?;
        let mut session = Session {
            throttle: Throttle::new(options.znodes_per_second),
            options,
            connector,
            client,
            is_multi: None,
            reads: JoinSet::new(),
        };
        session.recover().await?;
        Ok(session)
    }

    /// Ends the session, so that the servers need not wait for it to expire.
    pub(super) async fn close(self) {
        let mut states = self.client.state_watcher();
        // The last client takes the session with it, and those of reads in flight count.
        drop(self);
        let closed = async { while !states.changed().await.is_terminated() {} };
        if timeout(CLOSING, closed).await.is_err() {
            tracing::debug!("the session is left to expire");
        }
    }

    /// Goes through the whole tree once.
    ///
    /// `take` gets each step in subtree order; with an `estimate` the sink is told how many znodes to expect.
    pub(super) async fn walk(
        &mut self,
        mut estimate: Option<Estimate>,
        sink: &mut dyn ZnodeSink,
        mut take: impl FnMut(&Step, &mut dyn ZnodeSink) -> Result<(), SinkError>,
    ) -> Result<(), CaptureError> {
        let mut walk = Walk::new(self.limits(), self.skipped_child());
        while !walk.is_done() {
            self.advance(&mut walk).await?;
            while let Some(step) = walk.next_step() {
                let topics = walk.topics();
                if let Some(znodes) = estimate.as_mut().and_then(|guess| guess.take(&step.path, topics)) {
                    sink.expect(znodes);
                }
                match &step.what {
                    Seen::Missing if step.path == "/" => return Err(self.no_chroot()),
                    Seen::Unreadable(reason) if step.path == "/" => {
                        return Err(self.unreadable_chroot(reason));
                    }
                    _ => take(&step, sink)?,
                }
            }
        }
        Ok(())
    }

    fn no_chroot(&self) -> CaptureError {
        CaptureError::Chroot {
            problem: format!(
                "{}: the chroot {} does not exist: it is what follows the servers in the brokers' zookeeper.connect",
                self.options.servers, self.options.chroot
            ),
        }
    }

    fn unreadable_chroot(&self, reason: &str) -> CaptureError {
        let chroot = &self.options.chroot;
        refused(&self.options, format!("{chroot} can't be read: {reason}"))
    }

    /// ZooKeeper's own subtree is not Kafka's.
    fn skipped_child(&self) -> Option<&'static str> {
        (self.options.chroot == "/").then_some("zookeeper")
    }

    fn limits(&self) -> Limits {
        Limits {
            batches: BATCHES,
            batch_paths: self.throttle.batch_paths(MULTI_READ_PATHS),
            request_bytes: REQUEST_BYTES,
            answer_bytes: self.options.jute_maxbuffer / 4,
            held_bytes: HELD_BYTES,
        }
    }

    /// Sends what may be sent, and waits for one answer.
    async fn advance(&mut self, walk: &mut Walk) -> Result<(), CaptureError> {
        while let Some(batch) = walk.next_batch() {
            self.throttle.admit(batch.paths.len()).await;
            self.send(batch);
        }
        let is_lost = self.take_answers(walk).await? == Some(false);
        if is_lost {
            while self.take_answers(walk).await?.is_some() {}
            self.recover().await?;
        }
        Ok(())
    }

    /// Waits for the answers to one of the batches in flight, if there is one: whether they came.
    async fn take_answers(&mut self, walk: &mut Walk) -> Result<Option<bool>, CaptureError> {
        let Some(read) = self.reads.join_next().await else {
            return Ok(None);
        };
        let (batch, answers) =
            read.map_err(|error| refused(&self.options, format!("a read broke off: {error}")))?;
        if let Err(error) = &answers {
            tracing::debug!(servers = self.options.servers, %error, "a batch is lost");
            if *error == Error::Unimplemented {
                self.is_multi = None;
            }
        }
        let has_come = answers.is_ok();
        walk.answered(batch, answers.map_err(|error| Lost(error.to_string())));
        Ok(Some(has_come))
    }

    fn send(&mut self, batch: Batch) {
        let client = self.client.clone();
        let is_multi = self.is_multi == Some(true);
        self.reads.spawn(async move {
            let answers = if is_multi {
                multi_read(&client, &batch.paths).await
            } else {
                single_reads(&client, &batch.paths).await
            };
            (batch, answers)
        });
    }

    /// Comes back with a session whose server knows all that was committed until now.
    pub(super) async fn recover(&mut self) -> Result<(), CaptureError> {
        let options = self.options.clone();
        within(&options, async {
            loop {
                if !self.is_connected().await {
                    self.client = connect(&self.options, &self.connector).await?;
                }
                // A server that does not know multi-reads hangs up on them: then it is asked to sync again.
                if self.is_multi.is_none() {
                    self.is_multi = self.find_out_multi().await;
                } else if self.client.sync("/").await.is_ok() {
                    return Ok(());
                }
                sleep(PAUSE).await;
            }
        })
        .await
    }

    /// Reads these paths, however often the connection is lost; the answers stand in the order of the paths.
    pub(super) async fn read(&mut self, paths: &[String]) -> Result<Vec<Answer>, CaptureError> {
        let mut answers = Vec::with_capacity(paths.len());
        for paths in paths.chunks(self.throttle.batch_paths(MULTI_READ_PATHS)) {
            self.throttle.admit(paths.len()).await;
            answers.extend(self.read_batch(paths).await?);
        }
        Ok(answers)
    }

    async fn read_batch(&mut self, paths: &[String]) -> Result<Vec<Answer>, CaptureError> {
        let mut pieces = Pieces::new(paths);
        while let Some(piece) = pieces.next() {
            let answers = if self.is_multi == Some(true) {
                multi_read(&self.client, piece).await
            } else {
                single_reads(&self.client, piece).await
            };
            match answers {
                Ok(answers) => pieces.answered(answers),
                Err(error) => {
                    tracing::debug!(servers = self.options.servers, %error, "a batch is lost");
                    if error == Error::Unimplemented {
                        self.is_multi = None;
                    }
                    pieces.lost(&error.to_string());
                    self.recover().await?;
                }
            }
        }
        Ok(pieces.finish())
    }

    /// Watches everything below the chroot (ZooKeeper 3.6 and later); `None` for servers that can't.
    pub(super) async fn watch_all(&mut self) -> Result<Option<PersistentWatcher>, CaptureError> {
        if self.is_multi != Some(true) {
            // Both came with the same release, and older servers hang up on what they do not know.
            return Ok(None);
        }
        loop {
            match self.client.watch("/", AddWatchMode::PersistentRecursive).await {
                Ok(watcher) => return Ok(Some(watcher)),
                Err(Error::Unimplemented) => return Ok(None),
                Err(error) => {
                    tracing::debug!(servers = self.options.servers, %error, "no watch yet");
                    self.recover().await?;
                }
            }
        }
    }

    /// Waits until the server knows all that was committed until now; `false` if the connection was lost meanwhile.
    pub(super) async fn sync(&mut self) -> Result<bool, CaptureError> {
        let synced = self.client.sync("/").await.is_ok();
        if !synced {
            self.recover().await?;
        }
        Ok(synced)
    }

    /// Waits until the session is connected (`true`) or over.
    async fn is_connected(&self) -> bool {
        let mut states = self.client.state_watcher();
        let mut state = self.client.state();
        loop {
            match state {
                SessionState::SyncConnected => return true,
                state if state.is_terminated() => return false,
                _ => state = states.changed().await,
            }
        }
    }

    /// Whether the server knows multi-reads; `None` if it did not tell.
    async fn find_out_multi(&self) -> Option<bool> {
        let mut reader = self.client.new_multi_reader();
        reader.add_get_data("/").ok()?;
        match reader.commit().await {
            Ok(_) => Some(true),
            Err(Error::Unimplemented) => Some(false),
            Err(_) => None,
        }
    }
}

/// Opens a session, however often it must be tried.
///
/// # Errors
///
/// [`CaptureError::Ensemble`] if the login is refused; everything else is tried again.
async fn connect(options: &ConnectOptions, connector: &Connector) -> Result<Client, CaptureError> {
    loop {
        let connecting = connector.clone();
        let connected = match options.tls {
            Some(_) => connecting.secure_connect(&options.servers).await,
            None => connecting.connect(&options.servers).await,
        };
        match connected {
            Ok(client) => {
                return client
                    .chroot(options.chroot.as_str())
                    .map_err(|_| CaptureError::Chroot {
                        problem: format!("{}: {:?} is no chroot", options.servers, options.chroot),
                    });
            }
            Err(Error::AuthFailed) => return Err(refused(options, login_refused(options))),
            Err(Error::BadArguments(problem)) => return Err(refused(options, (*problem).to_owned())),
            Err(error) => tracing::debug!(servers = options.servers, %error, "no session yet"),
        }
        sleep(PAUSE).await;
    }
}

fn login_refused(options: &ConnectOptions) -> String {
    match &options.digest {
        Some(digest) => format!(
            "the servers refuse the login of {:?}: give user and password as in the Client section of the \
             brokers' JAAS file",
            digest.user
        ),
        None => "the servers want a login: give user and password as in the Client section of the brokers' JAAS file"
            .to_owned(),
    }
}

fn connector(options: &ConnectOptions) -> Result<Connector, CaptureError> {
    let mut connector = Client::connector().with_session_timeout(options.session_timeout);
    if let Some(digest) = &options.digest {
        let login = SaslOptions::digest_md5(digest.user.clone(), digest.password.0.clone());
        connector = connector.with_sasl(login);
    }
    if let Some(tls) = &options.tls {
        let tls = tls::client_options(tls).map_err(|error| refused(options, error.to_string()))?;
        connector = connector.with_tls(tls);
    }
    Ok(connector)
}

/// Gives `reaching` the connection timeout.
async fn within<T>(
    options: &ConnectOptions,
    reaching: impl Future<Output = Result<T, CaptureError>>,
) -> Result<T, CaptureError> {
    match timeout(options.connection_timeout, reaching).await {
        Ok(reached) => reached,
        Err(_) => {
            let servers = options.servers.clone();
            let reasons = spawn_blocking(move || probe::explain(&servers))
                .await
                .unwrap_or_default();
            let waited = options.connection_timeout;
            Err(refused(
                options,
                format!("no server could be reached within {waited:?}: {reasons}"),
            ))
        }
    }
}
