//! `/latest_producer_id_block`: the block of producer ids handed out last.

use kraft_bridge_protocol::{NodeId, ProducerId};

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
