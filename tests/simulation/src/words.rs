//! Requests and answers in a few words each, for histories that are read.

use kraft_bridge_protocol::rpc::{
    AnyRequest, AnyResponse, ErrorCode, FetchPartitionResponse, LeaderIdAndEpoch, QuorumEpochTopic,
};
use kraft_bridge_protocol::{Epoch, NodeId};

/// A request.
pub(crate) fn of_request(request: &AnyRequest) -> String {
    match request {
        AnyRequest::Fetch(request) => {
            let asked = &request.topics[0].partitions[0];
            format!(
                "Fetch in epoch {} from {} of epoch {}, knowing {}",
                asked.current_leader_epoch,
                asked.fetch_offset,
                asked.last_fetched_epoch,
                asked.high_watermark
            )
        }
        AnyRequest::FetchSnapshot(request) => {
            let asked = &request.topics[0].partitions[0];
            let id = &asked.snapshot_id;
            format!(
                "FetchSnapshot in epoch {} of {}-{} from byte {}",
                asked.current_leader_epoch, id.end_offset, id.epoch, asked.position
            )
        }
        AnyRequest::Vote(request) => {
            let asked = &request.topics[0].partitions[0];
            let kind = if asked.pre_vote { "pre-vote" } else { "Vote" };
            format!(
                "{kind} for {} in epoch {}, log {} of epoch {}",
                asked.replica_id, asked.replica_epoch, asked.last_offset, asked.last_offset_epoch
            )
        }
        AnyRequest::BeginQuorumEpoch(request) => {
            let told = &request.topics[0].partitions[0];
            format!(
                "BeginQuorumEpoch: {} leads epoch {}",
                told.leader_id, told.leader_epoch
            )
        }
        AnyRequest::EndQuorumEpoch(request) => {
            let told = &request.topics[0].partitions[0];
            let successors = &told.preferred_successors;
            format!(
                "EndQuorumEpoch: {} ends epoch {}, {successors:?}",
                told.leader_id, told.leader_epoch
            )
        }
        other => format!("{other:?}"),
    }
}

/// An answer.
pub(crate) fn of_response(response: &AnyResponse) -> String {
    match response {
        AnyResponse::Fetch(response) => match response.responses.first() {
            Some(topic) => of_fetched(&topic.partitions[0]),
            None => format!("{:?}", response.error_code),
        },
        AnyResponse::FetchSnapshot(response) => match response.topics.first() {
            Some(topic) => {
                let piece = &topic.partitions[0];
                let (id, bytes) = (&piece.snapshot_id, piece.unaligned_records.0.len());
                format!(
                    "{}{bytes} bytes at {} of {} of {}-{}",
                    of_answer(piece.error_code, &piece.current_leader),
                    piece.position,
                    piece.size,
                    id.end_offset,
                    id.epoch
                )
            }
            None => format!("{:?}", response.error_code),
        },
        AnyResponse::Vote(response) => match response.topics.first() {
            Some(topic) => {
                let answer = &topic.partitions[0];
                let granted = if answer.vote_granted { "yes" } else { "no" };
                of(answer.error_code, answer.leader_id, answer.leader_epoch) + granted
            }
            None => format!("{:?}", response.error_code),
        },
        AnyResponse::BeginQuorumEpoch(response) => of_epoch(response.error_code, &response.topics),
        AnyResponse::EndQuorumEpoch(response) => of_epoch(response.error_code, &response.topics),
        other => format!("{other:?}"),
    }
}

fn of_fetched(answer: &FetchPartitionResponse) -> String {
    let content = match (answer.snapshot_id.id(), &answer.diverging_epoch) {
        (Some(id), _) => format!("checkpoint {}-{} instead", id.offset, id.epoch),
        (None, parting) if parting.epoch >= Epoch(0) => {
            format!("epoch {} ends at {}", parting.epoch, parting.end_offset)
        }
        _ => format!(
            "{} bytes",
            answer.records.as_ref().map_or(0, |records| records.0.len())
        ),
    };
    let leader = of_answer(answer.error_code, &answer.current_leader);
    format!("{leader}{content}, high watermark {}", answer.high_watermark)
}

fn of_epoch(error: ErrorCode, topics: &[QuorumEpochTopic]) -> String {
    match topics.first().and_then(|topic| topic.partitions.first()) {
        Some(answer) => of(answer.error_code, answer.leader_id, answer.leader_epoch),
        None => format!("{error:?}"),
    }
}

fn of_answer(error: ErrorCode, leader: &LeaderIdAndEpoch) -> String {
    of(error, leader.leader_id, leader.leader_epoch)
}

fn of(error: ErrorCode, leader: Option<NodeId>, epoch: Epoch) -> String {
    let leader = leader.map_or("nobody".to_owned(), |leader| leader.to_string());
    let error = match error {
        ErrorCode::None => String::new(),
        error => format!("{error:?}, "),
    };
    format!("{error}{leader} leads epoch {epoch}: ")
}
