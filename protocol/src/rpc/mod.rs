//! The requests of Kafka's protocol that controllers are spoken to with, and their answers.
//!
//! ```text
//!  frame     int32 length, then:
//!  request   api key, version, correlation id, client id [tagged section]   body
//!  response  correlation id [tagged section]                                body
//! ```
//!
//! The tagged sections stand in flexible versions alone, and never in an answer to [`ApiVersionsRequest`]. The client
//! id is a string as in messages that are not flexible, always. One file per API, or per few that share their parts;
//! each a table of fields. All of them are listed in [`APIS`].
//!
//! Source: Kafka protocol guide; KIP-482 (flexible versions), KIP-511 (ApiVersions), KIP-595 and KIP-853 (the quorum).

mod acls;
mod allocate_producer_ids;
mod alter_configs;
mod alter_partition;
mod api_versions;
mod apis;
mod assign_replicas_to_dirs;
mod broker_heartbeat;
mod client_quotas;
mod create_partitions;
mod create_topics;
mod delegation_tokens;
mod delete_topics;
mod describe_cluster;
mod describe_configs;
mod describe_quorum;
mod elect_leaders;
mod envelope;
mod errors;
mod fetch;
mod fetch_snapshot;
mod frame;
mod incremental_alter_configs;
mod metadata_log;
mod partition_reassignments;
mod quorum_epoch;
mod raft_voters;
mod registration;
mod sasl;
#[cfg(test)]
mod tests;
mod update_features;
mod user_scram;
mod vote;

pub use acls::*;
pub use allocate_producer_ids::*;
pub use alter_configs::*;
pub use alter_partition::*;
pub use api_versions::*;
pub use apis::{APIS, AnyRequest, AnyResponse, Api};
pub use assign_replicas_to_dirs::*;
pub use broker_heartbeat::*;
pub use client_quotas::*;
pub use create_partitions::*;
pub use create_topics::*;
pub use delegation_tokens::*;
pub use delete_topics::*;
pub use describe_cluster::*;
pub use describe_configs::*;
pub use describe_quorum::*;
pub use elect_leaders::*;
pub use envelope::*;
pub use errors::ErrorCode;
pub use fetch::*;
pub use fetch_snapshot::*;
pub use frame::{RequestHeader, ResponseError, decode_response, request_frame, response_frame};
pub use incremental_alter_configs::*;
pub use metadata_log::QuorumTopic;
pub use partition_reassignments::*;
pub use quorum_epoch::*;
pub use raft_voters::*;
pub use registration::*;
pub use sasl::*;
pub use update_features::*;
pub use user_scram::*;
pub use vote::*;

use crate::messages::Message;
use crate::{Epoch, NodeId, Offset, OffsetAndEpoch, Uuid};

/// Name of the metadata log's topic.
pub const METADATA_TOPIC: &str = "__cluster_metadata";
/// Id of the metadata log's topic.
pub const METADATA_TOPIC_ID: Uuid = Uuid([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);

/// A request, and what is answered.
pub trait Request: Message {
    /// The answer, of the same version.
    type Response: Message;
}

crate::messages! {
    /// Who leads the quorum, as far as whoever answers knows.
    LeaderIdAndEpoch (versions 0..=0) {
        /// The leader; `None` while there is none.
        leader_id: Option<NodeId>, since 0;
        /// The latest epoch known.
        leader_epoch: Epoch = Epoch(-1), since 0;
    }

    /// Where a leader that an answer names is reached.
    LeaderEndpoint (versions 0..=0) {
        /// The leader.
        node_id: NodeId, since 0;
        /// Host.
        host: String, since 0;
        /// Port.
        port: u16, since 0;
    }

    /// Which checkpoint: everything before an offset, as it was in an epoch; both −1 for none.
    SnapshotId (versions 0..=0) {
        /// Offset after the last record that it stands for.
        end_offset: Offset = Offset(-1), since 0;
        /// Epoch of that record.
        epoch: Epoch = Epoch(-1), since 0;
    }
}

impl SnapshotId {
    /// The checkpoint, if it names one.
    pub fn id(&self) -> Option<OffsetAndEpoch> {
        let id = OffsetAndEpoch {
            epoch: self.epoch,
            offset: self.end_offset,
        };
        (id.epoch >= Epoch(0) && id.offset >= Offset(0)).then_some(id)
    }
}

impl From<OffsetAndEpoch> for SnapshotId {
    fn from(id: OffsetAndEpoch) -> SnapshotId {
        SnapshotId {
            end_offset: id.offset,
            epoch: id.epoch,
            ..Default::default()
        }
    }
}
