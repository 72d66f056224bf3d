//! Who may do what: ACLs that answer requests as Kafka's own authorizers do.
//!
//! ```text
//! Request ─▶ super user? ─no─▶ patterns that match the resource's name ─▶ their ACLs for the principal, or for User:*
//!               │yes             │none: allow.everyone.if.no.acl.found       │DENY for host and operation: denied
//!               ▼                ▼                                           │ALLOW, or an operation that implies it: allowed
//!            allowed          the setting decides                            │neither: denied, whatever the setting
//! ```
//!
//! A pattern matches a name when it is literal and equal, literal and `*`, or a prefix of it. A DENY wins over every
//! ALLOW. Only an ALLOW implies: Read, Write, Delete and Alter imply Describe; AlterConfigs implies DescribeConfigs.
//!
//! ZooKeeper mode's `AclAuthorizer` and KRaft's `StandardAuthorizer` decide alike but for one thing, [`Mode`]. For both,
//! the ACLs that keep allow-if-none from applying are all those whose pattern matches the name, whatever their
//! principal, host, operation and permission. (Only KRaft can hold a prefix that is empty; it matches every name.)
//!
//! Names that sort before `*`, like `$Default`, are answered as the rules say. Kafka's `StandardAuthorizer` up to 4.3
//! may fail on them or never come back, if other ACLs have such names too.
//!
//! Source: KIP-11, KIP-290, and the answers of Kafka's classes, `tests/jvm_decisions.rs`.

mod index;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::acls::{Acl, ResourcePattern, WILDCARD};
use crate::records::{AclOperation, AclPermission, ResourceType};
use index::ResourceAcls;

/// Whose authorizer answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mode {
    /// `AclAuthorizer`: the literal pattern `*` matches every name.
    Zookeeper,
    /// `StandardAuthorizer`: the literal pattern `*` matches itself and every name that does not begin with `*`.
    ///
    /// It takes `*` for a mere beginning of such a name. So seen in 3.9.2 and 4.3.1, for ALLOW and DENY alike.
    #[default]
    Kraft,
}

/// What somebody wants to do to a resource.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub struct Request<'a> {
    /// `User:alice`.
    pub principal: Cow<'a, str>,
    /// Address as Java writes it, since ACLs are compared with that text: IPv6 without `::`, like `0:0:0:0:0:0:0:1`.
    pub host: Cow<'a, str>,
    /// What is to be done.
    pub operation: AclOperation,
    /// Kind of resource.
    pub resource_type: ResourceType,
    /// Name of the resource.
    pub resource_name: Cow<'a, str>,
}

impl Request<'_> {
    /// The same request, which borrows nothing.
    pub fn into_owned(self) -> Request<'static> {
        Request {
            principal: Cow::Owned(self.principal.into_owned()),
            host: Cow::Owned(self.host.into_owned()),
            operation: self.operation,
            resource_type: self.resource_type,
            resource_name: Cow::Owned(self.resource_name.into_owned()),
        }
    }
}

/// Why a request is answered as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rule<'a> {
    /// The principal may do everything.
    SuperUser,
    /// This ACL denies it. The first of several: literal, then prefixes from long to short, then `*`.
    Deny(&'a ResourcePattern, &'a Acl),
    /// This ACL allows it, or an operation that implies it, and none denies it.
    Allow(&'a ResourcePattern, &'a Acl),
    /// The resource has ACLs, but none speaks of this principal, host and operation.
    NoMatchingAcl,
    /// The resource has no ACL at all: allowed if `allow.everyone.if.no.acl.found` is true.
    NoAclForResource,
}

impl Rule<'_> {
    /// The answer that follows, where `allow.everyone.if.no.acl.found` is set so.
    pub fn allows(self, allow_everyone_if_no_acl_found: bool) -> bool {
        match self {
            Rule::SuperUser | Rule::Allow(..) => true,
            Rule::Deny(..) | Rule::NoMatchingAcl => false,
            Rule::NoAclForResource => allow_everyone_if_no_acl_found,
        }
    }
}

/// `DENY User:alice Read from * on Topic:LITERAL:orders`, or what there is instead of an ACL.
impl fmt::Display for Rule<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Rule::SuperUser => f.write_str("super user"),
            Rule::Deny(pattern, acl) | Rule::Allow(pattern, acl) => write!(f, "{acl} on {pattern}"),
            Rule::NoMatchingAcl => f.write_str("no ACL matches"),
            Rule::NoAclForResource => f.write_str("the resource has no ACL"),
        }
    }
}

/// The answer to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decision<'a> {
    /// Whether the request may go on.
    pub allowed: bool,
    /// Why.
    pub by: Rule<'a>,
}

/// All ACLs of a cluster, and the two settings that matter.
#[derive(Clone, Debug, Default)]
pub struct Authorizer {
    mode: Mode,
    super_users: BTreeSet<String>,
    allow_everyone_if_no_acl_found: bool,
    resources: BTreeMap<ResourceType, ResourceAcls>,
}

impl Authorizer {
    /// An authorizer with the settings `super.users` (`User:admin`) and `allow.everyone.if.no.acl.found`.
    pub fn new(
        mode: Mode,
        super_users: BTreeSet<String>,
        allow_everyone_if_no_acl_found: bool,
        acls: impl IntoIterator<Item = (ResourcePattern, Acl)>,
    ) -> Authorizer {
        let mut authorizer = Authorizer {
            mode,
            super_users,
            allow_everyone_if_no_acl_found,
            resources: BTreeMap::new(),
        };
        for (pattern, acl) in acls {
            authorizer.add(&pattern, acl);
        }
        authorizer
    }

    /// Adds one ACL; `false` if it was there.
    pub fn add(&mut self, pattern: &ResourcePattern, acl: Acl) -> bool {
        let resources = self.resources.entry(pattern.resource_type).or_default();
        resources.add(pattern, acl)
    }

    /// Removes one ACL and leaves all others of the resource; `false` if it was not there.
    pub fn remove(&mut self, pattern: &ResourcePattern, acl: &Acl) -> bool {
        let resources = self.resources.get_mut(&pattern.resource_type);
        resources.is_some_and(|resources| resources.remove(pattern, acl))
    }

    /// Answers a request.
    pub fn decide(&self, request: &Request<'_>) -> Decision<'_> {
        let by = self.rule(request);
        Decision {
            allowed: by.allows(self.allow_everyone_if_no_acl_found),
            by,
        }
    }

    /// What decides a request, whatever `allow.everyone.if.no.acl.found` is.
    pub fn rule(&self, request: &Request<'_>) -> Rule<'_> {
        if self.super_users.contains(request.principal.as_ref()) {
            return Rule::SuperUser;
        }
        let Some(resources) = self.resources.get(&request.resource_type) else {
            return Rule::NoAclForResource;
        };
        let mut rule = Rule::NoAclForResource;
        for entries in resources.matching(&request.resource_name, self.mode) {
            if rule == Rule::NoAclForResource {
                rule = Rule::NoMatchingAcl;
            }
            for acl in entries
                .of(&request.principal)
                .filter(|acl| speaks_of(acl, request))
            {
                match acl.permission {
                    AclPermission::Deny => return Rule::Deny(&entries.pattern, acl),
                    AclPermission::Allow if rule == Rule::NoMatchingAcl => {
                        rule = Rule::Allow(&entries.pattern, acl);
                    }
                    AclPermission::Allow => {}
                }
            }
        }
        rule
    }
}

/// Whether an ACL of the resource and the principal says anything of the host and the operation.
fn speaks_of(acl: &Acl, request: &Request<'_>) -> bool {
    (acl.host == WILDCARD || acl.host == request.host)
        && (acl.operation == AclOperation::All
            || acl.operation == request.operation
            || (acl.permission == AclPermission::Allow && implies(acl.operation, request.operation)))
}

/// Whether who may do the one may do the other too.
fn implies(allowed: AclOperation, asked: AclOperation) -> bool {
    use AclOperation as Op;
    match asked {
        Op::Describe => matches!(allowed, Op::Read | Op::Write | Op::Delete | Op::Alter),
        Op::DescribeConfigs => allowed == Op::AlterConfigs,
        _ => false,
    }
}
