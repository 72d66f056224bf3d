//! What a pass saw, small enough to be kept for the next one: about 15 bytes per znode.
//!
//! Names, depths and fingerprints lie in subtree order, from which the paths follow. Two passes are compared like two sorted lists, in one go, while the second is under way.

use std::cmp::Ordering;
use std::hash::{DefaultHasher, Hash, Hasher};

use crate::znode::Stat;

/// Stands for the version of a znode: another version has, with near certainty, another fingerprint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fingerprint(u64);

impl Fingerprint {
    /// Of a znode that could not be read.
    pub(crate) const UNREADABLE: Fingerprint = Fingerprint(0);

    /// Of everything that a change of the znode, of its children's names or of its access control list changes.
    pub(crate) fn of(stat: &Stat) -> Fingerprint {
        let mut hasher = DefaultHasher::new();
        (stat.czxid, stat.mzxid, stat.pzxid).hash(&mut hasher);
        (stat.version, stat.cversion, stat.aversion).hash(&mut hasher);
        Fingerprint(hasher.finish())
    }
}

/// The paths of one pass, in subtree order, each with its fingerprint.
#[derive(Debug, Default)]
pub(crate) struct Outline {
    /// Each followed by a slash, which no name holds.
    names: String,
    depths: Vec<u16>,
    fingerprints: Vec<Fingerprint>,
}

impl Outline {
    fn push(&mut self, path: &str, fingerprint: Fingerprint) {
        let depth = match path {
            "/" => 0,
            _ => path.matches('/').count(),
        };
        self.names.push_str(path.rsplit('/').next().unwrap_or_default());
        self.names.push('/');
        self.depths.push(u16::try_from(depth).unwrap_or(u16::MAX));
        self.fingerprints.push(fingerprint);
    }
}

/// How a znode stands to the pass before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    /// As it was.
    Same,
    /// Another version.
    Changed,
    /// It was not there.
    New,
}

/// A pass under way, beside the one before.
#[derive(Debug, Default)]
pub(crate) struct Comparison {
    before: Reader,
    now: Outline,
    /// The last path told as gone; all below it is as well.
    gone: Option<String>,
}

impl Comparison {
    /// A comparison with what an earlier pass saw.
    pub(crate) fn with(before: Outline) -> Comparison {
        Comparison {
            before: Reader::new(before),
            ..Comparison::default()
        }
    }

    /// Takes the next znode of this pass and hands what is gone before it to `gone`.
    ///
    /// # Errors
    ///
    /// Those of `gone`.
    pub(crate) fn meet<E>(
        &mut self,
        path: &str,
        fingerprint: Fingerprint,
        gone: impl FnMut(&str) -> Result<(), E>,
    ) -> Result<Change, E> {
        self.tell_gone(Some(path), gone)?;
        self.now.push(path, fingerprint);
        match self.before.current {
            Some(before) if self.before.path == path => {
                self.before.advance();
                Ok(if before == fingerprint {
                    Change::Same
                } else {
                    Change::Changed
                })
            }
            _ => Ok(Change::New),
        }
    }

    /// Ends the pass: hands the rest of what is gone to `gone`, and returns what this pass saw.
    ///
    /// # Errors
    ///
    /// Those of `gone`.
    pub(crate) fn end<E>(mut self, gone: impl FnMut(&str) -> Result<(), E>) -> Result<Outline, E> {
        self.tell_gone(None, gone)?;
        Ok(self.now)
    }

    fn tell_gone<E>(
        &mut self,
        until: Option<&str>,
        mut gone: impl FnMut(&str) -> Result<(), E>,
    ) -> Result<(), E> {
        while self.before.current.is_some() {
            let path = self.before.path.as_str();
            if until.is_some_and(|until| compare(path, until) != Ordering::Less) {
                break;
            }
            if !self.gone.as_deref().is_some_and(|gone| is_below(path, gone)) {
                gone(path)?;
                self.gone = Some(path.to_owned());
            }
            self.before.advance();
        }
        Ok(())
    }
}

/// Reads an outline from front to end.
#[derive(Debug, Default)]
struct Reader {
    outline: Outline,
    next: usize,
    next_name: usize,
    path: String,
    /// Fingerprint of `path`; `None` at the end.
    current: Option<Fingerprint>,
}

impl Reader {
    fn new(outline: Outline) -> Reader {
        let mut reader = Reader {
            outline,
            ..Reader::default()
        };
        reader.advance();
        reader
    }

    fn advance(&mut self) {
        self.current = self.outline.fingerprints.get(self.next).copied();
        let Some(depth) = self.outline.depths.get(self.next) else {
            return;
        };
        let rest = &self.outline.names[self.next_name..];
        let name = rest.split('/').next().unwrap_or_default();
        let levels_kept = usize::from(*depth).saturating_sub(1);
        let mut slashes = self.path.match_indices('/').map(|(at, _)| at);
        let parent_length = slashes.nth(levels_kept).unwrap_or(self.path.len());
        self.path.truncate(parent_length);
        self.path.push('/');
        self.path.push_str(name);
        self.next_name += name.len() + 1;
        self.next += 1;
    }
}

/// Subtree order.
fn compare(a: &str, b: &str) -> Ordering {
    match (a, b) {
        _ if a == b => Ordering::Equal,
        ("/", _) => Ordering::Less,
        (_, "/") => Ordering::Greater,
        _ => a.split('/').cmp(b.split('/')),
    }
}

fn is_below(path: &str, above: &str) -> bool {
    path.strip_prefix(above).is_some_and(|rest| rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::convert::Infallible;

    use proptest::prelude::*;

    use super::*;

    type Tree = BTreeMap<String, u64>;

    /// What a pass over `now` tells when an earlier one saw `before`.
    fn passes(before: &Tree, now: &Tree) -> (Vec<(String, Change)>, Vec<String>) {
        let first = pass(Comparison::default(), before).2;
        let (changes, gone, _) = pass(Comparison::with(first), now);
        (changes, gone)
    }

    fn pass(mut comparison: Comparison, tree: &Tree) -> (Vec<(String, Change)>, Vec<String>, Outline) {
        let (mut changes, mut gone) = (Vec::new(), Vec::new());
        let mut tell = |path: &str| -> Result<(), Infallible> {
            gone.push(path.to_owned());
            Ok(())
        };
        let mut paths: Vec<_> = tree.iter().collect();
        paths.sort_by(|(a, _), (b, _)| compare(a, b));
        for (path, version) in paths {
            let Ok(change) = comparison.meet(path, Fingerprint(*version), &mut tell);
            changes.push((path.clone(), change));
        }
        let Ok(outline) = comparison.end(&mut tell);
        (changes, gone, outline)
    }

    fn tree(paths: &[(&str, u64)]) -> Tree {
        paths
            .iter()
            .map(|(path, version)| ((*path).to_owned(), *version))
            .collect()
    }

    #[test]
    fn what_changed_came_and_went_is_told() {
        let before = tree(&[
            ("/", 1),
            ("/a", 2),
            ("/a/b", 3),
            ("/a-", 4),
            ("/c", 5),
            ("/c/d", 6),
            ("/z", 7),
        ]);
        let now = tree(&[("/", 1), ("/a", 2), ("/a/b", 8), ("/a/n", 9), ("/a-", 4)]);
        let (changes, gone) = passes(&before, &now);
        let expected = [
            ("/", Change::Same),
            ("/a", Change::Same),
            ("/a/b", Change::Changed),
            ("/a/n", Change::New),
            ("/a-", Change::Same),
        ];
        assert_eq!(changes, expected.map(|(path, change)| (path.to_owned(), change)));
        assert_eq!(gone, ["/c", "/z"]);
    }

    #[test]
    fn every_version_in_a_stat_counts() {
        let stat = Stat::default();
        let mut changed = [stat; 6];
        changed[0].czxid.0 += 1;
        changed[1].mzxid.0 += 1;
        changed[2].pzxid.0 += 1;
        changed[3].version += 1;
        changed[4].cversion += 1;
        changed[5].aversion += 1;
        for changed in changed {
            assert_ne!(Fingerprint::of(&changed), Fingerprint::of(&stat), "{changed:?}");
        }
    }

    fn any_tree() -> impl Strategy<Value = Tree> {
        let name = prop::sample::select(vec!["a", "a-", "a.b", "b", "0"]);
        let path = prop::collection::vec(name, 1..5);
        prop::collection::vec((path, 0_u64..3), 0..30).prop_map(|paths| {
            let mut tree = tree(&[("/", 0)]);
            for (names, version) in paths {
                for depth in 1..=names.len() {
                    tree.insert(format!("/{}", names[..depth].join("/")), version);
                }
            }
            tree
        })
    }

    proptest! {
        #[test]
        fn what_is_told_turns_the_earlier_tree_into_the_later(before in any_tree(), now in any_tree()) {
            let (changes, gone) = passes(&before, &now);
            let mut told = before.clone();
            for path in &gone {
                prop_assert!(told.remove(path).is_some(), "{} was told twice, or was never there", path);
                told.retain(|other, _| !is_below(other, path));
            }
            for (path, change) in changes {
                let expected = match before.get(&path) {
                    None => Change::New,
                    Some(version) if *version == now[&path] => Change::Same,
                    Some(_) => Change::Changed,
                };
                prop_assert_eq!(change, expected);
                told.insert(path.clone(), now[&path]);
            }
            prop_assert_eq!(told, now);
        }
    }
}
