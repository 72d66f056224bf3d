//! What a caller needs for each API, and how it is told that it lacks it.
//!
//! Nearly all ask for one operation on the cluster; [`Need::OfResources`] says which do not.
//!
//! Source: the checks of `ControllerApis`, Kafka 3.9 and 4.3.

use kraft_bridge_metadata::acls::CLUSTER_NAME;
use kraft_bridge_metadata::records::{AclOperation, ResourceType};
use kraft_bridge_protocol::rpc::{AnyRequest, AnyResponse, ErrorCode};

use super::{Caller, with_error};

/// What a caller must be allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Need {
    /// Nothing: it logs in, or asks for versions.
    Nothing,
    /// This operation on the cluster.
    OfCluster(AclOperation),
    /// One operation on each resource that the request names. Whoever handles it decides, one by one, since what is
    /// allowed is done even if something else is not.
    OfResources,
}

/// What the caller of a request needs.
pub(super) fn need(request: &AnyRequest) -> Need {
    use AnyRequest as R;
    match request {
        R::SaslHandshake(_) | R::SaslAuthenticate(_) | R::ApiVersions(_) => Need::Nothing,
        R::CreateTopics(_)
        | R::DeleteTopics(_)
        | R::CreatePartitions(_)
        | R::DescribeConfigs(_)
        | R::AlterConfigs(_)
        | R::IncrementalAlterConfigs(_)
        | R::CreateDelegationToken(_)
        | R::RenewDelegationToken(_)
        | R::ExpireDelegationToken(_) => Need::OfResources,
        R::DescribeQuorum(_) | R::ListPartitionReassignments(_) | R::DescribeAcls(_) => {
            Need::OfCluster(AclOperation::Describe)
        }
        R::AlterClientQuotas(_) => Need::OfCluster(AclOperation::AlterConfigs),
        // Unlike a broker's, a controller's answer names nodes that clients need not know.
        R::DescribeCluster(_)
        | R::AlterPartitionReassignments(_)
        | R::ElectLeaders(_)
        | R::CreateAcls(_)
        | R::DeleteAcls(_)
        | R::AlterUserScramCredentials(_)
        | R::UpdateFeatures(_)
        | R::UnregisterBroker(_)
        | R::AddRaftVoter(_)
        | R::RemoveRaftVoter(_) => Need::OfCluster(AclOperation::Alter),
        R::Fetch(_)
        | R::FetchSnapshot(_)
        | R::Vote(_)
        | R::BeginQuorumEpoch(_)
        | R::EndQuorumEpoch(_)
        | R::UpdateRaftVoter(_)
        | R::Envelope(_)
        | R::AlterPartition(_)
        | R::AllocateProducerIds(_)
        | R::AssignReplicasToDirs(_)
        | R::BrokerRegistration(_)
        | R::BrokerHeartbeat(_)
        | R::ControllerRegistration(_) => Need::OfCluster(AclOperation::ClusterAction),
    }
}

/// What the caller is answered if it lacks what the request needs of the cluster.
pub(crate) fn refuse(caller: &Caller, request: &AnyRequest) -> Option<AnyResponse> {
    match need(request) {
        Need::OfCluster(operation) if !caller.may(operation, ResourceType::Cluster, CLUSTER_NAME) => {
            Some(with_error(request, ErrorCode::ClusterAuthorizationFailed))
        }
        Need::Nothing | Need::OfCluster(_) | Need::OfResources => None,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use kraft_bridge_metadata::acls::{Acl, ResourcePattern};
    use kraft_bridge_metadata::authorizer::{Authorizer, Mode};
    use kraft_bridge_metadata::records::{AclPermission, PatternType};
    use kraft_bridge_protocol::rpc::{
        CreateTopicsRequest, DescribeClusterRequest, DescribeQuorumRequest, UpdateFeaturesRequest,
        VoteRequest,
    };

    use super::*;
    use crate::server::caller::Rights;

    /// A caller that an ACL allows this operation on the cluster.
    fn caller(operation: AclOperation) -> Caller {
        let pattern = ResourcePattern {
            resource_type: ResourceType::Cluster,
            pattern_type: PatternType::Literal,
            name: CLUSTER_NAME.to_owned(),
        };
        let acl = Acl {
            principal: "User:alice".to_owned(),
            host: "*".to_owned(),
            operation,
            permission: AclPermission::Allow,
        };
        let authorizer = Authorizer::new(Mode::Kraft, Default::default(), false, [(pattern, acl)]);
        Caller {
            listener: "CONTROLLER".to_owned(),
            address: ([127, 0, 0, 1], 1).into(),
            principal: "User:alice".to_owned(),
            client_id: None,
            is_authenticated: true,
            rights: Rights::Limited(Arc::new(authorizer)),
        }
    }

    /// Which of four requests a caller may make that is allowed this operation.
    fn allowed(operation: AclOperation) -> [bool; 4] {
        let caller = caller(operation);
        [
            AnyRequest::Vote(VoteRequest::default()),
            AnyRequest::DescribeQuorum(DescribeQuorumRequest::default()),
            AnyRequest::DescribeCluster(DescribeClusterRequest::default()),
            AnyRequest::UpdateFeatures(UpdateFeaturesRequest::default()),
        ]
        .map(|request| refuse(&caller, &request).is_none())
    }

    #[test]
    fn each_request_needs_its_operation_on_the_cluster() {
        assert_eq!(allowed(AclOperation::ClusterAction), [true, false, false, false]);
        assert_eq!(allowed(AclOperation::Describe), [false, true, false, false]);
        assert_eq!(allowed(AclOperation::Alter), [false, true, true, true]);
        assert_eq!(allowed(AclOperation::All), [true; 4]);
        assert_eq!(allowed(AclOperation::Create), [false; 4]);
    }

    #[test]
    fn requests_that_name_resources_are_left_to_who_handles_them() {
        let request = AnyRequest::CreateTopics(CreateTopicsRequest::default());
        assert_eq!(refuse(&caller(AclOperation::Read), &request), None);
        assert_eq!(need(&request), Need::OfResources);
    }
}
