//! A leader that no majority fetches from steps down: it would take appends that can never be committed.
//!
//! By its own clock, and within a few times the time that it allows itself: a majority may have fetched right after the
//! timer was set, and the voters that are to be heard may be others by now.
//!
//! Source: KIP-595; KAFKA-15489.

use std::collections::BTreeMap;
use std::time::Duration;

use kraft_bridge_protocol::rpc::AnyRequest;
use kraft_bridge_protocol::{Epoch, NodeId, Offset};
use kraft_bridge_raft::quorum::RoleName;

use super::{Invariant, Seen, View};

/// What each leader has heard.
#[derive(Debug, Default)]
pub(super) struct StepsDown {
    tenures: BTreeMap<(usize, u32, Epoch), Heard>,
}

/// Who fetches from a leader, by its own clock.
#[derive(Debug)]
struct Heard {
    /// When it was elected, or its voters changed.
    since: Duration,
    voters: Option<Offset>,
    fetched: BTreeMap<NodeId, Duration>,
}

impl Invariant for StepsDown {
    fn sentence(&self) -> &'static str {
        "a leader that no majority fetches from steps down"
    }

    fn see(&mut self, view: &View<'_>, seen: &Seen<'_>) -> Result<(), String> {
        let raft = match seen {
            Seen::Stepped | Seen::Asked { .. } if view.raft().role() == RoleName::Leader => view.raft(),
            _ => return Ok(()),
        };
        let (now, epoch) = (view.host().clock.now(view.time).elapsed, raft.epoch());
        let tenure = (view.at, view.host().incarnation, epoch);
        let newest = raft.voters().newest_offset();
        let begun = || Heard {
            since: now,
            voters: newest,
            fetched: BTreeMap::new(),
        };
        let heard = self.tenures.entry(tenure).or_insert_with(begun);
        if heard.voters != newest {
            *heard = begun();
        }
        if let Seen::Asked { request } = seen {
            heard
                .fetched
                .extend(fetching(request, epoch).map(|replica| (replica, now)));
            return Ok(());
        }
        let voters = raft.voters().current();
        let mut last: Vec<Duration> = voters
            .ids()
            .map(|id| match id == raft.replica().id {
                true => now,
                false => heard.fetched.get(&id).copied().unwrap_or(heard.since),
            })
            .collect();
        last.sort();
        let majority = last.get(voters.len() - voters.majority()).copied().unwrap_or(now);
        match now - majority > view.timeouts.fetch * PATIENCE {
            false => Ok(()),
            true => Err(format!(
                "leads epoch {epoch}, and no majority fetched for {:?}",
                now - majority
            )),
        }
    }
}

/// Fetch timeouts without a majority after which a leader that still leads is wrong; twice what two of its timers make.
const PATIENCE: u32 = 6;

/// The replica that fetches from the leader of this epoch.
fn fetching(request: &AnyRequest, epoch: Epoch) -> Option<NodeId> {
    match request {
        AnyRequest::Fetch(request) => {
            let asked = &request.topics[0].partitions[0];
            let replica = request.replica_state.replica_id.or(request.replica_id);
            replica.filter(|_| asked.current_leader_epoch == epoch)
        }
        AnyRequest::FetchSnapshot(request) => {
            let asked = &request.topics[0].partitions[0];
            request.replica_id.filter(|_| asked.current_leader_epoch == epoch)
        }
        _ => None,
    }
}
