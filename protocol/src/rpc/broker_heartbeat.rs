//! BrokerHeartbeat: a broker is alive, and what it wants of the active controller.
//!
//! Source: KIP-631; KIP-858 (version 1: failed log directories); KIP-1066 (version 2: cordoned log directories).

use super::{ErrorCode, Request};
use crate::{BrokerEpoch, NodeId, Offset, Uuid};

crate::messages! {
    /// A broker's sign of life.
    ///
    /// Source: `BrokerHeartbeatRequest.json`, Kafka 4.3.
    BrokerHeartbeatRequest (key 63, versions 0..=2) {
        /// The broker.
        broker_id: NodeId, since 0;
        /// The epoch of its registration.
        broker_epoch: BrokerEpoch = BrokerEpoch(-1), since 0;
        /// Highest offset of the metadata log that it has applied.
        current_metadata_offset: Offset, since 0;
        /// Whether it wants to be fenced.
        want_fence: bool, since 0;
        /// Whether it wants to stop.
        want_shut_down: bool, since 0;
        /// Log directories that failed.
        offline_log_dirs: Vec<Uuid>, since 1, tag 0;
        /// Log directories that shall get no new replicas; `None` until the broker has read its configuration.
        cordoned_log_dirs: Option<Vec<Uuid>>, since 2, tag 1;
    }

    /// What the controller wants of the broker.
    ///
    /// Source: `BrokerHeartbeatResponse.json`, Kafka 4.3.
    BrokerHeartbeatResponse (key 63, versions 0..=2) {
        /// How long the client is held back, in milliseconds.
        throttle_time_ms: i32, since 0;
        /// Why the heartbeat does not count.
        error_code: ErrorCode = ErrorCode::None, since 0;
        /// Whether it has applied enough of the metadata log to be unfenced.
        is_caught_up: bool, since 0;
        /// Whether it is fenced.
        is_fenced: bool = true, since 0;
        /// Whether it may stop now.
        should_shut_down: bool, since 0;
    }
}

impl Request for BrokerHeartbeatRequest {
    type Response = BrokerHeartbeatResponse;
}
