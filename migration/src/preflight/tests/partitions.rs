//! Assignments, states, and who must return.

use super::*;

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
            "[1]",
            r#"{"leader":-1,"leader_epoch":1,"isr":[]}"#,
            (Info, "isr-empty-of-one"),
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
fn t31_a_reassignment_under_way_is_carried_and_one_that_is_only_requested_is_not() {
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
