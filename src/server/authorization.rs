//! What a caller needs for each API, and how it is told that it lacks it.
//!
//! Nearly all ask for one operation on the cluster; [`Need::OfResources`] says which do not.
//!
//! Source: the checks of `ControllerApis`, Kafka 3.9 and 4.3.

use kraft_bridge_metadata::acls::CLUSTER_NAME;
use kraft_bridge_metadata::records::{AclOperation, ResourceType};
use kraft_bridge_protocol::rpc::{AnyRequest, AnyResponse, ErrorCode};

use super::Caller;

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
        R::CreateTopics(_) | R::DeleteTopics(_) | R::CreatePartitions(_) | R::IncrementalAlterConfigs(_) => {
            Need::OfResources
        }
        R::DescribeQuorum(_) => Need::OfCluster(AclOperation::Describe),
        // Unlike a broker's, a controller's answer names nodes that clients need not know.
        R::DescribeCluster(_)
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
pub(super) fn refuse(caller: &Caller, request: &AnyRequest) -> Option<AnyResponse> {
    match need(request) {
        Need::OfCluster(operation) if !caller.may(operation, ResourceType::Cluster, CLUSTER_NAME) => {
            with_error(request, ErrorCode::ClusterAuthorizationFailed)
        }
        Need::Nothing | Need::OfCluster(_) | Need::OfResources => None,
    }
}

/// An answer that says nothing but this error; `None` if the API has no place for an error of the whole.
pub(super) fn with_error(request: &AnyRequest, error_code: ErrorCode) -> Option<AnyResponse> {
    macro_rules! by_name {
        ($($name:ident),*) => {
            match request {
                $( AnyRequest::$name(_) => {
                    let mut response = kraft_bridge_protocol::rpc::AnyResponse::$name(Default::default());
                    if let AnyResponse::$name(response) = &mut response {
                        response.error_code = error_code;
                    }
                    Some(response)
                } )*
                AnyRequest::CreateTopics(_)
                | AnyRequest::DeleteTopics(_)
                | AnyRequest::CreatePartitions(_)
                | AnyRequest::IncrementalAlterConfigs(_) => None,
            }
        };
    }
    by_name!(
        Fetch,
        SaslHandshake,
        ApiVersions,
        SaslAuthenticate,
        Vote,
        BeginQuorumEpoch,
        EndQuorumEpoch,
        DescribeQuorum,
        AlterPartition,
        UpdateFeatures,
        Envelope,
        FetchSnapshot,
        DescribeCluster,
        BrokerRegistration,
        BrokerHeartbeat,
        UnregisterBroker,
        AllocateProducerIds,
        ControllerRegistration,
        AssignReplicasToDirs,
        AddRaftVoter,
        RemoveRaftVoter,
        UpdateRaftVoter
    )
}
