//! Findings for people: the worst first, and many of a kind as a count with a few examples.

use std::collections::BTreeMap;
use std::fmt;

use kraft_bridge_migration::finding::{Finding, Severity};

/// Findings of one kind that are written out; the rest of the kind is counted.
const EXAMPLES: usize = 5;

/// Shows findings as text.
pub(crate) struct FindingsText<'a>(pub(crate) &'a [Finding]);

impl fmt::Display for FindingsText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut kinds: BTreeMap<_, Vec<&Finding>> = BTreeMap::new();
        for finding in self.0 {
            let worst_first = std::cmp::Reverse(finding.severity);
            kinds
                .entry((worst_first, finding.code))
                .or_default()
                .push(finding);
        }
        for ((_, code), findings) in kinds {
            for finding in findings.iter().take(EXAMPLES) {
                writeln!(f, "{finding}")?;
            }
            if findings.len() > EXAMPLES {
                writeln!(
                    f,
                    "  … and {} more of [{code}]; --json lists them all",
                    findings.len() - EXAMPLES
                )?;
            }
        }
        Ok(())
    }
}

/// Number of findings that stand in the way.
pub(crate) fn blockers(findings: &[Finding]) -> usize {
    findings
        .iter()
        .filter(|finding| finding.severity == Severity::Blocker)
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(severity: Severity, path: &str, code: &'static str) -> Finding {
        Finding {
            severity,
            path: path.to_owned(),
            code,
            problem: "odd".to_owned(),
            action: "none".to_owned(),
        }
    }

    #[test]
    fn the_worst_come_first_and_many_of_a_kind_are_counted() {
        let mut findings: Vec<_> = (0..7)
            .map(|topic| finding(Severity::Info, &format!("/t{topic}"), "topic-without-id"))
            .collect();
        findings.push(finding(Severity::Blocker, "/cluster/id", "no-cluster-id"));
        let text = FindingsText(&findings).to_string();
        assert!(text.starts_with("BLOCKER: /cluster/id"), "{text}");
        assert_eq!(text.lines().count(), 7);
        assert!(
            text.ends_with("and 2 more of [topic-without-id]; --json lists them all\n"),
            "{text}"
        );
    }
}
