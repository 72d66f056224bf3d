//! ACLs: whether there is somebody to ask them, and whether they are all here.

use super::Preflight;
use super::findings::{Findings, few};
use crate::legacy::{PatternType, ResourcePattern, ResourceType};

const ROOT: &str = "/kafka-acl";
/// The authorizers that keep their ACLs in ZooKeeper.
const WITH_ZOOKEEPER: [&str; 2] = [
    "kafka.security.authorizer.AclAuthorizer",
    "kafka.security.auth.SimpleAclAuthorizer",
];
const IN_KRAFT: &str = "org.apache.kafka.metadata.authorizer.StandardAuthorizer";
/// The only name that a cluster resource has.
const CLUSTER_NAME: &str = "kafka-cluster";
/// KRaft's authorizer looks for this one after all names that begin as the one it is asked about.
const WILDCARD: &str = "*";

pub(super) fn check(preflight: &Preflight<'_>, findings: &mut Findings) {
    store(preflight, findings);
    super_users(preflight, findings);
    entries(preflight, findings);
}

fn store(preflight: &Preflight<'_>, findings: &mut Findings) {
    let empty = preflight.cluster.acls.is_empty();
    let Some(broker) = preflight.broker else {
        if !empty {
            findings.info(
                "acls-need-an-authorizer",
                ROOT,
                "the cluster has ACLs".to_owned(),
                "carried: the new configuration files must name org.apache.kafka.metadata.authorizer.StandardAuthorizer",
            );
        }
        return;
    };
    match (&broker.authorizer, &broker.acls_elsewhere) {
        (Some(_), Some(store)) => findings.blocker(
            "acls-elsewhere",
            &broker.file,
            format!("the authorizer keeps its ACLs in {store}, which was not read"),
            "refused: without them the new cluster would deny, or allow, everything. Read the live ensembles with this \
             file, which reads both; accept only for a capture that was made so",
        ),
        (None, _) if !empty => findings.warning(
            "acls-without-authorizer",
            &broker.file,
            "the cluster has ACLs, but the file names no authorizer that asks them".to_owned(),
            "carried, and asked as soon as a new configuration file names an authorizer",
        ),
        (Some(class), None) if !WITH_ZOOKEEPER.contains(&class.as_str()) && class != IN_KRAFT => findings.warning(
            "custom-authorizer",
            &broker.file,
            format!("{class} is no authorizer of Kafka's: its rules are not in ZooKeeper, or not as Kafka keeps them"),
            "not carried: make sure that it works in KRaft mode",
        ),
        (Some(_), None) if empty => findings.warning(
            "authorizer-without-acls",
            &broker.file,
            "the file names an authorizer, but there are no ACLs here".to_owned(),
            "nothing to carry: if ACLs were expected, they are in another ensemble or chroot",
        ),
        _ => {}
    }
}

/// ACLs lie in the very log that controllers must reach each other for (KIP-801).
fn super_users(preflight: &Preflight<'_>, findings: &mut Findings) {
    if let Some(broker) = preflight.broker
        && broker.authorizer.is_some()
        && !broker.super_users
    {
        findings.warning(
            "no-super-users",
            &broker.file,
            "the file names an authorizer, but no super.users".to_owned(),
            "name the principals of controllers and brokers there in the new files: before the ACLs are loaded, \
             nobody else may do anything",
        );
    }
}

fn entries(preflight: &Preflight<'_>, findings: &mut Findings) {
    for (pattern, acls) in &preflight.cluster.acls {
        if pattern.resource_type == ResourceType::Cluster && pattern.name != CLUSTER_NAME {
            findings.info(
                "acl-of-no-cluster",
                path(pattern),
                format!("the cluster resource is called {CLUSTER_NAME}, and nothing ever asks for another"),
                "carried as it is, without effect as before",
            );
        }
        if pattern.name.as_str() < WILDCARD {
            findings.warning(
                "acl-name-before-asterisk",
                path(pattern),
                format!(
                    "{:?} sorts before *: asked about another name that begins alike, KRaft's authorizer fails or never \
                     returns (seen in 3.9.2 and 4.3.1), where ZooKeeper mode answers",
                    pattern.name
                ),
                "carried as it is: before the migration, give the groups or transactional ids names that begin with a \
                 letter or a digit, and their ACLs too; an ACL on * does not help",
            );
        }
        let others = acls.iter().filter(|acl| !acl.principal.starts_with("User:"));
        let others: Vec<&str> = others.map(|acl| acl.principal.as_str()).collect();
        if !others.is_empty() {
            findings.info(
                "acl-of-other-principal",
                path(pattern),
                format!("principals that are no users: {}", few(&others)),
                "carried as they are: they need the same principal builder as before",
            );
        }
    }
}

fn path(pattern: &ResourcePattern) -> String {
    let root = match pattern.pattern_type {
        PatternType::Literal => ROOT,
        PatternType::Prefixed => "/kafka-acl-extended/prefixed",
    };
    format!("{root}/{}/{}", pattern.resource_type.name(), pattern.name)
}
