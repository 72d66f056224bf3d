//! `kraft-bridge prepare-broker`

mod text;

use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use clap::Args;
use kraft_bridge_migration::finding::{Finding, Severity};
use kraft_bridge_protocol::NodeId;
use serde::Serialize;

use super::accept::{Acceptance, accept};
use super::source::{Captured, SourceArgs};
use super::{Outcome, Output};
use crate::broker_dir::{self, Disk, Expected, LogDir, Node, Plan, REPLICA_MISSING, Undo};
use crate::config::KafkaConfig;
use crate::lock::Lock;

/// Show, and with --apply make, what a broker's log directories need before it starts in KRaft mode.
///
/// Run it where the directories are, with the broker stopped. Everything that is changed is kept in
/// `.kraft-bridge-undo` in each log directory, from which --undo restores it as long as the broker has not been
/// started in KRaft mode.
#[derive(Debug, Args)]
pub(crate) struct PrepareBroker {
    #[command(flatten)]
    source: Option<SourceArgs>,
    /// The server.properties that the broker will be started with in KRaft mode.
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// Make the changes; without it they are only shown.
    #[arg(long, conflicts_with = "undo")]
    apply: bool,
    /// Restore what an earlier --apply changed.
    #[arg(long, conflicts_with = "from")]
    undo: bool,
    /// Go on in spite of blockers of this kind (the word in brackets): those that `migrate` accepted, and
    /// replica-in-sync-missing. Can be given again.
    #[arg(long, value_name = "CODE[@ZNODE]", conflicts_with = "undo")]
    accept: Vec<Acceptance>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PlanAnswer {
    node_id: NodeId,
    cluster_id: String,
    applied: bool,
    #[serde(flatten)]
    plan: Plan,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct UndoAnswer {
    node_id: NodeId,
    #[serde(flatten)]
    undone: Undo,
}

impl PrepareBroker {
    pub(crate) fn run(self, out: &mut Output) -> anyhow::Result<Outcome> {
        let config = KafkaConfig::load(&self.config)?;
        ensure!(
            config.roles.broker,
            "{}: process.roles has no broker: a controller's directory is made by `migrate`",
            self.config.display()
        );
        let node = Node {
            id: config.node_id,
            controller: config.roles.controller,
        };
        let directories = broker_dir::log_dirs(&config)?;
        if self.undo {
            return undo(node, directories, out);
        }
        let source = self
            .source
            .as_ref()
            .context("--from is missing: the cluster that the broker belongs to")?;
        let captured = source.read()?;
        self.prepare(node, directories, captured, out)
    }

    fn prepare(
        &self,
        node: Node,
        mut directories: Vec<LogDir>,
        captured: Captured,
        out: &mut Output,
    ) -> anyhow::Result<Outcome> {
        let cluster_id = captured
            .cluster
            .cluster_id
            .clone()
            .context("the source has no /cluster/id: it is no cluster of Kafka 0.10.1 or newer")?;
        let expected = Expected::of(node.id, &cluster_id, &captured.cluster);
        let _locks = if self.apply {
            lock(&mut directories)?
        } else {
            look_at_locks(&mut directories)?;
            Vec::new()
        };
        scan(&mut directories)?;
        let mut findings = findings_of(captured);
        accept(&mut findings, &self.accept);
        let missing_accepted = self
            .accept
            .iter()
            .any(|acceptance| acceptance.covers_kind(REPLICA_MISSING));
        let plan = Plan::of(&expected, node, &directories, missing_accepted).with_findings(findings);
        let blocked = plan.is_blocked();
        let applied = self.apply && !blocked;
        if applied {
            broker_dir::apply(&plan, &directories, &mut Disk)
                .context("not finished: run it again to complete it, or --undo")?;
        }
        out.answer(&PlanAnswer {
            node_id: node.id,
            cluster_id,
            applied,
            plan,
        })?;
        Ok(if blocked { Outcome::Found } else { Outcome::Done })
    }
}

fn undo(node: Node, mut directories: Vec<LogDir>, out: &mut Output) -> anyhow::Result<Outcome> {
    let _locks = lock(&mut directories)?;
    if let Some(running) = directories.iter().find(|directory| directory.in_use) {
        anyhow::bail!(
            "{}: a running Kafka has locked the directory: stop the broker first",
            running.path.display()
        );
    }
    scan(&mut directories)?;
    let undo = Undo::of(node, &directories)?;
    undo.apply(&mut Disk)
        .context("not finished: run --undo again to complete it")?;
    out.answer(&UndoAnswer {
        node_id: node.id,
        undone: undo,
    })?;
    Ok(Outcome::Done)
}

/// Keeps Kafka out of the directories as long as the locks exist; one that runs already is noted.
fn lock(directories: &mut [LogDir]) -> anyhow::Result<Vec<Lock>> {
    let mut locks = Vec::new();
    for directory in directories {
        match Lock::take(&directory.path)? {
            Some(lock) => locks.push(lock),
            None => directory.in_use = true,
        }
    }
    Ok(locks)
}

fn look_at_locks(directories: &mut [LogDir]) -> anyhow::Result<()> {
    for directory in directories {
        directory.in_use = Lock::is_held(&directory.path)?;
    }
    Ok(())
}

fn scan(directories: &mut [LogDir]) -> anyhow::Result<()> {
    for directory in directories {
        directory.scan()?;
    }
    Ok(())
}

/// What is odd about the znodes that decide what a broker should hold, and about the moment they were read.
fn findings_of(captured: Captured) -> Vec<Finding> {
    let matters = |finding: &Finding| {
        let path = Path::new(&finding.path);
        finding.severity == Severity::Blocker
            && ["/brokers/topics", "/admin/delete_topics", "/cluster"]
                .iter()
                .any(|parent| path.starts_with(parent))
    };
    let mut findings: Vec<Finding> = captured.findings.into_iter().filter(matters).collect();
    let brokers: Vec<String> = captured.cluster.brokers.keys().map(NodeId::to_string).collect();
    if !brokers.is_empty() {
        findings.push(Finding {
            severity: Severity::Warning,
            path: "/brokers/ids".to_owned(),
            code: "source-of-a-running-cluster",
            problem: format!(
                "brokers {} were running when the source was read",
                brokers.join(", ")
            ),
            action:
                "prepare the brokers from the source that `migrate` reads, made when all of them were stopped"
                    .to_owned(),
        });
    }
    findings
}
