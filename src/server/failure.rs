//! Answers that say nothing but an error, in every place that an API has for one.

use kraft_bridge_protocol::Uuid;
use kraft_bridge_protocol::rpc::{self, AnyRequest, AnyResponse, ErrorCode};

/// The answer to a request of which nothing was done, for the same reason for all that it names.
pub(crate) fn with_error(request: &AnyRequest, error_code: ErrorCode) -> AnyResponse {
    use {AnyRequest as Q, AnyResponse as A};
    /// Most answers have one place, for an error of the whole.
    macro_rules! of_the_whole {
        ($($name:ident ($response:ident)),*) => {
            match request {
                $( Q::$name(_) => A::$name(rpc::$response {
                    error_code,
                    ..Default::default()
                }), )*
                Q::CreateTopics(request) => A::CreateTopics(create_topics(request, error_code)),
                Q::DeleteTopics(request) => A::DeleteTopics(delete_topics(request, error_code)),
                Q::CreatePartitions(request) => A::CreatePartitions(create_partitions(request, error_code)),
                Q::ElectLeaders(request) => A::ElectLeaders(elect_leaders(request, error_code)),
                Q::IncrementalAlterConfigs(request) => {
                    let named = request.resources.iter();
                    let named = named.map(|one| (one.resource_type, &one.resource_name));
                    A::IncrementalAlterConfigs(rpc::IncrementalAlterConfigsResponse {
                        responses: resources(named, error_code),
                        ..Default::default()
                    })
                }
                Q::AlterConfigs(request) => {
                    let named = request.resources.iter();
                    let named = named.map(|one| (one.resource_type, &one.resource_name));
                    A::AlterConfigs(rpc::AlterConfigsResponse {
                        responses: resources(named, error_code),
                        ..Default::default()
                    })
                }
                Q::DescribeConfigs(request) => A::DescribeConfigs(describe_configs(request, error_code)),
                Q::CreateAcls(request) => A::CreateAcls(create_acls(request, error_code)),
                Q::DeleteAcls(request) => A::DeleteAcls(delete_acls(request, error_code)),
                Q::AlterClientQuotas(request) => {
                    A::AlterClientQuotas(alter_client_quotas(request, error_code))
                }
                Q::AlterUserScramCredentials(request) => {
                    A::AlterUserScramCredentials(alter_scram(request, error_code))
                }
            }
        };
    }
    of_the_whole!(
        Fetch(FetchResponse),
        SaslHandshake(SaslHandshakeResponse),
        ApiVersions(ApiVersionsResponse),
        SaslAuthenticate(SaslAuthenticateResponse),
        Vote(VoteResponse),
        BeginQuorumEpoch(BeginQuorumEpochResponse),
        EndQuorumEpoch(EndQuorumEpochResponse),
        DescribeQuorum(DescribeQuorumResponse),
        AlterPartition(AlterPartitionResponse),
        AlterPartitionReassignments(AlterPartitionReassignmentsResponse),
        ListPartitionReassignments(ListPartitionReassignmentsResponse),
        UpdateFeatures(UpdateFeaturesResponse),
        Envelope(EnvelopeResponse),
        FetchSnapshot(FetchSnapshotResponse),
        DescribeCluster(DescribeClusterResponse),
        DescribeAcls(DescribeAclsResponse),
        CreateDelegationToken(CreateDelegationTokenResponse),
        RenewDelegationToken(RenewDelegationTokenResponse),
        ExpireDelegationToken(ExpireDelegationTokenResponse),
        BrokerRegistration(BrokerRegistrationResponse),
        BrokerHeartbeat(BrokerHeartbeatResponse),
        UnregisterBroker(UnregisterBrokerResponse),
        AllocateProducerIds(AllocateProducerIdsResponse),
        ControllerRegistration(ControllerRegistrationResponse),
        AssignReplicasToDirs(AssignReplicasToDirsResponse),
        AddRaftVoter(AddRaftVoterResponse),
        RemoveRaftVoter(RemoveRaftVoterResponse),
        UpdateRaftVoter(UpdateRaftVoterResponse)
    )
}

fn create_topics(request: &rpc::CreateTopicsRequest, error_code: ErrorCode) -> rpc::CreateTopicsResponse {
    let topics = request.topics.iter().map(|topic| rpc::CreatedTopic {
        name: topic.name.clone(),
        error_code,
        ..Default::default()
    });
    rpc::CreateTopicsResponse {
        topics: topics.collect(),
        ..Default::default()
    }
}

fn delete_topics(request: &rpc::DeleteTopicsRequest, error_code: ErrorCode) -> rpc::DeleteTopicsResponse {
    let by_name = request
        .topic_names
        .iter()
        .map(|name| (Some(name.clone()), Uuid::ZERO));
    let by_either = request
        .topics
        .iter()
        .map(|topic| (topic.name.clone(), topic.topic_id));
    let responses = by_name
        .chain(by_either)
        .map(|(name, topic_id)| rpc::DeletedTopic {
            name,
            topic_id,
            error_code,
            ..Default::default()
        });
    rpc::DeleteTopicsResponse {
        responses: responses.collect(),
        ..Default::default()
    }
}

fn create_partitions(
    request: &rpc::CreatePartitionsRequest,
    error_code: ErrorCode,
) -> rpc::CreatePartitionsResponse {
    let results = request.topics.iter().map(|topic| rpc::GrownTopic {
        name: topic.name.clone(),
        error_code,
        ..Default::default()
    });
    rpc::CreatePartitionsResponse {
        results: results.collect(),
        ..Default::default()
    }
}

fn elect_leaders(request: &rpc::ElectLeadersRequest, error_code: ErrorCode) -> rpc::ElectLeadersResponse {
    let topics = request.topic_partitions.iter().flatten();
    let results = topics.map(|topic| {
        let partitions = topic.partitions.iter().map(|partition_id| rpc::ElectedPartition {
            partition_id: *partition_id,
            error_code,
            ..Default::default()
        });
        rpc::ElectedTopic {
            topic: topic.topic.clone(),
            partition_result: partitions.collect(),
            ..Default::default()
        }
    });
    rpc::ElectLeadersResponse {
        error_code,
        replica_election_results: results.collect(),
        ..Default::default()
    }
}

fn resources<'a>(
    named: impl Iterator<Item = (i8, &'a String)>,
    error_code: ErrorCode,
) -> Vec<rpc::AlteredResource> {
    let responses = named.map(|(resource_type, name)| rpc::AlteredResource {
        error_code,
        resource_type,
        resource_name: name.clone(),
        ..Default::default()
    });
    responses.collect()
}

fn describe_configs(
    request: &rpc::DescribeConfigsRequest,
    error_code: ErrorCode,
) -> rpc::DescribeConfigsResponse {
    let results = request.resources.iter().map(|resource| rpc::DescribedResource {
        error_code,
        resource_type: resource.resource_type,
        resource_name: resource.resource_name.clone(),
        ..Default::default()
    });
    rpc::DescribeConfigsResponse {
        results: results.collect(),
        ..Default::default()
    }
}

fn create_acls(request: &rpc::CreateAclsRequest, error_code: ErrorCode) -> rpc::CreateAclsResponse {
    let results = request.creations.iter().map(|_| rpc::CreatedAcl {
        error_code,
        ..Default::default()
    });
    rpc::CreateAclsResponse {
        results: results.collect(),
        ..Default::default()
    }
}

fn delete_acls(request: &rpc::DeleteAclsRequest, error_code: ErrorCode) -> rpc::DeleteAclsResponse {
    let filter_results = request.filters.iter().map(|_| rpc::FilteredAcls {
        error_code,
        ..Default::default()
    });
    rpc::DeleteAclsResponse {
        filter_results: filter_results.collect(),
        ..Default::default()
    }
}

fn alter_client_quotas(
    request: &rpc::AlterClientQuotasRequest,
    error_code: ErrorCode,
) -> rpc::AlterClientQuotasResponse {
    let entries = request.entries.iter().map(|entry| rpc::AlteredQuota {
        error_code,
        entity: entry.entity.clone(),
        ..Default::default()
    });
    rpc::AlterClientQuotasResponse {
        entries: entries.collect(),
        ..Default::default()
    }
}

fn alter_scram(
    request: &rpc::AlterUserScramCredentialsRequest,
    error_code: ErrorCode,
) -> rpc::AlterUserScramCredentialsResponse {
    let deleted = request.deletions.iter().map(|one| &one.name);
    let users = deleted.chain(request.upsertions.iter().map(|one| &one.name));
    let results = users.map(|user| rpc::AlteredUser {
        user: user.clone(),
        error_code,
        ..Default::default()
    });
    rpc::AlterUserScramCredentialsResponse {
        results: results.collect(),
        ..Default::default()
    }
}

#[cfg(test)]
mod tests {
    use kraft_bridge_protocol::messages::Message;
    use kraft_bridge_protocol::rpc::{
        BrokerHeartbeatRequest, CreatableTopic, CreateTopicsRequest, ElectLeadersRequest, EnvelopeRequest,
        FetchRequest, TopicPartitions,
    };

    use super::*;

    const ERROR: ErrorCode = ErrorCode::NotController;

    /// Every version of the answer can be written.
    fn is_written<R: Message>(request: &AnyRequest) {
        let answer = with_error(request, ERROR);
        for version in R::VERSIONS {
            assert!(answer.frame(version, 1).is_ok(), "{} {version}", R::NAME);
        }
    }

    #[test]
    fn it_is_an_answer_in_every_version() {
        is_written::<FetchRequest>(&AnyRequest::Fetch(FetchRequest::default()));
        is_written::<BrokerHeartbeatRequest>(&AnyRequest::BrokerHeartbeat(BrokerHeartbeatRequest::default()));
        let request = ElectLeadersRequest {
            topic_partitions: Some(vec![TopicPartitions::default()]),
            ..Default::default()
        };
        is_written::<ElectLeadersRequest>(&AnyRequest::ElectLeaders(request));
    }

    #[test]
    fn a_request_in_an_envelope_is_not_opened() {
        let response = with_error(&AnyRequest::Envelope(EnvelopeRequest::default()), ERROR);
        let AnyResponse::Envelope(envelope) = response else {
            panic!("{response:?}");
        };
        assert_eq!(envelope.error_code, ERROR);
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
        let AnyResponse::CreateTopics(response) = with_error(&AnyRequest::CreateTopics(request), ERROR)
        else {
            panic!("not answered");
        };
        let refused = response
            .topics
            .iter()
            .map(|topic| (&*topic.name, topic.error_code));
        assert_eq!(refused.collect::<Vec<_>>(), [("a", ERROR), ("b", ERROR)]);
    }
}
