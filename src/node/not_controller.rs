//! What brokers and controllers ask of the active controller, which this node is not: they are told so, close the
//! connection and look for the one that is. Without the answer they would stay.
//!
//! Source: KIP-631, KIP-590; the channels of Kafka's brokers and controllers to the active controller.

use kraft_bridge_protocol::rpc::{AnyRequest, AnyResponse, CreateTopicsResponse, CreatedTopic, ErrorCode};

use crate::server::with_error;

/// What is asked of the active controller, by the names of the APIs.
pub(super) const APIS: [&str; 10] = [
    "CreateTopics",
    "AlterPartition",
    "UpdateFeatures",
    "Envelope",
    "BrokerRegistration",
    "BrokerHeartbeat",
    "UnregisterBroker",
    "AllocateProducerIds",
    "ControllerRegistration",
    "AssignReplicasToDirs",
];

/// The answer, if the request is one of these.
pub(super) fn answer(request: &AnyRequest) -> Option<AnyResponse> {
    if !APIS.contains(&request.api().name) {
        return None;
    }
    match request {
        // It has no place for an error of the whole.
        AnyRequest::CreateTopics(request) => {
            let topics = request.topics.iter().map(|topic| CreatedTopic {
                name: topic.name.clone(),
                error_code: ErrorCode::NotController,
                ..Default::default()
            });
            Some(AnyResponse::CreateTopics(CreateTopicsResponse {
                topics: topics.collect(),
                ..Default::default()
            }))
        }
        request => with_error(request, ErrorCode::NotController),
    }
}

#[cfg(test)]
mod tests {
    use kraft_bridge_protocol::messages::Message;
    use kraft_bridge_protocol::rpc::{
        BrokerHeartbeatRequest, CreatableTopic, CreateTopicsRequest, EnvelopeRequest, FetchRequest,
    };

    use super::*;

    #[test]
    fn a_heartbeat_is_told_to_look_elsewhere_in_every_version() {
        let request = AnyRequest::BrokerHeartbeat(BrokerHeartbeatRequest::default());
        let response = answer(&request).unwrap();
        let AnyResponse::BrokerHeartbeat(heartbeat) = &response else {
            panic!("{response:?}");
        };
        assert_eq!(heartbeat.error_code, ErrorCode::NotController);
        for version in BrokerHeartbeatRequest::VERSIONS {
            assert!(response.frame(version, 1).is_ok(), "{version}");
        }
    }

    #[test]
    fn a_request_in_an_envelope_is_not_opened() {
        let response = answer(&AnyRequest::Envelope(EnvelopeRequest::default()));
        let Some(AnyResponse::Envelope(envelope)) = response else {
            panic!("{response:?}");
        };
        assert_eq!(envelope.error_code, ErrorCode::NotController);
        assert_eq!(envelope.response_data, None);
    }

    #[test]
    fn topics_are_refused_one_by_one() {
        let topic = |name: &str| CreatableTopic {
            name: name.to_owned(),
            ..Default::default()
        };
        let request = CreateTopicsRequest {
            topics: vec![topic("a"), topic("b")],
            ..Default::default()
        };
        let Some(AnyResponse::CreateTopics(response)) = answer(&AnyRequest::CreateTopics(request)) else {
            panic!("not answered");
        };
        let refused = response
            .topics
            .iter()
            .map(|topic| (&*topic.name, topic.error_code));
        assert_eq!(
            refused.collect::<Vec<_>>(),
            [("a", ErrorCode::NotController), ("b", ErrorCode::NotController)]
        );
    }

    #[test]
    fn what_the_quorum_answers_is_left_to_it() {
        assert_eq!(answer(&AnyRequest::Fetch(FetchRequest::default())), None);
    }
}
