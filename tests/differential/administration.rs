//! What administrators ask of configs, users, ACLs and features.

use kraft_bridge_protocol::rpc::{
    AclCreation, AclFilter, AlterClientQuotasRequest, AlterConfigsRequest, AlterUserScramCredentialsRequest,
    AlterableConfig, AlterableResource, AnyRequest, CreateAclsRequest, DeleteAclsRequest,
    DescribeAclsRequest, FeatureUpdate, IncrementalAlterConfigsRequest, QuotaAlteration, QuotaChange,
    QuotaEntityName, ReplacedConfig, ReplacedResource, ScramDeletion, ScramUpsertion, UpdateFeaturesRequest,
};
use kraft_bridge_protocol::wire::Blob;

use crate::asking::{Ask, Choice};

pub(crate) fn ask(choice: &mut Choice<'_>) -> Ask {
    let request = match choice.random.u32(0..40) {
        0..12 => AnyRequest::IncrementalAlterConfigs(alter_configs(choice)),
        12..16 => AnyRequest::AlterConfigs(replace_configs(choice)),
        16..21 => AnyRequest::CreateAcls(create_acls(choice)),
        21..24 => AnyRequest::DeleteAcls(DeleteAclsRequest {
            filters: (0..choice.random.usize(1..=2)).map(|_| filter(choice)).collect(),
            ..Default::default()
        }),
        24 => AnyRequest::DescribeAcls(describe_acls(choice)),
        25..30 => AnyRequest::AlterUserScramCredentials(credentials(choice)),
        30..37 => AnyRequest::AlterClientQuotas(quotas(choice)),
        _ => AnyRequest::UpdateFeatures(features(choice)),
    };
    Box::new(move |_| request.clone())
}

const TOPIC: i8 = 2;
const BROKER: i8 = 4;
const CLIENT_METRICS: i8 = 16;
const GROUP: i8 = 32;

/// A resource and a config that it may have, or may not.
fn config(choice: &mut Choice<'_>) -> (i8, String, &'static str, &'static str) {
    let of_topic = [
        ("retention.ms", "1000"),
        ("retention.ms", "-2"),
        ("cleanup.policy", "compact"),
        ("cleanup.policy", "delete"),
        ("min.insync.replicas", "2"),
        ("min.insync.replicas", "1"),
        ("unclean.leader.election.enable", "true"),
        ("unclean.leader.election.enable", "no"),
        ("compression.type", "zstd"),
        ("segment.bytes", "2000000"),
        ("segment.bytes", "100"),
        ("min.compaction.lag.ms", "10"),
        ("max.compaction.lag.ms", "5"),
        ("local.retention.ms", "5"),
        ("remote.storage.enable", "true"),
        ("message.timestamp.type", "LogAppendTime"),
        ("follower.replication.throttled.replicas", "*"),
        ("no.such", "1"),
    ];
    let of_broker = [
        ("log.cleaner.threads", "2"),
        ("log.retention.ms", "7200000"),
        ("log.retention.minutes", "90"),
        ("log.cleanup.policy", "compact"),
        ("min.insync.replicas", "2"),
        ("leader.replication.throttled.rate", "1000"),
        ("whatever", "x"),
    ];
    let of_metrics = [
        ("interval.ms", "1000"),
        ("interval.ms", "99"),
        ("metrics", "org.apache."),
        ("match", "client_id=a.*"),
        ("match", "nothing=a"),
        ("match", "client_id"),
        ("no.such", "1"),
    ];
    let of_group = [
        ("consumer.session.timeout.ms", "50000"),
        ("consumer.session.timeout.ms", "44999"),
        ("consumer.heartbeat.interval.ms", "6000"),
        ("consumer.heartbeat.interval.ms", "x"),
        ("share.auto.offset.reset", "earliest"),
        ("share.auto.offset.reset", "by_duration:PT1H"),
        ("share.auto.offset.reset", "never"),
        ("share.isolation.level", "read_committed"),
        ("streams.num.standby.replicas", "1"),
        ("streams.num.standby.replicas", "3"),
        ("no.such", "1"),
    ];
    let kinds: &[i8] = match choice.release.is_4 {
        true => &[TOPIC, TOPIC, TOPIC, BROKER, BROKER, CLIENT_METRICS, GROUP],
        false => &[TOPIC, TOPIC, TOPIC, BROKER, BROKER, CLIENT_METRICS],
    };
    match choice.one(kinds) {
        TOPIC => {
            let (key, value) = choice.one(&of_topic);
            (TOPIC, choice.topic(), key, value)
        }
        BROKER => {
            let (key, value) = choice.one(&of_broker);
            (
                BROKER,
                choice.one(&["", "1", "2", "3000", "77", "-1", "x"]).to_owned(),
                key,
                value,
            )
        }
        CLIENT_METRICS => {
            let (key, value) = choice.one(&of_metrics);
            (
                CLIENT_METRICS,
                choice.one(&["all", "some", ""]).to_owned(),
                key,
                value,
            )
        }
        kind => {
            let (key, value) = choice.one(&of_group);
            (kind, choice.one(&["g1", "g2", ""]).to_owned(), key, value)
        }
    }
}

fn alter_configs(choice: &mut Choice<'_>) -> IncrementalAlterConfigsRequest {
    let resources = (0..choice.random.usize(1..=2)).map(|_| {
        let (resource_type, resource_name, key, value) = config(choice);
        let may_be_null = resource_type != CLIENT_METRICS;
        let config_operation = choice.one(&[0, 0, 0, 0, 1, 1, 2, 3]);
        AlterableResource {
            resource_type,
            resource_name,
            configs: vec![AlterableConfig {
                name: key.to_owned(),
                config_operation,
                value: (config_operation != 1 && !(config_operation == 0 && may_be_null && choice.chance(5)))
                    .then(|| value.to_owned()),
                ..Default::default()
            }],
            ..Default::default()
        }
    });
    IncrementalAlterConfigsRequest {
        resources: resources.collect(),
        validate_only: choice.chance(10),
        ..Default::default()
    }
}

fn replace_configs(choice: &mut Choice<'_>) -> AlterConfigsRequest {
    let (resource_type, resource_name, key, value) = config(choice);
    let configs = match choice.chance(15) {
        true => Vec::new(),
        false => vec![ReplacedConfig {
            name: key.to_owned(),
            value: Some(value.to_owned()),
            ..Default::default()
        }],
    };
    AlterConfigsRequest {
        resources: vec![ReplacedResource {
            resource_type,
            resource_name,
            configs,
            ..Default::default()
        }],
        validate_only: choice.chance(10),
        ..Default::default()
    }
}

const USERS: [&str; 3] = ["User:alice", "User:bob", "User:*"];
const HOSTS: [&str; 2] = ["*", "10.0.0.1"];
const RESOURCES: [&str; 5] = ["a", "ab", "abc", "*", "kafka-cluster"];

fn create_acls(choice: &mut Choice<'_>) -> CreateAclsRequest {
    let creations = (0..choice.random.usize(1..=3)).map(|_| AclCreation {
        resource_type: choice.one(&[2, 2, 2, 3, 4, 5, 6, 7]),
        resource_name: match choice.chance(5) {
            true => String::new(),
            false => choice.one(&RESOURCES).to_owned(),
        },
        resource_pattern_type: choice.one(&[3, 3, 3, 4, 4]),
        principal: choice.one(&USERS).to_owned(),
        host: choice.one(&HOSTS).to_owned(),
        operation: choice.one(&[2, 3, 4, 8, 8, 13]),
        permission_type: choice.one(&[3, 3, 3, 2]),
        ..Default::default()
    });
    CreateAclsRequest {
        creations: creations.collect(),
        ..Default::default()
    }
}

fn filter(choice: &mut Choice<'_>) -> AclFilter {
    let some = |choice: &mut Choice<'_>, of: &[&str]| choice.chance(50).then(|| choice.one(of).to_owned());
    AclFilter {
        resource_type_filter: choice.one(&[1, 2, 2, 3, 4]),
        resource_name_filter: some(choice, &RESOURCES),
        pattern_type_filter: choice.one(&[1, 2, 3, 4]),
        principal_filter: some(choice, &USERS),
        host_filter: some(choice, &HOSTS),
        operation: choice.one(&[1, 1, 3, 8]),
        permission_type: choice.one(&[1, 1, 2, 3]),
        ..Default::default()
    }
}

fn describe_acls(choice: &mut Choice<'_>) -> DescribeAclsRequest {
    let filter = filter(choice);
    DescribeAclsRequest {
        resource_type_filter: filter.resource_type_filter,
        resource_name_filter: filter.resource_name_filter,
        pattern_type_filter: filter.pattern_type_filter,
        principal_filter: filter.principal_filter,
        host_filter: filter.host_filter,
        operation: filter.operation,
        permission_type: filter.permission_type,
        ..Default::default()
    }
}

fn credentials(choice: &mut Choice<'_>) -> AlterUserScramCredentialsRequest {
    let user = |choice: &mut Choice<'_>| choice.one(&["alice", "alice", "bob", "carol", ""]).to_owned();
    let deletions = (0..choice.random.usize(0..=2)).map(|_| ScramDeletion {
        name: user(choice),
        mechanism: choice.one(&[1, 1, 2, 2, 3]),
        ..Default::default()
    });
    let deletions = deletions.collect();
    let upsertions = (0..choice.random.usize(0..=2)).map(|_| ScramUpsertion {
        name: user(choice),
        mechanism: choice.one(&[1, 1, 2, 2, 3]),
        iterations: choice.one(&[4096, 4096, 8192, 16_384, 16_385, 1]),
        salt: Blob(vec![choice.random.u8(..); 20]),
        salted_password: Blob(vec![choice.random.u8(..); 64]),
        ..Default::default()
    });
    AlterUserScramCredentialsRequest {
        deletions,
        upsertions: upsertions.collect(),
        ..Default::default()
    }
}

fn quotas(choice: &mut Choice<'_>) -> AlterClientQuotasRequest {
    let part = |entity_type: &str, entity_name: Option<&str>| QuotaEntityName {
        entity_type: entity_type.to_owned(),
        entity_name: entity_name.map(str::to_owned),
        ..Default::default()
    };
    let user = part("user", choice.one(&[None, Some("alice"), Some("bob"), Some("")]));
    let client = part("client-id", choice.one(&[None, Some("c1"), Some("c2")]));
    let ip = part("ip", choice.one(&[None, Some("10.0.0.1"), Some("no such host")]));
    let entity = match choice.random.u32(0..12) {
        0..4 => vec![user],
        4..7 => vec![client],
        7..9 => vec![user, client],
        9 => vec![ip],
        10 => vec![user, ip],
        _ => choice.one(&[Vec::new(), vec![part("group", Some("g"))]]),
    };
    let keys = [
        "producer_byte_rate",
        "consumer_byte_rate",
        "request_percentage",
        "controller_mutation_rate",
        "connection_creation_rate",
        "no.such",
    ];
    let ops = (0..choice.random.usize(1..=2)).map(|_| {
        let key = choice.one(&keys);
        let mut value = choice.one(&[1.0, 1024.0, 12.5, 0.0, -1.0, 1e19]);
        // Those who ask are not to be held back.
        if key == "controller_mutation_rate" && value > 0.0 {
            value += 1e6;
        }
        QuotaChange {
            key: key.to_owned(),
            value,
            remove: choice.chance(25),
            ..Default::default()
        }
    });
    AlterClientQuotasRequest {
        entries: vec![QuotaAlteration {
            entity,
            ops: ops.collect(),
            ..Default::default()
        }],
        validate_only: choice.chance(10),
        ..Default::default()
    }
}

/// Levels that cannot be, for the most part: the same cluster is asked for more afterwards.
fn features(choice: &mut Choice<'_>) -> UpdateFeaturesRequest {
    let (feature, level) = choice.one(&[
        ("metadata.version", 21),
        ("metadata.version", 20),
        ("metadata.version", 99),
        ("metadata.version", 6),
        ("metadata.version", 30),
        ("metadata.version", 29),
        ("group.version", 1),
        ("transaction.version", 1),
        ("transaction.version", 2),
        ("eligible.leader.replicas.version", 1),
        ("no.such", 1),
    ]);
    UpdateFeaturesRequest {
        feature_updates: vec![FeatureUpdate {
            feature: feature.to_owned(),
            max_version_level: level,
            upgrade_type: choice.one(&[1, 1, 2, 3, 9]),
            ..Default::default()
        }],
        validate_only: choice.chance(50),
        ..Default::default()
    }
}
