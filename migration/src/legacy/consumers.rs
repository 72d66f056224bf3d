//! Offsets of the old high-level consumer: `/consumers/<group>/offsets/<topic>/<partition>`.

use kraft_bridge_protocol::{Offset, PartitionId};

/// A position that only ZooKeeper holds; KRaft has no place for it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub struct ConsumerOffset {
    /// Consumer group.
    pub group: String,
    /// Topic.
    pub topic: String,
    /// Partition.
    pub partition: PartitionId,
    /// Next offset to read.
    pub offset: Offset,
}
