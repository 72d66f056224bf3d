//! KIP-631: a broker that is fenced leads nothing.

use kraft_bridge_metadata::records::{FencingChange, MetadataRecord};
use kraft_bridge_protocol::NodeId;

use super::{Committed, Leaders};
use crate::cluster::partitions;

pub(super) fn check(committed: &Committed<'_>, _: &mut Leaders) -> Result<(), String> {
    if let Some((_, now)) = committed.partition()
        && let Some(leader) = now.leader
        && committed
            .image
            .brokers
            .get(&leader)
            .is_none_or(|broker| broker.fenced)
    {
        return Err(format!("{leader} leads, and is fenced"));
    }
    let Some(fenced) = fenced_by(committed.record) else {
        return Ok(());
    };
    match partitions(committed.image).find(|(_, partition)| partition.leader == Some(fenced)) {
        Some((key, _)) => Err(format!("{fenced} is fenced, and leads {key:?}")),
        None => Ok(()),
    }
}

fn fenced_by(record: &MetadataRecord) -> Option<NodeId> {
    match record {
        MetadataRecord::RegisterBroker(record) if record.fenced => Some(record.broker_id),
        MetadataRecord::BrokerRegistrationChange(record) if record.fenced == FencingChange::Fence => {
            Some(record.broker_id)
        }
        _ => None,
    }
}
