//! KIP-730: blocks of producer ids do not overlap.

use kraft_bridge_metadata::records::MetadataRecord;

use super::{Committed, Leaders};

/// Ids of a block.
const BLOCK: i64 = 1000;

pub(super) fn check(committed: &Committed<'_>, _: &mut Leaders) -> Result<(), String> {
    let MetadataRecord::ProducerIds(record) = committed.record else {
        return Ok(());
    };
    let before = committed.producer_ids.map_or(0, |next| next.0);
    match record.next_producer_id.0 >= before + BLOCK {
        true => Ok(()),
        false => Err(format!("{} follows {before}", record.next_producer_id)),
    }
}
