//! Why a record cannot be replayed.

use kraft_bridge_protocol::{BrokerEpoch, NodeId, PartitionId, Uuid};

/// The record speaks of something that the log has not told of, or contradicts it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReplayError {
    /// No topic of that id.
    #[error("the record is about topic {id}, which is not there")]
    UnknownTopic {
        /// Topic id.
        id: Uuid,
    },
    /// No topic of that name.
    #[error("the record is about topic {name:?}, which is not there")]
    UnknownTopicName {
        /// Topic name.
        name: String,
    },
    /// No partition of that number.
    #[error("the record changes partition {partition} of topic {id}, which is not there")]
    UnknownPartition {
        /// Topic id.
        id: Uuid,
        /// Partition.
        partition: PartitionId,
    },
    /// Another topic bears the name, or the id, already.
    #[error("topic {name:?} with id {id}: the name or the id is taken already")]
    TopicExists {
        /// Topic name.
        name: String,
        /// Topic id.
        id: Uuid,
    },
    /// A list of log directories that does not go with the replicas.
    #[error("partition {partition} of topic {id} has {replicas} replicas and {directories} log directories")]
    Directories {
        /// Topic id.
        id: Uuid,
        /// Partition.
        partition: PartitionId,
        /// Number of replicas.
        replicas: usize,
        /// Number of log directories.
        directories: usize,
    },
    /// The broker is not registered, or under another epoch.
    #[error("the record is about broker {broker} at epoch {epoch}, which is not registered so")]
    UnknownBroker {
        /// Broker.
        broker: NodeId,
        /// Epoch.
        epoch: BrokerEpoch,
    },
    /// No ACL of that id.
    #[error("the record removes ACL {id}, which is not there")]
    UnknownAcl {
        /// ACL id.
        id: Uuid,
    },
    /// A quota of an entity that no release knows.
    #[error("a quota of {entity}: no kind of entity that is known")]
    QuotaEntity {
        /// The entity's types, as the record has them.
        entity: String,
    },
    /// A transaction began inside another one.
    #[error("a metadata transaction begins inside another one")]
    NestedTransaction,
    /// A transaction ended that never began.
    #[error("a metadata transaction ends that never began")]
    NoTransaction,
}
