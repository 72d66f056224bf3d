//! The cluster as a whole: its brokers, its controller, its capture, what is left over.

use super::*;

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
fn t26_a_broker_that_only_assignments_name_is_told_with_its_topics() {
    let mut given = partition("[1,9]", r#"{"leader":1,"leader_epoch":1,"isr":[1]}"#);
    assert_eq!(given.codes(), [], "with every broker stopped nobody can tell");
    given.znodes.push(("/brokers/ids/1", BROKER.to_owned()));
    let report = given.report();
    assert_eq!(report.findings[1].code, "broker-not-running");
    assert_eq!(report.findings[1].path, "/brokers/ids/9");
    assert_eq!(
        report.findings[1].problem,
        "broker 9 is not running; replicas on it: 1, of t; alone in sync: 0"
    );
}

#[test]
fn configs_of_brokers_that_are_gone_are_told() {
    let given = given(&[("/config/brokers/9", r#"{"config":{"log.cleaner.threads":"2"}}"#)]);
    assert_eq!(given.codes(), [(Info, "config-of-unknown-broker")]);
}

#[test]
fn the_file_of_a_broker_that_the_cluster_does_not_know_is_told() {
    let facts = |id| BrokerFacts {
        broker: Some(NodeId(id)),
        ..BrokerFacts::default()
    };
    let with = |id| partition("[1,2]", r#"{"leader":1,"leader_epoch":1,"isr":[1,2]}"#).broker(facts(id));
    assert_eq!(with(2).codes(), []);
    assert_eq!(with(7).codes(), [(Warning, "unknown-broker")]);
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
