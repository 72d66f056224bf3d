//! What a node tells of itself while it runs.

use kraft_bridge_protocol::{Epoch, NodeId, Offset};
use kraft_bridge_raft::node::Node;
use kraft_bridge_raft::quorum::LeaderAndEpoch;

/// How a node stands in its quorum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Status {
    /// Who leads.
    pub(super) leader: LeaderAndEpoch,
    /// All below it is committed.
    pub(super) high_watermark: Offset,
    /// Whether the log says who votes: 1, or 0 if the configuration does.
    pub(super) kraft_version: i16,
}

impl Status {
    /// Of a node that was last told of this leader.
    pub(super) fn of(node: &Node, leader: LeaderAndEpoch) -> Status {
        Status {
            leader,
            high_watermark: node.raft().high_watermark(),
            kraft_version: node.raft().voters().kraft_version(),
        }
    }

    /// The epoch that this node leads, once its first record is committed.
    pub(super) fn leads(&self, own: NodeId) -> Option<Epoch> {
        let leader = self.leader;
        let is_committed = leader
            .epoch_start
            .is_some_and(|start| self.high_watermark > start);
        (leader.leader == Some(own) && is_committed).then_some(leader.epoch)
    }
}
