//! KIP-631, KIP-966: one leader in each leader epoch, and it has everything that was acknowledged.

use std::collections::BTreeMap;

use kraft_bridge_protocol::{LeaderEpoch, NodeId};

use super::Committed;
use crate::cluster::Key;

/// Who led in which epoch.
#[derive(Debug, Default)]
pub(in crate::cluster) struct Leaders(BTreeMap<(Key, LeaderEpoch), NodeId>);

pub(super) fn check(committed: &Committed<'_>, leaders: &mut Leaders) -> Result<(), String> {
    let Some((key, now)) = committed.partition() else {
        return Ok(());
    };
    let Some(leader) = now.leader else { return Ok(()) };
    let first = *leaders.0.entry((key, now.leader_epoch)).or_insert(leader);
    if first != leader {
        return Err(format!("{first} and {leader} lead epoch {}", now.leader_epoch));
    }
    if !now.isr.contains(&leader) {
        return Err(format!("{leader} leads, and is not in sync: {:?}", now.isr));
    }
    if !committed.has_all(key, leader) {
        return Err(format!("{leader} leads, and lacks what was acknowledged"));
    }
    Ok(())
}
