//! The decision: what is done in each directory, and what stands in the way. No file is touched here.

mod identity;
mod leftovers;
mod replicas;

use std::path::{Path, PathBuf};

use kraft_bridge_migration::finding::{Finding, Severity};
use serde::Serialize;

use super::scan::LogDir;
use super::step::Step;
use super::{Expected, Node};
pub(crate) use leftovers::ran_in_kraft_mode;
pub(crate) use replicas::REPLICA_MISSING;

/// What one broker's directories need.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Plan {
    /// One for each log directory, in the order of the configuration.
    pub(crate) directories: Vec<DirectoryPlan>,
    /// Everything odd, the worst first.
    pub(crate) findings: Vec<Finding>,
    /// Whether the broker has run in KRaft mode since an earlier `--apply`, so that `--undo` is no longer possible.
    pub(crate) ran_in_kraft_mode: bool,
}

/// What one log directory needs.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DirectoryPlan {
    pub(crate) path: PathBuf,
    /// Replica directories in it, whatever becomes of them.
    pub(crate) replicas: usize,
    /// In the order in which they are made.
    pub(crate) steps: Vec<Step>,
}

impl Plan {
    /// Decides what broker `node` needs so that its directories become what the source says.
    ///
    /// With `missing_accepted`, replicas that the cluster believes in sync may be missing.
    pub(crate) fn of(
        expected: &Expected,
        node: Node,
        directories: &[LogDir],
        missing_accepted: bool,
    ) -> Plan {
        let mut findings = Findings::default();
        let mut plans: Vec<DirectoryPlan> = directories
            .iter()
            .map(|directory| DirectoryPlan {
                path: directory.path.clone(),
                replicas: directory.replicas.len(),
                ..DirectoryPlan::default()
            })
            .collect();
        for (plan, directory) in plans.iter_mut().zip(directories) {
            refuse_running_broker(directory, &mut findings);
            plan.steps
                .extend(replicas::steps(expected, directory, &mut findings));
            plan.steps
                .extend(leftovers::steps(node, directory, &mut findings));
        }
        let identities = identity::steps(&expected.cluster_id, node, directories, &mut findings);
        for (plan, step) in plans.iter_mut().zip(identities) {
            plan.steps.extend(step);
        }
        replicas::compare(expected, directories, missing_accepted, &mut findings);
        let ran_in_kraft_mode = directories
            .iter()
            .any(|directory| ran_in_kraft_mode(directory, node));
        Plan {
            directories: plans,
            findings: findings.sorted(),
            ran_in_kraft_mode,
        }
    }

    /// The plan, with what is odd about the znodes that it depends on.
    pub(crate) fn with_findings(self, more: impl IntoIterator<Item = Finding>) -> Plan {
        let mut findings = Findings(self.findings);
        findings.0.extend(more);
        Plan {
            findings: findings.sorted(),
            ..self
        }
    }

    /// Whether something stands in the way.
    pub(crate) fn is_blocked(&self) -> bool {
        self.findings
            .iter()
            .any(|finding| finding.severity == Severity::Blocker)
    }

    /// Whether there is anything to do.
    pub(crate) fn is_empty(&self) -> bool {
        self.directories
            .iter()
            .all(|directory| directory.steps.is_empty())
    }
}

fn refuse_running_broker(directory: &LogDir, findings: &mut Findings) {
    if directory.in_use {
        findings.blocker(
            &directory.path,
            "broker-running",
            "a running Kafka has locked the directory",
            "stop the broker in an orderly way, then run this again",
        );
    }
}

/// Collects findings about files.
#[derive(Debug, Default)]
struct Findings(Vec<Finding>);

impl Findings {
    fn add(
        &mut self,
        severity: Severity,
        path: &Path,
        code: &'static str,
        problem: impl Into<String>,
        action: impl Into<String>,
    ) {
        self.0.push(Finding {
            severity,
            path: path.display().to_string(),
            code,
            problem: problem.into(),
            action: action.into(),
        });
    }

    fn blocker(
        &mut self,
        path: &Path,
        code: &'static str,
        problem: impl Into<String>,
        action: impl Into<String>,
    ) {
        self.add(Severity::Blocker, path, code, problem, action);
    }

    fn warning(
        &mut self,
        path: &Path,
        code: &'static str,
        problem: impl Into<String>,
        action: impl Into<String>,
    ) {
        self.add(Severity::Warning, path, code, problem, action);
    }

    fn info(
        &mut self,
        path: &Path,
        code: &'static str,
        problem: impl Into<String>,
        action: impl Into<String>,
    ) {
        self.add(Severity::Info, path, code, problem, action);
    }

    fn sorted(mut self) -> Vec<Finding> {
        self.0
            .sort_by(|a, b| b.severity.cmp(&a.severity).then_with(|| a.cmp(b)));
        self.0
    }
}
