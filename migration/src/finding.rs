//! Findings: whatever is odd in the source, with what will be done about it.

use std::fmt;

/// How much a finding matters. Ordered: the worst is the greatest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Worth knowing; nothing is lost.
    Info,
    /// Something is not carried over or changes its form; the operator should agree with it.
    Warning,
    /// Cannot be migrated as it is: `migrate` refuses until it is mended or explicitly accepted.
    Blocker,
}

/// One anomaly of the source: where it is, what is wrong, what will be done.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub struct Finding {
    /// How much it matters.
    pub severity: Severity,
    /// Znode (or file) it was found at.
    pub path: String,
    /// Stable name of the kind of finding, kebab-case: `topic-without-id`.
    pub code: &'static str,
    /// What is wrong, with the values that show it. Never a secret.
    pub problem: String,
    /// What will be done, or what the operator has to do.
    pub action: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let severity = match self.severity {
            Severity::Info => "info",
            Severity::Warning => "warning",
            Severity::Blocker => "BLOCKER",
        };
        write!(
            f,
            "{severity}: {} [{}] {} → {}",
            self.path, self.code, self.problem, self.action
        )
    }
}
