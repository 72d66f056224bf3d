//! `kraft-bridge serve`

use std::path::PathBuf;

use clap::Args;

use super::{Outcome, Output};
use crate::config::KafkaConfig;
use crate::node;

/// Run a controller node: a voter of the quorum, or an observer that replicates its metadata.
///
/// Runs until SIGTERM or SIGINT, after which a leader hands over first. Logs to stderr what RUST_LOG asks for.
#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// The configuration file, as stock Kafka reads it.
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// Stay leader once elected, and decide for brokers. Without it the node hands over to another voter: a stock
    /// controller can do more. A quorum without one needs it.
    #[arg(long)]
    keep_leadership: bool,
}

impl Serve {
    pub(super) fn run(&self, _out: &mut Output) -> anyhow::Result<Outcome> {
        let config = KafkaConfig::load(&self.config)?;
        node::serve(&config, self.keep_leadership)?;
        Ok(Outcome::Done)
    }
}
