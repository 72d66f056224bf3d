//! Vote: a candidate asks for the votes of an epoch, a prospective candidate whether it would get them.
//!
//! Source: KIP-595; KIP-853 (version 1: directory ids and endpoints); KIP-996 (version 2: pre-vote).

use super::{ErrorCode, LeaderEndpoint, Request};
use crate::{Epoch, NodeId, Offset, PartitionId, Uuid};

crate::messages! {
    /// Asks a voter for its vote.
    ///
    /// Source: `VoteRequest.json`, Kafka 4.3.
    VoteRequest (key 52, versions 0..=2) {
        /// The cluster that the requester believes to be in; a voter of another one refuses.
        cluster_id: Option<String>, since 0;
        /// The voter that is asked, `None` if the requester does not say.
        voter_id: Option<NodeId>, since 1 or dropped;
        /// What is voted on: the metadata log.
        topics: Vec<VoteTopic>, since 0;
    }

    /// Partitions of one topic.
    VoteTopic (versions 0..=2) {
        /// The topic.
        topic_name: String, since 0;
        /// Its partitions.
        partitions: Vec<VotePartition>, since 0;
    }

    /// Who wants to lead a partition, and how far its log goes.
    VotePartition (versions 0..=2) {
        /// The partition.
        partition_index: PartitionId, since 0;
        /// The epoch that the vote is for; in a pre-vote the requester's present one.
        replica_epoch: Epoch, since 0;
        /// Who asks.
        replica_id: NodeId, since 0;
        /// Log directory of who asks; zero for none.
        replica_directory_id: Uuid, since 1 or dropped;
        /// Log directory of the voter that is asked; zero for any.
        voter_directory_id: Uuid, since 1 or dropped;
        /// Epoch of the last record of the requester's log.
        last_offset_epoch: Epoch, since 0;
        /// End of the requester's log, exclusive.
        last_offset: Offset, since 0;
        /// Asks what the answer would be, and binds nobody. An older version would take it for a vote, so it is refused
        /// there.
        pre_vote: bool, since 2;
    }

    /// Whether the vote was granted.
    ///
    /// Source: `VoteResponse.json`, Kafka 4.3.
    VoteResponse (key 52, versions 0..=2) {
        /// Why nothing at all is answered.
        error_code: ErrorCode = ErrorCode::None, since 0;
        /// What was asked for.
        topics: Vec<VoteTopicResponse>, since 0;
        /// Where the leaders named below are reached.
        node_endpoints: Vec<LeaderEndpoint>, since 1 or dropped, tag 0;
    }

    /// Partitions of one topic.
    VoteTopicResponse (versions 0..=2) {
        /// The topic.
        topic_name: String, since 0;
        /// Its partitions.
        partitions: Vec<VotePartitionResponse>, since 0;
    }

    /// The vote on one partition.
    VotePartitionResponse (versions 0..=2) {
        /// The partition.
        partition_index: PartitionId, since 0;
        /// Why there is no vote.
        error_code: ErrorCode = ErrorCode::None, since 0;
        /// Who leads as far as the voter knows; `None` if it knows of nobody.
        leader_id: Option<NodeId>, since 0;
        /// The voter's epoch.
        leader_epoch: Epoch, since 0;
        /// Whether the vote was granted.
        vote_granted: bool, since 0;
    }
}

impl Request for VoteRequest {
    type Response = VoteResponse;
}
