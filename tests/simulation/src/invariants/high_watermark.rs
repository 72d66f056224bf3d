//! The high watermark only rises: at a node while it runs, and from each leader to the next.
//!
//! A leader of a later epoch begins behind all that earlier ones ever called committed, and calls nothing committed
//! itself before the first record of its own epoch is.
//!
//! Source: KIP-595; KAFKA-12619 (own-epoch rule).

use std::collections::BTreeMap;

use kraft_bridge_protocol::{Epoch, Offset};
use kraft_bridge_raft::quorum::RoleName;

use super::{Invariant, Seen, View};

/// What was published.
#[derive(Debug, Default)]
pub(super) struct Monotonic {
    /// By process.
    known: BTreeMap<(usize, u32), Offset>,
    /// Where each leader's epoch begins, and what it called committed.
    led: BTreeMap<Epoch, (Offset, Option<Offset>)>,
}

impl Invariant for Monotonic {
    fn sentence(&self) -> &'static str {
        "the high watermark never goes back, and lies in the leader's own epoch"
    }

    fn see(&mut self, view: &View<'_>, seen: &Seen<'_>) -> Result<(), String> {
        match seen {
            Seen::Stepped => self.check_node(view)?,
            Seen::Published { end } if view.raft().role() == RoleName::Leader => {
                self.check_leader(view, *end)?
            }
            _ => {}
        }
        Ok(())
    }
}

impl Monotonic {
    fn check_node(&mut self, view: &View<'_>) -> Result<(), String> {
        let now = view.raft().high_watermark();
        let process = (view.at, view.host().incarnation);
        let known = self.known.entry(process).or_insert(now);
        if now < *known {
            return Err(format!("goes back from {known} to {now}"));
        }
        if now > view.raft().log().end {
            return Err(format!(
                "is {now}, behind the end of the log {}",
                view.raft().log().end
            ));
        }
        *known = now;
        Ok(())
    }

    fn check_leader(&mut self, view: &View<'_>, end: Offset) -> Result<(), String> {
        let epoch = view.raft().epoch();
        let start = view.running().told.and_then(|told| told.epoch_start);
        let start = start.ok_or("a leader that does not know where its epoch begins")?;
        if end <= start {
            return Err(format!(
                "{end} is called committed in epoch {epoch}, which begins at {start}"
            ));
        }
        if let Some((before, (_, Some(published)))) = self.led.range(..epoch).next_back()
            && *published > start
        {
            return Err(format!(
                "epoch {epoch} begins at {start}, epoch {before} committed up to {published}"
            ));
        }
        if let Some((later, (start, _))) = self.led.range(Epoch(epoch.0 + 1)..).next()
            && end > *start
        {
            return Err(format!(
                "epoch {epoch} commits up to {end}, epoch {later} begins at {start}"
            ));
        }
        self.led.insert(epoch, (start, Some(end)));
        Ok(())
    }
}
