//! DescribeQuorum: who votes, who observes, and how far each of them has come.
//!
//! Source: KIP-595; KIP-836 (version 1: times); KIP-853 (version 2: directories, nodes, messages).

use super::{ErrorCode, Request};
use crate::control::VoterEndpoint;
use crate::{Epoch, NodeId, Offset, PartitionId, Timestamp, Uuid};

crate::messages! {
    /// Asks the leader how its quorum fares.
    ///
    /// Source: `DescribeQuorumRequest.json`, Kafka 4.3.
    DescribeQuorumRequest (key 55, versions 0..=2) {
        /// What to describe: the metadata log.
        topics: Vec<DescribeQuorumTopic>, since 0;
    }

    /// Partitions of one topic.
    DescribeQuorumTopic (versions 0..=0) {
        /// The topic.
        topic_name: String, since 0;
        /// Its partitions.
        partitions: Vec<DescribeQuorumPartition>, since 0;
    }

    /// One partition.
    DescribeQuorumPartition (versions 0..=0) {
        /// The partition.
        partition_index: PartitionId, since 0;
    }

    /// How the quorum fares.
    ///
    /// Source: `DescribeQuorumResponse.json`, Kafka 4.3.
    DescribeQuorumResponse (key 55, versions 0..=2) {
        /// Why nothing at all is answered.
        error_code: ErrorCode = ErrorCode::None, since 0;
        /// The same in words.
        error_message: Option<String>, since 2 or dropped;
        /// What was asked for.
        topics: Vec<DescribeQuorumTopicResponse>, since 0;
        /// Where the voters are reached.
        nodes: Vec<QuorumNode>, since 2 or dropped;
    }

    /// Partitions of one topic.
    DescribeQuorumTopicResponse (versions 0..=2) {
        /// The topic.
        topic_name: String, since 0;
        /// Its partitions.
        partitions: Vec<DescribeQuorumPartitionResponse>, since 0;
    }

    /// Who replicates one partition.
    DescribeQuorumPartitionResponse (versions 0..=2) {
        /// The partition.
        partition_index: PartitionId, since 0;
        /// Why it is not described.
        error_code: ErrorCode = ErrorCode::None, since 0;
        /// The same in words.
        error_message: Option<String>, since 2 or dropped;
        /// The leader; `None` if nobody is known to lead.
        leader_id: Option<NodeId>, since 0;
        /// The latest epoch known.
        leader_epoch: Epoch, since 0;
        /// Offset before which everything is committed, −1 if it is not known.
        high_watermark: Offset, since 0;
        /// The voters, the leader among them.
        current_voters: Vec<QuorumReplica>, since 0;
        /// The observers that fetched of late.
        observers: Vec<QuorumReplica>, since 0;
    }

    /// How far a replica has come.
    QuorumReplica (versions 0..=2) {
        /// The replica.
        replica_id: NodeId, since 0;
        /// Its log directory; zero for none.
        replica_directory_id: Uuid, since 2 or dropped;
        /// End of its log, exclusive; −1 if it is not known.
        log_end_offset: Offset, since 0;
        /// When it fetched last by the leader's clock; −1 if it is not known.
        last_fetch_timestamp: Timestamp = Timestamp(-1), since 1 or dropped;
        /// When it had last all that the leader had; −1 if it is not known.
        last_caught_up_timestamp: Timestamp = Timestamp(-1), since 1 or dropped;
    }

    /// Where a voter is reached.
    QuorumNode (versions 0..=0) {
        /// The voter.
        node_id: NodeId, since 0;
        /// Its listeners.
        listeners: Vec<VoterEndpoint>, since 0;
    }
}

impl Request for DescribeQuorumRequest {
    type Response = DescribeQuorumResponse;
}
