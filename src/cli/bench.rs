//! `kraft-bridge bench`
//!
//! ```text
//!  disk       fdatasync of 4 KiB, one after the other      what all the rest is held against
//!  commits    one node, three nodes on loopback            from handing a record over to knowing it committed
//!  failover   three processes, the leader is killed        from SIGKILL to the next commit
//!  replay     a log of a million records                   opened, and replayed into an image
//!  snapshots  one checkpoint, many observers at once       FetchSnapshot over loopback
//! ```
//!
//! Times are one host's and one moment's: what counts are the ratios within one run.

mod commits;
mod disk;
mod failover;
mod nodes;
mod replay;
mod report;
mod snapshots;

use std::fs;
use std::path::PathBuf;

use anyhow::Context;
use clap::Args;

use super::{Outcome, Output};
use report::Report;

/// Measure how a quorum would fare on this host's disk: commits, failover, replay and checkpoints.
///
/// Everything happens below one directory, which is made and removed again.
#[derive(Debug, Args)]
pub(crate) struct Bench {
    /// Where to write: on the disk that the metadata log is to be on. It must not exist.
    #[arg(long, value_name = "DIRECTORY", default_value = "kraft-bridge-bench")]
    dir: PathBuf,
    /// Commits that are timed, one after the other.
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = clap::value_parser!(u32).range(10..))]
    commits: u32,
    /// How often the leader is killed.
    #[arg(long, value_name = "N", default_value_t = 5)]
    kills: u32,
    /// Records of the log that is replayed.
    #[arg(long, value_name = "N", default_value_t = 1_000_000, value_parser = clap::value_parser!(u32).range(1000..))]
    records: u32,
    /// Observers that fetch the checkpoint at once.
    #[arg(long, value_name = "N", default_value_t = 30)]
    observers: u32,
}

impl Bench {
    pub(super) fn run(&self, out: &mut Output) -> anyhow::Result<Outcome> {
        fs::create_dir(&self.dir).with_context(|| format!("{}: can't be made", self.dir.display()))?;
        let measured = self.measure();
        let removed = fs::remove_dir_all(&self.dir);
        out.answer(&measured?)?;
        removed.with_context(|| format!("{}: can't be removed", self.dir.display()))?;
        Ok(Outcome::Done)
    }

    fn measure(&self) -> anyhow::Result<Report> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()?;
        let disk = disk::measure(&self.dir, self.commits)?;
        let one = runtime.block_on(commits::measure(&self.dir.join("one"), 1, self.commits))?;
        let three = runtime.block_on(commits::measure(&self.dir.join("three"), 3, self.commits))?;
        let failover = failover::measure(&self.dir.join("failover"), self.kills)?;
        let formatted = nodes::format(&self.dir.join("replay"), 1)?;
        let (replay, checkpoint) = replay::measure(&formatted.log_dirs[0], self.records)?;
        let snapshots = runtime.block_on(snapshots::measure(&formatted, checkpoint, self.observers))?;
        Ok(Report {
            disk,
            one,
            three,
            failover,
            replay,
            snapshots,
        })
    }
}
