//! Producer ids.

use kraft_bridge_metadata::records::{MetadataRecord, ProducerIdsRecord};
use kraft_bridge_protocol::{BrokerEpoch, ProducerId};

use super::Translation;

/// ZooKeeper holds the block handed out last; ids go on after it, so that none is ever used twice.
pub(super) fn records<'a>(translation: &'a Translation<'_>) -> impl Iterator<Item = MetadataRecord> + 'a {
    translation.cluster.producer_ids.iter().map(|block| {
        ProducerIdsRecord {
            broker_id: Some(block.broker),
            broker_epoch: BrokerEpoch(-1),
            next_producer_id: ProducerId(block.last.0 + 1),
            ..Default::default()
        }
        .into()
    })
}
