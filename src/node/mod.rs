//! A controller node that runs: the shell around `raft`'s node.
//!
//! ```text
//!            server: listeners ─┐            ┌─ Driver, a thread: the node and its log
//!  other nodes                  ├─▶ events ─▶│
//!            client: peers ─────┘            └─▶ status ─▶ Replayer: the image, checkpoints
//!                                                      ├─▶ Controlling: what decides for brokers while this node leads
//!                                                      └─▶ Registration: who this node is, told to the one that leads
//! ```
//!
//! Nothing here decides anything about the quorum: `raft` does.

mod answering;
mod bootstrapping;
mod controlling;
mod describe_cluster;
mod describe_configs;
mod driver;
mod envelope;
mod error;
mod identity;
mod keys;
mod outgoing;
mod reading;
mod registration;
mod replaying;
mod running;
mod settings;
mod status;
mod update_features;

use std::io;
use std::net::SocketAddr;

use tokio::runtime::Builder;
use tokio::signal::unix::{SignalKind, signal};

use crate::config::KafkaConfig;
use crate::metrics::Metrics;

pub(crate) use driver::Events;
pub(crate) use error::ServeError;
pub(crate) use running::Running;

/// Serves as the configuration says until the process is told to stop (SIGTERM, SIGINT) or the node cannot go on.
///
/// With `keeps_leadership` it stays leader once it is, and decides for brokers; else it hands over. Metrics are served
/// at the address, if there is one.
///
/// # Errors
///
/// [`ServeError`] says what to do.
pub(crate) fn serve(
    config: &KafkaConfig,
    keeps_leadership: bool,
    metrics: Option<SocketAddr>,
) -> Result<(), ServeError> {
    let runtime = Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let mut node = Running::start(config, keeps_leadership).await?;
        let _metrics = match metrics {
            Some(address) => Some(Metrics::serve(address, node.figures()).await?),
            None => None,
        };
        tokio::select! {
            ended = node.ended() => return ended,
            stopped = told_to_stop() => stopped?,
        }
        node.stop().await
    })
}

async fn told_to_stop() -> io::Result<()> {
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}
