//! `/latest_producer_id_block`: the block of producer ids handed out last.
//!
//! `{"version":1,"broker":4,"block_start":"17000","block_end":"17999"}`

use kraft_bridge_protocol::{NodeId, ProducerId};

use super::json::{self, int, long_or_text, required};
use super::notes::Notes;

/// A block of producer ids that some broker may be using. Both bounds are inclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct ProducerIdBlock {
    /// Broker it was given to.
    pub broker: NodeId,
    /// First id of the block.
    pub first: ProducerId,
    /// Last id of the block; the next block begins after it.
    pub last: ProducerId,
}

pub(super) fn decode(data: &[u8], notes: &mut Notes<'_>) -> Option<ProducerIdBlock> {
    let object = json::object(data, notes)?;
    if object.is_empty() {
        return None;
    }
    let broker = NodeId(required(&object, "broker", int, notes)?);
    let first = ProducerId(required(&object, "block_start", long_or_text, notes)?);
    let last = ProducerId(required(&object, "block_end", long_or_text, notes)?);
    if first.0 < 0 || last < first || last.0 == i64::MAX {
        notes.undecodable(format_args!("a block from {first} to {last}"));
        return None;
    }
    Some(ProducerIdBlock { broker, first, last })
}
