//! BeginQuorumEpoch and EndQuorumEpoch: a leader tells the voters that it leads, and that it steps down.
//!
//! Source: KIP-595; KIP-853 (version 1: flexible, directory ids and endpoints).

use super::{ErrorCode, LeaderEndpoint, Request};
use crate::control::VoterEndpoint;
use crate::{Epoch, NodeId, PartitionId, Uuid};

crate::messages! {
    /// Tells a voter who leads.
    ///
    /// Source: `BeginQuorumEpochRequest.json`, Kafka 4.3.
    BeginQuorumEpochRequest (key 53, versions 0..=1, flexible since 1) {
        /// The cluster that the leader believes to be in; a voter of another one refuses.
        cluster_id: Option<String>, since 0;
        /// The voter that is told, `None` if the leader does not say.
        voter_id: Option<NodeId>, since 1 or dropped;
        /// What is led: the metadata log.
        topics: Vec<BeginEpochTopic>, since 0;
        /// Where the leader is reached, each listener.
        leader_endpoints: Vec<VoterEndpoint>, since 1 or dropped;
    }

    /// Partitions of one topic.
    BeginEpochTopic (versions 0..=1) {
        /// The topic.
        topic_name: String, since 0;
        /// Its partitions.
        partitions: Vec<BeginEpochPartition>, since 0;
    }

    /// Who leads a partition.
    BeginEpochPartition (versions 0..=1) {
        /// The partition.
        partition_index: PartitionId, since 0;
        /// Log directory of the voter that is told; zero for any.
        voter_directory_id: Uuid, since 1 or dropped;
        /// The leader.
        leader_id: NodeId, since 0;
        /// Its epoch.
        leader_epoch: Epoch, since 0;
    }

    /// Whom the voter takes for the leader now.
    ///
    /// Source: `BeginQuorumEpochResponse.json`, Kafka 4.3.
    BeginQuorumEpochResponse (key 53, versions 0..=1, flexible since 1) {
        /// Why nothing at all is answered.
        error_code: ErrorCode = ErrorCode::None, since 0;
        /// What was told.
        topics: Vec<QuorumEpochTopic>, since 0;
        /// Where the leaders named below are reached.
        node_endpoints: Vec<LeaderEndpoint>, since 1 or dropped, tag 0;
    }

    /// Tells a voter that the leader steps down, and who should rather stand for election.
    ///
    /// Source: `EndQuorumEpochRequest.json`, Kafka 4.3.
    EndQuorumEpochRequest (key 54, versions 0..=1, flexible since 1) {
        /// The cluster that the leader believes to be in; a voter of another one refuses.
        cluster_id: Option<String>, since 0;
        /// What is led no more: the metadata log.
        topics: Vec<EndEpochTopic>, since 0;
        /// Where the leader is reached, each listener.
        leader_endpoints: Vec<VoterEndpoint>, since 1 or dropped;
    }

    /// Partitions of one topic.
    EndEpochTopic (versions 0..=1) {
        /// The topic.
        topic_name: String, since 0;
        /// Its partitions.
        partitions: Vec<EndEpochPartition>, since 0;
    }

    /// Who steps down, and for whom. A leader sets both lists: each version has one of them.
    EndEpochPartition (versions 0..=1) {
        /// The partition.
        partition_index: PartitionId, since 0;
        /// The leader that steps down.
        leader_id: NodeId, since 0;
        /// Its epoch.
        leader_epoch: Epoch, since 0;
        /// Voters, those whose logs go furthest first: they should stand first.
        preferred_successors: Vec<NodeId>, since 0, until 0 or dropped;
        /// The same with their directories.
        preferred_candidates: Vec<PreferredCandidate>, since 1 or dropped;
    }

    /// A voter that should stand for election.
    PreferredCandidate (versions 0..=0) {
        /// The voter.
        candidate_id: NodeId, since 0;
        /// Its log directory; zero for any.
        candidate_directory_id: Uuid, since 0;
    }

    /// Whom the voter takes for the leader now.
    ///
    /// Source: `EndQuorumEpochResponse.json`, Kafka 4.3.
    EndQuorumEpochResponse (key 54, versions 0..=1, flexible since 1) {
        /// Why nothing at all is answered.
        error_code: ErrorCode = ErrorCode::None, since 0;
        /// What was told.
        topics: Vec<QuorumEpochTopic>, since 0;
        /// Where the leaders named below are reached.
        node_endpoints: Vec<LeaderEndpoint>, since 1 or dropped, tag 0;
    }

    /// Partitions of one topic.
    QuorumEpochTopic (versions 0..=0) {
        /// The topic.
        topic_name: String, since 0;
        /// Its partitions.
        partitions: Vec<QuorumEpochPartition>, since 0;
    }

    /// Who leads one partition as far as the voter knows.
    QuorumEpochPartition (versions 0..=0) {
        /// The partition.
        partition_index: PartitionId, since 0;
        /// Why the voter does not follow.
        error_code: ErrorCode = ErrorCode::None, since 0;
        /// The leader; `None` if the voter knows of nobody.
        leader_id: Option<NodeId>, since 0;
        /// The voter's epoch.
        leader_epoch: Epoch, since 0;
    }
}

impl Request for BeginQuorumEpochRequest {
    type Response = BeginQuorumEpochResponse;
}

impl Request for EndQuorumEpochRequest {
    type Response = EndQuorumEpochResponse;
}
