//! Voter sets that follow each other share a majority: they differ by one voter at most.
//!
//! A leader writes the next set only when the one before is committed and its epoch has committed something of its own;
//! but for the set that an epoch's first batch repeats.
//!
//! Source: KIP-853.

use std::collections::{BTreeMap, BTreeSet};

use kraft_bridge_protocol::{Offset, Uuid};
use kraft_bridge_raft::quorum::{ReplicaKey, RoleName, VoterSet};

use super::{Invariant, Seen, View};

/// Where each process's newest set stands.
#[derive(Debug, Default)]
pub(super) struct OneAtATime {
    newest: BTreeMap<(usize, u32), Option<Offset>>,
}

impl Invariant for OneAtATime {
    fn sentence(&self) -> &'static str {
        "voter sets change by one voter, and one after the other"
    }

    fn see(&mut self, view: &View<'_>, seen: &Seen<'_>) -> Result<(), String> {
        if !matches!(seen, Seen::Stepped) {
            return Ok(());
        }
        let process = (view.at, view.host().incarnation);
        let voters = view.raft().voters();
        let now = voters.newest_offset();
        let Some(before) = self.newest.insert(process, now) else {
            return Ok(());
        };
        // What a checkpoint tells may be many changes later.
        let start = view.raft().log().start;
        let Some(at) = now.filter(|now| before < Some(*now) && *now >= start) else {
            return Ok(());
        };
        check_step(voters.before(at).1, voters.current())?;
        match view.raft().role() {
            RoleName::Leader => check_order(view, before, at),
            _ => Ok(()),
        }
    }
}

/// One voter was added, removed, or has another entry; or static voters became dynamic ones.
fn check_step(old: &VoterSet, new: &VoterSet) -> Result<(), String> {
    if old.keys().all(|voter| voter.directory == Uuid::ZERO) {
        return match old.is_empty() || old.ids().eq(new.ids()) {
            true => Ok(()),
            false => Err(format!("the static voters {old:?} become {new:?}")),
        };
    }
    let [old, new]: [BTreeSet<ReplicaKey>; 2] = [old, new].map(|set| set.keys().collect());
    match old.difference(&new).count() <= 1 && new.difference(&old).count() <= 1 {
        true => Ok(()),
        false => Err(format!("the voters {old:?} become {new:?}")),
    }
}

fn check_order(view: &View<'_>, before: Option<Offset>, at: Offset) -> Result<(), String> {
    let raft = view.raft();
    let epoch = raft.epoch();
    let told = view.running().told.filter(|told| told.epoch == epoch);
    // LeaderChange, KRaftVersion, Voters. A leader that has just been elected has not been told yet.
    let start = told.and_then(|told| told.epoch_start);
    let Some(start) = start.filter(|start| at.0 > start.0 + 2) else {
        return Ok(());
    };
    let committed = raft.high_watermark();
    match before.is_none_or(|before| before < committed) && committed > start {
        true => Ok(()),
        false => Err(format!(
            "writes voters at {at} after those at {before:?}, while {committed} is committed"
        )),
    }
}
