//! What one broker's data directories need before the broker can start in KRaft mode; made, and undone.
//!
//! ```text
//! LegacyCluster ─▶ Expected ─┐
//!                            ├─plan─▶ Plan (steps, findings) ─apply─▶ files, and a Journal of what was before
//! directories ─scan─▶ LogDir ┘                                          │
//!                       └─────────────────────undo◀─────────────────────┘
//! ```
//!
//! | in a log directory | ZooKeeper mode leaves | KRaft mode needs |
//! |---|---|---|
//! | `meta.properties` | version 0, `broker.id` | version 1, `node.id`, `directory.id` |
//! | `<topic>-<n>/partition.metadata` | nothing before an inter-broker protocol of 2.8 | the topic's id; without it the replica is a stray (KAFKA-16814) |
//! | `.kafka_cleanshutdown` | empty, or broker epoch −1 | the same: another epoch costs the broker its eligibility (KIP-966) |
//! | `__cluster_metadata-0` | nothing | nothing: what is there is left from an earlier attempt |
//!
//! Only `scan` and `apply` touch files; `plan` and `undo` decide from what was scanned. Each step is atomic, and the
//! journal is on disk before the first one, so a kill at any moment leaves what a second `--apply` completes and
//! `--undo` restores. Kafka takes each *directory* in a log directory for a partition and refuses to start when its
//! name is none, so everything kept is kept as files.
//!
//! Source: KIP-631, KIP-516, KIP-858, KIP-966.

mod apply;
mod expected;
mod journal;
mod plan;
mod replica_name;
mod scan;
mod step;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod undo;

pub(crate) use apply::{Disk, apply};
pub(crate) use expected::Expected;
pub(crate) use journal::ASIDE_PREFIX;
pub(crate) use plan::{DirectoryPlan, Plan, REPLICA_MISSING};
pub(crate) use scan::{LogDir, log_dirs};
pub(crate) use step::{Change, Step};
pub(crate) use undo::Undo;

use kraft_bridge_protocol::NodeId;

/// The broker whose directories these are.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Node {
    /// `node.id`, which was its `broker.id`.
    pub(crate) id: NodeId,
    /// Whether it is a controller too, so that `__cluster_metadata-0` may be what `migrate` wrote.
    pub(crate) controller: bool,
}
