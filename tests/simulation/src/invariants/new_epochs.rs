//! Nobody begins an epoch but a candidate, whom a majority would elect, and a leader that resigned: a node that was merely
//! away deposes nobody.
//!
//! Source: KIP-996.

use std::collections::{BTreeMap, BTreeSet};

use kraft_bridge_protocol::Epoch;
use kraft_bridge_raft::quorum::RoleName;

use super::{Invariant, Seen, View};

/// Epochs that were begun, and what each process was before its last step.
#[derive(Debug, Default)]
pub(super) struct BegunByCandidates {
    begun: BTreeSet<Epoch>,
    roles: BTreeMap<(usize, u32), RoleName>,
}

impl Invariant for BegunByCandidates {
    fn sentence(&self) -> &'static str {
        "an epoch is begun by a candidate, or by a leader that resigned"
    }

    fn see(&mut self, view: &View<'_>, seen: &Seen<'_>) -> Result<(), String> {
        if !matches!(seen, Seen::Stepped) {
            return Ok(());
        }
        let (role, epoch) = (view.raft().role(), view.raft().epoch());
        let before = self.roles.insert((view.at, view.host().incarnation), role);
        // A process finds what an earlier one wrote just before it ended.
        let is_new = self.begun.insert(epoch) && epoch > Epoch(0);
        let may_begin = matches!(role, RoleName::Candidate | RoleName::Leader | RoleName::Resigned)
            || before.is_none_or(|before| before == RoleName::Resigned);
        match is_new && !may_begin {
            true => Err(format!(
                "begins epoch {epoch} as {role:?}, after having been {before:?}"
            )),
            false => Ok(()),
        }
    }
}
