//! `kraft-bridge serve`

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;

use super::{Outcome, Output};
use crate::config::KafkaConfig;
use crate::node;

/// Run a controller node: a voter of the quorum, which decides for brokers while it leads, or an observer that
/// replicates its metadata.
///
/// Runs until SIGTERM or SIGINT, after which a leader hands over first. Logs to stderr what RUST_LOG asks for.
#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// The configuration file, as stock Kafka reads it.
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// Hand leadership over to another voter whenever elected: the quorum needs a stock controller then, or a node
    /// without this option.
    #[arg(long)]
    hand_over: bool,
    /// Serve metrics for Prometheus there, at /metrics.
    #[arg(long, value_name = "ADDRESS:PORT")]
    metrics: Option<SocketAddr>,
}

impl Serve {
    pub(super) fn run(&self, _out: &mut Output) -> anyhow::Result<Outcome> {
        let config = KafkaConfig::load(&self.config)?;
        node::serve(&config, !self.hand_over, self.metrics)?;
        Ok(Outcome::Done)
    }
}
