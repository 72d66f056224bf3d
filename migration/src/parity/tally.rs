//! Sorts what a diff finds: what needs an operator, what is explained, what is ignored, what nothing can be said about.

use std::collections::{BTreeMap, BTreeSet};

use super::settle::Place;
use super::{Ignore, Kind, Totals, What};
use crate::diff::{Entity, Item, Rule, Sink};

/// Differences of a kind that are listed; those beyond are counted.
const LISTED_MAX: u64 = 100_000;
/// Explained differences that are listed for each rule; those beyond are counted.
const EXPLAINED_LISTED_MAX: usize = 1_000;

/// A [`Sink`] that sorts and counts.
#[derive(Debug)]
pub(super) struct Tally<'a> {
    kinds: &'a BTreeSet<Kind>,
    ignore: &'a Ignore,
    unknown: Unknown,
    believed: Option<&'a BTreeSet<Place>>,
    /// Differences of a kind that are listed.
    listed_max: u64,
    /// Differences that are not believed: they will settle.
    pub(super) passing: u64,
    /// Per kind that is compared.
    pub(super) totals: BTreeMap<Kind, Totals>,
    /// What needs an operator.
    pub(super) differences: Vec<Item>,
    /// What differs for a known reason.
    pub(super) explained: BTreeMap<Rule, Explained>,
    /// What differs and is to be ignored, with the line that says so.
    pub(super) ignored: Vec<(Item, String)>,
}

/// What one rule explains.
#[derive(Debug, Default)]
pub(super) struct Explained {
    /// How many differences.
    pub(super) differences: u64,
    /// The first of them.
    pub(super) listed: Vec<Item>,
}

/// What could not be read, so that no difference there means anything.
#[derive(Clone, Debug, Default)]
pub(super) struct Unknown {
    /// Znodes of which, or below which, nothing is known.
    pub(super) paths: BTreeSet<String>,
    /// Single entities of which nothing is known.
    pub(super) entities: BTreeSet<Entity>,
    /// Znodes of users whose credentials are not known.
    pub(super) credentials: BTreeSet<String>,
}

impl Unknown {
    fn is_empty(&self) -> bool {
        self.paths.is_empty() && self.entities.is_empty() && self.credentials.is_empty()
    }

    /// Whether nothing can be said about the entity.
    fn covers(&self, entity: &Entity) -> bool {
        if self.is_empty() {
            return false;
        }
        let path = entity.path();
        // Whether a topic lives on is told elsewhere than what it is.
        let marker = match entity {
            Entity::Topic(name) => Some(format!("/admin/delete_topics/{name}")),
            _ => None,
        };
        self.entities.contains(entity)
            || (matches!(entity, Entity::Scram(..)) && self.credentials.contains(&path))
            || self.is_below(&path)
            || marker.is_some_and(|marker| self.is_below(&marker))
    }

    /// Whether nothing is known of a znode, or of one above it.
    fn is_below(&self, path: &str) -> bool {
        let slashes = path.char_indices().filter(|(_, c)| *c == '/');
        slashes
            .map(|(at, _)| &path[..at])
            .chain([path, "/"])
            .any(|path| self.paths.contains(path))
    }
}

impl<'a> Tally<'a> {
    /// A tally of these kinds.
    pub(super) fn new(
        kinds: &'a BTreeSet<Kind>,
        ignore: &'a Ignore,
        unknown: Unknown,
        believed: Option<&'a BTreeSet<Place>>,
    ) -> Tally<'a> {
        Tally {
            kinds,
            ignore,
            unknown,
            believed,
            listed_max: LISTED_MAX,
            passing: 0,
            totals: kinds.iter().map(|kind| (*kind, Totals::default())).collect(),
            differences: Vec::new(),
            explained: BTreeMap::new(),
            ignored: Vec::new(),
        }
    }

    /// Lists every difference: what is not listed would be taken for one that went away.
    pub(super) fn listing_all(self) -> Tally<'a> {
        Tally {
            listed_max: u64::MAX,
            ..self
        }
    }
}

impl Sink for Tally<'_> {
    fn item(&mut self, item: Item) {
        let kind = item.entity.kind();
        if !self.kinds.contains(&kind) || self.unknown.covers(&item.entity) {
            return;
        }
        let totals = self.totals.entry(kind).or_default();
        if let Some(rule) = item.rule {
            totals.explained += 1;
            let explained = self.explained.entry(rule).or_default();
            explained.differences += 1;
            if explained.listed.len() < EXPLAINED_LISTED_MAX {
                explained.listed.push(item);
            }
        } else if let Some(line) = self.ignore.line(&item) {
            totals.ignored += 1;
            if totals.ignored <= self.listed_max {
                self.ignored.push((item, line.to_owned()));
            }
        } else if self
            .believed
            .is_some_and(|believed| !believed.contains(&(item.entity.clone(), item.field)))
        {
            self.passing += 1;
        } else {
            match item.what {
                What::MissingInKraft => totals.missing_in_kraft += 1,
                What::Different => totals.different += 1,
                What::OnlyInKraft => totals.only_in_kraft += 1,
            }
            if totals.unexplained() <= self.listed_max {
                self.differences.push(item);
            }
        }
    }

    /// Has nothing made that would only be counted.
    fn offer(&mut self, kind: Kind, rule: Option<Rule>, make: &dyn Fn() -> Item) {
        let Some(totals) = self.totals.get_mut(&kind) else {
            return;
        };
        match rule.and_then(|rule| self.explained.get_mut(&rule)) {
            Some(explained) if self.unknown.is_empty() && explained.listed.len() >= EXPLAINED_LISTED_MAX => {
                explained.differences += 1;
                totals.explained += 1;
            }
            _ => self.item(make().because(rule)),
        }
    }

    fn count(&mut self, kind: Kind, zookeeper: u64, kraft: u64) {
        if let Some(totals) = self.totals.get_mut(&kind) {
            totals.zookeeper += zookeeper;
            totals.kraft += kraft;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diff::Value;

    #[test]
    fn a_report_lists_a_hundred_thousand_of_a_kind_and_counts_all_of_them() {
        let (kinds, ignore) = (BTreeSet::from([Kind::Topics]), Ignore::default());
        let tally = || Tally::new(&kinds, &ignore, Unknown::default(), None);
        let listed = |mut tally: Tally<'_>| {
            for number in 0..=LISTED_MAX {
                let topic = Entity::Topic(number.to_string());
                tally.item(Item::missing(topic, Value::shown("there")));
            }
            (
                tally.differences.len() as u64,
                tally.totals[&Kind::Topics].missing_in_kraft,
            )
        };
        assert_eq!(listed(tally()), (LISTED_MAX, LISTED_MAX + 1));
        assert_eq!(listed(tally().listing_all()), (LISTED_MAX + 1, LISTED_MAX + 1));
    }
}
