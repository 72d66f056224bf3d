//! What brokers and controllers ask of the active controller, which this node is not: they are told so, close the
//! connection and look for the one that is. Without the answer they would stay.
//!
//! Source: KIP-631, KIP-590; the channels of Kafka's brokers and controllers to the active controller.

use kraft_bridge_protocol::Uuid;
use kraft_bridge_protocol::rpc::{
    AlteredResource, AnyRequest, AnyResponse, CreatePartitionsResponse, CreateTopicsResponse, CreatedTopic,
    DeleteTopicsRequest, DeleteTopicsResponse, DeletedTopic, ErrorCode, GrownTopic,
    IncrementalAlterConfigsResponse,
};

use crate::server::with_error;

/// The answer to a request that only the active controller decides upon.
pub(super) fn answer(request: &AnyRequest) -> AnyResponse {
    const ERROR: ErrorCode = ErrorCode::NotController;
    // Some have no place for an error of the whole.
    match request {
        AnyRequest::CreateTopics(request) => {
            let topics = request.topics.iter().map(|topic| CreatedTopic {
                name: topic.name.clone(),
                error_code: ERROR,
                ..Default::default()
            });
            AnyResponse::CreateTopics(CreateTopicsResponse {
                topics: topics.collect(),
                ..Default::default()
            })
        }
        AnyRequest::CreatePartitions(request) => {
            let results = request.topics.iter().map(|topic| GrownTopic {
                name: topic.name.clone(),
                error_code: ERROR,
                ..Default::default()
            });
            AnyResponse::CreatePartitions(CreatePartitionsResponse {
                results: results.collect(),
                ..Default::default()
            })
        }
        AnyRequest::IncrementalAlterConfigs(request) => {
            let responses = request.resources.iter().map(|resource| AlteredResource {
                error_code: ERROR,
                resource_type: resource.resource_type,
                resource_name: resource.resource_name.clone(),
                ..Default::default()
            });
            AnyResponse::IncrementalAlterConfigs(IncrementalAlterConfigsResponse {
                responses: responses.collect(),
                ..Default::default()
            })
        }
        AnyRequest::DeleteTopics(request) => AnyResponse::DeleteTopics(delete_topics(request)),
        request => with_error(request, ERROR).expect("all others have a place for errors"),
    }
}

fn delete_topics(request: &DeleteTopicsRequest) -> DeleteTopicsResponse {
    let by_name = request
        .topic_names
        .iter()
        .map(|name| (Some(name.clone()), Uuid::ZERO));
    let by_either = request
        .topics
        .iter()
        .map(|topic| (topic.name.clone(), topic.topic_id));
    let responses = by_name.chain(by_either).map(|(name, topic_id)| DeletedTopic {
        name,
        topic_id,
        error_code: ErrorCode::NotController,
        ..Default::default()
    });
    DeleteTopicsResponse {
        responses: responses.collect(),
        ..Default::default()
    }
}

#[cfg(test)]
mod tests {
    use kraft_bridge_protocol::messages::Message;
    use kraft_bridge_protocol::rpc::{
        BrokerHeartbeatRequest, CreatableTopic, CreateTopicsRequest, EnvelopeRequest,
    };

    use super::*;

    #[test]
    fn a_heartbeat_is_told_to_look_elsewhere_in_every_version() {
        let request = AnyRequest::BrokerHeartbeat(BrokerHeartbeatRequest::default());
        let response = answer(&request);
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
        let AnyResponse::Envelope(envelope) = response else {
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
        let AnyResponse::CreateTopics(response) = answer(&AnyRequest::CreateTopics(request)) else {
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
}
