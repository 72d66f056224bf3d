//! Producer ids.

use kraft_bridge_protocol::{BrokerEpoch, NodeId, ProducerId, messages};

messages! {
    /// Moves the point from which producer ids are handed out.
    ///
    /// Source: `ProducerIdsRecord.json`, Kafka 4.3.
    ProducerIdsRecord (key 15, versions 0..=0) {
        /// Broker that asked for a block, `None` (−1) in snapshots.
        broker_id: Option<NodeId>, since 0;
        /// Its epoch, −1 in snapshots.
        broker_epoch: BrokerEpoch = BrokerEpoch(-1), since 0;
        /// First id of the next block.
        next_producer_id: ProducerId, since 0;
    }
}
