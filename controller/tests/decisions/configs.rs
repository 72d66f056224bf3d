//! Configs of topics and brokers.

use kraft_bridge_controller::Settings;
use kraft_bridge_metadata::records::ConfigResource;
use kraft_bridge_protocol::NodeId;
use kraft_bridge_protocol::rpc::{
    AlterableConfig, AlterableResource, AnyRequest, AnyResponse, ErrorCode, IncrementalAlterConfigsRequest,
};

use crate::bed::{Bed, CLUSTER, LEVEL, May, NEWEST, configured, topic};

const TOPIC: i8 = 2;
const BROKER: i8 = 4;
const SET: i8 = 0;
const DELETE: i8 = 1;
const APPEND: i8 = 2;
const SUBTRACT: i8 = 3;

fn change(resource_type: i8, name: &str, key: &str, operation: i8, value: Option<&str>) -> AlterableResource {
    AlterableResource {
        resource_type,
        resource_name: name.to_owned(),
        configs: vec![AlterableConfig {
            name: key.to_owned(),
            config_operation: operation,
            value: value.map(str::to_owned),
            ..Default::default()
        }],
        ..Default::default()
    }
}

impl Bed {
    fn configure_as(&mut self, requester: &May, resources: Vec<AlterableResource>) -> Vec<ErrorCode> {
        let request = IncrementalAlterConfigsRequest {
            resources,
            ..Default::default()
        };
        match self.ask_as(requester, AnyRequest::IncrementalAlterConfigs(request)) {
            AnyResponse::IncrementalAlterConfigs(response) => response
                .responses
                .iter()
                .map(|resource| resource.error_code)
                .collect(),
            answer => panic!("{answer:?}"),
        }
    }

    fn configure(&mut self, resource: AlterableResource) -> ErrorCode {
        self.configure_as(&May(true), vec![resource])[0]
    }

    fn config(&self, resource: ConfigResource, name: &str, key: &str) -> Option<&str> {
        self.replica
            .configs
            .get(resource, name)?
            .get(key)
            .map(String::as_str)
    }
}

#[test]
fn configs_are_set_removed_and_added_to() {
    let mut bed = Bed::new(LEVEL, &[1]);
    bed.create(topic("t", &[&[1]]));
    let policy = |bed: &Bed| {
        bed.config(ConfigResource::Topic, "t", "cleanup.policy")
            .map(str::to_owned)
    };
    for (operation, value, then) in [
        (APPEND, Some("compact"), Some("delete,compact")),
        (SUBTRACT, Some("delete"), Some("compact")),
        (SET, Some("delete"), Some("delete")),
        (DELETE, None, None),
        (SET, Some("compact"), Some("compact")),
        (SET, None, None),
    ] {
        let error = bed.configure(change(TOPIC, "t", "cleanup.policy", operation, value));
        assert_eq!((error, policy(&bed)), (ErrorCode::None, then.map(str::to_owned)));
    }
    let before = bed.end;
    bed.configure(change(TOPIC, "t", "cleanup.policy", DELETE, None));
    assert_eq!(bed.end, before, "nothing changes, nothing is written");
    for _ in 0..2 {
        let before = bed.end;
        bed.configure(change(BROKER, "1", "log.cleaner.threads", SET, Some("2")));
        assert_ne!(bed.end, before, "brokers look at their files again");
    }
}

#[test]
fn a_change_is_refused_for_what_is_wrong_with_it() {
    let mut bed = Bed::new(LEVEL, &[1]);
    bed.create(configured(topic("t", &[&[1]]), "max.compaction.lag.ms", "5"));
    let cases = [
        (
            change(TOPIC, "none", "retention.ms", SET, Some("1")),
            ErrorCode::UnknownTopicOrPartition,
        ),
        (
            change(TOPIC, "t", "no.such", SET, Some("1")),
            ErrorCode::InvalidConfig,
        ),
        (
            change(TOPIC, "t", "retention.ms", SET, Some("x")),
            ErrorCode::InvalidConfig,
        ),
        (
            change(TOPIC, "t", "retention.ms", APPEND, Some("1")),
            ErrorCode::InvalidConfig,
        ),
        (
            change(TOPIC, "t", "retention.ms", 9, Some("1")),
            ErrorCode::InvalidRequest,
        ),
        (
            change(TOPIC, "t", "min.compaction.lag.ms", SET, Some("6")),
            ErrorCode::InvalidConfig,
        ),
        (
            change(TOPIC, "t", "remote.storage.enable", SET, Some("true")),
            ErrorCode::InvalidConfig,
        ),
        (
            change(BROKER, "9", "log.cleaner.threads", SET, Some("2")),
            ErrorCode::BrokerIdNotRegistered,
        ),
        (
            change(BROKER, "x", "log.cleaner.threads", SET, Some("2")),
            ErrorCode::InvalidRequest,
        ),
        (
            change(99, "t", "a", SET, Some("2")),
            ErrorCode::UnsupportedVersion,
        ),
    ];
    let before = bed.end;
    for (resource, error) in cases {
        assert_eq!(bed.configure(resource.clone()), error, "{resource:?}");
    }
    let twice = vec![change(TOPIC, "t", "retention.ms", SET, Some("1")); 2];
    assert_eq!(bed.configure_as(&May(true), twice), [ErrorCode::InvalidRequest]);
    let both = vec![
        change(TOPIC, "t", "retention.ms", SET, Some("1")),
        change(BROKER, "", "log.cleaner.threads", SET, Some("2")),
    ];
    assert_eq!(
        bed.configure_as(&May(false), both),
        [
            ErrorCode::TopicAuthorizationFailed,
            ErrorCode::ClusterAuthorizationFailed
        ]
    );
    let long = "x".repeat(30_000);
    let mut too_much = change(BROKER, "1", "0", SET, Some(&long));
    let more = (1..300).map(|key| change(BROKER, "1", &key.to_string(), SET, Some(&long)));
    too_much
        .configs
        .extend(more.flat_map(|resource| resource.configs));
    assert_eq!(bed.configure(too_much), ErrorCode::PolicyViolation);
    assert_eq!(bed.end, before);
}

#[test]
fn with_eligible_leaders_enough_replicas_are_the_same_number_everywhere() {
    let features = [
        ("metadata.version", NEWEST),
        ("eligible.leader.replicas.version", 1),
    ];
    let mut bed = Bed::with(Settings::new(NodeId(3000), CLUSTER), &features, &[1, 2]);
    bed.create(configured(topic("t", &[&[1, 2]]), "min.insync.replicas", "2"));
    bed.fence(2);
    assert_eq!(bed.partition("t", 0).eligible_leader_replicas(), [NodeId(2)]);
    assert_eq!(
        bed.configure(change(TOPIC, "t", "min.insync.replicas", SET, Some("1"))),
        ErrorCode::None
    );
    assert!(bed.partition("t", 0).eligible_leader_replicas().is_empty());
    let broker = |name, operation| change(BROKER, name, "min.insync.replicas", operation, Some("1"));
    assert_eq!(bed.configure(broker("1", SET)), ErrorCode::InvalidConfig);
    assert_eq!(bed.configure(broker("", DELETE)), ErrorCode::InvalidConfig);
    assert_eq!(bed.configure(broker("", SET)), ErrorCode::None);
}
