//! AllocateProducerIds: a broker takes a block of producer ids (KIP-730).

use kraft_bridge_metadata::records::ProducerIdsRecord;
use kraft_bridge_protocol::ProducerId;
use kraft_bridge_protocol::rpc::{AllocateProducerIdsRequest, AllocateProducerIdsResponse, ErrorCode};

use crate::brokers::check_epoch;
use crate::draft::Draft;

/// Ids of a block.
const BLOCK: i32 = 1000;

/// Hands out the next block.
pub(crate) fn allocate(
    draft: &mut Draft<'_>,
    request: &AllocateProducerIdsRequest,
) -> AllocateProducerIdsResponse {
    let refuse = |error_code| AllocateProducerIdsResponse {
        error_code,
        ..Default::default()
    };
    if let Err(error_code) = check_epoch(draft, request.broker_id, request.broker_epoch) {
        return refuse(error_code);
    }
    let last = draft.image.producer_ids.as_ref();
    let start = last.map_or(ProducerId(0), |last| last.next_producer_id);
    let Some(next) = start.0.checked_add(if mutant!(HandsOutIdsTwice) {
        1
    } else {
        i64::from(BLOCK)
    }) else {
        return refuse(ErrorCode::UnknownServerError);
    };
    draft.push(ProducerIdsRecord {
        broker_id: Some(request.broker_id),
        broker_epoch: request.broker_epoch,
        next_producer_id: ProducerId(next),
        ..Default::default()
    });
    AllocateProducerIdsResponse {
        producer_id_start: start,
        producer_id_len: BLOCK,
        ..Default::default()
    }
}
