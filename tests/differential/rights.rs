//! A caller that may do nothing: each API refuses it as Kafka's controllers do, and nothing is written.

use std::collections::BTreeSet;

use kraft_bridge_protocol::BrokerEpoch;
use kraft_bridge_protocol::rpc::{
    AclCreation, AclFilter, AlterClientQuotasRequest, AlterConfigsRequest, AlterUserScramCredentialsRequest,
    AlterableResource, AnyRequest, AnyResponse, ApiVersionsRequest, CreatableTopic, CreateAclsRequest,
    CreatePartitionsRequest, CreateTopicsRequest, DeletableTopic, DeleteAclsRequest, DeleteTopicsRequest,
    DescribableResource, DescribeAclsRequest, DescribeConfigsRequest, GrowingTopic,
    IncrementalAlterConfigsRequest, QuotaAlteration, QuotaEntityName, ReplacedResource, ScramDeletion,
};

use crate::asking::BROKERS;
use crate::side::{Caller, POLL, Release, Side, pause, versions};
use crate::{brokers, metadata};

/// Who has no rights may ask these, which log in or lead to it.
const FREE: [&str; 3] = ["ApiVersions", "SaslHandshake", "SaslAuthenticate"];
const TOPIC: i8 = 2;
const BROKER: i8 = 4;
const SCRAM_SHA_256: i8 = 1;
/// Of an ACL: any resource, operation or permission.
const ANY: i8 = 1;
const READ: i8 = 3;
const ALLOW: i8 = 3;
const TIMEOUT_MS: i32 = 60_000;

/// Asks both each API that ours serves, and compares what is said of it.
pub(crate) fn compare(release: &'static Release) {
    let [mut ours, mut kafkas] = [true, false].map(|ours| Side::start(release, ours, Caller::WithoutRights));
    let served = served(release, &mut ours);
    for side in [&mut ours, &mut kafkas] {
        wait_for_authorizer(release, side);
    }
    let requests = requests(release);
    let asked: BTreeSet<&str> = requests.iter().map(|request| request.api().name).collect();
    let free = FREE.into_iter().collect();
    assert_eq!(asked.union(&free).copied().collect::<BTreeSet<_>>(), served);

    for request in requests {
        let version = *versions(release, request.api()).end();
        let answer = ours.ask(version, &request);
        let refusal = errors(&answer);
        assert!(!refusal.is_empty(), "ours lets anybody: {request:?}: {answer:?}");
        let answer = kafkas.ask(version, &request);
        assert_eq!(refusal, errors(&answer), "{request:?}: {answer:?}");
    }
    let differences = metadata::differences(ours.image(), kafkas.image());
    assert_eq!(differences, Vec::<String>::new());
    let image = ours.image();
    let is_empty =
        image.topics.iter().next().is_none() && image.brokers.is_empty() && image.scram.0.is_empty();
    assert!(is_empty, "{image:?}");
}

/// Kafka's fails whatever it is asked until it has read the ACLs.
fn wait_for_authorizer(release: &Release, side: &mut Side) {
    let request = AnyRequest::DescribeQuorum(Default::default());
    let version = *versions(release, request.api()).end();
    while errors(&side.ask(version, &request)).contains("UnknownServerError") {
        pause(POLL);
    }
}

/// The APIs that ours serves, of those that the release has.
fn served(release: &Release, ours: &mut Side) -> BTreeSet<&'static str> {
    let request = AnyRequest::ApiVersions(ApiVersionsRequest {
        client_software_name: "differential".to_owned(),
        client_software_version: "1".to_owned(),
        ..Default::default()
    });
    let AnyResponse::ApiVersions(answer) = ours.ask(*versions(release, request.api()).end(), &request) else {
        unreachable!("an answer is of its request's API");
    };
    let known = kraft_bridge_protocol::rpc::APIS.iter();
    let is_served = |key: u32| {
        answer
            .api_keys
            .iter()
            .any(|api| u32::try_from(api.api_key) == Ok(key))
    };
    known
        .filter(|api| is_served(api.key))
        .map(|api| api.name)
        .collect()
}

/// The names of all errors that an answer holds, wherever it does.
fn errors(answer: &AnyResponse) -> BTreeSet<String> {
    const FIELD: &str = "error_code: ";
    let text = format!("{answer:?}");
    let names = text.match_indices(FIELD).map(|(at, _)| {
        let name = text[at + FIELD.len()..].chars();
        name.take_while(|letter| letter.is_alphanumeric()).collect()
    });
    names.filter(|name: &String| name != "None").collect()
}

/// One request of each API, that names something wherever an answer tells errors of things.
fn requests(release: &Release) -> Vec<AnyRequest> {
    use AnyRequest as R;
    let id = *BROKERS.start();
    let topic = || "orders".to_owned();
    let of_cluster = vec![
        R::Fetch(Default::default()),
        R::FetchSnapshot(Default::default()),
        R::Vote(Default::default()),
        R::BeginQuorumEpoch(Default::default()),
        R::EndQuorumEpoch(Default::default()),
        R::DescribeQuorum(Default::default()),
        R::AddRaftVoter(Default::default()),
        R::RemoveRaftVoter(Default::default()),
        R::UpdateRaftVoter(Default::default()),
        R::Envelope(Default::default()),
        R::DescribeCluster(Default::default()),
        R::DescribeAcls(DescribeAclsRequest {
            resource_type_filter: ANY,
            operation: ANY,
            permission_type: ANY,
            ..Default::default()
        }),
        R::ListPartitionReassignments(Default::default()),
        R::AlterPartitionReassignments(Default::default()),
        R::ElectLeaders(Default::default()),
        R::AlterPartition(Default::default()),
        R::AllocateProducerIds(Default::default()),
        R::AssignReplicasToDirs(Default::default()),
        R::BrokerHeartbeat(Default::default()),
        R::ControllerRegistration(Default::default()),
        R::UnregisterBroker(Default::default()),
        R::UpdateFeatures(Default::default()),
        brokers::register(release, id, 1, BrokerEpoch(-1)),
        R::AlterClientQuotas(AlterClientQuotasRequest {
            entries: vec![QuotaAlteration {
                entity: vec![QuotaEntityName {
                    entity_type: "user".to_owned(),
                    entity_name: Some("alice".to_owned()),
                    ..Default::default()
                }],
                ..Default::default()
            }],
            ..Default::default()
        }),
        R::AlterUserScramCredentials(AlterUserScramCredentialsRequest {
            deletions: vec![ScramDeletion {
                name: "alice".to_owned(),
                mechanism: SCRAM_SHA_256,
                ..Default::default()
            }],
            ..Default::default()
        }),
        R::CreateAcls(CreateAclsRequest {
            creations: vec![AclCreation {
                resource_type: TOPIC,
                resource_name: topic(),
                principal: "User:alice".to_owned(),
                host: "*".to_owned(),
                operation: READ,
                permission_type: ALLOW,
                ..Default::default()
            }],
            ..Default::default()
        }),
        R::DeleteAcls(DeleteAclsRequest {
            filters: vec![AclFilter {
                resource_type_filter: ANY,
                operation: ANY,
                permission_type: ANY,
                ..Default::default()
            }],
            ..Default::default()
        }),
    ];
    let of_resources = [
        R::CreateDelegationToken(Default::default()),
        R::RenewDelegationToken(Default::default()),
        R::ExpireDelegationToken(Default::default()),
        R::CreateTopics(CreateTopicsRequest {
            topics: vec![CreatableTopic {
                name: topic(),
                num_partitions: 1,
                replication_factor: 1,
                ..Default::default()
            }],
            ..Default::default()
        }),
        R::DeleteTopics(DeleteTopicsRequest {
            topics: vec![DeletableTopic {
                name: Some(topic()),
                ..Default::default()
            }],
            timeout_ms: TIMEOUT_MS,
            ..Default::default()
        }),
        R::CreatePartitions(CreatePartitionsRequest {
            topics: vec![GrowingTopic {
                name: topic(),
                count: 2,
                ..Default::default()
            }],
            timeout_ms: TIMEOUT_MS,
            ..Default::default()
        }),
        R::DescribeConfigs(DescribeConfigsRequest {
            resources: resources(|resource_type, resource_name| DescribableResource {
                resource_type,
                resource_name,
                ..Default::default()
            }),
            ..Default::default()
        }),
        R::IncrementalAlterConfigs(IncrementalAlterConfigsRequest {
            resources: resources(|resource_type, resource_name| AlterableResource {
                resource_type,
                resource_name,
                ..Default::default()
            }),
            ..Default::default()
        }),
        R::AlterConfigs(AlterConfigsRequest {
            resources: resources(|resource_type, resource_name| ReplacedResource {
                resource_type,
                resource_name,
                ..Default::default()
            }),
            ..Default::default()
        }),
    ];
    of_cluster.into_iter().chain(of_resources).collect()
}

/// A topic, and all brokers.
fn resources<T>(resource: impl Fn(i8, String) -> T) -> Vec<T> {
    vec![
        resource(TOPIC, "orders".to_owned()),
        resource(BROKER, String::new()),
    ]
}
