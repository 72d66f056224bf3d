//! Number types of Kafka's domain: two integers of different meaning never share a type.

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident($int:ty);)*) => {$(
        $(#[$doc])*
        #[derive(
            Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
        )]
        #[serde(transparent)]
        pub struct $name(pub $int);

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = std::num::ParseIntError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map($name)
            }
        }
    )*};
}

ids! {
    /// A node of the cluster: broker, controller or both (`node.id`, `broker.id`).
    NodeId(i32);
    /// Partition number within its topic, counted from 0.
    PartitionId(i32);
    /// Raft epoch of the metadata quorum.
    Epoch(i32);
    /// Position of a record in a log.
    Offset(i64);
    /// Leader epoch of one partition: grows by one with each leader change.
    LeaderEpoch(i32);
    /// Version of one partition's state; in ZooKeeper mode the data version of its `state` znode.
    PartitionEpoch(i32);
    /// Epoch of a broker's registration: offset of its record, or −1 when it never registered.
    BrokerEpoch(i64);
    /// Producer id, as idempotent and transactional producers use it.
    ProducerId(i64);
    /// Milliseconds since 1970-01-01T00:00:00Z.
    Timestamp(i64);
}

/// Where a log ends: the epoch of its last record and the offset the next one will get.
///
/// Ordered as votes compare logs: by epoch, then by offset.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct OffsetAndEpoch {
    // Derived `Ord` compares fields in this order.
    /// Epoch of the last record before `offset`.
    pub epoch: Epoch,
    /// Exclusive end offset.
    pub offset: Offset,
}
