//! KIP-497, KAFKA-15021: each change raises the partition epoch by one, and a change of leader the leader epoch.

use super::{Committed, Leaders};

pub(super) fn check(committed: &Committed<'_>, _: &mut Leaders) -> Result<(), String> {
    let (Some(was), Some((_, now))) = (&committed.was, committed.partition()) else {
        return Ok(());
    };
    if now.partition_epoch.0 != was.partition_epoch.0 + 1 {
        return Err(format!(
            "partition epoch {} follows {}",
            now.partition_epoch, was.partition_epoch
        ));
    }
    let needs_epoch = now.leader != was.leader && now.leader.is_some();
    if now.leader_epoch < was.leader_epoch || needs_epoch && now.leader_epoch == was.leader_epoch {
        return Err(format!(
            "leader epoch {} follows {}",
            now.leader_epoch, was.leader_epoch
        ));
    }
    Ok(())
}
