//! `kraft-bridge verify`

mod watch;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use clap::Args;
use kraft_bridge_migration::legacy::Decoder;
use kraft_bridge_migration::parity::decisions::DecisionOptions;
use kraft_bridge_migration::parity::{Ignore, Kind, Notice, Terms, Verdict};

use super::source::{Place, SourceArgs};
use super::{Outcome, Output};
use crate::client::{self, LiveQuorum, QuorumUri};
use crate::clock;
use crate::config::{ClientConfig, LegacyBroker};
use crate::progress::Progress;
use crate::report::ReportArgs;
use crate::verify::{Kraft, Source, Target, Verification, Zookeeper};
use watch::Watch;

/// Prove that ZooKeeper and KRaft hold the same cluster, and say exactly where they do not.
///
/// Exit status 0: equal, or different for explained reasons only; 1: different; 2: could not be compared.
#[derive(Debug, Args)]
pub(crate) struct Verify {
    #[command(flatten)]
    source: SourceArgs,
    /// The KRaft side: kafka://host:9093,host2:9093 (a quorum that runs), a metadata log directory, one checkpoint or
    /// segment, a controller's configuration file, or what `migrate --output` made.
    #[arg(long, value_name = "TARGET")]
    with: String,
    /// Kafka's client properties, for a quorum that wants TLS or a login.
    #[arg(long, value_name = "FILE")]
    command_config: Option<PathBuf>,
    /// Compare these kinds only.
    #[arg(long, value_name = "KINDS", value_delimiter = ',')]
    only: Vec<Kind>,
    /// A file with differences that are known: a kind and a pattern of the entity in each line.
    #[arg(long, value_name = "FILE")]
    ignore: Option<PathBuf>,
    /// How long a difference must stay before it is believed, while one of the sides runs.
    #[arg(long, value_name = "TIME", value_parser = duration, default_value = "10s")]
    settle: Duration,
    /// Go on comparing, and say at each pass how it ended.
    #[arg(long)]
    watch: bool,
    /// Time between two passes.
    #[arg(long, value_name = "TIME", value_parser = duration, default_value = "30s", requires = "watch")]
    every: Duration,
    /// End after so many passes.
    #[arg(long, value_name = "N", requires = "watch", value_parser = clap::value_parser!(u64).range(1..))]
    passes: Option<u64>,
    #[command(flatten)]
    report: ReportArgs,
}

impl Verify {
    pub(crate) fn run(self, out: &mut Output) -> anyhow::Result<Outcome> {
        let terms = self.terms()?;
        let delivery = self.report.clone().prepare(out)?;
        if self.watch {
            return Watch {
                every: self.every,
                passes: self.passes,
            }
            .run(&self, terms, &delivery, out);
        }
        let mut verification = self.open()?;
        let belief = verification.pass(&terms);
        let report = belief.map(|belief| verification.report(&terms, &belief));
        verification.close();
        let report = report?;
        delivery.deliver(&report, out)?;
        outcome(report.verdict, &report.not_compared)
    }

    /// Reads both sides.
    ///
    /// # Errors
    ///
    /// When one of them can't be read to its end.
    fn open(&self) -> anyhow::Result<Verification> {
        let (place, legacy_broker) = self.source.locate()?;
        let zookeeper = zookeeper(place, legacy_broker.as_ref())?;
        let cluster_id = zookeeper.observed().cluster.cluster_id.clone();
        let kraft = Kraft::open(self.target(cluster_id.as_deref())?, cluster_id.as_deref())?;
        Ok(Verification::new(zookeeper, kraft, self.settle))
    }

    fn target(&self, cluster_id: Option<&str>) -> anyhow::Result<Source> {
        if !self.with.starts_with(client::SCHEME) {
            return Ok(Source::Files(Target::of(Path::new(&self.with))?));
        }
        let uri: QuorumUri = self.with.parse()?;
        let config = self
            .command_config
            .as_deref()
            .map(ClientConfig::load)
            .transpose()?;
        let quorum = LiveQuorum::connect(&uri, &config.unwrap_or_default(), cluster_id)?;
        Ok(Source::Live(Box::new(quorum), uri.to_string()))
    }

    fn terms(&self) -> anyhow::Result<Terms> {
        let kinds: BTreeSet<Kind> = if self.only.is_empty() {
            Kind::ALL.iter().copied().collect()
        } else {
            self.only.iter().copied().collect()
        };
        let ignore = match &self.ignore {
            Some(path) => {
                let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
                Ignore::decode(path, &text)?
            }
            None => Ignore::default(),
        };
        let decisions = self.source.decision_options()?;
        Ok(Terms {
            decisions,
            ..terms(kinds, ignore)?
        })
    }
}

/// The terms of a comparison that is made now.
///
/// # Errors
///
/// When the system gives neither time nor random bytes.
pub(super) fn terms(kinds: BTreeSet<Kind>, ignore: Ignore) -> anyhow::Result<Terms> {
    let mut salt = [0; 32];
    getrandom::fill(&mut salt).context("the system gives no random bytes")?;
    let decisions = DecisionOptions::default();
    Ok(Terms {
        kinds,
        ignore,
        decisions,
        now: clock::report_time()?,
        salt,
    })
}

/// How the command ends.
///
/// # Errors
///
/// When nothing is established.
fn outcome(verdict: Verdict, not_compared: &[Notice]) -> anyhow::Result<Outcome> {
    match verdict {
        Verdict::Equal => Ok(Outcome::Done),
        Verdict::Different => Ok(Outcome::Found),
        Verdict::NotEstablished => {
            anyhow::bail!(
                "{} things could not be compared: nothing is established",
                not_compared.len()
            )
        }
    }
}

fn zookeeper(place: Place, legacy_broker: Option<&LegacyBroker>) -> anyhow::Result<Zookeeper> {
    let encoder = legacy_broker.and_then(|broker| broker.password_encoder.clone());
    let decoder = Decoder::new().opening_passwords(encoder);
    Ok(match place {
        Place::Still(mut capture) => {
            Zookeeper::still(decoder, |sink| Progress::reading(sink).follow(capture.as_mut()))?
        }
        Place::Live { cluster, acls } => {
            Zookeeper::live(decoder, *cluster, acls.map(|acls| *acls), |live, sink| {
                Progress::reading(sink).follow(live)
            })?
        }
    })
}

/// `30s`, `5m`, `1h30m`.
fn duration(text: &str) -> Result<Duration, String> {
    let parsed: Result<jiff::SignedDuration, _> = text.parse();
    parsed
        .ok()
        .and_then(|duration| duration.try_into().ok())
        .ok_or_else(|| format!("{text:?} is no time of the form 30s, 5m or 1h30m"))
}
