//! What is changed behind Kafka's back, which notices none of it.

use kraft_bridge_harness::churn::{LEAVER, lose_a_quota};
use kraft_bridge_harness::{DualWrite, Znodes};
use serde_json::Value;

use crate::support::{ensemble, quorum, verify};
use crate::watching::Watching;

/// A znode, what is changed in its text, and the difference that this makes.
struct Change {
    path: &'static str,
    text: fn(&str) -> String,
    difference: [&'static str; 3],
}

const CHANGES: &[Change] = &[
    Change {
        path: "/brokers/topics/orders/partitions/3/state",
        text: |text| {
            let mut state: Value = serde_json::from_str(text).unwrap();
            state["leader_epoch"] = (state["leader_epoch"].as_i64().unwrap() + 7).into();
            state.to_string()
        },
        difference: ["partitions", "orders-3", "leader epoch"],
    },
    Change {
        path: "/config/topics/ledger",
        text: |_| r#"{"version":1,"config":{}}"#.to_owned(),
        difference: ["topic-configs", "ledger: min.insync.replicas", ""],
    },
    Change {
        path: "/kafka-acl/Topic/orders",
        text: |text| {
            let entry =
                r#"{"principal":"User:mallory","permissionType":"Allow","host":"*","operation":"Read"}"#;
            text.replace(r#""acls":["#, &format!(r#""acls":[{entry},"#))
        },
        difference: [
            "acls",
            "ALLOW User:mallory Read from * on Topic:LITERAL:orders",
            "",
        ],
    },
    Change {
        path: "/config/users/ops%40example.com",
        text: |_| r#"{"version":1,"config":{}}"#.to_owned(),
        difference: ["scram", "ops@example.com: SCRAM-SHA-512", ""],
    },
];

/// One change after the other: after one pass it is reported, and what was reported before still is; undone, it is gone.
pub(crate) fn each_change_is_found_in_one_pass_and_named(cluster: &DualWrite) {
    let znodes = cluster.legacy.znodes();
    let mut watching = Watching::start(&mut verify(cluster, &ensemble(cluster), &quorum(cluster)));
    assert_eq!(watching.end_of_pass()["verdict"], "equal");
    let mut expected: Vec<[&str; 3]> = Vec::new();
    let mut before = Vec::new();
    for change in CHANGES {
        before.push((change.path, alter(&znodes, change)));
        expected.push(change.difference);
        expected.sort_unstable();

        let pass = watching.whole_pass();

        assert_eq!(pass["verdict"], "different", "{pass}");
        assert_eq!(
            without_decisions(&watching.report),
            expected,
            "{:#}",
            watching.report
        );
    }
    let decision = "User:mallory may Read Topic:orders from ";
    let decisions = differences(&watching.report);
    assert!(
        decisions
            .iter()
            .any(|[_, entity, _]| entity.starts_with(decision)),
        "{decisions:?}"
    );

    for (path, text) in before {
        znodes.set(path, &text).unwrap();
    }
    let pass = watching.whole_pass();
    assert_eq!(pass["verdict"], "equal", "{pass}\n{:#}", watching.report);
}

/// A znode that says nothing any more: neither a difference nor an equality, and the report tells which one it is.
pub(crate) fn what_cannot_be_decoded_is_named_and_establishes_nothing(cluster: &DualWrite) {
    let znodes = cluster.legacy.znodes();
    let mut watching = Watching::start(&mut verify(cluster, &ensemble(cluster), &quorum(cluster)));
    assert_eq!(watching.end_of_pass()["verdict"], "equal");
    let path = "/config/topics/ledger";
    let text = znodes.get(path).unwrap();
    znodes.set(path, "{").unwrap();

    let pass = watching.whole_pass();

    assert_eq!(pass["verdict"], "not-established", "{pass}");
    assert_eq!(differences(&watching.report), [] as [[&str; 3]; 0]);
    assert_eq!(watching.report["notCompared"][0]["path"], path);

    znodes.set(path, &text).unwrap();
    assert_eq!(watching.whole_pass()["verdict"], "equal");
}

/// Kafka's dual write leaves the last quota of a client id in force in ZooKeeper: found, until it is taken away by hand.
pub(crate) fn a_quota_that_kafka_loses_is_found(cluster: &DualWrite) {
    let mut watching = Watching::start(&mut verify(cluster, &ensemble(cluster), &quorum(cluster)));
    assert_eq!(watching.end_of_pass()["verdict"], "equal");
    lose_a_quota(&cluster.legacy.brokers).unwrap();
    cluster.settle().unwrap();

    let pass = watching.whole_pass();

    assert_eq!(pass["verdict"], "different", "{pass}");
    let entity = format!("client-id {LEAVER}: producer_byte_rate");
    assert_eq!(differences(&watching.report), [["quotas", &entity, ""]]);
    assert_eq!(watching.report["differences"][0]["what"], "missing-in-kraft");
    assert_eq!(watching.report["differences"][0]["zookeeper"], "1024");
    let path = format!("/config/clients/{LEAVER}");
    assert_eq!(watching.report["differences"][0]["path"], path);

    cluster.legacy.znodes().delete(&path).unwrap();
    assert_eq!(watching.whole_pass()["verdict"], "equal");
}

/// Changes a znode and returns what it held before.
fn alter(znodes: &Znodes, change: &Change) -> String {
    let before = znodes.get(change.path).unwrap();
    let after = (change.text)(&before);
    assert_ne!(after, before, "{}", change.path);
    znodes.set(change.path, &after).unwrap();
    before
}

/// The differences but for what the ACLs decide, which follows from the entries.
fn without_decisions(report: &Value) -> Vec<[String; 3]> {
    let mut differences = differences(report);
    differences.retain(|[kind, ..]| kind != "acl-decisions");
    differences
}

/// Kind, entity, field (empty for an entity that one side lacks) of each difference in a report, sorted.
fn differences(report: &Value) -> Vec<[String; 3]> {
    let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut differences: Vec<_> = report["differences"]
        .as_array()
        .unwrap()
        .iter()
        .map(|difference| ["kind", "entity", "field"].map(|key| word(&difference[key])))
        .collect();
    differences.sort();
    differences
}
