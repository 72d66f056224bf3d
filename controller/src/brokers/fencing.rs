//! A broker that may not lead or be in sync, or may again.

use kraft_bridge_metadata::records::{
    BrokerRegistrationChangeRecord, FenceBrokerRecord, FencingChange, UnfenceBrokerRecord,
};
use kraft_bridge_metadata::release::MetadataVersion;
use kraft_bridge_protocol::NodeId;

use crate::draft::Draft;
use crate::partitions;

/// 3.3-IV2: one record for all changes of a registration.
const REGISTRATION_CHANGES: MetadataVersion = MetadataVersion(6);

/// Takes a broker out of service: out of every ISR first, then fenced.
pub(crate) fn fence(draft: &mut Draft<'_>, broker: NodeId) {
    partitions::remove_from_isrs(draft, broker);
    let epoch = draft.image.brokers[&broker].broker_epoch;
    if draft.level() < REGISTRATION_CHANGES {
        draft.push(FenceBrokerRecord {
            id: broker,
            epoch,
            ..Default::default()
        });
    } else {
        draft.push(BrokerRegistrationChangeRecord {
            broker_id: broker,
            broker_epoch: epoch,
            fenced: FencingChange::Fence,
            ..Default::default()
        });
    }
}

/// Takes a broker into service, and elects it where nobody leads.
pub(crate) fn unfence(draft: &mut Draft<'_>, broker: NodeId) {
    let epoch = draft.image.brokers[&broker].broker_epoch;
    if draft.level() < REGISTRATION_CHANGES {
        draft.push(UnfenceBrokerRecord {
            id: broker,
            epoch,
            ..Default::default()
        });
    } else {
        draft.push(BrokerRegistrationChangeRecord {
            broker_id: broker,
            broker_epoch: epoch,
            fenced: FencingChange::Unfence,
            ..Default::default()
        });
    }
    partitions::elect_for(draft, broker);
}
