//! What the authorizer decides: by example, and against a loop over all ACLs.

use proptest::collection::{btree_set, vec};
use proptest::prelude::*;
use proptest::sample::select;

use super::*;
use crate::acls::ANY_PRINCIPAL;
use crate::records::PatternType;

fn pattern(pattern_type: PatternType, name: &str) -> ResourcePattern {
    ResourcePattern {
        resource_type: ResourceType::Topic,
        pattern_type,
        name: name.to_owned(),
    }
}

fn literal(name: &str) -> ResourcePattern {
    pattern(PatternType::Literal, name)
}

fn prefixed(name: &str) -> ResourcePattern {
    pattern(PatternType::Prefixed, name)
}

fn acl(permission: AclPermission, principal: &str, operation: AclOperation, host: &str) -> Acl {
    Acl {
        principal: principal.to_owned(),
        host: host.to_owned(),
        operation,
        permission,
    }
}

fn allow(principal: &str, operation: AclOperation) -> Acl {
    acl(AclPermission::Allow, principal, operation, WILDCARD)
}

fn deny(principal: &str, operation: AclOperation) -> Acl {
    acl(AclPermission::Deny, principal, operation, WILDCARD)
}

fn of(acls: impl IntoIterator<Item = (ResourcePattern, Acl)>) -> Authorizer {
    Authorizer::new(Mode::Kraft, BTreeSet::new(), false, acls)
}

/// Alice asks from 10.0.0.1.
fn request(operation: AclOperation, topic: &str) -> Request<'_> {
    Request {
        principal: "User:alice".into(),
        host: "10.0.0.1".into(),
        operation,
        resource_type: ResourceType::Topic,
        resource_name: topic.into(),
    }
}

fn may(authorizer: &Authorizer, operation: AclOperation, topic: &str) -> bool {
    authorizer.decide(&request(operation, topic)).allowed
}

#[test]
fn a_literal_a_prefix_and_the_wildcard_match_and_the_answer_names_the_acl() {
    let read = || allow("User:alice", AclOperation::Read);
    for (pattern, matched, others) in [
        (literal("orders"), &["orders"][..], &["order", "orders.eu"][..]),
        (prefixed("ord"), &["ord", "orders"], &["or", "audit"]),
        (literal("*"), &["orders", "*", "a"], &[]),
        (prefixed("*"), &["*", "*a"], &["a"]),
        (prefixed("é"), &["é", "éa"], &["e", "è", "ê"]),
    ] {
        let authorizer = of([(pattern.clone(), read())]);
        for topic in matched {
            let by = authorizer.decide(&request(AclOperation::Read, topic)).by;
            assert_eq!(by, Rule::Allow(&pattern, &read()), "{topic}");
        }
        for topic in others {
            let by = authorizer.decide(&request(AclOperation::Read, topic)).by;
            assert_eq!(by, Rule::NoAclForResource, "{pattern} {topic}");
        }
    }
}

#[test]
fn a_deny_wins_over_every_allow_even_where_the_allow_is_more_specific() {
    let authorizer = of([
        (literal("orders"), allow("User:alice", AclOperation::All)),
        (literal("*"), deny(ANY_PRINCIPAL, AclOperation::Write)),
    ]);
    assert!(may(&authorizer, AclOperation::Read, "orders"));
    assert!(!may(&authorizer, AclOperation::Write, "orders"));
}

#[test]
fn only_an_allow_implies_another_operation() {
    use AclOperation as Op;
    for (named, implied) in [
        (Op::Read, Op::Describe),
        (Op::Write, Op::Describe),
        (Op::Delete, Op::Describe),
        (Op::Alter, Op::Describe),
        (Op::AlterConfigs, Op::DescribeConfigs),
    ] {
        let allowing = of([(literal("orders"), allow("User:alice", named))]);
        assert!(may(&allowing, implied, "orders"));
        assert!(!may(&allowing, Op::Create, "orders"));
        let denying = of([
            (literal("orders"), deny("User:alice", named)),
            (literal("orders"), allow("User:alice", Op::All)),
        ]);
        assert!(may(&denying, implied, "orders"));
    }
    let describing = of([(literal("orders"), allow("User:alice", Op::Describe))]);
    assert!(!may(&describing, Op::Read, "orders"));
}

#[test]
fn the_host_is_compared_as_text() {
    let here = acl(AclPermission::Allow, "User:alice", AclOperation::Read, "10.0.0.1");
    let there = acl(AclPermission::Allow, "User:alice", AclOperation::Read, "10.0.0.2");
    assert!(may(
        &of([(literal("orders"), here)]),
        AclOperation::Read,
        "orders"
    ));
    assert!(!may(
        &of([(literal("orders"), there)]),
        AclOperation::Read,
        "orders"
    ));
}

#[test]
fn allow_if_none_applies_only_where_no_acl_matches_the_resource_whatever_it_says() {
    let of_bob = [(prefixed("ord"), deny("User:bob", AclOperation::Write))];
    let authorizer = Authorizer::new(Mode::Kraft, BTreeSet::new(), true, of_bob);
    let decision = |topic| authorizer.decide(&request(AclOperation::Read, topic));
    assert_eq!(
        (decision("audit").allowed, decision("audit").by),
        (true, Rule::NoAclForResource)
    );
    assert_eq!(
        (decision("orders").allowed, decision("orders").by),
        (false, Rule::NoMatchingAcl)
    );
}

#[test]
fn krafts_wildcard_passes_over_longer_names_that_begin_with_it() {
    let denied = (literal("*"), deny(ANY_PRINCIPAL, AclOperation::Read));
    for (mode, topic, expected) in [
        (Mode::Zookeeper, "*x", Rule::Deny(&denied.0, &denied.1)),
        (Mode::Zookeeper, "*", Rule::Deny(&denied.0, &denied.1)),
        (Mode::Kraft, "*x", Rule::NoAclForResource),
        (Mode::Kraft, "*", Rule::Deny(&denied.0, &denied.1)),
    ] {
        let authorizer = Authorizer::new(mode, BTreeSet::new(), false, [denied.clone()]);
        assert_eq!(
            authorizer.rule(&request(AclOperation::Read, topic)),
            expected,
            "{mode:?} {topic}"
        );
    }
}

#[test]
fn a_super_user_may_do_what_is_denied() {
    let denied = [(literal("*"), deny(ANY_PRINCIPAL, AclOperation::All))];
    let authorizer = Authorizer::new(
        Mode::Kraft,
        BTreeSet::from(["User:alice".to_owned()]),
        false,
        denied,
    );
    let decision = authorizer.decide(&request(AclOperation::Read, "orders"));
    assert_eq!((decision.allowed, decision.by), (true, Rule::SuperUser));
}

#[test]
fn of_three_acls_the_two_that_stay_are_enforced_when_one_is_removed() {
    let (read, write) = (
        allow("User:alice", AclOperation::Read),
        allow("User:alice", AclOperation::Write),
    );
    let denied = deny("User:alice", AclOperation::Delete);
    let orders = literal("orders");
    let mut authorizer = of([&read, &write, &denied].map(|acl| (orders.clone(), acl.clone())));
    assert!(authorizer.remove(&orders, &write) && !authorizer.remove(&orders, &write));
    assert!(may(&authorizer, AclOperation::Read, "orders"));
    assert!(!may(&authorizer, AclOperation::Write, "orders"));
    let by = authorizer.decide(&request(AclOperation::Delete, "orders")).by;
    assert_eq!(by, Rule::Deny(&orders, &denied));
}

/// The rule as a reader of the documentation would apply it: every ACL is looked at, nothing is indexed.
fn oracle(
    mode: Mode,
    acls: &[(ResourcePattern, Acl)],
    super_users: &BTreeSet<String>,
    none: bool,
    asked: &Request<'_>,
) -> bool {
    if super_users.contains(asked.principal.as_ref()) {
        return true;
    }
    let (mut any, mut allowed) = (false, false);
    for (pattern, acl) in acls {
        let named = match pattern.pattern_type {
            PatternType::Literal => {
                let passed_over = mode == Mode::Kraft && asked.resource_name.starts_with('*');
                pattern.name == asked.resource_name || (pattern.name == "*" && !passed_over)
            }
            PatternType::Prefixed => asked.resource_name.starts_with(&pattern.name),
        };
        if pattern.resource_type != asked.resource_type || !named {
            continue;
        }
        any = true;
        let principal = acl.principal == asked.principal || acl.principal == "User:*";
        let host = acl.host == asked.host || acl.host == "*";
        if !principal || !host {
            continue;
        }
        let same = ["All", asked.operation.name()].contains(&acl.operation.name());
        let implied = matches!(
            (acl.operation.name(), asked.operation.name()),
            ("Read" | "Write" | "Delete" | "Alter", "Describe") | ("AlterConfigs", "DescribeConfigs")
        );
        match acl.permission {
            AclPermission::Deny if same => return false,
            AclPermission::Allow if same || implied => allowed = true,
            _ => {}
        }
    }
    allowed || (!any && none)
}

/// Names so alike that prefixes nest, part ways in mid-word, and part ways in mid-character.
fn any_name() -> impl Strategy<Value = String> {
    prop_oneof![8 => "[ab]{0,4}", 2 => "[aé*è]{1,3}", 1 => Just("*".to_owned())]
}

fn any_principal() -> impl Strategy<Value = String> {
    select(vec!["User:a", "User:b", "User:*", "Group:a", "User:root"]).prop_map(str::to_owned)
}

fn any_host() -> impl Strategy<Value = String> {
    select(vec!["*", "10.0.0.1", "10.0.0.2"]).prop_map(str::to_owned)
}

fn any_resource_type() -> impl Strategy<Value = ResourceType> {
    select(vec![ResourceType::Topic, ResourceType::Group])
}

prop_compose! {
    fn any_acl()(
        resource_type in any_resource_type(),
        pattern_type in select(PatternType::ALL),
        name in any_name(),
        principal in any_principal(),
        host in any_host(),
        operation in select(AclOperation::ALL),
        permission in select(AclPermission::ALL),
    ) -> (ResourcePattern, Acl) {
        (
            ResourcePattern { resource_type, pattern_type, name },
            Acl { principal, host, operation, permission },
        )
    }
}

prop_compose! {
    fn any_request()(
        principal in any_principal(),
        host in any_host(),
        operation in select(AclOperation::ALL),
        resource_type in any_resource_type(),
        name in any_name(),
    ) -> Request<'static> {
        Request {
            principal: principal.into(),
            host: host.into(),
            operation,
            resource_type,
            resource_name: name.into(),
        }
    }
}

proptest! {
    #[test]
    fn the_index_decides_as_a_loop_over_all_acls_does(
        acls in vec(any_acl(), 0..24),
        requests in vec(any_request(), 64),
        none: bool,
        mode in select(vec![Mode::Zookeeper, Mode::Kraft]),
    ) {
        let super_users = BTreeSet::from(["User:root".to_owned()]);
        let authorizer = Authorizer::new(mode, super_users.clone(), none, acls.clone());
        for request in &requests {
            let expected = oracle(mode, &acls, &super_users, none, request);
            prop_assert_eq!(authorizer.decide(request).allowed, expected, "{:?}", request);
        }
    }

    #[test]
    fn what_is_left_after_removals_decides_as_if_there_had_never_been_more(
        kept in btree_set(any_acl(), 0..12),
        gone in btree_set(any_acl(), 0..12),
        requests in vec(any_request(), 64),
    ) {
        let mut authorizer = of(kept.union(&gone).cloned());
        for (pattern, acl) in gone.difference(&kept) {
            prop_assert!(authorizer.remove(pattern, acl));
            prop_assert!(!authorizer.remove(pattern, acl));
        }
        for (pattern, acl) in &kept {
            prop_assert!(!authorizer.add(pattern, acl.clone()));
        }
        let anew = of(kept);
        for request in &requests {
            prop_assert_eq!(authorizer.decide(request), anew.decide(request));
        }
    }
}
