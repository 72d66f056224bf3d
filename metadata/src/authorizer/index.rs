//! The ACLs of one type of resource, found by the name of a resource and then by principal.
//!
//! A name has one literal pattern, `*`, and as many prefixes as it has characters. The prefixes lie in an ordered map
//! and are found by a walk from the name downwards: whatever lies between a prefix of the name and the next shorter
//! one is jumped over, because it differs from the name after as many bytes as they have in common.
//!
//! ```text
//! orders.eu ─▶ orders.de  common: orders.   ─▶ orders.  a prefix ─▶ orderly  common: order ─▶ ord  a prefix ─▶ end
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use super::Mode;
use crate::acls::{ANY_PRINCIPAL, Acl, ResourcePattern, WILDCARD};
use crate::records::PatternType;

/// The ACLs of one type of resource. A pattern without ACLs is not kept, since it would look like one that has some.
#[derive(Clone, Debug, Default)]
pub(super) struct ResourceAcls {
    literal: BTreeMap<String, Entries>,
    prefixed: BTreeMap<String, Entries>,
}

impl ResourceAcls {
    /// Adds an ACL; `false` if it was there.
    pub(super) fn add(&mut self, pattern: &ResourcePattern, acl: Acl) -> bool {
        let entries = self
            .patterns(pattern.pattern_type)
            .entry(pattern.name.clone())
            .or_insert_with(|| Entries::of_pattern(pattern.clone()));
        match entries.by_principal.get_mut(&acl.principal) {
            Some(acls) => acls.insert(acl),
            None => {
                let principal = acl.principal.clone();
                entries.by_principal.insert(principal, BTreeSet::from([acl]));
                true
            }
        }
    }

    /// Removes an ACL; `false` if it was not there.
    pub(super) fn remove(&mut self, pattern: &ResourcePattern, acl: &Acl) -> bool {
        let patterns = self.patterns(pattern.pattern_type);
        let Some(entries) = patterns.get_mut(&pattern.name) else {
            return false;
        };
        let Some(acls) = entries.by_principal.get_mut(&acl.principal) else {
            return false;
        };
        let removed = acls.remove(acl);
        if acls.is_empty() {
            entries.by_principal.remove(&acl.principal);
        }
        if entries.by_principal.is_empty() {
            patterns.remove(&pattern.name);
        }
        removed
    }

    /// The ACLs of every pattern that matches a name: literal, then prefixes from long to short, then `*`.
    pub(super) fn matching<'a>(&'a self, name: &str, mode: Mode) -> impl Iterator<Item = &'a Entries> {
        // The name `*` has found the pattern `*` as its own.
        let beside_wildcard = match mode {
            Mode::Zookeeper => name == WILDCARD,
            Mode::Kraft => name.starts_with(WILDCARD),
        };
        let wildcard = if beside_wildcard {
            None
        } else {
            self.literal.get(WILDCARD)
        };
        let prefixes = Prefixes {
            patterns: &self.prefixed,
            name,
            longest: Bound::Included(name),
        };
        let literal = self.literal.get(name);
        literal.into_iter().chain(prefixes).chain(wildcard)
    }

    fn patterns(&mut self, pattern_type: PatternType) -> &mut BTreeMap<String, Entries> {
        match pattern_type {
            PatternType::Literal => &mut self.literal,
            PatternType::Prefixed => &mut self.prefixed,
        }
    }
}

/// The ACLs of one pattern, at least one.
#[derive(Clone, Debug)]
pub(super) struct Entries {
    /// What they apply to.
    pub(super) pattern: ResourcePattern,
    by_principal: BTreeMap<String, BTreeSet<Acl>>,
}

impl Entries {
    fn of_pattern(pattern: ResourcePattern) -> Entries {
        Entries {
            pattern,
            by_principal: BTreeMap::new(),
        }
    }

    /// Those that speak of this principal: by name, then as one of all.
    pub(super) fn of<'a>(&'a self, principal: &str) -> impl Iterator<Item = &'a Acl> + use<'a> {
        let named = self.by_principal.get(principal);
        let any = if principal == ANY_PRINCIPAL {
            None
        } else {
            self.by_principal.get(ANY_PRINCIPAL)
        };
        named.into_iter().chain(any).flatten()
    }
}

/// The prefixed patterns that match a name, from long to short.
struct Prefixes<'a, 'n> {
    patterns: &'a BTreeMap<String, Entries>,
    name: &'n str,
    /// No prefix that is greater is left.
    longest: Bound<&'n str>,
}

impl<'a> Iterator for Prefixes<'a, '_> {
    type Item = &'a Entries;

    fn next(&mut self) -> Option<&'a Entries> {
        loop {
            let below = (Bound::Unbounded, self.longest);
            let (prefix, entries) = self.patterns.range::<str, _>(below).next_back()?;
            let common = common_length(prefix, self.name);
            let in_common = &self.name[..common];
            if common == prefix.len() {
                self.longest = Bound::Excluded(in_common);
                return Some(entries);
            }
            self.longest = Bound::Included(in_common);
        }
    }
}

/// How many bytes of whole characters two texts have in common at their beginning.
fn common_length(one: &str, other: &str) -> usize {
    let same = one
        .chars()
        .zip(other.chars())
        .take_while(|(one, other)| one == other);
    same.map(|(character, _)| character.len_utf8()).sum()
}
