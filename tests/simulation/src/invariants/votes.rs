//! Epochs and votes: neither is ever taken back, and both are on disk before anybody hears of them.
//!
//! Source: KIP-595; KAFKA-15312 (`quorum-state` must be synced before an answer).

use std::collections::BTreeMap;

use kraft_bridge_protocol::rpc::{AnyRequest, AnyResponse};
use kraft_bridge_protocol::{Epoch, NodeId, Uuid};
use kraft_bridge_raft::names::QUORUM_STATE;
use kraft_bridge_raft::quorum::ReplicaKey;
use kraft_bridge_raft::quorum_state::QuorumState;

use super::{Invariant, Seen, View};
use crate::words::{of_request, of_response};

/// What each directory has seen.
#[derive(Debug, Default)]
pub(super) struct Votes {
    epochs: BTreeMap<ReplicaKey, Epoch>,
    votes: BTreeMap<(ReplicaKey, Epoch), ReplicaKey>,
}

impl Invariant for Votes {
    fn sentence(&self) -> &'static str {
        "epochs and votes are never taken back, and durable before they are told"
    }

    fn see(&mut self, view: &View<'_>, seen: &Seen<'_>) -> Result<(), String> {
        match seen {
            Seen::Started | Seen::Stepped => self.check_memory(view),
            Seen::Sends { request } => check_request(view, request),
            Seen::Answers { request, response } => check_answer(view, request, response),
            _ => Ok(()),
        }
    }
}

impl Votes {
    fn check_memory(&mut self, view: &View<'_>) -> Result<(), String> {
        let raft = view.raft();
        let (own, epoch) = (raft.replica(), raft.epoch());
        let newest = self.epochs.entry(own).or_insert(epoch);
        if epoch < *newest {
            return Err(format!("goes back from epoch {newest} to {epoch}"));
        }
        *newest = epoch;
        if let Some(voted) = raft.voted() {
            let known = *self.votes.entry((own, epoch)).or_insert(voted);
            // With static voters a vote is for a node, whatever its directory.
            let is_directory_known = [known, voted].iter().all(|key| key.directory != Uuid::ZERO);
            if known.id != voted.id || is_directory_known && known != voted {
                return Err(format!(
                    "votes for {voted:?} in epoch {epoch}, where it voted for {known:?}"
                ));
            }
        }
        Ok(())
    }
}

/// Epoch, leader and vote as they are on disk.
fn durable(view: &View<'_>) -> (Epoch, Option<NodeId>, Option<NodeId>) {
    let content = view.host().disk.durable(QUORUM_STATE);
    let state = content.and_then(|content| QuorumState::decode(std::str::from_utf8(&content).ok()?).ok());
    state.map_or((Epoch(0), None, None), |state| {
        (state.leader_epoch, state.leader, state.voted)
    })
}

fn check_request(view: &View<'_>, request: &AnyRequest) -> Result<(), String> {
    let own = view.host().key().id;
    let (on_disk, leader, voted) = durable(view);
    let (epoch, is_durable) = match request {
        AnyRequest::Vote(request) => {
            let asked = &request.topics[0].partitions[0];
            (asked.replica_epoch, asked.pre_vote || voted == Some(own))
        }
        AnyRequest::BeginQuorumEpoch(request) => {
            (request.topics[0].partitions[0].leader_epoch, leader == Some(own))
        }
        AnyRequest::EndQuorumEpoch(request) => {
            (request.topics[0].partitions[0].leader_epoch, leader == Some(own))
        }
        AnyRequest::Fetch(request) => {
            let asked = &request.topics[0].partitions[0];
            let durable_end = view.host().kept.durable_end;
            (asked.current_leader_epoch, asked.fetch_offset <= durable_end)
        }
        _ => return Ok(()),
    };
    match is_durable && epoch == on_disk {
        true => Ok(()),
        false => Err(format!(
            "sends {}, while on disk are epoch {on_disk}, leader {leader:?}, vote {voted:?}, and records below {}",
            of_request(request),
            view.host().kept.durable_end
        )),
    }
}

fn check_answer(view: &View<'_>, request: &AnyRequest, response: &AnyResponse) -> Result<(), String> {
    let own = view.host().key().id;
    let (on_disk, leader, voted) = durable(view);
    let is_durable = match (request, response) {
        (AnyRequest::Vote(request), AnyResponse::Vote(response)) => {
            let (Some(topic), asked) = (response.topics.first(), &request.topics[0].partitions[0]) else {
                return Ok(());
            };
            let answer = &topic.partitions[0];
            let is_vote = answer.vote_granted && !asked.pre_vote;
            answer.leader_epoch <= on_disk && (!is_vote || [voted, leader].contains(&Some(asked.replica_id)))
        }
        (_, AnyResponse::Fetch(response)) => response.responses.iter().all(|topic| {
            let answer = &topic.partitions[0].current_leader;
            let is_of_now = answer.leader_epoch == on_disk && answer.leader_id == Some(own);
            answer.leader_epoch <= on_disk && (!is_of_now || leader == Some(own))
        }),
        _ => true,
    };
    match is_durable {
        true => Ok(()),
        false => Err(format!(
            "answers {}, while on disk are epoch {on_disk}, leader {leader:?} and vote {voted:?}",
            of_response(response)
        )),
    }
}
