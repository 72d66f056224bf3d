//! A quorum that runs: as a checkpoint and a segment that were read one after the other.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::bail;
use kraft_bridge_raft::observer::StartOver;

use super::Lines;
use super::batches::Printer;
use crate::client::{LiveQuorum, QuorumUri, Reading};
use crate::clock::pause;

/// How often a quorum is asked for what is new.
const PAUSE: Duration = Duration::from_millis(500);

pub(super) fn dump(
    mut quorum: LiveQuorum,
    uri: &QuorumUri,
    follow: bool,
    lines: &mut Lines,
) -> anyhow::Result<()> {
    let name = PathBuf::from(uri.to_string());
    let mut printer = Printer::new(&name, lines);
    loop {
        match quorum.read(|place, entry| printer.entry(place, entry))? {
            Reading::UpTo(_) if !follow => return Ok(()),
            Reading::UpTo(_) => {
                printer.flush()?;
                pause(PAUSE);
            }
            Reading::StartOver(reason) => bail!("{uri}: {}", explain(reason)),
        }
    }
}

fn explain(reason: StartOver) -> &'static str {
    match reason {
        StartOver::LogStartsLater => {
            "the leader no longer has the records that follow, but a newer checkpoint: dump again"
        }
        StartOver::Diverged => "the quorum lost records that were printed above: dump again",
        StartOver::CheckpointGone => "the checkpoint went away, or its leader, while it was read: dump again",
    }
}
