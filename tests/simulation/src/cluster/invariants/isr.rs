//! KIP-497, KIP-841, KIP-903: who joins an ISR is in service and has what was acknowledged; an ISR never empties, unless
//! others are eligible (KIP-966).

use kraft_bridge_protocol::NodeId;

use super::{Committed, Leaders};
use crate::cluster::{Key, index};

pub(super) fn check(committed: &Committed<'_>, _: &mut Leaders) -> Result<(), String> {
    let Some((key, now)) = committed.partition() else {
        return Ok(());
    };
    if let Some(stranger) = now.isr.iter().find(|id| !now.replicas.contains(id)) {
        return Err(format!("{stranger} is in sync, and has no replica"));
    }
    if now.isr.is_empty() && !committed.has_elr {
        return Err("nobody is in sync".to_owned());
    }
    let before = committed.was.as_ref().map_or(&[][..], |was| &was.isr);
    for id in now.isr.iter().filter(|id| !before.contains(id)) {
        check_member(committed, key, *id)?;
    }
    let mut candidates = now.isr.iter().chain(now.eligible_leader_replicas());
    let has_all = |id: &NodeId| {
        let records = committed.brokers[index(*id)].records(key);
        committed.acked.is_in(key, records)
    };
    let nobody = now.isr.is_empty() && now.eligible_leader_replicas().is_empty();
    match nobody || candidates.any(has_all) {
        true => Ok(()),
        false => Err("nobody that may lead has what was acknowledged".to_owned()),
    }
}

fn check_member(committed: &Committed<'_>, key: Key, id: NodeId) -> Result<(), String> {
    let registration = committed.image.brokers.get(&id);
    if registration.is_none_or(|broker| broker.fenced) {
        return Err(format!("{id} comes into sync, and is fenced"));
    }
    match committed.has_all(key, id) {
        true => Ok(()),
        false => Err(format!("{id} comes into sync, and lacks what was acknowledged")),
    }
}
