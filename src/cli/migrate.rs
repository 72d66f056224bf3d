//! `kraft-bridge migrate`

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;
use kraft_bridge_metadata::release::Release;
use kraft_bridge_migration::capture::Summary;
use kraft_bridge_migration::finding::Finding;
use kraft_bridge_migration::parity::{Ignore, Kind, Observed, Terms, Wanted};
use kraft_bridge_migration::target::Target;
use kraft_bridge_migration::translate::Translation;
use kraft_bridge_protocol::NodeId;
use kraft_bridge_raft::format::{self, NodeFormat, format_with_snapshot};
use kraft_bridge_raft::log_dir::LogDir;
use kraft_bridge_raft::names;
use serde::Serialize;

use super::accept::{Acceptance, accept};
use super::capture::SummaryText;
use super::findings::{FindingsText, blockers};
use super::preflight::report;
use super::source::SourceArgs;
use super::verify::terms;
use super::{Outcome, Output};
use crate::config::{KafkaConfig, LegacyBroker};
use crate::migrate::{Generated, Tally, controllers, read_back, verified};
use crate::progress;

/// Write the cluster's metadata into the directories of its controllers, from which stock Kafka starts in KRaft mode.
#[derive(Debug, Args)]
pub(crate) struct Migrate {
    #[command(flatten)]
    source: SourceArgs,
    /// The configuration file that a controller will be started with; once for each controller.
    #[arg(
        long,
        value_name = "FILE",
        required_unless_present = "output",
        conflicts_with = "output"
    )]
    config: Vec<PathBuf>,
    /// Make this directory instead, with a single controller's data and the controller.properties to start it with.
    #[arg(long, value_name = "DIR")]
    output: Option<PathBuf>,
    /// The oldest Kafka that will run in the new cluster; cannot be lowered afterwards.
    #[arg(long, value_name = "RELEASE", default_value_t = Release::NEWEST)]
    release_version: Release,
    /// Go on in spite of blockers of this kind (the word in brackets), everywhere or at one znode; can be given again.
    #[arg(long, value_name = "CODE[@ZNODE]")]
    accept: Vec<Acceptance>,
    /// Do everything except writing.
    #[arg(long)]
    dry_run: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    source: Summary,
    findings: Vec<Finding>,
    blockers: usize,
    release: &'static str,
    metadata_version: &'static str,
    /// Absent when blockers stand in the way.
    #[serde(flatten)]
    records: Option<Records>,
    dry_run: bool,
    controllers: Vec<Controller>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Records {
    cluster_id: String,
    records: BTreeMap<&'static str, u64>,
    digest: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Controller {
    node_id: NodeId,
    config: PathBuf,
    checkpoint: PathBuf,
    /// Entities of the cluster that were found equal when it was read back.
    verified: u64,
}

impl Migrate {
    pub(crate) fn run(self, out: &mut Output) -> anyhow::Result<Outcome> {
        let configs = self.config.iter().map(|path| KafkaConfig::load(path));
        let configs: Vec<KafkaConfig> = configs.collect::<Result<_, _>>()?;
        let captured = self.source.read()?;
        let target = Target {
            release: self.release_version,
            min_insync_replicas: min_insync_replicas(&configs, captured.legacy_broker.as_ref())?,
        };
        let mut findings = report(&captured, &target)?.findings;
        accept(&mut findings, &self.accept);
        let blockers = blockers(&findings);
        let mut answer = Answer {
            source: captured.summary.clone(),
            findings,
            blockers,
            release: target.release.name(),
            metadata_version: target.metadata_version().name(),
            records: None,
            dry_run: self.dry_run,
            controllers: Vec::new(),
        };
        if blockers == 0 {
            let observed = Observed {
                findings: &answer.findings,
                ..captured.observed()
            };
            let (records, controllers) = self.migrate(observed, &target, configs)?;
            answer.records = Some(records);
            answer.controllers = controllers;
        }
        out.answer(&answer)?;
        Ok(if blockers == 0 {
            Outcome::Done
        } else {
            Outcome::Found
        })
    }

    fn migrate(
        &self,
        observed: Observed<'_>,
        target: &Target,
        mut configs: Vec<KafkaConfig>,
    ) -> anyhow::Result<(Records, Vec<Controller>)> {
        let cluster = observed.cluster;
        let cluster_id = cluster.cluster_id.clone().context("/cluster/id is missing")?;
        let translation = Translation::new(cluster, &cluster_id, target);
        let tally = Tally::of(translation.records(), target.metadata_version());
        let generated = match &self.output {
            Some(directory) if !self.dry_run => Some(Generated::begin(directory, cluster)?),
            _ => None,
        };
        if let Some(generated) = &generated {
            configs.push(generated.config()?);
        }
        let mut nodes = controllers(&configs, &cluster_id, observed.youngest, target)?;
        if let Some(generated) = &generated {
            nodes.iter_mut().for_each(|node| generated.stage(node));
        }
        nodes.iter().try_for_each(format::check)?;
        let mut written = Vec::new();
        if !self.dry_run {
            let terms = terms(BTreeSet::from_iter(Kind::ALL.iter().copied()), Ignore::default())?;
            for (node, config) in nodes.iter().zip(&configs) {
                written.push(write(node, config, &translation, &tally, observed, &terms)?);
            }
        }
        if let Some(generated) = generated {
            generated.finish()?;
        }
        let records = Records {
            cluster_id,
            digest: tally.digest(),
            records: tally.kinds,
        };
        Ok((records, written))
    }
}

/// The brokers' static setting: what the controllers' files say, else what a broker's old one does.
fn min_insync_replicas(
    configs: &[KafkaConfig],
    broker: Option<&LegacyBroker>,
) -> anyhow::Result<Option<u32>> {
    let given = configs.iter().map(KafkaConfig::min_insync_replicas);
    let given: Vec<Option<u32>> = given.collect::<Result<_, _>>()?;
    let of_broker = broker.map(|broker| broker.min_insync_replicas);
    Ok(given.into_iter().flatten().max().or(of_broker))
}

/// Formats a node, reads its checkpoint back, and compares it with the cluster.
fn write(
    node: &NodeFormat,
    config: &KafkaConfig,
    translation: &Translation<'_>,
    expected: &Tally,
    observed: Observed<'_>,
    terms: &Terms,
) -> anyhow::Result<Controller> {
    let bar = progress::writing(expected.records());
    let mut records = bar.wrap_iter(translation.encoded_records());
    let snapshot = format_with_snapshot(node, &mut records)?;
    bar.finish_and_clear();
    let checkpoint = Path::new(names::METADATA_PARTITION).join(names::checkpoint(snapshot.id));
    let path = node.metadata_log_dir.join(&checkpoint);
    let replay = read_back(&path, expected)?;
    let identity = LogDir::open(&node.metadata_log_dir)?.identity;
    let written = Wanted {
        replay: &replay,
        target: &path.to_string_lossy(),
        cluster_id: identity
            .as_ref()
            .and_then(|identity| identity.cluster_id.as_deref()),
        end: snapshot.id,
    };
    Ok(Controller {
        node_id: node.node_id,
        config: config.properties.path().to_owned(),
        checkpoint: config.metadata_log_dir.join(checkpoint),
        verified: verified(observed, written, terms)?,
    })
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", SummaryText(&self.source))?;
        write!(f, "{}", FindingsText(&self.findings))?;
        let Some(Records {
            cluster_id,
            records,
            digest,
        }) = &self.records
        else {
            return writeln!(
                f,
                "{} blockers: nothing was written. Mend them, or accept a kind with --accept CODE",
                self.blockers
            );
        };
        let total: u64 = records.values().sum();
        writeln!(
            f,
            "cluster {cluster_id} for Kafka {} (metadata.version {}): {total} records, digest {digest}",
            self.release, self.metadata_version
        )?;
        for (kind, count) in records {
            writeln!(f, "{count:>10}  {kind}")?;
        }
        if self.dry_run {
            return writeln!(f, "dry run: nothing was written");
        }
        for Controller {
            node_id,
            config,
            checkpoint,
            verified,
        } in &self.controllers
        {
            writeln!(
                f,
                "controller {node_id}: wrote {}, read it back and verified it ({verified} entities compared); start it with {}",
                checkpoint.display(),
                config.display()
            )?;
        }
        writeln!(
            f,
            "next: prepare-broker on each broker; then start all controllers, and only then the brokers"
        )
    }
}
