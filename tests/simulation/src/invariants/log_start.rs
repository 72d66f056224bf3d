//! What lies before a log is in a checkpoint, a checkpoint stands for committed records alone, and no leader gives up its
//! log for one.
//!
//! A log starts where a checkpoint ends; after a restart with the segment that holds this, as a JVM's does.
//!
//! Source: KIP-630; KAFKA-14238, KAFKA-12958.

use kraft_bridge_protocol::Offset;
use kraft_bridge_raft::quorum::RoleName;

use super::{Invariant, Seen, View};

#[derive(Debug)]
pub(super) struct AtCheckpoint;

impl Invariant for AtCheckpoint {
    fn sentence(&self) -> &'static str {
        "what lies before a log is in a checkpoint of committed records"
    }

    fn see(&mut self, view: &View<'_>, seen: &Seen<'_>) -> Result<(), String> {
        match seen {
            Seen::Stepped | Seen::Started => check_start(view),
            Seen::Reset if view.raft().role() == RoleName::Leader => {
                Err("a leader replaces its log by a checkpoint".to_owned())
            }
            Seen::TookCheckpoint { id } if id.offset > view.ledger.end().offset => {
                Err(format!("checkpoint {id:?} stands for more than was committed"))
            }
            _ => Ok(()),
        }
    }
}

fn check_start(view: &View<'_>) -> Result<(), String> {
    let log = view.running().node.log();
    let (start, outline) = (log.start_offset(), view.raft().log());
    let has_checkpoint = || log.checkpoints().any(|checkpoint| checkpoint.id.offset >= start);
    if start > Offset(0) && !has_checkpoint() {
        return Err(format!(
            "the log starts at {start}, and no checkpoint reaches there"
        ));
    }
    let oldest = log.checkpoints().next().map(|oldest| oldest.id);
    if outline.start != start || outline.oldest_checkpoint != oldest {
        return Err(format!(
            "the node takes the log to start at {outline:?}, and it does at {start}, {oldest:?}"
        ));
    }
    Ok(())
}
