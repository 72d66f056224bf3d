//! ACL equivalence: whether both sides answer requests alike, whatever their entries look like.
//!
//! ```text
//! both sides' ACLs ─▶ Matrix: principal × host × operation × resource ─┬─ ZooKeeper mode's authorizer ─┐
//!                                                                      └─ KRaft's authorizer ──────────┴─ one difference
//!                                                                                         for each pair of causes ◀┘
//! ```
//!
//! Entries that differ need not matter (an ALLOW under a DENY), and equal entries need not decide alike ([`Mode`]), so
//! this stands beside the comparison of the entries. Where `allow.everyone.if.no.acl.found` is not known, each request
//! is judged under both values.

mod axes;
mod selection;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use kraft_bridge_metadata::authorizer::{Authorizer, Mode, Request, Rule};
use serde::Serialize;

use crate::legacy::{Acl, AclPermission, ResourcePattern};
use axes::Matrix;

/// The ACLs of one side.
pub type Acls = BTreeMap<ResourcePattern, BTreeSet<Acl>>;

/// What is to be asked, and under which settings of the brokers.
#[derive(Clone, Debug)]
pub struct DecisionOptions {
    /// `super.users`, each as `User:admin`.
    pub super_users: BTreeSet<String>,
    /// `allow.everyone.if.no.acl.found`; `None` when it is not known.
    pub allow_everyone: Option<bool>,
    /// No more requests than these are asked.
    pub requests_max: u64,
    /// Chooses among the requests when there are more.
    pub seed: u64,
}

impl Default for DecisionOptions {
    fn default() -> DecisionOptions {
        DecisionOptions {
            super_users: BTreeSet::new(),
            allow_everyone: None,
            requests_max: 1_000_000,
            seed: 0,
        }
    }
}

/// Which requests of the matrix were asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Coverage {
    /// Every one.
    Whole,
    /// Every one that may be answered otherwise because of an ACL that only one side has.
    Differing,
    /// Some, spread evenly; of each ACL that only one side has, if there is one.
    Sample,
}

impl fmt::Display for Coverage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Coverage::Whole => "every request",
            Coverage::Differing => "every request that an ACL of only one side can decide",
            Coverage::Sample => "a sample",
        })
    }
}

/// How the two sides decide.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DecisionComparison {
    /// Requests in the matrix; `u64::MAX` if there are more.
    pub requests: u64,
    /// Requests that both sides were asked.
    pub asked: u64,
    /// Which ones these were.
    pub coverage: Coverage,
    /// The worst first: what only KRaft allows, then what only ZooKeeper allows; each by its causes.
    pub differences: Vec<DecisionDifference>,
}

/// Requests that one side allows and the other denies, for the same two causes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DecisionDifference {
    /// The first of the requests.
    pub request: Request<'static>,
    /// How many of those that were asked are answered so.
    pub requests: u64,
    /// ZooKeeper's answer.
    pub zookeeper: Answer,
    /// KRaft's answer.
    pub kraft: Answer,
    /// The value of `allow.everyone.if.no.acl.found` that makes them differ, if it is not known and matters.
    pub only_if_allow_everyone: Option<bool>,
}

/// `User:alice may Write Topic:orders from 10.0.0.1 in ZooKeeper (ALLOW …) but not in KRaft (no ACL matches)`.
impl fmt::Display for DecisionDifference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Request {
            principal,
            host,
            operation,
            resource_type,
            resource_name,
        } = &self.request;
        let (allowing, denying) = match self.zookeeper.allowed {
            true => (("ZooKeeper", &self.zookeeper), ("KRaft", &self.kraft)),
            false => (("KRaft", &self.kraft), ("ZooKeeper", &self.zookeeper)),
        };
        write!(
            f,
            "{principal} may {} {}:{resource_name} from {host} in {} ({}) but not in {} ({})",
            operation.name(),
            resource_type.name(),
            allowing.0,
            allowing.1.cause,
            denying.0,
            denying.1.cause
        )?;
        if let Some(value) = self.only_if_allow_everyone {
            write!(f, ", if allow.everyone.if.no.acl.found={value}")?;
        }
        match self.requests {
            0 | 1 => Ok(()),
            requests => write!(f, "; {requests} requests in all"),
        }
    }
}

/// What one side answers, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Answer {
    /// Whether the request may go on.
    pub allowed: bool,
    /// Why.
    pub cause: Cause,
}

impl Answer {
    fn of(rule: Rule<'_>, allow_everyone: bool) -> Answer {
        Answer {
            allowed: rule.allows(allow_everyone),
            cause: Cause::from(rule),
        }
    }
}

/// What decides a request: an ACL, or what there is instead.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "rule", rename_all = "kebab-case")]
pub enum Cause {
    /// The principal may do everything.
    SuperUser,
    /// This ACL allows or denies it.
    Acl {
        /// What it applies to.
        pattern: ResourcePattern,
        /// What it says.
        acl: Acl,
    },
    /// The resource has ACLs, but none speaks of the request.
    NoMatchingAcl,
    /// The resource has no ACL.
    NoAclForResource,
}

impl Cause {
    fn rule(&self) -> Rule<'_> {
        match self {
            Cause::SuperUser => Rule::SuperUser,
            Cause::Acl { pattern, acl } => match acl.permission {
                AclPermission::Deny => Rule::Deny(pattern, acl),
                AclPermission::Allow => Rule::Allow(pattern, acl),
            },
            Cause::NoMatchingAcl => Rule::NoMatchingAcl,
            Cause::NoAclForResource => Rule::NoAclForResource,
        }
    }
}

impl From<Rule<'_>> for Cause {
    fn from(rule: Rule<'_>) -> Cause {
        match rule {
            Rule::SuperUser => Cause::SuperUser,
            Rule::Deny(pattern, acl) | Rule::Allow(pattern, acl) => Cause::Acl {
                pattern: pattern.clone(),
                acl: acl.clone(),
            },
            Rule::NoMatchingAcl => Cause::NoMatchingAcl,
            Rule::NoAclForResource => Cause::NoAclForResource,
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.rule().fmt(f)
    }
}

/// Requests with the same two causes.
struct Group {
    first: Request<'static>,
    requests: u64,
}

/// Asks both sides the same requests. The same ACLs and options give the same result.
pub fn compare_decisions(zookeeper: &Acls, kraft: &Acls, options: &DecisionOptions) -> DecisionComparison {
    let observed = authorizer(Mode::Zookeeper, zookeeper, options);
    let wanted = authorizer(Mode::Kraft, kraft, options);
    let matrix = Matrix::of(zookeeper, kraft);
    let (indices, coverage) = selection::select(&matrix, zookeeper, kraft, options);
    let settings = options
        .allow_everyone
        .map_or(vec![false, true], |value| vec![value]);
    let mut groups: BTreeMap<(Rule<'_>, Rule<'_>), Group> = BTreeMap::new();
    for request in indices.iter().map(|index| matrix.request(*index)) {
        let rules = (observed.rule(&request), wanted.rule(&request));
        if settings.iter().any(|setting| differ(rules, *setting)) {
            let first = || Group {
                first: request.into_owned(),
                requests: 0,
            };
            groups.entry(rules).or_insert_with(first).requests += 1;
        }
    }
    let mut differences: Vec<_> = groups
        .into_iter()
        .filter_map(|(rules, group)| difference(rules, group, &settings))
        .collect();
    // A stable sort: within each half they stay in the order of their causes.
    differences.sort_by_key(|difference| difference.zookeeper.allowed);
    DecisionComparison {
        requests: u64::try_from(matrix.requests()).unwrap_or(u64::MAX),
        asked: indices.len() as u64,
        coverage,
        differences,
    }
}

fn authorizer(mode: Mode, acls: &Acls, options: &DecisionOptions) -> Authorizer {
    let entries = acls
        .iter()
        .flat_map(|(pattern, acls)| acls.iter().map(|acl| (pattern.clone(), acl.clone())));
    // The setting is left to `Rule::allows`.
    Authorizer::new(mode, options.super_users.clone(), false, entries)
}

/// Whether the two rules give different answers where `allow.everyone.if.no.acl.found` is set so.
fn differ((zookeeper, kraft): (Rule<'_>, Rule<'_>), allow_everyone: bool) -> bool {
    zookeeper.allows(allow_everyone) != kraft.allows(allow_everyone)
}

/// The difference that a group of requests makes; `None` if it makes none under any of the settings.
fn difference(rules: (Rule<'_>, Rule<'_>), group: Group, settings: &[bool]) -> Option<DecisionDifference> {
    let mut differing = settings.iter().copied().filter(|setting| differ(rules, *setting));
    let setting = differing.next()?;
    let everywhere = settings.len() == 1 || differing.next().is_some();
    Some(DecisionDifference {
        request: group.first,
        requests: group.requests,
        zookeeper: Answer::of(rules.0, setting),
        kraft: Answer::of(rules.1, setting),
        only_if_allow_everyone: (!everywhere).then_some(setting),
    })
}
