//! What an operator is told; numbers are those of the known traps of reading ZooKeeper mode.

use kraft_bridge_metadata::release::{MetadataVersion, Release};
use kraft_bridge_protocol::NodeId;

use super::*;
use crate::capture::ZnodeSink;
use crate::finding::Severity::{self, Blocker, Info, Warning};
use crate::legacy::Decoder;
use crate::znode::{Stat, Znode, Zxid};

const CLUSTER_ID: (&str, &str) = ("/cluster/id", r#"{"version":"1","id":"my-cluster"}"#);
const BROKER: &str = r#"{"version":1,"host":"h","port":9092,"jmx_port":-1,"timestamp":"1"}"#;

/// What preflight looks at, but for what each test is about: nothing odd.
struct Given {
    znodes: Vec<(&'static str, String)>,
    consistent_cut: bool,
    target: Target,
    broker: Option<BrokerFacts>,
    now: Timestamp,
}

fn given(znodes: &[(&'static str, &str)]) -> Given {
    let znodes = std::iter::once(&CLUSTER_ID).chain(znodes);
    Given {
        znodes: znodes.map(|(path, data)| (*path, (*data).to_owned())).collect(),
        consistent_cut: true,
        target: Target {
            release: Release::V3_9,
            min_insync_replicas: Some(2),
        },
        broker: None,
        now: Timestamp(1_000),
    }
}

impl Given {
    fn release(mut self, release: Release) -> Given {
        self.target.release = release;
        self
    }

    fn broker(mut self, broker: BrokerFacts) -> Given {
        self.broker = Some(BrokerFacts {
            file: "server.properties".to_owned(),
            ..broker
        });
        self
    }

    fn report(&self) -> Report {
        let mut decoder = Decoder::new();
        for (path, data) in &self.znodes {
            let (data, stat) = (data.as_bytes(), Stat::default());
            decoder.znode(&Znode { path, data, stat }).unwrap();
        }
        let (cluster, findings) = decoder.finish();
        let summary = Summary {
            source: "test".to_owned(),
            chroot: "/".to_owned(),
            first_zxid: Zxid(7),
            last_zxid: Zxid(9),
            consistent_cut: self.consistent_cut,
            znodes: 0,
            reread: 0,
            data_bytes: 0,
        };
        Preflight {
            cluster: &cluster,
            summary: &summary,
            findings: &findings,
            target: &self.target,
            broker: self.broker.as_ref(),
            now: self.now,
        }
        .report()
    }

    fn codes(&self) -> Vec<(Severity, &'static str)> {
        let findings = self.report().findings;
        findings
            .iter()
            .map(|finding| (finding.severity, finding.code))
            .collect()
    }
}

fn codes(znodes: &[(&'static str, &str)]) -> Vec<(Severity, &'static str)> {
    given(znodes).codes()
}

/// A topic with an id whose only partition has this assignment and, unless it is empty, this state.
fn partition(replicas: &str, state: &str) -> Given {
    let topic = format!(r#"{{"topic_id":"Yk3vWq1xTLa0hM6tPz8sCg","partitions":{{"0":{replicas}}}}}"#);
    let mut given = given(&[("/brokers/topics/t", &topic)]);
    if !state.is_empty() {
        given
            .znodes
            .push(("/brokers/topics/t/partitions/0/state", state.to_owned()));
    }
    given
}

#[test]
fn a_quiet_cluster_gives_no_findings() {
    let report = partition("[1,2]", r#"{"leader":1,"leader_epoch":3,"isr":[1,2]}"#).report();
    assert_eq!(report.findings, []);
    assert_eq!(report.must_return, []);
    assert_eq!((report.totals.topics, report.totals.partitions), (1, 1));
    assert_eq!(report.not_carried, NotCarried::default());
}

#[test]
fn a_cluster_without_id_is_a_blocker_unless_the_id_is_there_but_unreadable() {
    let mut given = given(&[]);
    given.znodes.clear();
    assert_eq!(given.codes(), [(Blocker, "no-cluster-id")]);
    given.znodes.push(("/cluster/id", "{".to_owned()));
    assert_eq!(given.codes(), [(Blocker, "undecodable")]);
}

#[test]
fn running_brokers_are_a_blocker_and_named() {
    let report = given(&[("/brokers/ids/1", BROKER), ("/brokers/ids/2", BROKER)]).report();
    assert_eq!(report.findings[0].code, "brokers-running");
    assert_eq!(report.findings[0].problem, "brokers are running: 1, 2");
    assert_eq!(report.totals.running_brokers, 2);
}

#[test]
fn a_controller_without_any_broker_is_a_session_that_has_not_ended() {
    assert_eq!(
        codes(&[("/controller", r#"{"version":1,"brokerid":4,"timestamp":"1"}"#)]),
        [(Warning, "controller-elected")]
    );
}

#[test]
fn a_torn_capture_is_a_blocker_once_the_brokers_are_stopped() {
    let mut stopped = given(&[]);
    stopped.consistent_cut = false;
    assert_eq!(stopped.codes(), [(Blocker, "capture-not-consistent")]);
    let mut running = given(&[("/brokers/ids/1", BROKER)]);
    running.consistent_cut = false;
    assert_eq!(
        running.codes(),
        [(Blocker, "brokers-running"), (Warning, "capture-not-consistent")]
    );
}

#[test]
fn t30_kafkas_own_migration_under_way_is_a_blocker_and_a_prepared_one_is_not() {
    let migration = |controller: i32, offset: i32| {
        format!(
            r#"{{"version":0,"kraft_controller_id":{controller},"kraft_controller_epoch":1,
                "kraft_metadata_offset":{offset},"kraft_metadata_epoch":1}}"#
        )
    };
    let under_way = [(Blocker, "kafka-migration-under-way")];
    assert_eq!(codes(&[("/migration", &migration(3001, 48213))]), under_way);
    assert_eq!(codes(&[("/migration", &migration(3001, -1))]), under_way);
    assert_eq!(
        codes(&[("/migration", &migration(-1, -1))]),
        [(Info, "kafka-migration-prepared")]
    );
    assert_eq!(
        codes(&[(
            "/controller",
            r#"{"version":2,"brokerid":3001,"timestamp":"1","kraftControllerEpoch":17}"#
        )]),
        under_way
    );
}

#[test]
fn t11_a_topic_without_id_gets_a_derived_one_and_an_unreadable_one_is_not_reported_twice() {
    assert_eq!(
        codes(&[
            ("/brokers/topics/a", r#"{"partitions":{"0":[1]}}"#),
            (
                "/brokers/topics/a/partitions/0/state",
                r#"{"leader":1,"leader_epoch":1,"isr":[1]}"#
            ),
            ("/brokers/topics/b", "{"),
        ]),
        [(Blocker, "undecodable"), (Info, "topic-without-id")]
    );
}

#[test]
fn two_topics_of_one_id_are_a_blocker_unless_one_is_pending_deletion() {
    let topic = r#"{"topic_id":"Yk3vWq1xTLa0hM6tPz8sCg","partitions":{"0":[1]}}"#;
    let state = r#"{"leader":1,"leader_epoch":1,"isr":[1]}"#;
    let mut given = given(&[
        ("/brokers/topics/a", topic),
        ("/brokers/topics/a/partitions/0/state", state),
        ("/brokers/topics/b", topic),
        ("/brokers/topics/b/partitions/0/state", state),
    ]);
    assert_eq!(given.codes(), [(Blocker, "duplicate-topic-id")]);
    given.znodes.push(("/admin/delete_topics/b", String::new()));
    assert_eq!(given.codes(), [(Warning, "topic-pending-deletion")]);
    assert_eq!(given.report().not_carried.topics, 1);
}

#[test]
fn names_that_collide_or_that_kafka_would_not_make_are_told() {
    let found = |names: &[&'static str]| {
        let mut all = Vec::new();
        for (at, path) in names.iter().enumerate() {
            let topic = format!(
                r#"{{"topic_id":"Yk3vWq1xTLa0hM6tPz8sC{}","partitions":{{}}}}"#,
                ["A", "Q"][at]
            );
            all.push((*path, topic));
        }
        let mut given = given(&[]);
        given.znodes.extend(all);
        let mut codes = given.codes();
        codes.retain(|(_, code)| *code != "topic-without-partitions");
        codes
    };
    assert_eq!(
        found(&["/brokers/topics/a.b", "/brokers/topics/a_b"]),
        [(Info, "topic-names-collide")]
    );
    assert_eq!(
        found(&["/brokers/topics/a b", "/brokers/topics/a-b"]),
        [(Warning, "illegal-topic-name")]
    );
}

#[test]
fn t10_a_topic_with_a_deletion_marker_is_not_looked_at_any_further() {
    let report = given(&[
        ("/brokers/topics/doomed", r#"{"partitions":{"0":[1,1],"1":[]}}"#),
        ("/admin/delete_topics/doomed", ""),
        ("/admin/delete_topics/gone", ""),
        ("/config/topics/doomed", r#"{"config":{"retention.ms":"1"}}"#),
    ])
    .report();
    let found: Vec<_> = report
        .findings
        .iter()
        .map(|finding| (finding.severity, finding.path.as_str()))
        .collect();
    assert_eq!(
        found,
        [
            (Warning, "/admin/delete_topics/doomed"),
            (Info, "/admin/delete_topics/gone")
        ]
    );
    assert_eq!(
        (report.not_carried.topics, report.not_carried.topic_configs),
        (1, 1)
    );
}

#[test]
fn t12_partitions_without_state_are_one_finding_per_topic() {
    let report = given(&[(
        "/brokers/topics/t",
        r#"{"topic_id":"Yk3vWq1xTLa0hM6tPz8sCg","partitions":{"0":[1],"1":[2],"2":[1]}}"#,
    )])
    .report();
    let [finding] = &report.findings[..] else {
        panic!("{:?}", report.findings)
    };
    assert_eq!(
        (finding.severity, finding.code),
        (Warning, "partition-without-state")
    );
    assert_eq!(
        finding.problem,
        "partitions 0, 1, 2: no leader was ever elected (replicas [1])"
    );
    assert_eq!(report.must_return, [], "all of them are in sync");
}

#[test]
fn assignments_and_states_that_do_not_fit_are_told_with_their_values() {
    for (replicas, state, expected) in [
        ("[]", "", (Blocker, "partition-without-replicas")),
        (
            "[1,1]",
            r#"{"leader":1,"leader_epoch":1,"isr":[1]}"#,
            (Blocker, "duplicate-replica"),
        ),
        (
            "[-1,1]",
            r#"{"leader":1,"leader_epoch":1,"isr":[1]}"#,
            (Blocker, "negative-broker-id"),
        ),
        (
            "[]",
            r#"{"leader":1,"leader_epoch":1,"isr":[1]}"#,
            (Warning, "state-without-assignment"),
        ),
        (
            "[1,2]",
            r#"{"leader":1,"leader_epoch":1,"isr":[1,2,9]}"#,
            (Warning, "isr-outside-replicas"),
        ),
        (
            "[1,2]",
            r#"{"leader":-1,"leader_epoch":1,"isr":[]}"#,
            (Warning, "isr-empty"),
        ),
        (
            "[1,2,3]",
            r#"{"leader":1,"leader_epoch":1,"isr":[2,3]}"#,
            (Warning, "leader-not-in-isr"),
        ),
        (
            "[1]",
            r#"{"leader":1,"leader_epoch":1,"isr":[1],"leader_recovery_state":1}"#,
            (Info, "partition-recovering"),
        ),
    ] {
        assert_eq!(
            partition(replicas, state).codes(),
            [expected],
            "{replicas} {state}"
        );
    }
    let report = partition("[1,2,3]", r#"{"leader":1,"leader_epoch":1,"isr":[2,3]}"#).report();
    assert_eq!(
        report.findings[0].problem,
        "partition 0: the leader is not in sync (replicas [1,2,3], leader 1, ISR [2,3])"
    );
}

#[test]
fn a_reassignment_under_way_is_carried_and_one_that_is_only_requested_is_not() {
    let topic = r#"{"topic_id":"Yk3vWq1xTLa0hM6tPz8sCg","partitions":{"0":[4,1]},
                    "adding_replicas":{"0":[4]},"removing_replicas":{"0":[1]}}"#;
    let given = given(&[
        ("/brokers/topics/t", topic),
        (
            "/brokers/topics/t/partitions/0/state",
            r#"{"leader":1,"leader_epoch":1,"isr":[1,4]}"#,
        ),
        (
            "/admin/reassign_partitions",
            r#"{"version":1,"partitions":[{"topic":"u","partition":3,"replicas":[1]}]}"#,
        ),
        (
            "/admin/preferred_replica_election",
            r#"{"version":1,"partitions":[{"topic":"u","partition":3}]}"#,
        ),
    ]);
    assert_eq!(
        given.codes(),
        [
            (Warning, "pending-election"),
            (Warning, "pending-reassignment"),
            (Info, "reassignment-under-way")
        ]
    );
    assert_eq!(given.report().not_carried.requests, 2);
    let outside = topic.replace(r#""adding_replicas":{"0":[4]}"#, r#""adding_replicas":{"0":[5]}"#);
    let mut given = given;
    given.znodes.truncate(3);
    given.znodes[1].1 = outside;
    assert_eq!(
        given.codes(),
        [
            (Warning, "reassignment-outside-replicas"),
            (Info, "reassignment-under-way")
        ]
    );
}

#[test]
fn partition_numbers_with_gaps_are_told() {
    let mut given = partition("[1]", r#"{"leader":1,"leader_epoch":1,"isr":[1]}"#);
    given.znodes[1].1 = given.znodes[1].1.replace(r#""0":[1]"#, r#""0":[1],"2":[1]"#);
    given.znodes.push((
        "/brokers/topics/t/partitions/2/state",
        r#"{"leader":1,"leader_epoch":1,"isr":[1]}"#.to_owned(),
    ));
    assert_eq!(given.codes(), [(Warning, "partition-numbers-with-gaps")]);
}

#[test]
fn the_last_broker_that_stopped_must_return() {
    let report = given(&[
        (
            "/brokers/topics/t",
            r#"{"topic_id":"Yk3vWq1xTLa0hM6tPz8sCg","partitions":{"0":[1,2],"1":[2,1],"2":[1],"3":[1,2]}}"#,
        ),
        (
            "/brokers/topics/t/partitions/0/state",
            r#"{"leader":-1,"leader_epoch":1,"isr":[2]}"#,
        ),
        (
            "/brokers/topics/t/partitions/1/state",
            r#"{"leader":-1,"leader_epoch":1,"isr":[2]}"#,
        ),
        (
            "/brokers/topics/t/partitions/2/state",
            r#"{"leader":-1,"leader_epoch":1,"isr":[1]}"#,
        ),
        (
            "/brokers/topics/t/partitions/3/state",
            r#"{"leader":1,"leader_epoch":1,"isr":[1,2]}"#,
        ),
    ])
    .report();
    let must_return = |broker, partitions, replicated, examples: &[&str]| MustReturn {
        broker: NodeId(broker),
        partitions,
        replicated,
        examples: examples.iter().map(|name| (*name).to_owned()).collect(),
    };
    assert_eq!(
        report.must_return,
        [
            must_return(2, 2, 2, &["t-0", "t-1"]),
            must_return(1, 1, 0, &["t-2"])
        ]
    );
}

#[test]
fn t26_a_broker_that_only_assignments_name_is_told_with_its_topics() {
    let mut given = partition("[1,9]", r#"{"leader":1,"leader_epoch":1,"isr":[1]}"#);
    assert_eq!(given.codes(), [], "with every broker stopped nobody can tell");
    given.znodes.push(("/brokers/ids/1", BROKER.to_owned()));
    let report = given.report();
    assert_eq!(report.findings[1].code, "broker-not-running");
    assert_eq!(report.findings[1].path, "/brokers/ids/9");
    assert_eq!(
        report.findings[1].problem,
        "broker 9 is not running and holds 1 replicas (of t); 0 partitions have no other replica in sync"
    );
}

#[test]
fn configs_of_brokers_that_are_gone_are_told() {
    let given = given(&[("/config/brokers/9", r#"{"config":{"log.cleaner.threads":"2"}}"#)]);
    assert_eq!(given.codes(), [(Info, "config-of-unknown-broker")]);
}

#[test]
fn several_log_directories_need_3_7() {
    let facts = || BrokerFacts {
        log_dirs: 2,
        ..BrokerFacts::default()
    };
    let codes = |release| given(&[]).broker(facts()).release(release).codes();
    assert_eq!(codes(Release::V3_6), [(Blocker, "several-log-dirs")]);
    assert_eq!(codes(Release::V3_7), []);
}

#[test]
fn a_protocol_older_than_0_11_was_never_tried() {
    for (version, expected) in [
        ("0.10.2-IV0", &[(Warning, "protocol-before-0.11")][..]),
        ("0.11.0", &[]),
        ("2.8", &[]),
    ] {
        let facts = BrokerFacts {
            inter_broker_protocol_version: Some(version.to_owned()),
            ..BrokerFacts::default()
        };
        assert_eq!(given(&[]).broker(facts).codes(), expected, "{version}");
    }
}

#[test]
fn topic_configs_that_the_release_does_not_know_and_those_of_no_topic_are_not_carried() {
    let mut given = partition("[1]", r#"{"leader":1,"leader_epoch":1,"isr":[1]}"#);
    let config = r#"{"config":{"message.format.version":"2.8","retention.ms":"1"}}"#;
    given.znodes.push(("/config/topics/t", config.to_owned()));
    given.znodes.push(("/config/topics/gone", config.to_owned()));
    assert_eq!(given.codes(), [(Info, "config-of-no-topic")]);
    assert_eq!(given.report().not_carried.topic_configs, 2);
    let given = given.release(Release::V4_3);
    assert!(given.codes().contains(&(Warning, "topic-config-dropped")));
    assert_eq!(given.report().not_carried.topic_configs, 3);
}

#[test]
fn with_eligible_leader_replicas_min_insync_replicas_is_the_clusters_alone() {
    let of_broker = r#"{"config":{"min.insync.replicas":"2"}}"#;
    let mut given = partition("[1]", r#"{"leader":1,"leader_epoch":1,"isr":[1]}"#).release(Release::V4_3);
    given.znodes.push(("/config/brokers/1", of_broker.to_owned()));
    assert_eq!(
        given.codes(),
        [
            (Warning, "broker-min-insync-replicas"),
            (Info, "cluster-min-insync-replicas")
        ]
    );
    assert_eq!(given.report().not_carried.broker_configs, 1);
    given.znodes.pop();
    given.target.min_insync_replicas = None;
    assert_eq!(given.codes(), [(Warning, "min-insync-replicas-unknown")]);
    given
        .znodes
        .push(("/config/brokers/<default>", of_broker.to_owned()));
    assert_eq!(given.codes(), []);
}

#[test]
fn a_config_value_that_no_record_holds_is_a_blocker() {
    let value = |length| format!(r#"{{"config":{{"k":"{}"}}}}"#, "x".repeat(length));
    let path = "/config/brokers/<default>";
    assert_eq!(codes(&[(path, &value(32_767))]), []);
    assert_eq!(
        codes(&[(path, &value(32_768))]),
        [(Blocker, "config-value-too-long")]
    );
}

#[test]
fn a_quota_of_something_that_is_no_address_is_told() {
    let quota = r#"{"config":{"connection_creation_rate":"10"}}"#;
    assert_eq!(
        codes(&[
            ("/config/ips/10.0.0.1", quota),
            ("/config/ips/2001%3Adb8%3A%3A5", quota),
            ("/config/ips/<default>", quota),
            ("/config/ips/localhost", quota),
        ]),
        [(Warning, "quota-of-no-address")]
    );
}

const ACL: &str =
    r#"{"version":1,"acls":[{"principal":"User:a","permissionType":"Allow","operation":"Read","host":"*"}]}"#;

fn authorizer(class: &str) -> BrokerFacts {
    BrokerFacts {
        authorizer: Some(class.to_owned()),
        ..BrokerFacts::default()
    }
}

#[test]
fn t9_acls_in_another_zookeeper_are_a_blocker() {
    let facts = BrokerFacts {
        acls_elsewhere: Some("z9:2181/acls".to_owned()),
        ..authorizer("kafka.security.authorizer.AclAuthorizer")
    };
    let report = given(&[]).broker(facts).report();
    assert_eq!(report.findings[0].code, "acls-elsewhere");
    assert!(report.findings[0].problem.contains("z9:2181/acls"));
}

#[test]
fn acls_are_of_use_only_with_an_authorizer_and_an_authorizer_only_with_acls() {
    let acls = [("/kafka-acl/Topic/t", ACL)];
    assert_eq!(codes(&acls), [(Info, "acls-need-an-authorizer")]);
    let with = |znodes: &[(&'static str, &str)], facts| given(znodes).broker(facts).codes();
    let zookeeper = || authorizer("kafka.security.auth.SimpleAclAuthorizer");
    assert_eq!(
        with(&acls, BrokerFacts::default()),
        [(Warning, "acls-without-authorizer")]
    );
    assert_eq!(with(&acls, zookeeper()), []);
    assert_eq!(with(&[], zookeeper()), [(Warning, "authorizer-without-acls")]);
    assert_eq!(
        with(&[], authorizer("org.example.Authorizer")),
        [(Warning, "custom-authorizer")]
    );
    assert_eq!(with(&[], BrokerFacts::default()), []);
}

#[test]
fn acls_of_other_principals_and_of_a_cluster_of_another_name_are_told() {
    let group = ACL.replace("User:a", "Group:a");
    let report = given(&[
        ("/kafka-acl/Cluster/my-cluster", ACL),
        ("/kafka-acl-extended/prefixed/Topic/ord", &group),
    ])
    .broker(authorizer("kafka.security.authorizer.AclAuthorizer"))
    .report();
    let found: Vec<_> = report
        .findings
        .iter()
        .map(|finding| (finding.code, finding.path.as_str()))
        .collect();
    assert_eq!(
        found,
        [
            ("acl-of-no-cluster", "/kafka-acl/Cluster/my-cluster"),
            ("acl-of-other-principal", "/kafka-acl-extended/prefixed/Topic/ord")
        ]
    );
}

#[test]
fn tokens_need_the_key_they_were_made_with_and_expired_ones_are_told() {
    let token = r#"{"version":1,"owner":"User%3Aa","renewers":[],"issueTimestamp":1,"maxTimestamp":5000,
                    "expiryTimestamp":2000,"tokenId":"t"}"#;
    let mut given = given(&[("/delegation_token/tokens/t", token)]);
    assert_eq!(given.codes(), [(Info, "tokens-need-their-key")]);
    given.now = Timestamp(2001);
    assert_eq!(
        given.codes(),
        [(Info, "token-expired"), (Info, "tokens-need-their-key")]
    );
    given.now = Timestamp(0);
    let given = given.broker(BrokerFacts::default());
    assert_eq!(given.codes(), [(Warning, "tokens-need-their-key")]);
}

#[test]
fn t19_every_release_that_can_be_chosen_keeps_tokens_and_credentials() {
    const SCRAM: MetadataVersion = MetadataVersion(11);
    for release in Release::ALL {
        assert!(release.metadata_version() >= MetadataVersion::DELEGATION_TOKENS.max(SCRAM));
    }
}

#[test]
fn what_has_no_place_in_kraft_is_counted() {
    let given = given(&[
        ("/consumers/g/offsets/t/0", "5"),
        ("/consumers/g/offsets/t/1", "6"),
        (
            "/feature",
            r#"{"version":2,"status":1,"features":{"f":{"max_version_level":2}}}"#,
        ),
        ("/storm/x", ""),
    ]);
    assert_eq!(
        given.codes(),
        [
            (Warning, "consumer-offsets"),
            (Warning, "finalized-features"),
            (Info, "foreign-znodes")
        ]
    );
    let not_carried = given.report().not_carried;
    assert_eq!((not_carried.consumer_offsets, not_carried.features), (2, 1));
}

#[test]
fn transactions_without_producer_ids_are_told() {
    let topic = r#"{"topic_id":"Yk3vWq1xTLa0hM6tPz8sCg","partitions":{"0":[1]}}"#;
    let state = r#"{"leader":1,"leader_epoch":1,"isr":[1]}"#;
    let mut given = given(&[
        ("/brokers/topics/__transaction_state", topic),
        ("/brokers/topics/__transaction_state/partitions/0/state", state),
        ("/latest_producer_id_block", ""),
    ]);
    assert_eq!(given.codes(), [(Warning, "no-producer-ids")]);
    given.znodes[3].1 = r#"{"version":1,"broker":4,"block_start":"0","block_end":"999"}"#.to_owned();
    assert_eq!(given.codes(), []);
}

#[test]
fn findings_come_worst_first_then_by_kind_and_path() {
    let codes: Vec<_> = given(&[
        ("/brokers/topics/b", r#"{"partitions":{"0":[]}}"#),
        ("/brokers/topics/a", r#"{"partitions":{"0":[]}}"#),
        ("/consumers/g/offsets/t/0", "5"),
    ])
    .report()
    .findings
    .into_iter()
    .map(|finding| format!("{} {}", finding.code, finding.path))
    .collect();
    assert_eq!(
        codes,
        [
            "partition-without-replicas /brokers/topics/a",
            "partition-without-replicas /brokers/topics/b",
            "consumer-offsets /consumers",
            "topic-without-id /brokers/topics/a",
            "topic-without-id /brokers/topics/b",
        ]
    );
}
