//! A node with all that belongs to it, from its start to its end.

use std::io;
use std::sync::{Arc, PoisonError};
use std::thread;

use kraft_bridge_protocol::{Epoch, NodeId, Uuid};
use kraft_bridge_raft::log::Directory;
use kraft_bridge_raft::names;
use kraft_bridge_raft::node::{Node, NodeError};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;

use super::answering::Answering;
use super::controlling::{self, Controlling};
use super::driver::{Driver, Event, Events, queue};
use super::identity::Identity;
use super::outgoing::Outgoing;
use super::registration::{self, Registration};
use super::replaying::{Image, Replayer, ReplayingError};
use super::status::Status;
use super::{ServeError, bootstrapping, keys, settings};
use crate::client::Peers;
use crate::clock::Clock;
use crate::config::KafkaConfig;
use crate::lock::Lock;
use crate::metrics::{Figures, Standing};
use crate::server::Server;

/// A node that runs. Dropping it closes its listeners; only [`Running::stop`] lets it hand over first.
pub(crate) struct Running {
    own: NodeId,
    events: Events,
    status: watch::Receiver<Status>,
    driving: Driving,
    replaying: JoinHandle<Result<(), ReplayingError>>,
    image: Image,
    _servers: Vec<Server>,
    _lock: Lock,
}

impl Running {
    /// Starts a node as its configuration says, on the present runtime.
    ///
    /// # Errors
    ///
    /// [`ServeError`] says what to do.
    pub(crate) async fn start(config: &KafkaConfig, keeps_leadership: bool) -> Result<Running, ServeError> {
        if keeps_leadership {
            keys::check(&config.properties)?;
        }
        let without_effect = keys::without_effect(&config.properties);
        if !without_effect.is_empty() {
            tracing::warn!(
                keys = without_effect.join(", "),
                "keys of the file that change nothing here"
            );
        }
        let dir = &config.metadata_log_dir;
        let identity = Identity::read(dir, config.node_id)?;
        let lock = Lock::take(dir)?.ok_or_else(|| ServeError::InUse { path: dir.clone() })?;
        let (events, received) = queue();
        let (peers, lost) = Peers::new(&config.peers()?)?;
        let peers = Arc::new(peers);
        // On one thread with the connections to its peers, a node that follows is woken once for what it fetched.
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let outgoing = Outgoing::new(Arc::clone(&peers), lost, runtime.handle().clone(), events.clone());
        let (driving, status) = start_node(
            runtime,
            config,
            &identity,
            keeps_leadership,
            outgoing,
            &events,
            received,
        )?;

        let checkpoints = settings::checkpoints(&config.properties)?;
        let replayer = Replayer::new(events.clone(), status.clone(), config.authorizer()?, checkpoints);
        let image = replayer.image();
        let (decisions, asked) = controlling::queue();
        let settings = settings::controller(config, &identity)?;
        let handler = Arc::new(Answering {
            own: config.node_id,
            decisions: decisions.clone(),
            cluster_id: identity.cluster_id.clone(),
            file: config.properties.clone(),
            token_secret: settings.token_secret.clone(),
            events: events.clone(),
            image: Arc::clone(&image),
            status: status.clone(),
        });
        let replaying = tokio::spawn(replayer.run());
        let registration = Registration {
            request: registration::request(config, incarnation_id()?)?,
            peers,
            image: Arc::clone(&image),
            events: events.clone(),
            decisions,
            status: status.clone(),
        };
        tokio::spawn(registration.run());
        let controlling = Controlling {
            own: config.node_id,
            keeps: keeps_leadership,
            settings,
            bootstrap: bootstrapping::read(dir)?,
            clock: Clock::start(),
            image: Arc::clone(&image),
            events: events.clone(),
            status: status.clone(),
        };
        tokio::spawn(controlling.run(asked));
        let mut servers = Vec::new();
        for listener in config.controller_listeners()? {
            servers.push(Server::bind(listener, Arc::clone(&handler)).await?);
        }
        let addresses: Vec<_> = servers.iter().map(Server::address).collect();
        tracing::info!(node = %config.node_id, cluster = identity.cluster_id, ?addresses, "serving");
        Ok(Running {
            own: config.node_id,
            events,
            status,
            driving,
            replaying,
            image,
            _servers: servers,
            _lock: lock,
        })
    }

    /// Waits until the node cannot go on.
    ///
    /// # Errors
    ///
    /// [`ServeError`], why it cannot.
    pub(crate) async fn ended(&mut self) -> Result<(), ServeError> {
        tokio::select! {
            driven = &mut self.driving => Ok(driven.map_err(|_| ServeError::Defect)??),
            replayed = &mut self.replaying => Ok(replayed.map_err(|_| ServeError::Defect)??),
        }
    }

    /// Hands over what the node leads, and ends it.
    ///
    /// # Errors
    ///
    /// [`ServeError`] if it could not be ended in order.
    pub(crate) async fn stop(self) -> Result<(), ServeError> {
        // A node that has stopped meanwhile says so itself.
        drop(self.events.0.send(Event::ShutDown).await);
        Ok(self.driving.await.map_err(|_| ServeError::Defect)??)
    }

    /// Waits until the node leads and has committed its first record; tells the epoch, or nothing if it stops before.
    pub(crate) fn leads(&self) -> impl Future<Output = Option<Epoch>> + Send + use<> {
        let (mut status, own) = (self.status.clone(), self.own);
        async move {
            status
                .wait_for(|status| status.leads(own).is_some())
                .await
                .ok()?
                .leads(own)
        }
    }

    /// What its metrics tell, at whatever moment that is asked for.
    pub(crate) fn figures(&self) -> impl Fn() -> Figures + Clone + Send + Sync + use<> {
        let (own, status, image) = (self.own, self.status.clone(), Arc::clone(&self.image));
        move || {
            let status = *status.borrow();
            let published = image.read().unwrap_or_else(PoisonError::into_inner);
            let standing = Standing {
                is_active: status.leads(own).is_some(),
                leader: status.leader.leader,
                epoch: status.leader.epoch,
                high_watermark: status.high_watermark,
                applied: published.end.map(|end| end.offset),
            };
            Figures::of(&standing, published.replay.image())
        }
    }

    /// A way to append records while the node leads.
    pub(crate) fn appender(&self) -> Events {
        self.events.clone()
    }
}

/// Tells this run of the node from every other.
fn incarnation_id() -> io::Result<Uuid> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(io::Error::other)?;
    Ok(Uuid::version_4(bytes))
}

type Driving = oneshot::Receiver<Result<(), NodeError>>;

/// Starts the node on a thread of its own; its end is told.
fn start_node(
    runtime: Runtime,
    config: &KafkaConfig,
    identity: &Identity,
    keeps_leadership: bool,
    outgoing: Outgoing,
    events: &Events,
    received: mpsc::Receiver<Event>,
) -> Result<(Driving, watch::Receiver<Status>), ServeError> {
    let mut seed = [0; 8];
    getrandom::fill(&mut seed).map_err(io::Error::other)?;
    let raft = settings::raft(config, identity, keeps_leadership, u64::from_le_bytes(seed))?;
    let log_config = settings::log(&config.properties)?;
    let disk = Directory::open(&config.metadata_log_dir.join(names::METADATA_PARTITION))?;
    let clock = Clock::start();
    let (node, first) = Node::start(raft, Arc::new(disk), log_config, clock.now())?;
    let (driver, status) = Driver::new(node, clock, first, outgoing, events);
    let (ended, driving) = oneshot::channel();
    thread::Builder::new().name("node".to_owned()).spawn(move || {
        // Whoever asked for the end may be gone.
        drop(ended.send(runtime.block_on(driver.run(received))));
    })?;
    Ok((driving, status))
}
