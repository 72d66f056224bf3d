//! AllocateProducerIds: a broker takes a block of producer ids.
//!
//! Source: KIP-730.

use super::{ErrorCode, Request};
use crate::{BrokerEpoch, NodeId, ProducerId};

crate::messages! {
    /// Asks for a block.
    ///
    /// Source: `AllocateProducerIdsRequest.json`, Kafka 4.3.
    AllocateProducerIdsRequest (key 67, versions 0..=0) {
        /// The broker.
        broker_id: NodeId, since 0;
        /// The epoch of its registration.
        broker_epoch: BrokerEpoch = BrokerEpoch(-1), since 0;
    }

    /// The block.
    ///
    /// Source: `AllocateProducerIdsResponse.json`, Kafka 4.3.
    AllocateProducerIdsResponse (key 67, versions 0..=0) {
        /// How long the client is held back, in milliseconds.
        throttle_time_ms: i32, since 0;
        /// Why there is none.
        error_code: ErrorCode = ErrorCode::None, since 0;
        /// First producer id of the block.
        producer_id_start: ProducerId, since 0;
        /// How many there are.
        producer_id_len: i32, since 0;
    }
}

impl Request for AllocateProducerIdsRequest {
    type Response = AllocateProducerIdsResponse;
}
