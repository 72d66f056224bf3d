//! Election safety: one leader to an epoch, over all time, and one time of leading to a leader.
//!
//! A node that resigned, or was restarted, never leads an epoch again that it led before.
//!
//! Source: KIP-595; KAFKA-10661, KAFKA-10527.

use std::collections::BTreeMap;

use kraft_bridge_protocol::{Epoch, NodeId};
use kraft_bridge_raft::quorum::RoleName;

use super::{Invariant, Seen, View};

/// Who led when.
#[derive(Debug, Default)]
pub(super) struct OneLeader {
    leaders: BTreeMap<Epoch, NodeId>,
    /// The process that led an epoch, and whether it still does.
    tenures: BTreeMap<Epoch, (usize, u32, bool)>,
}

impl Invariant for OneLeader {
    fn sentence(&self) -> &'static str {
        "an epoch has one leader, once"
    }

    fn see(&mut self, view: &View<'_>, seen: &Seen<'_>) -> Result<(), String> {
        if !matches!(seen, Seen::Stepped) {
            return Ok(());
        }
        let raft = view.raft();
        let epoch = raft.epoch();
        if let Some(leader) = raft.leader() {
            let known = *self.leaders.entry(epoch).or_insert(leader);
            if known != leader {
                return Err(format!("epoch {epoch} is led by {leader} and by {known}"));
            }
        }
        let (at, incarnation) = (view.at, view.host().incarnation);
        let leads = raft.role() == RoleName::Leader;
        if leads {
            let (who, process, still) = *self.tenures.entry(epoch).or_insert((at, incarnation, true));
            if (who, process, still) != (at, incarnation, true) {
                return Err(format!("leads epoch {epoch} again"));
            }
        }
        // Whoever does not lead now has ended what it led.
        let newest = self.tenures.range_mut(..=epoch).next_back();
        if let Some((led, (who, _, still))) = newest
            && *who == at
            && !(leads && *led == epoch)
        {
            *still = false;
        }
        Ok(())
    }
}
