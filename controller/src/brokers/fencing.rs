//! A broker that may not lead or be in sync, or may again.

use kraft_bridge_metadata::records::{
    BrokerRegistrationChangeRecord, FenceBrokerRecord, FencingChange, MetadataRecord, UnfenceBrokerRecord,
};
use kraft_bridge_metadata::release::MetadataVersion;
use kraft_bridge_protocol::NodeId;

use crate::draft::Draft;
use crate::partitions;

/// 3.3-IV2: one record for all changes of a registration.
const REGISTRATION_CHANGES: MetadataVersion = MetadataVersion(6);

/// Takes a broker out of service: out of every ISR first, then fenced.
pub(crate) fn fence(draft: &mut Draft<'_>, broker: NodeId) {
    if !mutant!(FencesLeaders) {
        partitions::remove_from_isrs(draft, broker);
    }
    change(draft, broker, true);
}

/// Takes a broker into service, and elects it where nobody leads.
pub(crate) fn unfence(draft: &mut Draft<'_>, broker: NodeId) {
    change(draft, broker, false);
    partitions::elect_where_needed(draft);
}

fn change(draft: &mut Draft<'_>, id: NodeId, fenced: bool) {
    let epoch = draft.image.brokers[&id].broker_epoch;
    let record = match (draft.level() >= REGISTRATION_CHANGES, fenced) {
        (true, _) => MetadataRecord::from(BrokerRegistrationChangeRecord {
            broker_id: id,
            broker_epoch: epoch,
            fenced: if fenced {
                FencingChange::Fence
            } else {
                FencingChange::Unfence
            },
            ..Default::default()
        }),
        (false, true) => MetadataRecord::from(FenceBrokerRecord {
            id,
            epoch,
            ..Default::default()
        }),
        (false, false) => MetadataRecord::from(UnfenceBrokerRecord {
            id,
            epoch,
            ..Default::default()
        }),
    };
    draft.push(record);
}
