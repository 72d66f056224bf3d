//! Findings about one znode, as its decoding comes upon them.

use crate::finding::{Finding, Severity};

/// A payload that is odd in more places than these is odd all through: the others are counted.
const FINDINGS_MAX: usize = 100;

/// Collects what is odd about the znode at one path.
#[derive(Debug)]
pub(super) struct Notes<'a> {
    path: &'a str,
    findings: &'a mut Vec<Finding>,
    /// How many are not listed.
    more: u64,
}

impl<'a> Notes<'a> {
    pub(super) fn new(path: &'a str, findings: &'a mut Vec<Finding>) -> Notes<'a> {
        Notes {
            path,
            findings,
            more: 0,
        }
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

    /// Findings that were made elsewhere.
    pub(super) fn extend(&mut self, findings: Vec<Finding>) {
        for Finding {
            severity,
            code,
            problem,
            action,
            ..
        } in findings
        {
            self.note(severity, code, problem, &action);
        }
    }

    fn note(&mut self, severity: Severity, code: &'static str, problem: String, action: &str) {
        if self.findings.len() >= FINDINGS_MAX {
            return self.count(severity, action);
        }
        self.findings.push(Finding {
            severity,
            path: self.path.to_owned(),
            code,
            problem,
            action: action.to_owned(),
        });
    }

    /// The last of the findings stands for all that are not listed, as severe as the worst of them.
    fn count(&mut self, severity: Severity, action: &str) {
        self.more += 1;
        let before = self.findings.pop_if(|_| self.more > 1);
        let before = before.map(|finding| (finding.severity, finding.action));
        let (severity, action) = before
            .filter(|(worst, _)| *worst >= severity)
            .unwrap_or_else(|| (severity, action.to_owned()));
        self.findings.push(Finding {
            severity,
            path: self.path.to_owned(),
            code: "more-findings",
            problem: format!("{} more findings about this znode are not listed", self.more),
            action,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_znode_has_a_hundred_findings_and_one_that_counts_the_others() {
        let mut findings = Vec::new();
        let mut notes = Notes::new("/config/topics/orders", &mut findings);
        for _ in 0..100 {
            notes.info("odd", "odd", "carried");
        }
        notes.warning("odd", "odd", "not carried");
        notes.blocker("odd", "odd", "refused");
        notes.info("odd", "odd", "carried");
        let last = findings.last().unwrap();
        assert_eq!((findings.len(), last.severity), (101, Severity::Blocker));
        assert_eq!(
            last.to_string(),
            "BLOCKER: /config/topics/orders [more-findings] 3 more findings about this znode are not listed → refused"
        );
    }
}
