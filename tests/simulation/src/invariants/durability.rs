//! What is called committed is on the disks of a majority, what a disk is said to hold it holds after a crash, and whoever
//! is elected has all that was ever committed.
//!
//! A directory that was wiped counts as it was: when it can be wiped is for the world to judge.
//!
//! Source: KIP-595; Raft (leader completeness).

use kraft_bridge_protocol::{Epoch, Offset, Uuid};
use kraft_bridge_raft::log::LogOutline;
use kraft_bridge_raft::quorum::{ReplicaKey, RoleName};

use super::{Invariant, Seen, View};
use crate::host::Kept;

#[derive(Debug)]
pub(super) struct OnMajority;

impl Invariant for OnMajority {
    fn sentence(&self) -> &'static str {
        "committed records are durable on a majority, and leaders have them"
    }

    fn see(&mut self, view: &View<'_>, seen: &Seen<'_>) -> Result<(), String> {
        match seen {
            Seen::Started => check_start(view),
            Seen::Stepped if view.raft().role() == RoleName::Leader => check_leader(view),
            Seen::Published { end } if view.raft().role() == RoleName::Leader => check_majority(view, *end),
            _ => Ok(()),
        }
    }
}

/// Whether a log holds the record before `end`, and so, logs matching, all before it.
fn reaches(log: &LogOutline, end: Offset, epoch: Option<Epoch>) -> bool {
    end == Offset(0) || log.start >= end || log.end >= end && log.epochs.at(Offset(end.0 - 1)) == epoch
}

/// What is on disk is there, unless a checkpoint of later records replaced it just when the process ended.
fn check_start(view: &View<'_>) -> Result<(), String> {
    let kept = &view.host().kept;
    let end = kept.durable_end;
    let epoch = (end > Offset(0))
        .then(|| kept.log.epochs.at(Offset(end.0 - 1)))
        .flatten();
    let found = view.raft().log();
    let is_replaced = found
        .newest_checkpoint
        .is_some_and(|newest| newest > kept.log.end());
    match reaches(found, end, epoch) || is_replaced || epoch.is_none() && found.end >= end {
        true => Ok(()),
        false => Err(format!(
            "was said to hold all below {end} of epoch {epoch:?}, and holds {found:?}"
        )),
    }
}

fn check_leader(view: &View<'_>) -> Result<(), String> {
    let committed = view.ledger.end();
    let log = view.raft().log();
    match reaches(log, committed.offset, Some(committed.epoch)) || view.raft().epoch() <= committed.epoch {
        true => Ok(()),
        false => Err(format!(
            "leads epoch {} without {committed:?}: {log:?}",
            view.raft().epoch()
        )),
    }
}

fn check_majority(view: &View<'_>, end: Offset) -> Result<(), String> {
    let epoch = view.ledger.epoch_at(Offset(end.0 - 1));
    let voters = view.raft().voters().current();
    let has = |kept: &Kept, voter: ReplicaKey| {
        let is_voter = voter.directory == Uuid::ZERO || voter.directory == kept.key.directory;
        is_voter && kept.key.id == voter.id && kept.durable_end >= end && reaches(&kept.log, end, epoch)
    };
    let hosts = || {
        view.hosts
            .iter()
            .flat_map(|host| host.wiped.iter().chain([&host.kept]))
    };
    let holders = voters
        .keys()
        .filter(|voter| hosts().any(|kept| has(kept, *voter)))
        .count();
    match holders >= voters.majority() {
        true => Ok(()),
        false => Err(format!(
            "all below {end} is called committed, and durable on {holders} of {} voters",
            voters.len()
        )),
    }
}
