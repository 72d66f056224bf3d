//! ACLs.

use kraft_bridge_controller::describe_acls;
use kraft_bridge_protocol::rpc::{
    AclCreation, AclFilter, AnyRequest, AnyResponse, CreateAclsRequest, DeleteAclsRequest,
    DescribeAclsRequest, ErrorCode, FilteredAcls,
};

use crate::bed::{ALICE, Bed, LEVEL};

const ANY: i8 = 1;
const MATCH: i8 = 2;
const TOPIC: i8 = 2;
const CLUSTER: i8 = 4;
const LITERAL: i8 = 3;
const PREFIXED: i8 = 4;
const READ: i8 = 3;
const WRITE: i8 = 4;
const DENY: i8 = 2;
const ALLOW: i8 = 3;

/// Alice may read topics.
fn acl(name: &str, pattern: i8) -> AclCreation {
    AclCreation {
        resource_type: TOPIC,
        resource_name: name.to_owned(),
        resource_pattern_type: pattern,
        principal: ALICE.to_owned(),
        host: "*".to_owned(),
        operation: READ,
        permission_type: ALLOW,
        ..Default::default()
    }
}

/// Everything.
fn any() -> AclFilter {
    AclFilter {
        resource_type_filter: ANY,
        pattern_type_filter: ANY,
        operation: ANY,
        permission_type: ANY,
        ..Default::default()
    }
}

impl Bed {
    fn allow(&mut self, creations: Vec<AclCreation>) -> Vec<ErrorCode> {
        let request = CreateAclsRequest {
            creations,
            ..Default::default()
        };
        match self.ask(AnyRequest::CreateAcls(request)) {
            AnyResponse::CreateAcls(response) => {
                response.results.iter().map(|result| result.error_code).collect()
            }
            answer => panic!("{answer:?}"),
        }
    }

    fn forget(&mut self, filters: Vec<AclFilter>) -> Vec<FilteredAcls> {
        let request = DeleteAclsRequest {
            filters,
            ..Default::default()
        };
        match self.ask(AnyRequest::DeleteAcls(request)) {
            AnyResponse::DeleteAcls(response) => response.filter_results,
            answer => panic!("{answer:?}"),
        }
    }
}

#[test]
fn an_acl_is_added_once() {
    let mut bed = Bed::new(LEVEL, &[]);
    let errors = bed.allow(vec![acl("a", LITERAL), acl("a", LITERAL), acl("a", PREFIXED)]);
    assert_eq!(errors, [ErrorCode::None; 3]);
    assert_eq!(bed.replica.acls.len(), 2);
    let before = bed.end;
    assert_eq!(bed.allow(vec![acl("a", LITERAL)]), [ErrorCode::None]);
    assert_eq!(bed.end, before, "it is there already");
}

#[test]
fn an_acl_that_means_nothing_is_refused_and_the_others_are_added() {
    let mut bed = Bed::new(LEVEL, &[]);
    let change = |change: fn(&mut AclCreation)| {
        let mut acl = acl("a", LITERAL);
        change(&mut acl);
        acl
    };
    let bad = [
        change(|acl| acl.resource_type = ANY),
        change(|acl| acl.resource_type = 99),
        change(|acl| acl.resource_type = CLUSTER),
        change(|acl| acl.resource_pattern_type = MATCH),
        change(|acl| acl.operation = ANY),
        change(|acl| acl.operation = 0),
        change(|acl| acl.permission_type = ANY),
        change(|acl| acl.resource_name.clear()),
    ];
    for bad in bad {
        let errors = bed.allow(vec![bad.clone(), acl(&format!("{bad:?}"), LITERAL)]);
        assert_eq!(errors, [ErrorCode::InvalidRequest, ErrorCode::None], "{bad:?}");
    }
}

#[test]
fn filters_let_through_what_they_match() {
    let mut bed = Bed::new(LEVEL, &[]);
    let mut writes = acl("orders", LITERAL);
    (writes.operation, writes.permission_type, writes.host) = (WRITE, DENY, "10.0.0.1".to_owned());
    bed.allow(vec![
        acl("orders", LITERAL),
        acl("ord", PREFIXED),
        acl("*", LITERAL),
        acl("audit", LITERAL),
        writes,
    ]);
    let named = |pattern, name: &str| AclFilter {
        resource_type_filter: TOPIC,
        pattern_type_filter: pattern,
        resource_name_filter: Some(name.to_owned()),
        ..any()
    };
    for (filter, count) in [
        (any(), 5),
        (named(ANY, "orders"), 2),
        (named(LITERAL, "orders"), 2),
        (named(PREFIXED, "orders"), 0),
        (named(PREFIXED, "ord"), 1),
        (named(MATCH, "orders"), 4),
        (named(MATCH, "other"), 1),
        (
            AclFilter {
                resource_type_filter: CLUSTER,
                ..any()
            },
            0,
        ),
        (
            AclFilter {
                operation: READ,
                ..any()
            },
            4,
        ),
        (
            AclFilter {
                permission_type: DENY,
                ..any()
            },
            1,
        ),
        (
            AclFilter {
                host_filter: Some("*".to_owned()),
                ..any()
            },
            4,
        ),
        (
            AclFilter {
                principal_filter: Some("User:bob".to_owned()),
                ..any()
            },
            0,
        ),
    ] {
        let described = describe_acls(
            &bed.replica,
            &DescribeAclsRequest {
                resource_type_filter: filter.resource_type_filter,
                resource_name_filter: filter.resource_name_filter.clone(),
                pattern_type_filter: filter.pattern_type_filter,
                principal_filter: filter.principal_filter.clone(),
                host_filter: filter.host_filter.clone(),
                operation: filter.operation,
                permission_type: filter.permission_type,
                ..Default::default()
            },
        );
        let found: usize = described
            .resources
            .iter()
            .map(|resource| resource.acls.len())
            .sum();
        assert_eq!(found, count, "{filter:?}");
    }
}

#[test]
fn an_acl_that_several_filters_find_is_removed_once() {
    let mut bed = Bed::new(LEVEL, &[]);
    bed.allow(vec![acl("a", LITERAL), acl("b", LITERAL)]);
    let of_a = AclFilter {
        resource_name_filter: Some("a".to_owned()),
        ..any()
    };
    let unknown = AclFilter {
        operation: 99,
        ..any()
    };
    let results = bed.forget(vec![any(), of_a, unknown]);
    let found: Vec<usize> = results.iter().map(|result| result.matching_acls.len()).collect();
    assert_eq!(found, [2, 1, 0]);
    assert_eq!(results[2].error_code, ErrorCode::InvalidRequest);
    assert!(bed.replica.acls.is_empty());
}
