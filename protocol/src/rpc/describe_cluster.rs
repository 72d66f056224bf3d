//! DescribeCluster: which nodes there are, and who leads.
//!
//! Source: KIP-700; KIP-919 (version 1: controllers too); KIP-1073 (version 2: fenced brokers).

use super::{ErrorCode, Request};
use crate::NodeId;

/// Kind of node that [`DescribeClusterRequest::endpoint_type`] asks for: brokers.
pub const ENDPOINT_TYPE_BROKER: i8 = 1;
/// Kind of node that [`DescribeClusterRequest::endpoint_type`] asks for: controllers.
pub const ENDPOINT_TYPE_CONTROLLER: i8 = 2;

crate::messages! {
    /// Asks for the nodes of the cluster.
    ///
    /// Source: `DescribeClusterRequest.json`, Kafka 4.3.
    DescribeClusterRequest (key 60, versions 0..=2) {
        /// Whether to say what the requester may do.
        include_cluster_authorized_operations: bool, since 0;
        /// Kind of node asked for. A number, since one that nobody knows is answered with an error of its own.
        endpoint_type: i8 = ENDPOINT_TYPE_BROKER, since 1;
        /// Whether to list fenced brokers too.
        include_fenced_brokers: bool, since 2;
    }

    /// The nodes.
    ///
    /// Source: `DescribeClusterResponse.json`, Kafka 4.3.
    DescribeClusterResponse (key 60, versions 0..=2) {
        /// How long the client is held back, in milliseconds.
        throttle_time_ms: i32, since 0;
        /// Why there is no answer.
        error_code: ErrorCode = ErrorCode::None, since 0;
        /// The same in words.
        error_message: Option<String>, since 0;
        /// Kind of the nodes below.
        endpoint_type: i8 = ENDPOINT_TYPE_BROKER, since 1;
        /// The cluster.
        cluster_id: String, since 0;
        /// The active controller as controllers know it, any broker as brokers do; `None` if there is none.
        controller_id: Option<NodeId>, since 0;
        /// The nodes, controllers too.
        brokers: Vec<DescribedNode>, since 0;
        /// What the requester may do, a bit for each operation; the least number if it was not asked for.
        cluster_authorized_operations: i32 = i32::MIN, since 0;
    }

    /// One node.
    DescribedNode (versions 0..=2) {
        /// The node.
        broker_id: NodeId, since 0;
        /// Host.
        host: String, since 0;
        /// Port.
        port: i32, since 0;
        /// Rack.
        rack: Option<String>, since 0;
        /// Whether it is a fenced broker.
        is_fenced: bool, since 2;
    }
}

impl Request for DescribeClusterRequest {
    type Response = DescribeClusterResponse;
}
