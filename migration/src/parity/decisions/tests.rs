//! Which decisions differ, how they are told, and that nothing that can differ is left out.

use kraft_bridge_metadata::acls::{ANY_PRINCIPAL, WILDCARD};
use proptest::collection::btree_set;
use proptest::prelude::*;
use proptest::sample::select;

use super::*;
use crate::legacy::{AclOperation, PatternType, ResourceType};

fn topics(pattern_type: PatternType, name: &str) -> ResourcePattern {
    ResourcePattern {
        resource_type: ResourceType::Topic,
        pattern_type,
        name: name.to_owned(),
    }
}

fn literal(name: &str) -> ResourcePattern {
    topics(PatternType::Literal, name)
}

fn prefixed(name: &str) -> ResourcePattern {
    topics(PatternType::Prefixed, name)
}

fn acl(permission: AclPermission, principal: &str, operation: AclOperation) -> Acl {
    Acl {
        principal: principal.to_owned(),
        host: WILDCARD.to_owned(),
        operation,
        permission,
    }
}

fn allow(principal: &str, operation: AclOperation) -> Acl {
    acl(AclPermission::Allow, principal, operation)
}

fn deny(principal: &str, operation: AclOperation) -> Acl {
    acl(AclPermission::Deny, principal, operation)
}

fn acls(entries: impl IntoIterator<Item = (ResourcePattern, Acl)>) -> Acls {
    let mut acls = Acls::new();
    for (pattern, acl) in entries {
        acls.entry(pattern).or_default().insert(acl);
    }
    acls
}

/// The setting is known to be false, as it is by default.
fn strict() -> DecisionOptions {
    DecisionOptions {
        allow_everyone: Some(false),
        ..DecisionOptions::default()
    }
}

fn sentences(comparison: &DecisionComparison) -> Vec<String> {
    comparison.differences.iter().map(ToString::to_string).collect()
}

#[test]
fn an_acl_that_kraft_lacks_is_told_with_both_causes_and_once_for_all_its_requests() {
    let zookeeper = acls([(prefixed("ord"), allow("User:alice", AclOperation::Write))]);
    let comparison = compare_decisions(&zookeeper, &Acls::new(), &strict());
    assert_eq!(comparison.coverage, Coverage::Whole);
    assert_eq!(comparison.asked, comparison.requests);
    assert_eq!(
        sentences(&comparison),
        [
            "User:alice may Write Topic:ord from 192.0.2.1 in ZooKeeper (ALLOW User:alice Write from * on \
             Topic:PREFIXED:ord) but not in KRaft (the resource has no ACL); 4 requests in all"
        ]
    );
}

#[test]
fn what_only_kraft_allows_comes_first() {
    let orders = || literal("orders");
    let write = || (orders(), allow("User:alice", AclOperation::Write));
    let zookeeper = acls([
        write(),
        (orders(), deny("User:bob", AclOperation::Read)),
        (orders(), allow("User:bob", AclOperation::Read)),
    ]);
    let kraft = acls([(orders(), allow("User:bob", AclOperation::Read))]);
    assert_eq!(
        sentences(&compare_decisions(&zookeeper, &kraft, &strict())),
        [
            "User:bob may Read Topic:orders from 192.0.2.1 in KRaft (ALLOW User:bob Read from * on \
             Topic:LITERAL:orders) but not in ZooKeeper (DENY User:bob Read from * on Topic:LITERAL:orders)",
            "User:alice may Write Topic:orders from 192.0.2.1 in ZooKeeper (ALLOW User:alice Write from * on \
             Topic:LITERAL:orders) but not in KRaft (no ACL matches); 2 requests in all",
        ]
    );
}

#[test]
fn entries_that_decide_nothing_make_no_difference() {
    let denied = (literal("*"), deny(ANY_PRINCIPAL, AclOperation::All));
    let useless = (literal("orders"), allow("User:alice", AclOperation::Read));
    let comparison = compare_decisions(&acls([denied.clone(), useless]), &acls([denied]), &strict());
    assert!(comparison.asked > 0 && comparison.differences.is_empty());
}

#[test]
fn a_literal_that_became_a_prefix_is_found_though_no_entry_names_the_topics_it_opens() {
    let read = allow("User:alice", AclOperation::Read);
    let zookeeper = acls([(literal("ord"), read.clone())]);
    let kraft = acls([(prefixed("ord"), read)]);
    let comparison = compare_decisions(&zookeeper, &kraft, &strict());
    let [opened] = &comparison.differences[..] else {
        panic!("{:?}", sentences(&comparison));
    };
    assert_eq!(opened.request.resource_name, "ordexample");
    assert!(opened.kraft.allowed && !opened.zookeeper.allowed);
}

#[test]
fn where_the_setting_is_not_known_a_difference_says_under_which_value_it_shows() {
    let zookeeper = acls([(literal("audit"), allow("User:alice", AclOperation::Read))]);
    let comparison = compare_decisions(&zookeeper, &Acls::new(), &DecisionOptions::default());
    let under: BTreeSet<_> = comparison
        .differences
        .iter()
        .map(|difference| (difference.kraft.allowed, difference.only_if_allow_everyone))
        .collect();
    assert_eq!(under, BTreeSet::from([(true, Some(true)), (false, Some(false))]));
    let known = DecisionOptions {
        allow_everyone: Some(true),
        ..DecisionOptions::default()
    };
    let comparison = compare_decisions(&zookeeper, &Acls::new(), &known);
    assert!(comparison.differences.iter().all(|one| one.kraft.allowed));
    assert!(
        comparison
            .differences
            .iter()
            .all(|one| one.only_if_allow_everyone.is_none())
    );
}

#[test]
fn super_users_are_not_told_of() {
    let zookeeper = acls([(literal("audit"), allow("User:admin", AclOperation::Read))]);
    let options = DecisionOptions {
        super_users: BTreeSet::from(["User:admin".to_owned()]),
        ..strict()
    };
    assert_eq!(
        compare_decisions(&zookeeper, &Acls::new(), &options).differences,
        []
    );
}

#[test]
fn without_any_acl_there_are_still_requests_to_ask() {
    let comparison = compare_decisions(&Acls::new(), &Acls::new(), &DecisionOptions::default());
    assert!(comparison.asked > 0 && comparison.differences.is_empty());
}

#[test]
fn the_same_acls_decide_otherwise_for_names_that_begin_with_the_wildcard() {
    let both = acls([
        (literal("*"), deny(ANY_PRINCIPAL, AclOperation::Read)),
        (literal("*x"), allow("User:alice", AclOperation::Read)),
    ]);
    assert_eq!(
        sentences(&compare_decisions(&both, &both, &strict())),
        [
            "User:alice may Read Topic:*x from 192.0.2.1 in KRaft (ALLOW User:alice Read from * on \
             Topic:LITERAL:*x) but not in ZooKeeper (DENY User:* Read from * on Topic:LITERAL:*)"
        ]
    );
}

/// CVE-2024-27309, Kafka 3.5.0 to 3.6.1: while a cluster migrates, an ACL is removed from a resource that keeps two or
/// more. The controller writes only one of these back to ZooKeeper, and brokers in ZooKeeper mode enforce that one;
/// KRaft has them all.
#[test]
fn cve_2024_27309_a_resource_left_with_one_of_its_acls_is_found_above_all_for_its_deny() {
    let payments = || literal("payments");
    let read = allow(ANY_PRINCIPAL, AclOperation::Read);
    let write = allow("User:till", AclOperation::Write);
    let denied = deny("User:guest", AclOperation::Read);
    let kept = [read.clone(), write.clone(), denied.clone()].map(|acl| (payments(), acl));
    let enforced = acls([(payments(), read.clone())]);

    let comparison = compare_decisions(&enforced, &acls(kept), &strict());

    assert_eq!(
        sentences(&comparison),
        [
            "User:till may Write Topic:payments from 192.0.2.1 in KRaft (ALLOW User:till Write from * on \
             Topic:LITERAL:payments) but not in ZooKeeper (no ACL matches)",
            "User:guest may Read Topic:payments from 192.0.2.1 in ZooKeeper (ALLOW User:* Read from * on \
             Topic:LITERAL:payments) but not in KRaft (DENY User:guest Read from * on Topic:LITERAL:payments)",
        ]
    );
}

#[test]
fn with_more_requests_than_may_be_asked_those_that_a_differing_acl_decides_are() {
    let entry = |number: u32| {
        let principal = format!("User:user-{number:03}");
        (
            prefixed(&format!("team-{number:03}.")),
            allow(&principal, AclOperation::All),
        )
    };
    let zookeeper = acls((0..200).map(entry));
    let kraft = acls((0..200).filter(|number| *number != 77).map(entry));
    let options = |requests_max| DecisionOptions {
        requests_max,
        ..strict()
    };

    let differing = compare_decisions(&zookeeper, &kraft, &options(1000));
    assert_eq!(differing.coverage, Coverage::Differing);
    assert!(
        differing.asked < 100 && differing.requests > 500_000,
        "{differing:?}"
    );
    let sentences = sentences(&differing);
    assert!(sentences.len() == 1 && sentences[0].contains("Topic:PREFIXED:team-077."));

    let sample = compare_decisions(&zookeeper, &kraft, &options(10));
    assert_eq!((sample.coverage, sample.asked), (Coverage::Sample, 10));
    assert_eq!(sample.differences.len(), 1);

    let equal = compare_decisions(&zookeeper, &zookeeper, &options(1000));
    assert_eq!((equal.coverage, equal.asked), (Coverage::Sample, 1000));
    assert_eq!(equal.differences, []);
}

#[test]
fn the_same_seed_makes_the_same_sample_and_many_acls_of_everybody_stay_within_the_limit() {
    let everybody = |number: u32| {
        let entry = deny(
            ANY_PRINCIPAL,
            AclOperation::ALL[usize::try_from(number % 13).unwrap()],
        );
        (prefixed(&format!("p{number}")), entry)
    };
    let named = (0..300).map(|number| (literal("*"), allow(&format!("User:{number}"), AclOperation::Read)));
    let zookeeper = acls((0..300).map(everybody).chain(named.clone()));
    let kraft = acls(named);
    let options = DecisionOptions {
        requests_max: 5000,
        ..strict()
    };
    let comparison = compare_decisions(&zookeeper, &kraft, &options);
    assert!(
        comparison.asked <= 5000 && comparison.asked > 4000,
        "{}",
        comparison.asked
    );
    assert_eq!(comparison.coverage, Coverage::Sample);
    assert_eq!(comparison, compare_decisions(&zookeeper, &kraft, &options));
}

prop_compose! {
    fn any_entry()(
        pattern_type in select(PatternType::ALL),
        name in "[ab]{1,3}|\\*|\\*a",
        principal in select(vec!["User:a", "User:b", ANY_PRINCIPAL]),
        host in select(vec!["10.0.0.1", WILDCARD]),
        operation in select(vec![AclOperation::All, AclOperation::Read, AclOperation::Describe]),
        permission in select(AclPermission::ALL),
    ) -> (ResourcePattern, Acl) {
        let acl = Acl { principal: principal.to_owned(), host: host.to_owned(), operation, permission };
        (topics(pattern_type, &name), acl)
    }
}

/// All names of up to four of these letters, but of those that begin with `*` only the ones that a pattern names:
/// that the modes think otherwise of the rest is no news of these two sides.
fn short_names(zookeeper: &Acls, kraft: &Acls) -> Vec<String> {
    let mut names = vec![String::new()];
    for length in 0..4 {
        let shorter: Vec<_> = names
            .iter()
            .filter(|name| name.len() == length)
            .cloned()
            .collect();
        for name in shorter {
            names.extend(["a", "b", "c", "*"].map(|letter| format!("{name}{letter}")));
        }
    }
    let named = |name: &str| {
        let mut patterns = zookeeper.keys().chain(kraft.keys());
        patterns.any(|pattern| match pattern.pattern_type {
            PatternType::Literal => name == pattern.name,
            PatternType::Prefixed => name.starts_with(&pattern.name),
        })
    };
    names.retain(|name| !name.is_empty() && (!name.starts_with('*') || named(name)));
    names
}

/// Whether the two sides answer any request otherwise for a topic with a short name.
fn differ_somewhere(zookeeper: &Acls, kraft: &Acls, allow_everyone: bool) -> bool {
    let observed = authorizer(Mode::Zookeeper, zookeeper, &strict());
    let wanted = authorizer(Mode::Kraft, kraft, &strict());
    for name in short_names(zookeeper, kraft) {
        for principal in ["User:a", "User:b", "User:c"] {
            for host in ["10.0.0.1", "10.0.0.2"] {
                for operation in [AclOperation::Read, AclOperation::Describe, AclOperation::Write] {
                    let request = Request {
                        principal: principal.into(),
                        host: host.into(),
                        operation,
                        resource_type: ResourceType::Topic,
                        resource_name: name.as_str().into(),
                    };
                    if differ((observed.rule(&request), wanted.rule(&request)), allow_everyone) {
                        return true;
                    }
                }
            }
        }
    }
    false
}

proptest! {
    #[test]
    fn a_difference_that_there_is_is_found_whether_all_are_asked_or_only_those_that_may_differ(
        common in btree_set(any_entry(), 0..6),
        left in btree_set(any_entry(), 0..3),
        right in btree_set(any_entry(), 0..3),
        allow_everyone: bool,
    ) {
        let options = DecisionOptions { allow_everyone: Some(allow_everyone), ..strict() };
        let zookeeper = acls(common.union(&left).cloned());
        let kraft = acls(common.union(&right).cloned());
        let whole = compare_decisions(&zookeeper, &kraft, &options);
        prop_assert_eq!(whole.coverage, Coverage::Whole);
        let differ = differ_somewhere(&zookeeper, &kraft, allow_everyone);
        prop_assert_eq!(!whole.differences.is_empty(), differ);
        let fewer = DecisionOptions { requests_max: whole.requests - 1, ..options };
        let fewer = compare_decisions(&zookeeper, &kraft, &fewer);
        if fewer.coverage == Coverage::Differing {
            prop_assert!(fewer.asked < whole.asked);
            prop_assert_eq!(!fewer.differences.is_empty(), differ);
        }
    }
}
