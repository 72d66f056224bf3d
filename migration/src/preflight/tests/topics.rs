//! Topics and configs.

use super::*;

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
