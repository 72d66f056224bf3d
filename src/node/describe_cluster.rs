//! DescribeCluster: which controllers there are, by their registrations, and which of them leads.
//!
//! Tools that are given controllers find the others by it (`--bootstrap-controller`).
//!
//! Source: KIP-919; answers of Kafka 3.9.2 and 4.3.1.

use kraft_bridge_metadata::acls::CLUSTER_NAME;
use kraft_bridge_metadata::image::MetadataImage;
use kraft_bridge_metadata::records::{AclOperation, RegisterControllerRecord, ResourceType};
use kraft_bridge_protocol::NodeId;
use kraft_bridge_protocol::rpc::{
    DescribeClusterRequest, DescribeClusterResponse, DescribedNode, ENDPOINT_TYPE_BROKER,
    ENDPOINT_TYPE_CONTROLLER, ErrorCode,
};

use super::registration::CONTROLLER_REGISTRATIONS;
use crate::server::Caller;

/// Operations that there are on a cluster.
const OPERATIONS: [AclOperation; 9] = [
    AclOperation::Create,
    AclOperation::Alter,
    AclOperation::Describe,
    AclOperation::ClusterAction,
    AclOperation::DescribeConfigs,
    AclOperation::AlterConfigs,
    AclOperation::IdempotentWrite,
    AclOperation::CreateTokens,
    AclOperation::DescribeTokens,
];

/// What is known of the cluster.
pub(super) struct Cluster<'a> {
    pub(super) id: &'a str,
    pub(super) image: &'a MetadataImage,
    /// Who leads the quorum.
    pub(super) leader: Option<NodeId>,
}

impl Cluster<'_> {
    /// The answer, with each controller's endpoint on the listener that was asked.
    pub(super) fn describe(
        &self,
        request: &DescribeClusterRequest,
        version: i16,
        caller: &Caller,
    ) -> DescribeClusterResponse {
        if let Err((error_code, message)) = self.check(request, version) {
            return DescribeClusterResponse {
                error_code,
                error_message: Some(message.to_owned()),
                ..Default::default()
            };
        }
        let controllers = self.image.controllers.values();
        let nodes: Vec<DescribedNode> = controllers
            .filter_map(|controller| node(controller, &caller.listener))
            .collect();
        let is_listed = |id: &NodeId| nodes.iter().any(|node| node.broker_id == *id);
        DescribeClusterResponse {
            endpoint_type: ENDPOINT_TYPE_CONTROLLER,
            cluster_id: self.id.to_owned(),
            controller_id: self.leader.filter(is_listed),
            brokers: nodes,
            cluster_authorized_operations: match request.include_cluster_authorized_operations {
                true => allowed(caller),
                false => i32::MIN,
            },
            ..Default::default()
        }
    }

    fn check(&self, request: &DescribeClusterRequest, version: i16) -> Result<(), (ErrorCode, &'static str)> {
        if self.image.features.metadata_version() < Some(CONTROLLER_REGISTRATIONS) {
            let message = "controllers are listed from metadata.version 3.7-IV0 on";
            return Err((ErrorCode::UnsupportedVersion, message));
        }
        match request.endpoint_type {
            ENDPOINT_TYPE_CONTROLLER => Ok(()),
            ENDPOINT_TYPE_BROKER if version < 1 => Err((
                ErrorCode::InvalidRequest,
                "a controller is asked from version 1 on",
            )),
            ENDPOINT_TYPE_BROKER => Err((
                ErrorCode::MismatchedEndpointType,
                "this is a listener of controllers, and brokers were asked for",
            )),
            _ => Err((
                ErrorCode::UnsupportedEndpointType,
                "there is no such type of endpoint",
            )),
        }
    }
}

fn node(controller: &RegisterControllerRecord, listener: &str) -> Option<DescribedNode> {
    let mut endpoints = controller.end_points.iter();
    let endpoint = endpoints.find(|endpoint| endpoint.name.eq_ignore_ascii_case(listener))?;
    Some(DescribedNode {
        broker_id: controller.controller_id,
        host: endpoint.host.clone(),
        port: endpoint.port.into(),
        ..Default::default()
    })
}

/// What the caller may do with the cluster, a bit for each operation.
fn allowed(caller: &Caller) -> i32 {
    let may = |operation: &AclOperation| caller.may(*operation, ResourceType::Cluster, CLUSTER_NAME);
    OPERATIONS
        .into_iter()
        .filter(may)
        .fold(0, |bits, operation| bits | 1 << operation.code())
}

#[cfg(test)]
mod tests {
    use kraft_bridge_metadata::image::METADATA_VERSION;
    use kraft_bridge_metadata::records::ListenerRecord;

    use super::*;
    use crate::server::Rights;

    fn caller() -> Caller {
        Caller {
            listener: "CONTROLLER".to_owned(),
            address: ([127, 0, 0, 1], 1).into(),
            principal: "User:ANONYMOUS".to_owned(),
            client_id: None,
            is_authenticated: false,
            rights: Rights::Unlimited,
        }
    }

    fn image(level: i16) -> MetadataImage {
        let mut image = MetadataImage::default();
        image.features.levels.insert(METADATA_VERSION.to_owned(), level);
        for id in [1, 2] {
            let end_point = |name: &str, port| ListenerRecord {
                name: name.to_owned(),
                host: format!("c{id}"),
                port,
                ..Default::default()
            };
            let record = RegisterControllerRecord {
                controller_id: NodeId(id),
                end_points: vec![end_point("OTHER", 1), end_point("CONTROLLER", 9093)],
                ..Default::default()
            };
            image.controllers.insert(NodeId(id), record);
        }
        image
    }

    fn describe(level: i16, endpoint_type: i8, version: i16, leader: i32) -> DescribeClusterResponse {
        let cluster = Cluster {
            id: "c",
            image: &image(level),
            leader: Some(NodeId(leader)),
        };
        let request = DescribeClusterRequest {
            endpoint_type,
            include_cluster_authorized_operations: true,
            ..Default::default()
        };
        cluster.describe(&request, version, &caller())
    }

    #[test]
    fn controllers_are_listed_where_the_caller_reaches_them() {
        let response = describe(21, ENDPOINT_TYPE_CONTROLLER, 1, 2);
        let nodes = response.brokers.iter();
        let nodes: Vec<_> = nodes
            .map(|node| (node.broker_id.0, &*node.host, node.port))
            .collect();
        assert_eq!(nodes, [(1, "c1", 9093), (2, "c2", 9093)]);
        assert_eq!(response.controller_id, Some(NodeId(2)));
        assert_eq!(
            (response.error_code, &*response.cluster_id),
            (ErrorCode::None, "c")
        );
        // Create, alter, describe, and six more: 5, 7 to 14 but for none.
        assert_eq!(response.cluster_authorized_operations, 0b0111_1111_1010_0000);
    }

    #[test]
    fn a_leader_that_is_not_registered_is_not_named() {
        assert_eq!(describe(21, ENDPOINT_TYPE_CONTROLLER, 1, 3).controller_id, None);
    }

    #[test]
    fn who_asks_for_brokers_or_before_controllers_register_is_told_so() {
        for (level, endpoint_type, version, expected) in [
            (14, ENDPOINT_TYPE_CONTROLLER, 1, ErrorCode::UnsupportedVersion),
            (15, ENDPOINT_TYPE_BROKER, 0, ErrorCode::InvalidRequest),
            (15, ENDPOINT_TYPE_BROKER, 1, ErrorCode::MismatchedEndpointType),
            (15, 3, 1, ErrorCode::UnsupportedEndpointType),
        ] {
            let response = describe(level, endpoint_type, version, 1);
            assert_eq!(response.error_code, expected);
            assert!(response.brokers.is_empty() && response.error_message.is_some());
        }
    }
}
