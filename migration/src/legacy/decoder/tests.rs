//! What znodes of every release say; numbers are those of the known traps of reading ZooKeeper mode.

use std::collections::BTreeSet;

use kraft_bridge_protocol::{LeaderEpoch, NodeId, NodeIds, PartitionEpoch, PartitionId, ProducerId, Uuid};
use proptest::prelude::*;
use proptest::sample::Index;

use super::*;
use crate::finding::Severity;
use crate::legacy::{AclOperation, QuotaName};
use crate::testing::{Znodes, any_legacy_cluster};
use crate::znode::Zxid;

fn decode(znodes: &[(&str, &str)]) -> (LegacyCluster, Vec<Finding>) {
    let mut decoder = Decoder::new();
    for (path, data) in znodes {
        let stat = Stat {
            version: 57,
            czxid: Zxid(9),
            ..Stat::default()
        };
        decoder
            .znode(&Znode {
                path,
                data: data.as_bytes(),
                stat,
            })
            .unwrap();
    }
    decoder.finish()
}

fn cluster(znodes: &[(&str, &str)]) -> LegacyCluster {
    let (cluster, findings) = decode(znodes);
    assert_eq!(findings, [], "nothing odd here");
    cluster
}

fn codes(znodes: &[(&str, &str)]) -> Vec<(Severity, &'static str)> {
    decode(znodes)
        .1
        .into_iter()
        .map(|finding| (finding.severity, finding.code))
        .collect()
}

fn nodes(ids: &[i32]) -> NodeIds {
    ids.iter().copied().map(NodeId).collect()
}

#[test]
fn a_topic_is_its_assignment_and_its_partitions_states() {
    let cluster = cluster(&[
        (
            "/brokers/topics/orders",
            r#"{"version":3,"topic_id":"Yk3vWq1xTLa0hM6tPz8sCg","partitions":{"0":[4,2,3,1]},
                "adding_replicas":{"0":[4]},"removing_replicas":{"0":[1]}}"#,
        ),
        ("/brokers/topics/orders/partitions", ""),
        ("/brokers/topics/orders/partitions/0", ""),
        (
            "/brokers/topics/orders/partitions/0/state",
            r#"{"version":1,"leader":2,"leader_epoch":9,"controller_epoch":31,"isr":[2,3]}"#,
        ),
    ]);
    let topic = &cluster.topics["orders"];
    assert_eq!(topic.id.unwrap().to_string(), "Yk3vWq1xTLa0hM6tPz8sCg");
    assert_eq!(topic.czxid, Zxid(9));
    let partition = &topic.partitions[&PartitionId(0)];
    assert_eq!(partition.replicas, nodes(&[4, 2, 3, 1]));
    let reassigned = partition.reassigned.as_ref().unwrap();
    assert_eq!(
        (&reassigned.adding, &reassigned.removing),
        (&nodes(&[4]), &nodes(&[1]))
    );
    let state = partition.state.as_ref().unwrap();
    assert_eq!(state.leader, Some(NodeId(2)));
    assert_eq!(
        (state.leader_epoch, state.partition_epoch),
        (LeaderEpoch(9), PartitionEpoch(57))
    );
    assert_eq!((&state.isr, state.recovering), (&nodes(&[2, 3]), false));
}

#[test]
fn topics_of_0_11_to_2_3_and_of_2_4_to_2_7_have_no_id() {
    let cluster = cluster(&[
        (
            "/brokers/topics/old",
            r#"{"version":1,"partitions":{"1":[2,3],"0":[1,2]}}"#,
        ),
        (
            "/brokers/topics/newer",
            r#"{"version":2,"partitions":{"0":[4]},"adding_replicas":{},"removing_replicas":{}}"#,
        ),
    ]);
    assert_eq!(
        cluster.topics["old"].partitions[&PartitionId(1)].replicas,
        nodes(&[2, 3])
    );
    assert_eq!(cluster.topics["newer"].id, None);
}

#[test]
fn an_id_that_begins_with_a_dash_is_an_id() {
    let cluster = cluster(&[(
        "/brokers/topics/t",
        r#"{"version":3,"topic_id":"-k3vWq1xTLa0hM6tPz8sCg","partitions":{}}"#,
    )]);
    assert!(cluster.topics["t"].id.unwrap().to_string().starts_with('-'));
}

#[test]
fn t12_a_partition_without_a_state_is_kept() {
    let cluster = cluster(&[("/brokers/topics/t", r#"{"version":1,"partitions":{"0":[1]}}"#)]);
    assert_eq!(cluster.topics["t"].partitions[&PartitionId(0)].state, None);
}

#[test]
fn t21_recovery_is_recovered_when_absent_or_zero() {
    for (extra, recovering) in [
        ("", false),
        (r#","leader_recovery_state":0"#, false),
        (r#","leader_recovery_state":1"#, true),
    ] {
        let state = format!(r#"{{"leader":-1,"leader_epoch":10,"isr":[5]{extra}}}"#);
        let cluster = cluster(&[("/brokers/topics/t/partitions/0/state", &state)]);
        let state = cluster.topics["t"].partitions[&PartitionId(0)]
            .state
            .as_ref()
            .unwrap();
        assert_eq!((state.leader, state.recovering), (None, recovering));
    }
}

#[test]
fn t22_null_empty_and_an_empty_object_all_mean_nothing() {
    for nothing in [
        "",
        " ",
        "null",
        "{}",
        r#"{"version":1}"#,
        r#"{"version":1,"config":{}}"#,
        r#"{"config":null}"#,
    ] {
        let cluster = cluster(&[("/config/topics/t", nothing), ("/config/users/u", nothing)]);
        assert!(cluster.topic_configs["t"].is_empty(), "{nothing:?}");
        assert!(cluster.quotas.is_empty() && cluster.scram.is_empty());
    }
    assert_eq!(cluster(&[("/latest_producer_id_block", "")]).producer_ids, None);
    assert!(
        cluster(&[("/admin/delete_topics/t", "")])
            .pending_deletions
            .contains("t")
    );
}

#[test]
fn t25_config_values_that_are_no_text_are_taken_as_text_and_reported() {
    let (cluster, findings) = decode(&[(
        "/config/topics/t",
        r#"{"version":1,"config":{"a":1,"b":true,"c":"x"}}"#,
    )]);
    assert_eq!(
        cluster.topic_configs["t"].values().collect::<Vec<_>>(),
        ["1", "true", "x"]
    );
    assert_eq!(
        findings.iter().map(|finding| finding.code).collect::<Vec<_>>(),
        ["config-value-not-text"; 2]
    );
}

#[test]
fn t25_a_config_that_is_no_object_is_a_blocker() {
    assert_eq!(
        codes(&[("/config/topics/t", r#"{"version":1,"config":[]}"#)]),
        [(Severity::Blocker, "undecodable")]
    );
}

#[test]
fn t4_t5_names_of_quota_entities_are_unescaped_at_every_level_and_default_is_apart() {
    let quota = r#"{"version":1,"config":{"producer_byte_rate":"2048"}}"#;
    let cluster = cluster(&[
        ("/config/users/user%40corp", quota),
        ("/config/users/%3Cdefault%3E", quota),
        ("/config/users/<default>", quota),
        ("/config/users/user%40corp/clients/a%2Ab", quota),
        ("/config/users/<default>/clients/<default>", quota),
        ("/config/clients/<default>", quota),
        (
            "/config/ips/2001%3Adb8%3A%3A5",
            r#"{"version":1,"config":{"connection_creation_rate":"10"}}"#,
        ),
    ]);
    let named = |name: &str| QuotaName::Named(name.to_owned());
    for entity in [
        QuotaEntity::User(named("user@corp")),
        QuotaEntity::User(named("<default>")),
        QuotaEntity::User(QuotaName::Default),
        QuotaEntity::UserClient(named("user@corp"), named("a*b")),
        QuotaEntity::UserClient(QuotaName::Default, QuotaName::Default),
        QuotaEntity::Client(QuotaName::Default),
    ] {
        assert_eq!(
            cluster.quotas[&entity]["producer_byte_rate"].to_bits(),
            2048f64.to_bits()
        );
    }
    assert!(
        cluster
            .quotas
            .contains_key(&QuotaEntity::Ip(named("2001:db8::5")))
    );
}

#[test]
fn t7_a_users_znode_holds_quotas_and_credentials() {
    let cluster = cluster(&[(
        "/config/users/alice",
        r#"{"version":1,"config":{"request_percentage":"12.5","SCRAM-SHA-256":
            "salt=MDEyMw==,stored_key=MiuI,server_key=UKlE,iterations=4096"}}"#,
    )]);
    assert_eq!(cluster.quotas.len(), 1);
    let credential = &cluster.scram[&("alice".to_owned(), ScramMechanism::Sha256)];
    assert_eq!(
        (credential.salt.as_slice(), credential.iterations),
        (&b"0123"[..], 4096)
    );
    assert!(
        !format!("{credential:?}").contains("server_key: [5"),
        "secrets do not print"
    );
}

#[test]
fn a_broken_credential_is_a_blocker_that_does_not_tell_the_secret() {
    let (_, findings) = decode(&[(
        "/config/users/a",
        r#"{"config":{"SCRAM-SHA-512":"salt=hidden!"}}"#,
    )]);
    assert_eq!(findings[0].severity, Severity::Blocker);
    assert!(!findings[0].problem.contains("hidden"));
}

#[test]
fn t8_acls_of_both_stores_and_every_entry_are_read() {
    let acls = r#"{"version":1,"acls":[
        {"principal":"User:alice","permissionType":"Allow","operation":"Read","host":"*"},
        {"principal":"User:bob","permissionType":"Deny","operation":"DescribeConfigs","host":"10.0.0.1"},
        {"principal":"User:alice","permissionType":"Allow","operation":"WRITE","host":"*"}]}"#;
    let cluster = cluster(&[
        ("/kafka-acl/Topic/*", acls),
        ("/kafka-acl/TransactionalId/tx", acls),
        ("/kafka-acl-extended/prefixed/Topic/ord", acls),
    ]);
    assert_eq!(cluster.acls.len(), 3);
    assert!(cluster.acls.values().all(|acls| acls.len() == 3));
    let prefixed = cluster
        .acls
        .keys()
        .find(|pattern| pattern.pattern_type == PatternType::Prefixed)
        .unwrap();
    assert_eq!(prefixed.name, "ord");
    assert!(
        cluster.acls[prefixed]
            .iter()
            .any(|acl| acl.operation == AclOperation::Write)
    );
}

#[test]
fn an_acl_that_kafka_would_not_understand_is_a_blocker_since_it_may_deny() {
    let acl = r#"{"version":1,"acls":[{"principal":"User:a","permissionType":"Deny","operation":"Peek","host":"*"}]}"#;
    assert_eq!(
        codes(&[("/kafka-acl/Topic/t", acl)]),
        [(Severity::Blocker, "undecodable")]
    );
    assert_eq!(
        codes(&[("/kafka-acl/Queue/q", acl)]),
        [(Severity::Blocker, "unknown-acl-resource-type")]
    );
    assert_eq!(
        codes(&[("/kafka-acl-extended/suffixed/Topic/t", acl)]),
        [(Severity::Blocker, "unknown-acl-pattern-type")]
    );
}

#[test]
fn t1_the_producer_id_block_is_inclusive_on_both_ends() {
    let block = cluster(&[(
        "/latest_producer_id_block",
        r#"{"version":1,"broker":4,"block_start":"17000","block_end":"17999"}"#,
    )])
    .producer_ids
    .unwrap();
    assert_eq!(
        (block.broker, block.first, block.last),
        (NodeId(4), ProducerId(17000), ProducerId(17999))
    );
}

#[test]
fn t23_a_quota_that_is_no_number_is_a_blocker_with_path_and_key() {
    let (_, findings) = decode(&[("/config/clients/c", r#"{"config":{"request_percentage":"lots"}}"#)]);
    assert_eq!(findings[0].path, "/config/clients/c");
    assert!(findings[0].problem.contains("request_percentage"));
    assert_eq!(findings[0].severity, Severity::Blocker);
}

#[test]
fn t156_a_whole_numbered_quota_with_a_fraction_is_carried_and_reported() {
    let found = codes(&[(
        "/config/clients/c",
        r#"{"config":{"producer_byte_rate":"1024.5"}}"#,
    )]);
    assert_eq!(found, [(Severity::Warning, "fractional-quota")]);
}

#[test]
fn t6_t24_broker_configs_are_a_numbers_or_the_defaults_and_nothing_else() {
    let config = r#"{"config":{"log.cleaner.threads":"2"}}"#;
    let cluster = cluster(&[
        ("/config/brokers/<default>", config),
        ("/config/brokers/4", config),
    ]);
    assert_eq!(
        cluster.broker_configs.keys().copied().collect::<Vec<_>>(),
        [None, Some(NodeId(4))]
    );
    assert_eq!(
        codes(&[("/config/brokers/four", config)]),
        [(Severity::Blocker, "no-broker-id")]
    );
}

#[test]
fn t35_a_cluster_id_is_any_text() {
    assert_eq!(
        cluster(&[("/cluster/id", r#"{"version":"1","id":"my cluster"}"#)])
            .cluster_id
            .unwrap(),
        "my cluster"
    );
}

#[test]
fn tokens_of_every_payload_version_are_read() {
    let times = r#""issueTimestamp":1,"maxTimestamp":3,"expiryTimestamp":2,"tokenId":"t""#;
    let old = format!(r#"{{"version":1,"owner":"User%3Aalice","renewers":[],{times}}}"#);
    let new = format!(
        r#"{{"version":3,"owner":"User%3Aalice","tokenRequester":"User%3Asvc%20admin","renewers":["User%3Abob"],{times}}}"#
    );
    for (payload, requester, renewers) in [(old, "User:alice", 0), (new, "User:svc admin", 1)] {
        let cluster = cluster(&[("/delegation_token/tokens/t", &payload)]);
        let token = &cluster.tokens["t"];
        assert_eq!(
            (token.owner.as_str(), token.requester.as_str()),
            ("User:alice", requester)
        );
        assert_eq!(token.renewers.len(), renewers);
    }
}

#[test]
fn t144_brokers_of_every_payload_version_are_read() {
    for (payload, listeners) in [
        (
            r#"{"version":1,"host":"h","port":9092,"jmx_port":9999,"timestamp":"1"}"#,
            vec!["PLAINTEXT"],
        ),
        (
            r#"{"version":2,"host":"h","port":9092,"jmx_port":-1,"timestamp":"1","endpoints":["PLAINTEXT://h:9092","SSL://h:9093"]}"#,
            vec!["PLAINTEXT", "SSL"],
        ),
        (
            r#"{"version":5,"host":null,"port":-1,"jmx_port":-1,"timestamp":"1","features":{},"rack":null,
                "endpoints":["CLIENT://h:9092","REPL://[fd00::4]:9093"],
                "listener_security_protocol_map":{"CLIENT":"SASL_SSL","REPL":"SSL"}}"#,
            vec!["CLIENT", "REPL"],
        ),
        (r#"{"version":9,"endpoints":["SSL://h:1"]}"#, vec!["SSL"]),
    ] {
        let cluster = cluster(&[("/brokers/ids/4", payload)]);
        let broker = &cluster.brokers[&NodeId(4)];
        assert_eq!(broker.endpoints.keys().collect::<Vec<_>>(), listeners);
    }
}

#[test]
fn the_controller_may_be_a_bare_number() {
    assert_eq!(
        cluster(&[("/controller", "4")]).controller.unwrap().node,
        NodeId(4)
    );
    let kraft = r#"{"version":2,"brokerid":3001,"timestamp":"1","kraftControllerEpoch":17}"#;
    assert_eq!(
        cluster(&[("/controller", kraft)]).controller.unwrap().kraft_epoch,
        Some(17)
    );
}

#[test]
fn requests_and_leftovers_are_read() {
    let cluster = cluster(&[
        (
            "/admin/reassign_partitions",
            r#"{"version":1,"partitions":[{"topic":"t","partition":0,"replicas":[4,2]}]}"#,
        ),
        (
            "/admin/preferred_replica_election",
            r#"{"version":1,"partitions":[{"topic":"t","partition":0}]}"#,
        ),
        (
            "/migration",
            r#"{"version":0,"kraft_controller_id":-1,"kraft_controller_epoch":-1,"kraft_metadata_offset":-1,"kraft_metadata_epoch":-1}"#,
        ),
        (
            "/feature",
            r#"{"version":1,"status":1,"features":{"f":{"min_version_level":1,"max_version_level":2}}}"#,
        ),
        ("/consumers/g/offsets/t/0", "918273"),
        ("/consumers/g/owners/t/0", "someone"),
        ("/controller_epoch", "40"),
    ]);
    assert_eq!(cluster.pending_reassignments.len(), 1);
    assert_eq!(cluster.pending_elections.len(), 1);
    assert_eq!(cluster.migration.unwrap().kraft_controller, None);
    assert_eq!(cluster.features["f"], 2);
    assert_eq!(cluster.consumer_offsets[0].offset.0, 918_273);
    assert_eq!(cluster.controller_epoch, Some(40));
}

#[test]
fn one_bad_znode_does_not_hide_the_next() {
    let (cluster, findings) = decode(&[
        ("/brokers/topics/bad", "{"),
        ("/brokers/topics/good", r#"{"version":1,"partitions":{"0":[1]}}"#),
        ("/brokers/topics/worse", "[]"),
    ]);
    assert_eq!(cluster.topics["good"].partitions.len(), 1);
    let paths: Vec<_> = findings.iter().map(|finding| finding.path.as_str()).collect();
    assert_eq!(paths, ["/brokers/topics/bad", "/brokers/topics/worse"]);
}

#[test]
fn foreign_znodes_are_counted_by_subtree() {
    let (_, findings) = decode(&[
        ("/storm", ""),
        ("/storm/a", ""),
        ("/config/mine/x", ""),
        ("/zookeeper/quota", ""),
    ]);
    let found: Vec<_> = findings
        .iter()
        .map(|finding| (finding.path.as_str(), finding.problem.as_str()))
        .collect();
    assert_eq!(
        found,
        [
            ("/config/mine", "1 znodes here are not Kafka's"),
            ("/storm", "2 znodes here are not Kafka's")
        ]
    );
}

#[test]
fn a_znode_delivered_again_replaces_what_it_said() {
    let (cluster, findings) = decode(&[
        ("/brokers/topics/t", "{"),
        (
            "/brokers/topics/t/partitions/0/state",
            r#"{"leader":1,"leader_epoch":1,"isr":[1]}"#,
        ),
        ("/brokers/topics/t", r#"{"version":1,"partitions":{"0":[1,2]}}"#),
    ]);
    assert_eq!(findings, []);
    let partition = &cluster.topics["t"].partitions[&PartitionId(0)];
    assert!(partition.replicas == nodes(&[1, 2]) && partition.state.is_some());
}

#[test]
fn what_is_gone_is_forgotten_with_all_below_it() {
    let quota = r#"{"config":{"request_percentage":"1"}}"#;
    let mut decoder = Decoder::new();
    for (path, data) in [
        ("/brokers/topics/t", r#"{"partitions":{"0":[1]}}"#),
        ("/brokers/topics/t/partitions/0/state", "{"),
        ("/config/users/a", quota),
        ("/config/users/a/clients/b", quota),
        ("/config/brokers/1", quota),
        ("/controller", "1"),
    ] {
        decoder
            .znode(&Znode {
                path,
                data: data.as_bytes(),
                stat: Stat::default(),
            })
            .unwrap();
    }
    for path in [
        "/brokers/topics/t",
        "/config/users/a",
        "/config/brokers/1",
        "/controller",
    ] {
        decoder.gone(path).unwrap();
    }
    assert_eq!(decoder.finish(), (LegacyCluster::default(), Vec::new()));
}

#[test]
fn reserved_topic_ids_are_not_ids() {
    let zero = Uuid::ZERO;
    let payload = format!(r#"{{"topic_id":"{zero}","partitions":{{}}}}"#);
    assert_eq!(
        codes(&[("/brokers/topics/t", &payload)]),
        [(Severity::Blocker, "undecodable")]
    );
}

const PATHS: &[&str] = &[
    "/brokers/topics/t",
    "/brokers/topics/t/partitions/0/state",
    "/brokers/ids/1",
    "/config/topics/t",
    "/config/brokers/1",
    "/config/users/u",
    "/config/clients/c",
    "/config/ips/i",
    "/kafka-acl/Topic/t",
    "/kafka-acl-extended/prefixed/Group/g",
    "/delegation_token/tokens/t",
    "/latest_producer_id_block",
    "/cluster/id",
    "/controller",
    "/controller_epoch",
    "/migration",
    "/feature",
    "/admin/reassign_partitions",
    "/admin/preferred_replica_election",
    "/consumers/g/offsets/t/0",
];

/// Any cluster, with old consumers, in which one znode or another may be no JSON.
fn any_znodes() -> impl Strategy<Value = Znodes> {
    let damaged = proptest::option::weighted(0.3, any::<Index>());
    let consumers = proptest::collection::btree_map(0..12, 0_i64..5, 0..4);
    (any_legacy_cluster(), consumers, damaged).prop_map(|(mut znodes, consumers, damaged)| {
        for (partition, offset) in consumers {
            znodes.set(
                format!("/consumers/g/offsets/t/{partition}"),
                offset.to_string(),
                1,
            );
        }
        let paths: Vec<String> = znodes.0.keys().cloned().collect();
        if let Some(at) = damaged.filter(|_| !paths.is_empty()) {
            znodes.set(at.get(&paths), "{", 1);
        }
        znodes
    })
}

/// Tells a decoder that knows `before` what is another now, path by path.
fn tell(decoder: &mut Decoder, before: &Znodes, now: &Znodes) {
    let paths: BTreeSet<&String> = before.0.keys().chain(now.0.keys()).collect();
    for path in paths {
        match now.0.get(path) {
            None => decoder.gone(path).unwrap(),
            znode if znode == before.0.get(path) => {}
            Some((data, version)) => {
                let stat = Stat {
                    version: *version,
                    ..Stat::default()
                };
                let data = data.as_bytes();
                decoder.znode(&Znode { path, data, stat }).unwrap();
            }
        }
    }
}

proptest! {
    #[test]
    fn any_payload_gives_model_or_findings(at in 0..PATHS.len(), data in prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..60),
        "\\{\"(version|config|partitions|acls|features)\":(1|\\{\\}|\\[\\{\\}\\]|\"x\"|null|\\{\"0\":\\[1e9\\]\\})\\}"
            .prop_map(String::into_bytes),
    ]) {
        let mut decoder = Decoder::new();
        decoder.znode(&Znode { path: PATHS[at], data: &data, stat: Stat::default() }).unwrap();
        decoder.gone(PATHS[at]).unwrap();
        let (cluster, _) = decoder.finish();
        prop_assert_eq!(cluster, LegacyCluster::default());
    }

    #[test]
    fn any_path_is_known_or_foreign(path in "(/[a-z<>%_-]{0,12}){0,9}") {
        let mut decoder = Decoder::new();
        decoder.znode(&Znode { path: &path, data: b"{}", stat: Stat::default() }).unwrap();
        decoder.gone(&path).unwrap();
    }

    #[test]
    fn a_decoder_that_is_told_of_changes_knows_what_one_that_reads_everything_does(
        before in any_znodes(),
        now in any_znodes(),
    ) {
        let mut decoder = Decoder::new();
        tell(&mut decoder, &Znodes::default(), &before);
        let known = decoder.changed_findings().unwrap_or_default();
        tell(&mut decoder, &before, &now);
        prop_assert_eq!(decoder.changed_findings().unwrap_or(known), decoder.findings());
        prop_assert_eq!(decoder.finish(), now.decode());
    }
}
