//! Who a node is, and how patient: what its configuration says.

use std::time::Duration;

use super::{Listener, ReplicaKey, VoterSet};
use crate::endpoint::Endpoint;

/// Who the node is, and how patient.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RaftConfig {
    /// The cluster; requests that name another are refused.
    pub cluster_id: String,
    /// This node, with the directory that its log is in.
    pub replica: ReplicaKey,
    /// Where other nodes reach this one; the first is the one that voters use. At least one.
    pub listeners: Vec<Listener>,
    /// Voters, if the configuration says who they are (kraft.version 0); else empty.
    pub voters: VoterSet,
    /// Where to ask for the leader besides the voters.
    pub bootstrap_servers: Vec<Endpoint>,
    /// How patient.
    pub timeouts: Timeouts,
    /// Most bytes asked for at once by Fetch.
    pub fetch_bytes_max: i32,
    /// Most bytes asked for at once by FetchSnapshot.
    pub snapshot_bytes_max: i32,
    /// Bytes appended as leader and not yet committed, above which appends are refused.
    pub uncommitted_bytes_max: usize,
    /// `controller.quorum.auto.join.enable`, on a controller: whether it makes itself a voter.
    pub auto_join: bool,
    /// What the random delays begin from.
    pub seed: u64,
}

/// `controller.quorum.*`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Timeouts {
    /// `election.timeout.ms`: between one and two of these pass before a voter stands.
    pub election: Duration,
    /// `fetch.timeout.ms`: without an answer of the leader for so long it counts as gone.
    pub fetch: Duration,
    /// `election.backoff.max.ms`
    pub backoff_max: Duration,
    /// `request.timeout.ms`
    pub request: Duration,
    /// `retry.backoff.ms`
    pub retry_backoff: Duration,
    /// How long a fetch may wait at the leader.
    pub fetch_wait: Duration,
    /// Longest random delay before a voter stands because its connection to the leader broke.
    pub lost_leader_delay: Duration,
    /// How much longer than its turn a voter waits to succeed a leader that resigned: not at all, unless it would resign
    /// as well and lets the others go first.
    pub succession_delay: Duration,
}

impl Timeouts {
    /// How long a fetch waits at the leader: short enough that its answer is not given up on.
    pub(super) fn patience(&self) -> Duration {
        self.fetch_wait.min(self.request / 2)
    }
}

impl Default for Timeouts {
    /// Kafka's defaults.
    fn default() -> Self {
        Timeouts {
            election: Duration::from_secs(1),
            fetch: Duration::from_secs(2),
            backoff_max: Duration::from_secs(1),
            request: Duration::from_secs(2),
            retry_backoff: Duration::from_millis(20),
            fetch_wait: Duration::from_millis(500),
            lost_leader_delay: Duration::from_millis(50),
            succession_delay: Duration::ZERO,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fetch_waits_for_less_time_than_its_answer_is_waited_for() {
        assert_eq!(Timeouts::default().patience(), Duration::from_millis(500));
        for request in [1, 200, 400].map(Duration::from_millis) {
            let timeouts = Timeouts {
                request,
                ..Timeouts::default()
            };
            assert!(timeouts.patience() < request, "{request:?}");
        }
    }
}
