//! Which requests the quorum answers, and who does.

use kraft_bridge_protocol::rpc::{AnyRequest, AnyResponse};

use super::Raft;
use super::effects::{Answer, CallId, Effect};

impl Raft {
    /// Whether the quorum answers a request; nothing else may be handed to [`Input::Request`](super::Input::Request).
    pub fn serves(request: &AnyRequest) -> bool {
        matches!(
            request,
            AnyRequest::Fetch(_)
                | AnyRequest::FetchSnapshot(_)
                | AnyRequest::Vote(_)
                | AnyRequest::BeginQuorumEpoch(_)
                | AnyRequest::EndQuorumEpoch(_)
                | AnyRequest::DescribeQuorum(_)
                | AnyRequest::AddRaftVoter(_)
                | AnyRequest::RemoveRaftVoter(_)
                | AnyRequest::UpdateRaftVoter(_)
        )
    }

    pub(super) fn handle_request(&mut self, call: CallId, request: AnyRequest) {
        let response = match request {
            AnyRequest::Fetch(request) => return self.handle_fetch(call, &request),
            AnyRequest::FetchSnapshot(request) => return self.handle_fetch_snapshot(call, &request),
            AnyRequest::Vote(request) => AnyResponse::Vote(self.handle_vote(&request)),
            AnyRequest::BeginQuorumEpoch(request) => {
                AnyResponse::BeginQuorumEpoch(self.handle_begin_epoch(&request))
            }
            AnyRequest::EndQuorumEpoch(request) => {
                AnyResponse::EndQuorumEpoch(self.handle_end_epoch(&request))
            }
            AnyRequest::DescribeQuorum(request) => {
                AnyResponse::DescribeQuorum(self.describe_quorum(&request))
            }
            AnyRequest::AddRaftVoter(request) => return self.handle_add_voter(call, &request),
            AnyRequest::RemoveRaftVoter(request) => return self.handle_remove_voter(call, &request),
            AnyRequest::UpdateRaftVoter(request) => {
                AnyResponse::UpdateRaftVoter(self.handle_update_voter(&request))
            }
            _ => {
                tracing::error!(node = %self.own_id(), "a request that the quorum does not answer was handed to it");
                return;
            }
        };
        self.answer(call, Answer::Whole(response));
    }

    pub(super) fn answer(&mut self, call: CallId, answer: Answer) {
        self.emit(Effect::Answer { call, answer });
    }
}
