//! A controller node that runs: the shell around `raft`'s node.
//!
//! ```text
//!            server: listeners ─┐            ┌─ Driver, a thread: the node and its log
//!  other nodes                  ├─▶ events ─▶│
//!            client: peers ─────┘            └─▶ status ─▶ Replayer: the image, checkpoints
//!                                                      └─▶ Leadership: what to do while this node leads
//! ```
//!
//! Nothing here decides anything about the quorum: `raft` does.

mod answering;
mod driver;
mod error;
mod identity;
mod leadership;
mod outgoing;
mod reading;
mod replaying;
mod settings;
mod status;

use std::io;
use std::sync::Arc;
use std::thread;

use kraft_bridge_raft::log::Directory;
use kraft_bridge_raft::names;
use kraft_bridge_raft::node::{Node, NodeError};
use tokio::runtime::{Builder, Handle};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{mpsc, oneshot, watch};

use crate::client::Peers;
use crate::clock::Clock;
use crate::config::KafkaConfig;
use crate::lock::Lock;
use crate::server::Server;
use answering::Answering;
use driver::{Driver, Event, Events, queue};
use identity::Identity;
use leadership::Leadership;
use outgoing::Outgoing;
use replaying::Replayer;
use status::Status;

pub(crate) use error::ServeError;

/// Serves as the configuration says until the process is told to stop (SIGTERM, SIGINT) or the node cannot go on.
///
/// With `keeps_leadership` it stays leader once it is, though nothing decides for brokers then; else it hands over.
///
/// # Errors
///
/// [`ServeError`] says what to do.
pub(crate) fn serve(config: &KafkaConfig, keeps_leadership: bool) -> Result<(), ServeError> {
    let dir = &config.metadata_log_dir;
    let identity = Identity::read(dir, config.node_id)?;
    let _lock = Lock::take(dir)?.ok_or_else(|| ServeError::InUse { path: dir.clone() })?;
    let runtime = Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    runtime.block_on(run(config, &identity, keeps_leadership))
}

async fn run(config: &KafkaConfig, identity: &Identity, keeps_leadership: bool) -> Result<(), ServeError> {
    let (events, received) = queue();
    let (peers, lost) = Peers::new(&config.peers()?)?;
    let outgoing = Outgoing::new(peers, lost, Handle::current(), events.clone());
    let (mut driving, status) = start_node(config, identity, outgoing, &events, received)?;

    let checkpoints = settings::checkpoints(&config.properties)?;
    let replayer = Replayer::new(events.clone(), status.clone(), config.authorizer()?, checkpoints);
    let image = replayer.image();
    let handler = Arc::new(Answering::new(events.clone(), Arc::clone(&image)));
    let mut replaying = tokio::spawn(replayer.run());
    let leadership = Leadership {
        own: config.node_id,
        keeps: keeps_leadership,
        idle: settings::idle_interval(&config.properties)?,
        image,
        events: events.clone(),
        status,
    };
    tokio::spawn(leadership.run());
    let mut servers = Vec::new();
    for listener in config.controller_listeners()? {
        servers.push(Server::bind(listener, Arc::clone(&handler)).await?);
    }
    let addresses: Vec<_> = servers.iter().map(Server::address).collect();
    tracing::info!(node = %config.node_id, cluster = identity.cluster_id, ?addresses, "serving");

    tokio::select! {
        driven = &mut driving => return Ok(driven.map_err(|_| ServeError::Defect)??),
        replayed = &mut replaying => replayed.map_err(|_| ServeError::Defect)??,
        stopped = told_to_stop() => stopped?,
    }
    // A node that has stopped meanwhile says so itself.
    drop(events.0.send(Event::ShutDown).await);
    Ok(driving.await.map_err(|_| ServeError::Defect)??)
}

type Driving = oneshot::Receiver<Result<(), NodeError>>;

/// Starts the node on a thread of its own; its end is told.
fn start_node(
    config: &KafkaConfig,
    identity: &Identity,
    outgoing: Outgoing,
    events: &Events,
    received: mpsc::Receiver<Event>,
) -> Result<(Driving, watch::Receiver<Status>), ServeError> {
    let mut seed = [0; 8];
    getrandom::fill(&mut seed).map_err(io::Error::other)?;
    let raft = settings::raft(config, identity, u64::from_le_bytes(seed))?;
    let log_config = settings::log(&config.properties)?;
    let disk = Directory::open(&config.metadata_log_dir.join(names::METADATA_PARTITION))?;
    let clock = Clock::start();
    let (node, first) = Node::start(raft, Arc::new(disk), log_config, clock.now())?;
    let (driver, status) = Driver::new(node, clock, first, outgoing, events);
    let runtime = Builder::new_current_thread().enable_time().build()?;
    let (ended, driving) = oneshot::channel();
    thread::Builder::new().name("node".to_owned()).spawn(move || {
        // Whoever asked for the end may be gone.
        drop(ended.send(runtime.block_on(driver.run(received))));
    })?;
    Ok((driving, status))
}

async fn told_to_stop() -> io::Result<()> {
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}
