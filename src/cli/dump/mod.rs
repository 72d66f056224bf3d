//! `kraft-bridge dump`: what a file holds, one line per record, znode or transaction.
//!
//! ```text
//!  segment, checkpoint ── batches ── records ─┐
//!  quorum-state, meta.properties ── identity ─┤
//!  capture file ── capture ───────────────────┼─▶ Lines: text, or JSON objects with a `kind` each
//!  ZooKeeper snapshot, log ── zookeeper ──────┤
//!  a quorum that runs ── quorum ── records ───┘
//! ```
//!
//! Files are read front to end, and no more of them lies in memory than a batch, a frame or a znode. What comes before
//! a damage is printed, then the command fails. Secrets print as `[redacted]`.

mod batches;
mod capture;
mod identity;
mod kind;
mod payload;
mod quorum;
mod records;
mod zookeeper;

use std::io;
use std::path::PathBuf;

use clap::Args;

use super::{Lines, Outcome, Output};
use crate::client::{LiveQuorum, QuorumUri, SCHEME};
use crate::config::ClientConfig;
use kind::Kind;

/// What stands in place of a secret.
const REDACTED: &str = "[redacted]";

/// Print what a file of Kafka's metadata holds, or the metadata log of a quorum that runs.
///
/// Knows segments and checkpoints of a metadata log, bootstrap.checkpoint, quorum-state, meta.properties, captures,
/// and snapshots and transaction logs of ZooKeeper, by name and content. Secrets are not shown. A damaged file is
/// printed up to the damage; the command then fails. Of a live quorum, what is committed is printed: the newest
/// checkpoint, then the log from there on; nothing is changed there.
#[derive(Debug, Args)]
pub(crate) struct Dump {
    /// The file, or listeners of the controllers as kafka://host1:9093,host2:9093.
    path: PathBuf,
    /// A client's properties for a live quorum, as Kafka's own tools take them.
    #[arg(long, value_name = "FILE")]
    command_config: Option<PathBuf>,
    /// Read a live quorum only if it is that of this cluster.
    #[arg(long, value_name = "ID", allow_hyphen_values = true)]
    cluster_id: Option<String>,
    /// Go on with what a live quorum commits later, until interrupted.
    #[arg(long)]
    follow: bool,
    /// File whose first line is the passphrase of a sealed capture.
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
}

/// Where it is read from.
enum Source<'a> {
    Quorum(&'a str),
    File(Kind),
}

impl Dump {
    pub(crate) fn run(self, out: &mut Output) -> anyhow::Result<Outcome> {
        let uri = self.path.to_str().filter(|text| text.starts_with(SCHEME));
        let source = match uri {
            Some(uri) => Source::Quorum(uri),
            None => Source::File(Kind::of(&self.path)?),
        };
        let mut lines = out.lines();
        let dumped = match source {
            Source::Quorum(uri) => self.dump_quorum(uri, &mut lines),
            Source::File(kind) => self.dump(kind, &mut lines),
        };
        // What was sound is there to read before the error is.
        let finished = lines.finish().map_err(anyhow::Error::from);
        match dumped.and(finished) {
            // Whoever reads has seen enough (`dump … | head`).
            Err(error) if is_broken_pipe(&error) => Ok(Outcome::Done),
            other => other.map(|()| Outcome::Done),
        }
    }

    fn dump_quorum(&self, uri: &str, lines: &mut Lines) -> anyhow::Result<()> {
        let config = self
            .command_config
            .as_deref()
            .map(ClientConfig::load)
            .transpose()?;
        let cluster_id = self.cluster_id.as_deref();
        let uri: QuorumUri = uri.parse()?;
        let quorum = LiveQuorum::connect(&uri, &config.unwrap_or_default(), cluster_id)?;
        quorum::dump(quorum, &uri, self.follow, lines)
    }

    fn dump(&self, kind: Kind, lines: &mut Lines) -> anyhow::Result<()> {
        let path = &self.path;
        match kind {
            Kind::Segment => batches::dump_segment(path, lines),
            Kind::Checkpoint => batches::dump_checkpoint(path, lines),
            Kind::QuorumState => identity::dump_quorum_state(path, lines),
            Kind::MetaProperties => identity::dump_meta_properties(path, lines),
            Kind::Capture => capture::dump(path, self.passphrase_file.as_deref(), lines),
            Kind::ZookeeperSnapshot => zookeeper::dump_snapshot(path, lines),
            Kind::ZookeeperLog => zookeeper::dump_log(path, lines),
        }
    }
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error
        .chain()
        .filter_map(|cause| cause.downcast_ref::<io::Error>())
        .any(|cause| cause.kind() == io::ErrorKind::BrokenPipe)
}
