//! Where a diff reports to, and how two sorted sides are walked.

use itertools::{EitherOrBoth, Itertools};

use super::{Item, Rule};
use crate::parity::Kind;

/// Receives what a diff finds.
pub trait Sink {
    /// One difference.
    fn item(&mut self, item: Item);

    /// One difference of that kind, of which there may be one for each partition; `make` makes it, if it is wanted.
    fn offer(&mut self, _: Kind, rule: Option<Rule>, make: &dyn Fn() -> Item) {
        self.item(make().because(rule));
    }

    /// So many entities of a kind were looked at on each side.
    fn count(&mut self, kind: Kind, zookeeper: u64, kraft: u64);
}

/// Walks two iterators of sorted keys together.
pub(super) fn together<K: Ord, A, B>(
    left: impl Iterator<Item = (K, A)>,
    right: impl Iterator<Item = (K, B)>,
) -> impl Iterator<Item = (K, Option<A>, Option<B>)> {
    left.merge_join_by(right, |(a, _), (b, _)| a.cmp(b))
        .map(|both| match both {
            EitherOrBoth::Left((key, left)) => (key, Some(left), None),
            EitherOrBoth::Right((key, right)) => (key, None, Some(right)),
            EitherOrBoth::Both((key, left), (_, right)) => (key, Some(left), Some(right)),
        })
}

/// Numbers of entities as [`Sink::count`] takes them.
pub(super) fn count(entities: usize) -> u64 {
    u64::try_from(entities).unwrap_or(u64::MAX)
}
