//! Findings on their way into the report.

use std::collections::BTreeSet;

use crate::finding::{Finding, Severity};

/// Collects findings.
#[derive(Debug)]
pub(super) struct Findings {
    all: Vec<Finding>,
    /// Znodes that stand in the way already.
    unknown: BTreeSet<String>,
}

impl Findings {
    /// Begins with what is known already.
    pub(super) fn new(known: &[Finding]) -> Findings {
        let blockers = known
            .iter()
            .filter(|finding| finding.severity == Severity::Blocker);
        Findings {
            all: known.to_vec(),
            unknown: blockers.map(|finding| finding.path.clone()).collect(),
        }
    }

    /// Whether a znode could not be decoded, so that what it says is unknown rather than absent.
    pub(super) fn is_unknown(&self, path: &str) -> bool {
        self.unknown.contains(path)
    }

    /// Cannot be migrated as it is.
    pub(super) fn blocker(
        &mut self,
        code: &'static str,
        path: impl Into<String>,
        problem: String,
        action: &str,
    ) {
        self.add(Severity::Blocker, code, path, problem, action);
    }

    /// Not carried, or not as it is.
    pub(super) fn warning(
        &mut self,
        code: &'static str,
        path: impl Into<String>,
        problem: String,
        action: &str,
    ) {
        self.add(Severity::Warning, code, path, problem, action);
    }

    /// Worth knowing.
    pub(super) fn info(
        &mut self,
        code: &'static str,
        path: impl Into<String>,
        problem: String,
        action: &str,
    ) {
        self.add(Severity::Info, code, path, problem, action);
    }

    /// Of any severity.
    pub(super) fn add(
        &mut self,
        severity: Severity,
        code: &'static str,
        path: impl Into<String>,
        problem: String,
        action: &str,
    ) {
        self.all.push(Finding {
            severity,
            path: path.into(),
            code,
            problem,
            action: action.to_owned(),
        });
    }

    /// The worst first, then by kind and path.
    pub(super) fn sorted(mut self) -> Vec<Finding> {
        self.all.sort_by(|a, b| {
            let by_kind = (b.severity, a.code, &a.path).cmp(&(a.severity, b.code, &b.path));
            by_kind.then_with(|| a.problem.cmp(&b.problem))
        });
        self.all
    }
}

/// The znode of a topic.
pub(super) fn topic_path(name: &str) -> String {
    format!("/brokers/topics/{name}")
}

/// A few of many, as a person would list them: `a, b, c and 7 more`.
pub(super) fn few<T: ToString>(all: &[T]) -> String {
    const SHOWN: usize = 5;
    let shown: Vec<String> = all.iter().take(SHOWN).map(T::to_string).collect();
    let shown = shown.join(", ");
    match all.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}
