//! What our authorizer decides, against Kafka's own classes: both releases of KRaft mode's, and ZooKeeper mode's last.
//!
//! ```text
//! generated ACLs, settings and requests ─┬─ Authorizer                         ─┐
//!                                        ├─ StandardAuthorizer 3.9.2 and 4.3.1 ─┼─ the same answers
//!                                        └─ AclAuthorizer 3.9.2                ─┘
//! ```

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;
use std::path::Path;

use kraft_bridge_harness::{Call, Tool, Tools};
use kraft_bridge_metadata::acls::{Acl, ResourcePattern};
use kraft_bridge_metadata::authorizer::{Authorizer, Mode, Request};
use kraft_bridge_metadata::records::{AclOperation, AclPermission, PatternType, ResourceType};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

/// So many sets of ACLs are asked, each so many times.
const AUTHORIZERS: usize = 120;
const REQUESTS: usize = 50;

const SUPER_USER: &str = "User:root";

/// One authorizer and what it is asked.
#[derive(Clone, Debug)]
struct Case {
    allow_everyone: bool,
    acls: Vec<(ResourcePattern, Acl)>,
    requests: Vec<Request<'static>>,
}

/// Few and similar names, so that patterns nest and most requests meet some ACL. None sorts before `*`, since
/// `StandardAuthorizer` fails or hangs on these.
fn any_name() -> impl Strategy<Value = String> {
    prop_oneof![6 => "[a-c]{1,4}", 2 => "[aé*ü字]{1,3}", 1 => Just("*".to_owned())]
}

/// Who asks. Not `User:*`, for whom 4.3.1 fails.
fn any_principal() -> impl Strategy<Value = &'static str> {
    select(vec!["User:a", "User:b:c", "User:d", "Group:a", SUPER_USER])
}

fn any_resource_type() -> impl Strategy<Value = ResourceType> {
    prop_oneof![2 => Just(ResourceType::Topic), 1 => select(ResourceType::ALL)]
}

prop_compose! {
    fn any_acl()(
        resource_type in any_resource_type(),
        pattern_type in select(PatternType::ALL),
        name in any_name(),
        principal in prop_oneof![any_principal(), Just("User:*")],
        host in select(vec!["*", "10.0.0.1", "::1", "0:0:0:0:0:0:0:1"]),
        operation in select(AclOperation::ALL),
        permission in select(vec![AclPermission::Allow, AclPermission::Allow, AclPermission::Deny]),
    ) -> (ResourcePattern, Acl) {
        (
            ResourcePattern { resource_type, pattern_type, name },
            Acl { principal: principal.to_owned(), host: host.to_owned(), operation, permission },
        )
    }
}

prop_compose! {
    fn any_request()(
        principal in any_principal(),
        host in select(vec!["10.0.0.1", "10.0.0.2", "0:0:0:0:0:0:0:1"]),
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

prop_compose! {
    fn any_case()(
        allow_everyone: bool,
        acls in vec(any_acl(), 0..40),
        requests in vec(any_request(), REQUESTS),
    ) -> Case {
        Case { allow_everyone, acls, requests }
    }
}

/// The same cases every time.
fn cases() -> Vec<Case> {
    let mut runner = TestRunner::deterministic();
    let cases = vec(any_case(), AUTHORIZERS);
    cases.new_tree(&mut runner).unwrap().current()
}

/// The cases in the form that `Decisions.java` reads.
fn questions(cases: &[Case]) -> String {
    let mut text = String::new();
    for case in cases {
        writeln!(text, "authorizer\t{SUPER_USER}\t{}", case.allow_everyone).unwrap();
        for (pattern, acl) in &case.acls {
            let (kind, form) = (pattern.resource_type.code(), pattern.pattern_type.code());
            let (operation, permission) = (acl.operation.code(), acl.permission.code());
            let (name, principal, host) = (&pattern.name, &acl.principal, &acl.host);
            writeln!(
                text,
                "acl\t{kind}\t{form}\t{name}\t{principal}\t{host}\t{operation}\t{permission}"
            )
            .unwrap();
        }
        for request in &case.requests {
            let (operation, kind) = (request.operation.code(), request.resource_type.code());
            let (principal, host, name) = (&request.principal, &request.host, &request.resource_name);
            writeln!(text, "ask\t{principal}\t{host}\t{operation}\t{kind}\t{name}").unwrap();
        }
    }
    text
}

/// What we decide, in the words of `Decisions.java`.
fn answers(mode: Mode, cases: &[Case]) -> Vec<&'static str> {
    let mut answers = Vec::new();
    for case in cases {
        let super_users = BTreeSet::from([SUPER_USER.to_owned()]);
        let authorizer = Authorizer::new(mode, super_users, case.allow_everyone, case.acls.clone());
        let decisions = case.requests.iter().map(|request| authorizer.decide(request));
        answers.extend(decisions.map(|decision| if decision.allowed { "allowed" } else { "denied" }));
    }
    answers
}

/// What Kafka's authorizer of this release and mode decides, if it does.
fn kafkas_answers(version: &str, mode: Mode, questions: &Path) -> anyhow::Result<Vec<String>> {
    let mode = match mode {
        Mode::Zookeeper => "zookeeper",
        Mode::Kraft => "kraft",
    };
    let call = Call::new(Tool::Decisions, mode).and(questions.display().to_string());
    let printed = Tools::of(version)?.run(&[call])?.concat();
    Ok(printed.lines().map(str::to_owned).collect())
}

#[test]
fn kafkas_authorizers_of_both_modes_decide_as_ours_does() {
    let cases = cases();
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("questions");
    fs::write(&file, questions(&cases)).unwrap();
    let requests = || {
        cases
            .iter()
            .flat_map(|case| case.requests.iter().map(move |request| (case, request)))
    };
    for (version, mode) in [
        ("3.9.2", Mode::Zookeeper),
        ("3.9.2", Mode::Kraft),
        ("4.3.1", Mode::Kraft),
    ] {
        let (ours, theirs) = (
            answers(mode, &cases),
            kafkas_answers(version, mode, &file).unwrap(),
        );
        assert_eq!(theirs.len(), ours.len(), "{version} {mode:?}");
        for (((case, request), ours), theirs) in requests().zip(&ours).zip(&theirs) {
            assert_eq!(ours, theirs, "{version} {mode:?}: {request:?} of {case:?}");
        }
        let allowed = ours.iter().filter(|answer| **answer == "allowed").count();
        let telling = ours.len() / 5..ours.len() / 5 * 4;
        assert!(
            telling.contains(&allowed),
            "{allowed} of {} prove little",
            ours.len()
        );
    }
}

/// It may also not come back at all, as when the ACL is for `$zzz`.
#[test]
fn kafkas_authorizer_of_kraft_mode_fails_on_names_that_sort_before_the_asterisk() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("questions");
    for pattern_type in PatternType::ALL {
        let pattern = ResourcePattern {
            resource_type: ResourceType::Group,
            pattern_type: *pattern_type,
            name: "$abd".to_owned(),
        };
        let acl = Acl {
            principal: "User:a".to_owned(),
            host: "*".to_owned(),
            operation: AclOperation::Read,
            permission: AclPermission::Allow,
        };
        let request = Request {
            principal: "User:a".into(),
            host: "10.0.0.1".into(),
            operation: AclOperation::Read,
            resource_type: ResourceType::Group,
            resource_name: "$abc".into(),
        };
        let case = Case {
            allow_everyone: false,
            acls: vec![(pattern, acl)],
            requests: vec![request],
        };
        fs::write(&file, questions(&[case])).unwrap();
        let answered = kafkas_answers("3.9.2", Mode::Zookeeper, &file).unwrap();
        assert_eq!(answered, ["denied"]);
        for version in ["3.9.2", "4.3.1"] {
            let failed = kafkas_answers(version, Mode::Kraft, &file).unwrap_err();
            assert!(
                format!("{failed:?}").contains("StringIndexOutOfBoundsException"),
                "{version} {pattern_type:?}: {failed:?}"
            );
        }
    }
}
