//! The matrix of requests that two sides' ACLs can tell apart.
//!
//! Each type of resource has its own axes. Two requests that every ACL of both sides treats alike need not both be
//! asked, so the axes hold what the ACLs name and one more of everything that none of them names:
//!
//! ```text
//! names       every literal; every prefix, shortened by a character, and prolonged so that no longer prefix matches;
//!             `*`; a name that no ACL matches
//! principals  every one that an ACL names, and one that none names
//! hosts       the same
//! operations  those that requests ask for on this type
//! ```
//!
//! A request has an index, so that the matrix itself takes no memory: types in the order of their codes, then names,
//! principals, hosts and operations, the last one fastest.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;
use std::ops::Range;

use kraft_bridge_metadata::acls::{ANY_PRINCIPAL, CLUSTER_NAME, WILDCARD, operations};
use kraft_bridge_metadata::authorizer::Request;

use super::Acls;
use crate::legacy::{Acl, AclOperation, PatternType, ResourcePattern, ResourceType};

/// All requests.
pub(super) struct Matrix {
    /// By resource type, in the order of their codes.
    pub(super) axes: Vec<Axes>,
}

impl Matrix {
    /// The requests that these two sides' ACLs can tell apart.
    pub(super) fn of(zookeeper: &Acls, kraft: &Acls) -> Matrix {
        let mut start = 0;
        let mut axes = Vec::new();
        for resource_type in ResourceType::ALL {
            let of_type = Axes::of(*resource_type, start, zookeeper, kraft);
            start += of_type.requests();
            axes.push(of_type);
        }
        Matrix { axes }
    }

    /// How many there are.
    pub(super) fn requests(&self) -> u128 {
        self.axes.iter().map(Axes::requests).sum()
    }

    /// The request with an index below [`Matrix::requests`].
    pub(super) fn request(&self, index: u128) -> Request<'_> {
        let after = self.axes.partition_point(|axes| axes.start <= index);
        let axes = &self.axes[after - 1];
        axes.request(index - axes.start)
    }
}

/// What requests for one type of resource are made of; each axis is sorted and holds at least one value.
pub(super) struct Axes {
    pub(super) resource_type: ResourceType,
    /// Index of the first request.
    pub(super) start: u128,
    pub(super) names: Vec<String>,
    pub(super) principals: Axis,
    pub(super) hosts: Axis,
    operations: &'static [AclOperation],
}

/// Values that ACLs name, and one that none names.
pub(super) struct Axis {
    pub(super) values: Vec<String>,
    /// Where the one stands that none names.
    unnamed: usize,
}

impl Axis {
    fn of(mut named: BTreeSet<String>, mut candidates: impl Iterator<Item = String>) -> Axis {
        let unnamed = candidates.find(|candidate| !named.contains(candidate));
        let unnamed = unnamed.expect("there are more candidates than names");
        named.insert(unnamed.clone());
        let values: Vec<_> = named.into_iter().collect();
        let position = values.partition_point(|value| *value < unnamed);
        Axis {
            values,
            unnamed: position,
        }
    }

    /// The values that an ACL for `named` may treat otherwise than all the rest: that one, and one of the rest.
    pub(super) fn touched_by(&self, named: &str, everyone: &str) -> [Range<usize>; 2] {
        match self.values.binary_search_by(|value| value.as_str().cmp(named)) {
            Ok(position) if named != everyone => [position..position + 1, self.unnamed..self.unnamed + 1],
            _ => [0..self.values.len(), 0..0],
        }
    }
}

impl Axes {
    fn of(resource_type: ResourceType, start: u128, zookeeper: &Acls, kraft: &Acls) -> Axes {
        let patterns = || {
            let both = zookeeper.iter().chain(kraft);
            both.filter(move |(pattern, _)| pattern.resource_type == resource_type)
        };
        let named = |field: fn(&Acl) -> &String, everyone: &str| {
            let values = patterns().flat_map(|(_, acls)| acls).map(field);
            values.filter(|value| *value != everyone).cloned().collect()
        };
        let principals = (0_u32..).map(|number| format!("User:unnamed-{number}"));
        // From the first address that is set aside for documentation.
        let hosts = (u32::from(Ipv4Addr::new(192, 0, 2, 1))..).map(|bits| Ipv4Addr::from(bits).to_string());
        Axes {
            resource_type,
            start,
            names: match resource_type {
                ResourceType::Cluster => vec![CLUSTER_NAME.to_owned()],
                _ => names(patterns().map(|(pattern, _)| pattern)),
            },
            principals: Axis::of(named(|acl| &acl.principal, ANY_PRINCIPAL), principals),
            hosts: Axis::of(named(|acl| &acl.host, WILDCARD), hosts),
            operations: operations(resource_type),
        }
    }

    fn requests(&self) -> u128 {
        self.of_a_name() * self.names.len() as u128
    }

    fn of_a_name(&self) -> u128 {
        self.of_a_principal() * self.principals.values.len() as u128
    }

    fn of_a_principal(&self) -> u128 {
        (self.hosts.values.len() * self.operations.len()) as u128
    }

    /// How many operations there are: the requests of a name, a principal and a host.
    pub(super) fn operations(&self) -> u128 {
        self.operations.len() as u128
    }

    /// Index in the matrix of the first request with these three.
    pub(super) fn index(&self, name: usize, principal: usize, host: usize) -> u128 {
        self.start
            + name as u128 * self.of_a_name()
            + principal as u128 * self.of_a_principal()
            + host as u128 * self.operations()
    }

    fn request(&self, index: u128) -> Request<'_> {
        let at = |index: u128| usize::try_from(index).expect("no axis is longer than memory");
        let (name, rest) = (index / self.of_a_name(), index % self.of_a_name());
        let (principal, rest) = (rest / self.of_a_principal(), rest % self.of_a_principal());
        let (host, operation) = (rest / self.operations(), rest % self.operations());
        Request {
            principal: self.principals.values[at(principal)].as_str().into(),
            host: self.hosts.values[at(host)].as_str().into(),
            operation: self.operations[at(operation)],
            resource_type: self.resource_type,
            resource_name: self.names[at(name)].as_str().into(),
        }
    }

    /// The names that a pattern matches.
    pub(super) fn matched_by(&self, pattern: &ResourcePattern) -> Range<usize> {
        let begin = self.names.partition_point(|name| *name < pattern.name);
        match pattern.pattern_type {
            PatternType::Literal if pattern.name == WILDCARD => 0..self.names.len(),
            PatternType::Literal => begin..begin + usize::from(self.names.get(begin) == Some(&pattern.name)),
            PatternType::Prefixed => self.beginning_with(&pattern.name),
        }
    }

    /// The names that begin so.
    pub(super) fn beginning_with(&self, prefix: &str) -> Range<usize> {
        let begin = self.names.partition_point(|name| name.as_str() < prefix);
        begin..begin + self.names[begin..].partition_point(|name| name.starts_with(prefix))
    }
}

/// Names of resources, at least one for each set of patterns that can match a name together.
fn names<'a>(patterns: impl Iterator<Item = &'a ResourcePattern>) -> Vec<String> {
    let (mut literals, mut prefixes) = (BTreeSet::from([WILDCARD]), BTreeSet::from([""]));
    for pattern in patterns {
        match pattern.pattern_type {
            PatternType::Literal => literals.insert(&pattern.name),
            PatternType::Prefixed => prefixes.insert(&pattern.name),
        };
    }
    let mut names: BTreeSet<String> = literals.iter().copied().map(str::to_owned).collect();
    for prefix in &prefixes {
        let mut shorter = prefix.chars();
        shorter.next_back();
        names.extend([(*prefix).to_owned(), shorter.as_str().to_owned()]);
        names.extend(prolonged(prefix, &literals, &prefixes));
    }
    names.remove("");
    names.into_iter().collect()
}

/// A name that this prefix matches, but no longer one and no literal; `None` if they leave none that would do.
fn prolonged(prefix: &str, literals: &BTreeSet<&str>, prefixes: &BTreeSet<&str>) -> Option<String> {
    let first = ('a'..='z')
        .chain('A'..='Z')
        .chain('0'..='9')
        .chain(['-', '.', '_']);
    let candidates = first.map(|first| format!("{prefix}{first}-example"));
    let plain = std::iter::once(format!("{prefix}example"));
    plain.chain(candidates).find(|name| {
        let mut longer = prefix.len() + 1..=name.len();
        !literals.contains(name.as_str()) && !longer.any(|end| prefixes.contains(&name[..end]))
    })
}
