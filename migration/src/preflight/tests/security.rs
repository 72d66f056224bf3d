//! ACLs, tokens, credentials, quotas.

use super::*;

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
        super_users: true,
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
fn an_authorizer_without_super_users_is_told() {
    let facts = BrokerFacts {
        super_users: false,
        ..authorizer("kafka.security.authorizer.AclAuthorizer")
    };
    let given = given(&[("/kafka-acl/Topic/t", ACL)]).broker(facts);
    assert_eq!(given.codes(), [(Warning, "no-super-users")]);
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
fn acls_whose_names_krafts_authorizer_cannot_tell_apart_are_told() {
    let znodes = [
        ("/kafka-acl/Group/$Default", ACL),
        ("/kafka-acl/Group/*", ACL),
        ("/kafka-acl/Group/orders", ACL),
        ("/kafka-acl-extended/prefixed/TransactionalId/#x", ACL),
    ];
    let report = given(&znodes)
        .broker(authorizer("kafka.security.authorizer.AclAuthorizer"))
        .report();
    let found: Vec<_> = report
        .findings
        .iter()
        .map(|finding| (finding.severity, finding.code, finding.path.as_str()))
        .collect();
    let code = "acl-name-before-asterisk";
    assert_eq!(
        found,
        [
            (Warning, code, "/kafka-acl-extended/prefixed/TransactionalId/#x"),
            (Warning, code, "/kafka-acl/Group/$Default"),
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
