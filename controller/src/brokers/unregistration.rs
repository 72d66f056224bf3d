//! UnregisterBroker: a broker that will not come back is forgotten.

use kraft_bridge_metadata::records::UnregisterBrokerRecord;
use kraft_bridge_protocol::rpc::{ErrorCode, UnregisterBrokerRequest, UnregisterBrokerResponse};

use super::Sessions;
use crate::draft::Draft;
use crate::partitions;

/// Forgets a broker, even one that lives: its heartbeats are refused from now on.
pub(crate) fn unregister(
    draft: &mut Draft<'_>,
    sessions: &mut Sessions,
    request: &UnregisterBrokerRequest,
) -> UnregisterBrokerResponse {
    let broker_id = request.broker_id;
    let Some(broker) = draft.image.brokers.get(&broker_id) else {
        return UnregisterBrokerResponse {
            error_code: ErrorCode::BrokerIdNotRegistered,
            error_message: Some(format!("Broker ID {broker_id} is not currently registered")),
            ..Default::default()
        };
    };
    let broker_epoch = broker.broker_epoch;
    partitions::remove_forgotten(draft, broker_id);
    draft.push(UnregisterBrokerRecord {
        broker_id,
        broker_epoch,
        ..Default::default()
    });
    sessions.end(broker_id);
    UnregisterBrokerResponse::default()
}
