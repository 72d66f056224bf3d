//! No log is ever cut below what its node calls committed.
//!
//! Source: KIP-595; KAFKA-12460.

use super::{Invariant, Seen, View};

#[derive(Debug)]
pub(super) struct KeepsCommitted;

impl Invariant for KeepsCommitted {
    fn sentence(&self) -> &'static str {
        "no log is cut below the high watermark"
    }

    fn see(&mut self, view: &View<'_>, seen: &Seen<'_>) -> Result<(), String> {
        if !matches!(seen, Seen::Stepped | Seen::Started) {
            return Ok(());
        }
        let raft = view.raft();
        let (end, committed) = (view.running().node.log().end().offset, raft.high_watermark());
        if end < committed {
            return Err(format!(
                "the log ends at {end}, below the high watermark {committed}"
            ));
        }
        if raft.durable_end() > end {
            return Err(format!(
                "{} is called durable, where the log ends at {end}",
                raft.durable_end()
            ));
        }
        Ok(())
    }
}
