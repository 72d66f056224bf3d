//! No answer says what ends the process of a JVM that asked: the rules by which it gives up, held to what our nodes say.
//!
//! | an answer | ends a JVM when |
//! |---|---|
//! | any | it is INVALID_REQUEST for the partition, names whoever asked as leader, or a leader that nobody can reach |
//! | Fetch | the high watermark goes back, the logs part below it, the checkpoint is not ahead of the log |
//! | FetchSnapshot | it is of another checkpoint or position, or an error that names a checkpoint |
//! | Vote | it is another one than before in the same epoch |
//!
//! Source: behaviour of Kafka 3.9 and 4.3.

use std::collections::BTreeMap;

use kraft_bridge_protocol::rpc::{
    AnyRequest, AnyResponse, BeginQuorumEpochResponse, EndQuorumEpochResponse, ErrorCode,
    FetchPartitionResponse, LeaderIdAndEpoch, SnapshotPartition, SnapshotPartitionResponse,
};
use kraft_bridge_protocol::{Epoch, NodeId, Offset};
use kraft_bridge_raft::quorum::{Raft, RoleName};

use super::{Invariant, Seen, View};

/// A process that stood for election, the epoch, and who answered.
type Ballot = (usize, u32, Epoch, usize);

/// The votes that each candidate was told.
#[derive(Debug, Default)]
pub(super) struct KillsNoPeer {
    ballots: BTreeMap<Ballot, bool>,
}

/// What every answer says.
struct Common {
    error: ErrorCode,
    epoch: Epoch,
    leader: Option<NodeId>,
    names_endpoint: bool,
}

impl Invariant for KillsNoPeer {
    fn sentence(&self) -> &'static str {
        "no answer ends the process of a JVM that asked"
    }

    fn see(&mut self, view: &View<'_>, seen: &Seen<'_>) -> Result<(), String> {
        let Seen::Receives {
            from,
            request,
            response,
        } = seen
        else {
            return Ok(());
        };
        let raft = view.raft();
        let Some(common) = common(response) else {
            return Ok(());
        };
        // Once it has lost its directory a JVM that led ends whatever anybody says.
        if view.host().wiped.is_empty() {
            check_common(raft, &common)?;
        }
        if common.epoch != raft.epoch() {
            return Ok(());
        }
        match (request, response) {
            (_, AnyResponse::Fetch(response)) if common.error == ErrorCode::None => {
                check_fetch(raft, &response.responses[0].partitions[0])
            }
            (AnyRequest::FetchSnapshot(request), AnyResponse::FetchSnapshot(response)) => check_piece(
                &request.topics[0].partitions[0],
                &response.topics[0].partitions[0],
            ),
            (AnyRequest::Vote(request), AnyResponse::Vote(response)) => {
                let asked = &request.topics[0].partitions[0];
                if common.error != ErrorCode::None || asked.pre_vote || asked.replica_epoch != common.epoch {
                    return Ok(());
                }
                let granted = response.topics[0].partitions[0].vote_granted;
                let ballot = (view.at, view.host().incarnation, common.epoch, *from);
                match *self.ballots.entry(ballot).or_insert(granted) == granted {
                    true => Ok(()),
                    false => Err(format!(
                        "host{from} answers a vote in epoch {} both ways",
                        common.epoch
                    )),
                }
            }
            _ => Ok(()),
        }
    }
}

fn common(response: &AnyResponse) -> Option<Common> {
    let (error, epoch, leader, names_endpoint) = match response {
        AnyResponse::Fetch(response) => {
            let answer = &response.responses.first()?.partitions[0];
            let LeaderIdAndEpoch {
                leader_epoch,
                leader_id,
                ..
            } = answer.current_leader;
            let names_endpoint = !response.node_endpoints.is_empty();
            (answer.error_code, leader_epoch, leader_id, names_endpoint)
        }
        AnyResponse::FetchSnapshot(response) => {
            let answer = &response.topics.first()?.partitions[0];
            let LeaderIdAndEpoch {
                leader_epoch,
                leader_id,
                ..
            } = answer.current_leader;
            let names_endpoint = !response.node_endpoints.is_empty();
            (answer.error_code, leader_epoch, leader_id, names_endpoint)
        }
        AnyResponse::Vote(response) => {
            let answer = &response.topics.first()?.partitions[0];
            let names_endpoint = !response.node_endpoints.is_empty();
            (
                answer.error_code,
                answer.leader_epoch,
                answer.leader_id,
                names_endpoint,
            )
        }
        AnyResponse::BeginQuorumEpoch(BeginQuorumEpochResponse {
            topics,
            node_endpoints,
            ..
        })
        | AnyResponse::EndQuorumEpoch(EndQuorumEpochResponse {
            topics,
            node_endpoints,
            ..
        }) => {
            let answer = &topics.first()?.partitions[0];
            let names_endpoint = !node_endpoints.is_empty();
            (
                answer.error_code,
                answer.leader_epoch,
                answer.leader_id,
                names_endpoint,
            )
        }
        _ => return None,
    };
    Some(Common {
        error,
        epoch,
        leader,
        names_endpoint,
    })
}

fn check_common(raft: &Raft, common: &Common) -> Result<(), String> {
    let Common {
        error,
        epoch,
        leader,
        names_endpoint,
    } = *common;
    if epoch < raft.epoch() || error == ErrorCode::UnknownLeaderEpoch {
        return Ok(());
    }
    if error == ErrorCode::InvalidRequest {
        return Err("a request is called invalid".to_owned());
    }
    let Some(leader) = leader else {
        return Ok(());
    };
    let own = raft.replica().id;
    let is_own_epoch = epoch == raft.epoch() && matches!(raft.role(), RoleName::Leader | RoleName::Resigned);
    if leader == own && !is_own_epoch {
        return Err(format!(
            "is named leader of epoch {epoch}, and is {:?} of {}",
            raft.role(),
            raft.epoch()
        ));
    }
    let is_news = epoch > raft.epoch() || raft.leader().is_none();
    if is_news && leader != own && !names_endpoint && raft.voters().current().get(leader).is_none() {
        return Err(format!(
            "{leader} is named leader of epoch {epoch}, and not where it is reached"
        ));
    }
    Ok(())
}

fn check_fetch(raft: &Raft, answer: &FetchPartitionResponse) -> Result<(), String> {
    let known = raft.high_watermark();
    let told = answer.high_watermark;
    if raft.role() != RoleName::Follower {
        return Ok(());
    }
    if told >= Offset(0) && told < known && told < raft.log().end {
        return Err(format!("the high watermark goes back from {known} to {told}"));
    }
    let parting = &answer.diverging_epoch;
    if parting.epoch >= Epoch(0) && parting.end_offset < known {
        return Err(format!(
            "the logs part at {}, below the high watermark {known}",
            parting.end_offset
        ));
    }
    match answer.snapshot_id.id() {
        Some(id) if id <= raft.log().end() => Err(format!(
            "checkpoint {id:?} is offered to a log that ends at {:?}",
            raft.log().end()
        )),
        _ => Ok(()),
    }
}

fn check_piece(asked: &SnapshotPartition, answer: &SnapshotPartitionResponse) -> Result<(), String> {
    let named = answer.snapshot_id.id();
    let is_asked = named == asked.snapshot_id.id() && answer.position == asked.position;
    match answer.error_code {
        ErrorCode::None if !is_asked => Err(format!("{asked:?} is answered with another piece of {named:?}")),
        ErrorCode::None => Ok(()),
        _ if named.is_some() => Err(format!("an error names checkpoint {named:?}")),
        _ => Ok(()),
    }
}
