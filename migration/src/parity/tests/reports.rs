//! Reports as a whole: the same inputs, the same bytes; nothing is said about what could not be read; what is ignored
//! is listed apart.

use std::path::Path;

use kraft_bridge_metadata::release::Release;
use proptest::prelude::*;

use super::catalogue::cluster;
use super::equal_pairs::any_side;
use crate::finding::{Finding, Severity};
use crate::parity::{Ignore, Kind, Terms, Verdict};
use crate::testing::{Pair, Side, Znodes, any_legacy_cluster};

const SIDE: Side = Side::Copied(Release::V3_9);

fn ignoring(text: &str) -> Terms {
    Terms {
        ignore: Ignore::decode(Path::new("known"), text).unwrap(),
        ..Pair::terms()
    }
}

/// A pair whose KRaft side lost a topic's config and an in-sync replica.
fn pair() -> Pair {
    let mut kraft = cluster();
    kraft.set(
        "/config/topics/orders",
        r#"{"version":1,"config":{"cleanup.policy":"compact"}}"#,
        3,
    );
    kraft.set(
        "/brokers/topics/orders/partitions/1/state",
        r#"{"version":1,"leader":3,"leader_epoch":4,"isr":[3]}"#,
        12,
    );
    Pair::new(&cluster(), &kraft, SIDE)
}

fn unreadable(pair: &mut Pair, path: &str) {
    pair.findings.push(Finding {
        severity: Severity::Blocker,
        path: path.to_owned(),
        code: "unreadable",
        problem: "no right to read it".to_owned(),
        action: "refused".to_owned(),
    });
}

proptest! {
    #[test]
    fn the_same_inputs_give_the_same_bytes(
        (observed, wanted) in (any_legacy_cluster(), any_legacy_cluster()),
        side in any_side(),
    ) {
        let json = || serde_json::to_vec(&Pair::new(&observed, &wanted, side).compare()).unwrap();
        prop_assert_eq!(json(), json());
    }

    #[test]
    fn what_cannot_be_read_is_no_difference_and_no_equality(
        (observed, wanted) in (any_legacy_cluster(), any_legacy_cluster()),
        side in any_side(),
    ) {
        let mut pair = Pair::new(&observed, &wanted, side);
        unreadable(&mut pair, "/");
        let report = pair.compare();
        prop_assert_eq!(&report.differences, &[]);
        prop_assert_eq!(report.verdict, Verdict::NotEstablished);
    }
}

#[test]
fn an_unreadable_subtree_hides_what_is_below_it_and_nothing_else() {
    let mut pair = pair();
    unreadable(&mut pair, "/brokers/topics/orders");
    let report = pair.compare();
    let entities: Vec<&str> = report.differences.iter().map(|it| it.entity.as_str()).collect();
    assert_eq!(entities, ["orders: retention.ms"]);
    assert_eq!(report.verdict, Verdict::Different);
    unreadable(&mut pair, "/config/topics/orders");
    let report = pair.compare();
    assert_eq!(report.differences, []);
    assert_eq!(report.verdict, Verdict::NotEstablished);
    assert_eq!(report.not_compared.len(), 2);
}

#[test]
fn a_topic_whose_deletion_cannot_be_looked_up_is_not_missed() {
    let mut zookeeper = cluster();
    zookeeper.0.remove("/admin/delete_topics/doomed");
    for path in ["/admin/delete_topics", "/admin/delete_topics/doomed"] {
        let mut pair = Pair::new(&zookeeper, &cluster(), SIDE);
        assert_eq!(pair.compare().differences.len(), 1);
        unreadable(&mut pair, path);
        assert_eq!(pair.compare().verdict, Verdict::NotEstablished, "{path}");
    }
}

#[test]
fn a_name_that_only_begins_like_an_unreadable_one_is_compared() {
    let mut pair = pair();
    unreadable(&mut pair, "/brokers/topics/ord");
    assert_eq!(pair.compare().differences.len(), 2);
}

#[test]
fn a_credential_that_was_left_out_is_not_compared_and_the_quota_beside_it_is() {
    let mut zookeeper = cluster();
    let alice =
        r#"{"version":1,"config":{"request_percentage":"13","SCRAM-SHA-512":"[left out of this capture]"}}"#;
    zookeeper.set("/config/users/alice", alice, 4);
    let report = Pair::new(&zookeeper, &cluster(), SIDE).compare();
    let entities: Vec<&str> = report.differences.iter().map(|it| it.entity.as_str()).collect();
    assert_eq!(entities, ["user alice: request_percentage"]);
    zookeeper.set("/config/users/alice", alice.replace("13", "12.5"), 4);
    let report = Pair::new(&zookeeper, &cluster(), SIDE).compare();
    assert_eq!(report.verdict, Verdict::NotEstablished);
}

#[test]
fn one_bad_payload_leaves_everything_else_compared() {
    for path in [
        "/kafka-acl/Topic/orders",
        "/config/users/alice",
        "/brokers/topics/payments",
        "/delegation_token/tokens/T0kenA",
    ] {
        let mut zookeeper = cluster();
        zookeeper.set(path, "{", 1);
        let report = Pair::new(&zookeeper, &cluster(), SIDE).compare();
        assert_eq!(report.differences, [], "{path}");
        assert_eq!(report.verdict, Verdict::NotEstablished, "{path}");
    }
}

#[test]
fn a_zookeeper_without_a_cluster_establishes_nothing() {
    for wanted in [
        Znodes::default(),
        Znodes::parse("/cluster/id {\"version\":\"1\",\"id\":\"other\"}"),
    ] {
        let report = Pair::new(&Znodes::default(), &wanted, SIDE).compare();
        assert_eq!(report.verdict, Verdict::NotEstablished);
        let codes: Vec<&str> = report
            .not_compared
            .iter()
            .map(|notice| notice.code.as_str())
            .collect();
        assert_eq!(codes, ["nothing-compared"]);
    }
}

#[test]
fn a_pass_stands_as_its_report_would_say() {
    let mut in_part = Pair::equal(&cluster(), SIDE);
    unreadable(&mut in_part, "/config/topics/orders");
    let equal = Pair::equal(&cluster(), SIDE);
    let empty = Pair::equal(&Znodes::default(), SIDE);
    let pairs = [
        (equal, Verdict::Equal),
        (pair(), Verdict::Different),
        (in_part, Verdict::NotEstablished),
        (empty, Verdict::NotEstablished),
    ];
    for (pair, verdict) in pairs {
        let (terms, report) = (Pair::terms(), pair.compare_with(&Pair::terms()));
        let standing = pair.standing(&terms);
        assert_eq!((report.verdict, standing.verdict), (verdict, verdict));
        assert_eq!(report.not_compared, standing.not_compared);
    }
}

#[test]
fn a_log_that_ends_before_what_zookeeper_has_of_it_is_said_to_be_behind() {
    let mut pair = Pair::equal(&cluster(), Side::DualWrite);
    let is_behind = |pair: &Pair| {
        let report = pair.compare();
        assert_eq!(report.verdict, Verdict::Equal);
        report.notices.iter().any(|notice| notice.code == "log-behind")
    };
    assert!(!is_behind(&pair));
    pair.end_offset.0 -= 1;
    assert!(is_behind(&pair));
}

#[test]
fn a_log_of_a_running_migration_that_zookeeper_does_not_know_was_rolled_back() {
    let mut pair = Pair::equal(&cluster(), Side::DualWrite);
    pair.cluster.migration = None;
    let report = pair.compare();
    let notice = report
        .notices
        .iter()
        .find(|notice| notice.code == "migration-rolled-back");
    let notice = notice.unwrap();
    assert!(
        notice.problem.ends_with("it was rolled back"),
        "{}",
        notice.problem
    );
    assert!(notice.action.ends_with("remove it"), "{}", notice.action);
}

#[test]
fn what_is_ignored_by_entity_or_field_is_listed_apart_with_its_line() {
    let text = "# known since May\ntopic-configs orders: *\n\npartitions orders-?, isr\n";
    let report = pair().compare_with(&ignoring(text));
    assert_eq!(report.verdict, Verdict::Equal);
    let lines: Vec<_> = report.ignored.iter().map(|it| it.rule.clone().unwrap()).collect();
    assert_eq!(lines.len(), 2);
    assert!(lines.contains(&"topic-configs orders: *".to_owned()));
    assert!(lines.contains(&"partitions orders-?, isr".to_owned()));
    assert_eq!(report.totals[&Kind::Partitions].ignored, 1);
}

#[test]
fn a_pattern_of_another_kind_entity_or_field_ignores_nothing() {
    let text = "topics orders*\npartitions payments-*\npartitions orders-1, leader\n";
    let report = pair().compare_with(&ignoring(text));
    assert_eq!(report.differences.len(), 2);
    assert_eq!(report.ignored, []);
}

#[test]
fn kinds_that_are_left_out_are_named_and_not_counted() {
    let terms = Terms {
        kinds: [Kind::TopicConfigs].into(),
        ..Pair::terms()
    };
    let report = pair().compare_with(&terms);
    assert_eq!(report.differences.len(), 1);
    assert_eq!(report.totals.keys().collect::<Vec<_>>(), [&Kind::TopicConfigs]);
    assert_eq!(report.left_out.len(), Kind::ALL.len() - 1);
}

#[test]
fn a_secret_that_differs_leaves_the_digests_alike_and_is_nowhere_shown() {
    let mut kraft = cluster();
    let configs = r#"{"version":1,"config":{"max.connections":"500","listener.name.tls.ssl.keystore.password":"hunter22"}}"#;
    kraft.set("/config/brokers/1", configs, 2);
    let equal = Pair::equal(&cluster(), SIDE).compare();
    let report = Pair::new(&cluster(), &kraft, SIDE).compare();
    assert_eq!(report.differences.len(), 1);
    assert_eq!(report.kraft.digest, equal.kraft.digest);
    let json = serde_json::to_string(&report).unwrap();
    assert!(!json.contains("hunter22") && !json.contains("changeit"));
}
