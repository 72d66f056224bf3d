//! Which versions of a request two nodes speak with each other, as releases of Kafka announce them.
//!
//! All nodes run the same machine; the older of two decides what of it gets through.

use kraft_bridge_protocol::rpc::{
    AddRaftVoterRequest, AnyRequest, AnyResponse, ApiVersionsRequest, BeginQuorumEpochRequest,
    EndQuorumEpochRequest, FetchRequest, FetchSnapshotRequest, RemoveRaftVoterRequest, ResponseError,
    UpdateRaftVoterRequest, VoteRequest, decode_response,
};

/// A release that a node passes for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Release {
    /// No directory ids, no endpoints: static voters only.
    Kafka3_7,
    /// No pre-votes.
    Kafka3_9,
    /// All of it.
    Kafka4_3,
}

impl Release {
    fn newest_version(self, request: &AnyRequest) -> Option<i16> {
        let [old, middle, new] = match request {
            AnyRequest::Fetch(_) => [Some(16), Some(17), Some(18)],
            AnyRequest::Vote(_) => [Some(0), Some(1), Some(2)],
            AnyRequest::ApiVersions(_) => [Some(3), Some(4), Some(4)],
            AnyRequest::AddRaftVoter(_) => [None, Some(0), Some(1)],
            AnyRequest::RemoveRaftVoter(_) | AnyRequest::UpdateRaftVoter(_) => [None, Some(0), Some(0)],
            _ => [Some(0), Some(1), Some(1)],
        };
        match self {
            Release::Kafka3_7 => old,
            Release::Kafka3_9 => middle,
            Release::Kafka4_3 => new,
        }
    }

    /// The version in which nodes of these releases send such a request, if they can.
    pub fn version_between(self, other: Release, request: &AnyRequest) -> Option<i16> {
        self.min(other).newest_version(request)
    }
}

/// Reads the answer to a request.
///
/// # Errors
///
/// [`ResponseError`] when the bytes are no such answer.
pub fn decode_answer(
    request: &AnyRequest,
    content: &[u8],
    version: i16,
    correlation_id: i32,
) -> Result<AnyResponse, ResponseError> {
    macro_rules! decode {
        ($($name:ident: $request:ident),*) => {
            match request {
                $(AnyRequest::$name(_) => {
                    decode_response::<$request>(content, version, correlation_id).map(AnyResponse::$name)
                })*
                other => unreachable!("nodes do not send each other {other:?}"),
            }
        };
    }
    decode!(
        Fetch: FetchRequest,
        FetchSnapshot: FetchSnapshotRequest,
        Vote: VoteRequest,
        BeginQuorumEpoch: BeginQuorumEpochRequest,
        EndQuorumEpoch: EndQuorumEpochRequest,
        ApiVersions: ApiVersionsRequest,
        AddRaftVoter: AddRaftVoterRequest,
        RemoveRaftVoter: RemoveRaftVoterRequest,
        UpdateRaftVoter: UpdateRaftVoterRequest
    )
}
