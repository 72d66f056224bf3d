//! AddRaftVoter, RemoveRaftVoter and UpdateRaftVoter: changes of the voter set, one voter at a time.
//!
//! Source: KIP-853; KIP-1186 (AddRaftVoter version 1: an answer before the change is committed).

use super::{ErrorCode, Request};
use crate::control::{KRaftVersionRange, VoterEndpoint};
use crate::{Epoch, NodeId, Uuid};

crate::messages! {
    /// Asks the leader to make an observer a voter.
    ///
    /// Source: `AddRaftVoterRequest.json`, Kafka 4.3.
    AddRaftVoterRequest (key 80, versions 0..=1) {
        /// The cluster that the requester believes to be in; a leader of another one refuses.
        cluster_id: Option<String>, since 0;
        /// How long the answer may take, in milliseconds.
        timeout_ms: i32, since 0;
        /// The new voter.
        voter_id: NodeId, since 0;
        /// Its log directory.
        voter_directory_id: Uuid, since 0;
        /// Where it is reached.
        listeners: Vec<VoterEndpoint>, since 0;
        /// Whether the answer waits until the change is committed; else it comes as soon as the leader has written it.
        ack_when_committed: bool = true, since 1;
    }

    /// Whether the voter was added.
    ///
    /// Source: `AddRaftVoterResponse.json`, Kafka 4.3.
    AddRaftVoterResponse (key 80, versions 0..=1) {
        /// How long the client is held back, in milliseconds.
        throttle_time_ms: i32, since 0;
        /// Why it was not.
        error_code: ErrorCode = ErrorCode::None, since 0;
        /// The same in words.
        error_message: Option<String>, since 0;
    }

    /// Asks the leader to take a voter's vote away.
    ///
    /// Source: `RemoveRaftVoterRequest.json`, Kafka 4.3.
    RemoveRaftVoterRequest (key 81, versions 0..=0) {
        /// The cluster that the requester believes to be in; a leader of another one refuses.
        cluster_id: Option<String>, since 0;
        /// The voter.
        voter_id: NodeId, since 0;
        /// Its log directory.
        voter_directory_id: Uuid, since 0;
    }

    /// Whether the voter was removed.
    ///
    /// Source: `RemoveRaftVoterResponse.json`, Kafka 4.3.
    RemoveRaftVoterResponse (key 81, versions 0..=0) {
        /// How long the client is held back, in milliseconds.
        throttle_time_ms: i32, since 0;
        /// Why it was not.
        error_code: ErrorCode = ErrorCode::None, since 0;
        /// The same in words.
        error_message: Option<String>, since 0;
    }

    /// Tells the leader where a voter is reached now, and which levels of `kraft.version` it supports.
    ///
    /// Source: `UpdateRaftVoterRequest.json`, Kafka 4.3.
    UpdateRaftVoterRequest (key 82, versions 0..=0) {
        /// The cluster that the voter believes to be in; a leader of another one refuses.
        cluster_id: Option<String>, since 0;
        /// Epoch of the leader that the voter knows, −1 for none.
        current_leader_epoch: Epoch, since 0;
        /// The voter.
        voter_id: NodeId, since 0;
        /// Its log directory.
        voter_directory_id: Uuid, since 0;
        /// Where it is reached.
        listeners: Vec<VoterEndpoint>, since 0;
        /// Levels that it supports.
        kraft_version_feature: KRaftVersionRange, since 0;
    }

    /// Whether the voter's entry was changed.
    ///
    /// Source: `UpdateRaftVoterResponse.json`, Kafka 4.3.
    UpdateRaftVoterResponse (key 82, versions 0..=0) {
        /// How long the client is held back, in milliseconds.
        throttle_time_ms: i32, since 0;
        /// Why it was not.
        error_code: ErrorCode = ErrorCode::None, since 0;
        /// Who leads.
        current_leader: CurrentLeader, since 0, tag 0;
    }

    /// Who leads the quorum, and where it is reached.
    CurrentLeader (versions 0..=0) {
        /// The leader; `None` if nobody is known to lead.
        leader_id: Option<NodeId>, since 0;
        /// The latest epoch known.
        leader_epoch: Epoch = Epoch(-1), since 0;
        /// Host of the leader; empty if there is none.
        host: String, since 0;
        /// Its port.
        port: i32, since 0;
    }
}

impl Request for AddRaftVoterRequest {
    type Response = AddRaftVoterResponse;
}

impl Request for RemoveRaftVoterRequest {
    type Response = RemoveRaftVoterResponse;
}

impl Request for UpdateRaftVoterRequest {
    type Response = UpdateRaftVoterResponse;
}
