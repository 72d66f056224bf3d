//! The live ensemble as a source. The only file that opens a session, and it never writes.
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
use tokio::time::{Instant, sleep, sleep_until, timeout};
use zookeeper_client::{Client, Connector, Error, MultiReadResult, SaslOptions, SessionState};

use super::options::ConnectOptions;
use super::passes::Passes;
use super::walk::{Answer, Batch, Limits, Lost, Seen, Walk};
use super::{probe, tls};
use crate::capture::{Capture, CaptureError, Summary, ZnodeSink};
use crate::znode::{Stat, Zxid};

/// Batches in flight.
const BATCHES: usize = 8;
/// Paths of a multi-read.
const MULTI_READ_PATHS: usize = 512;
/// Single operations of a batch in flight: 256 altogether.
const SINGLE_READS: usize = 32;
/// Servers refuse requests above 1 MiB by default, and each path stands in one twice.
const REQUEST_BYTES: usize = 128 * 1024;
/// Payloads held while one before them is still to come.
const HELD_BYTES: usize = 64 * 1024 * 1024;
/// Pause between two attempts to open a session.
const PAUSE: Duration = Duration::from_millis(200);

/// A ZooKeeper ensemble that runs.
#[derive(Clone, Debug)]
pub struct LiveEnsemble {
    options: ConnectOptions,
}

impl LiveEnsemble {
    /// The ensemble that `options` lead to; nothing is opened yet.
    pub fn new(options: ConnectOptions) -> LiveEnsemble {
        LiveEnsemble { options }
    }
}

impl Capture for LiveEnsemble {
    /// Opens a session, reads, closes it. Must not be called from within an asynchronous runtime: it has its own.
    fn read(&mut self, sink: &mut dyn ZnodeSink) -> Result<Summary, CaptureError> {
        // The session lives on a thread of its own, so that a slow sink does not let it expire.
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_time()
            .build()
            .map_err(|error| refused(&self.options, format!("no thread can be started: {error}")))?;
        runtime.block_on(async {
            let mut session = Session::open(self.options.clone()).await?;
            session.capture(sink).await
        })
    }
}

fn refused(options: &ConnectOptions, problem: String) -> CaptureError {
    CaptureError::Ensemble {
        servers: options.servers.clone(),
        problem,
    }
}

/// The present session, and what it is asked.
struct Session {
    options: ConnectOptions,
    connector: Connector,
    client: Client,
    /// Whether the servers know multi-reads, once that is known.
    is_multi: Option<bool>,
    reads: JoinSet<(Batch, Result<Vec<Answer>, Error>)>,
    throttle: Throttle,
}

impl Session {
    async fn open(options: ConnectOptions) -> Result<Session, CaptureError> {
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

    async fn capture(&mut self, sink: &mut dyn ZnodeSink) -> Result<Summary, CaptureError> {
        let mut passes = Passes::default();
        loop {
            self.walk(&mut passes, sink).await?;
            let source = format!("zk://{}", self.options.servers);
            if let Some(summary) = passes.end_pass(&source, &self.options.chroot, sink)? {
                return Ok(summary);
            }
        }
    }

    /// Goes through the whole tree once.
    async fn walk(&mut self, passes: &mut Passes, sink: &mut dyn ZnodeSink) -> Result<(), CaptureError> {
        let mut walk = Walk::new(self.limits(), self.skipped_child());
        while !walk.is_done() {
            self.advance(&mut walk).await?;
            while let Some(step) = walk.next_step() {
                if step.path == "/" && step.what == Seen::Missing {
                    return Err(self.no_chroot());
                }
                passes.take(&step, sink)?;
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
    async fn recover(&mut self) -> Result<(), CaptureError> {
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

/// Opens a session, however often that takes.
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

/// Reads payloads and children of all paths in one request.
async fn multi_read(client: &Client, paths: &[String]) -> Result<Vec<Answer>, Error> {
    let mut reader = client.new_multi_reader();
    for path in paths {
        reader.add_get_data(path)?;
        reader.add_get_children(path)?;
    }
    let mut results = reader.commit().await?.into_iter();
    let mut answers = Vec::with_capacity(paths.len());
    while let (Some(data), Some(children)) = (results.next(), results.next()) {
        answers.push(match (data, children) {
            (MultiReadResult::Data { data, stat }, MultiReadResult::Children { children }) => {
                read(data, stat, children)
            }
            (MultiReadResult::Error { err }, _) | (_, MultiReadResult::Error { err }) => failed(err)?,
            _ => {
                return Err(Error::UnexpectedError(
                    "answers in another order than asked".to_owned(),
                ));
            }
        });
    }
    Ok(answers)
}

/// Reads payloads and then children of all paths, each by a request of its own.
async fn single_reads(client: &Client, paths: &[String]) -> Result<Vec<Answer>, Error> {
    let mut answers = Vec::with_capacity(paths.len());
    for paths in paths.chunks(SINGLE_READS) {
        let asked: Vec<_> = paths.iter().map(|path| client.get_data(path)).collect();
        let mut got = Vec::with_capacity(asked.len());
        for (path, data) in paths.iter().zip(asked) {
            let data = data.await;
            let has_children = data.as_ref().is_ok_and(|(_, stat)| stat.num_children > 0);
            got.push((data, has_children.then(|| client.get_children(path))));
        }
        for (data, children) in got {
            let children = match children {
                Some(children) => children.await.map(|(names, _)| names),
                None => Ok(Vec::new()),
            };
            answers.push(match (data, children) {
                (Ok((data, stat)), Ok(children)) => read(data, stat, children),
                (Err(error), _) | (_, Err(error)) => failed(error)?,
            });
        }
    }
    Ok(answers)
}

fn read(data: Vec<u8>, stat: zookeeper_client::Stat, children: Vec<String>) -> Answer {
    let stat = Stat {
        czxid: Zxid(stat.czxid),
        mzxid: Zxid(stat.mzxid),
        pzxid: Zxid(stat.pzxid),
        ctime: stat.ctime,
        mtime: stat.mtime,
        version: stat.version,
        cversion: stat.cversion,
        aversion: stat.aversion,
        ephemeral_owner: stat.ephemeral_owner,
    };
    Answer::Read { data, stat, children }
}

/// What a server's refusal of one path means; an error that is not about the path is handed back.
fn failed(error: Error) -> Result<Answer, Error> {
    match error {
        Error::NoNode => Ok(Answer::Missing),
        Error::NoAuth => Ok(Answer::Unreadable(
            "access is denied, to it and all below it: log in as the brokers do (the Client section of their JAAS \
             file, or their client certificate)"
                .to_owned(),
        )),
        Error::BadArguments(problem) => Ok(Answer::Unreadable(format!("the client refuses the path: {problem}"))),
        error => Err(error),
    }
}

/// Spreads the reads over time.
struct Throttle {
    per_second: Option<u32>,
    next: Instant,
}

impl Throttle {
    fn new(per_second: Option<u32>) -> Throttle {
        Throttle {
            per_second,
            next: Instant::now(),
        }
    }

    /// Paths that may be asked for at once, so that a tenth of a second is the coarsest step.
    fn batch_paths(&self, paths_max: usize) -> usize {
        match self.per_second {
            Some(rate) => usize::try_from(rate / 10)
                .unwrap_or(paths_max)
                .clamp(1, paths_max),
            None => paths_max,
        }
    }

    /// Waits until `paths` more may be read.
    async fn admit(&mut self, paths: usize) {
        let Some(rate) = self.per_second else { return };
        sleep_until(self.next).await;
        let share = Duration::from_secs_f64(paths as f64 / f64::from(rate.max(1)));
        self.next = self.next.max(Instant::now()) + share;
    }
}
