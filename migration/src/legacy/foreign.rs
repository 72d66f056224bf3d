//! Znodes that Kafka never made: other programs share the ensemble. They are counted by the subtree they stand in.

use std::collections::{BTreeMap, BTreeSet};

use crate::finding::{Finding, Severity};

/// The foreign znodes that are there.
#[derive(Debug, Default)]
pub(super) struct Foreign {
    paths: BTreeSet<String>,
}

impl Foreign {
    /// Counts a znode; `false` if it was counted already.
    pub(super) fn insert(&mut self, path: &str) -> bool {
        self.paths.insert(path.to_owned())
    }

    /// Forgets a znode and all below it; `false` if none of them was counted.
    pub(super) fn remove(&mut self, path: &str) -> bool {
        let below = format!("{path}/");
        let above_all = self.paths.range(below.clone()..);
        let children: Vec<String> = above_all
            .take_while(|other| other.starts_with(&below))
            .cloned()
            .collect();
        let mut any = self.paths.remove(path);
        for child in children {
            any |= self.paths.remove(&child);
        }
        any
    }

    /// One finding for each subtree.
    pub(super) fn findings(&self) -> impl Iterator<Item = Finding> {
        let mut counts: BTreeMap<String, u64> = BTreeMap::new();
        for path in &self.paths {
            *counts.entry(subtree(path)).or_default() += 1;
        }
        counts.into_iter().map(|(path, count)| Finding {
            severity: Severity::Info,
            problem: format!("{count} znodes here are not Kafka's"),
            path,
            code: "foreign-znodes",
            action: "not carried".to_owned(),
        })
    }
}

/// Where a foreign znode is counted: its first two segments where Kafka has the first one, else the first alone.
fn subtree(path: &str) -> String {
    let mut segments = path.split('/').filter(|segment| !segment.is_empty());
    let shown = match (segments.next(), segments.next()) {
        (
            Some(
                first @ ("config" | "brokers" | "admin" | "kafka-acl-extended" | "delegation_token"
                | "cluster"),
            ),
            Some(second),
        ) => format!("{first}/{second}"),
        (first, _) => first.unwrap_or_default().to_owned(),
    };
    format!("/{shown}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(foreign: &Foreign) -> Vec<String> {
        foreign
            .findings()
            .map(|finding| format!("{} {}", finding.path, finding.problem))
            .collect()
    }

    #[test]
    fn a_znode_that_is_read_again_counts_once() {
        let mut foreign = Foreign::default();
        assert!(foreign.insert("/storm/a"));
        assert!(!foreign.insert("/storm/a"));
        assert_eq!(problems(&foreign), ["/storm 1 znodes here are not Kafka's"]);
    }

    #[test]
    fn what_goes_takes_all_below_it_along_and_nothing_beside_it() {
        let mut foreign = Foreign::default();
        for path in ["/storm", "/storm/a", "/storm/a/b", "/storm-2", "/config/mine/x"] {
            foreign.insert(path);
        }
        assert!(foreign.remove("/storm"));
        assert!(!foreign.remove("/storm"));
        assert_eq!(
            problems(&foreign),
            [
                "/config/mine 1 znodes here are not Kafka's",
                "/storm-2 1 znodes here are not Kafka's"
            ]
        );
    }
}
