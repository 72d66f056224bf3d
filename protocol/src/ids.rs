//! Number types of Kafka's domain: two integers of different meaning never share a type.

use std::time::Duration;

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

        impl crate::wire::Wire for $name {
            fn write(&self, out: &mut Vec<u8>) {
                self.0.write(out);
            }

            fn read(
                reader: &mut crate::wire::Reader<'_>,
                field: &'static str,
            ) -> Result<Self, crate::wire::WireError> {
                crate::wire::Wire::read(reader, field).map($name)
            }
        }
    )*};
}

impl crate::wire::Wire for Option<NodeId> {
    fn write(&self, out: &mut Vec<u8>) {
        self.unwrap_or(NodeId(-1)).write(out);
    }

    fn read(
        reader: &mut crate::wire::Reader<'_>,
        field: &'static str,
    ) -> Result<Self, crate::wire::WireError> {
        match i32::read(reader, field)? {
            -1 => Ok(None),
            id if id >= 0 => Ok(Some(NodeId(id))),
            id => Err(reader.error(crate::wire::WireProblem::OutOfRange {
                field,
                value: i64::from(id),
            })),
        }
    }
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

/// The time, as the caller tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Now {
    /// Since any one moment; never goes back. All timers are by this.
    pub elapsed: Duration,
    /// What the clock on the wall shows: stamped on records and shown to operators, and what tokens end by.
    pub wall: Timestamp,
}

/// Where a log ends: the epoch of its last record and the offset the next one will get.
///
/// Ordered as votes compare logs: by epoch, then by offset.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OffsetAndEpoch {
    // Derived `Ord` compares fields in this order.
    /// Epoch of the last record before `offset`.
    pub epoch: Epoch,
    /// Exclusive end offset.
    pub offset: Offset,
}
