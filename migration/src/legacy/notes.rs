//! Findings about one znode, as its decoding comes upon them.

use crate::finding::{Finding, Severity};

/// Collects what is odd about the znode at one path.
#[derive(Debug)]
pub(super) struct Notes<'a> {
    path: &'a str,
    findings: &'a mut Vec<Finding>,
}

impl<'a> Notes<'a> {
    pub(super) fn new(path: &'a str, findings: &'a mut Vec<Finding>) -> Notes<'a> {
        Notes { path, findings }
    }

    /// Cannot be migrated as it is.
    pub(super) fn blocker(&mut self, code: &'static str, problem: impl Into<String>, action: &str) {
        self.note(Severity::Blocker, code, problem.into(), action);
    }

    /// Not carried, or not as it is.
    pub(super) fn warning(&mut self, code: &'static str, problem: impl Into<String>, action: &str) {
        self.note(Severity::Warning, code, problem.into(), action);
    }

    /// Worth knowing.
    pub(super) fn info(&mut self, code: &'static str, problem: impl Into<String>, action: &str) {
        self.note(Severity::Info, code, problem.into(), action);
    }

    /// The payload is not what Kafka would have written, so Kafka can't have read it either.
    pub(super) fn undecodable(&mut self, problem: impl std::fmt::Display) {
        self.blocker(
            "undecodable",
            format!("the payload is not what Kafka writes: {problem}"),
            "refused: mend or remove the znode, then run preflight again",
        );
    }

    fn note(&mut self, severity: Severity, code: &'static str, problem: String, action: &str) {
        self.findings.push(Finding {
            severity,
            path: self.path.to_owned(),
            code,
            problem,
            action: action.to_owned(),
        });
    }
}
