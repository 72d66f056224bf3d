//! `kraft-bridge verify`

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::SystemTime;

use anyhow::Context;
use clap::Args;
use kraft_bridge_migration::parity::{self, Ignore, Kind, Observed, Terms, Verdict, Wanted};
use kraft_bridge_protocol::Timestamp;

use super::source::SourceArgs;
use super::{Outcome, Output};
use crate::verify::Target;

/// Prove that ZooKeeper and KRaft hold the same cluster, and say exactly where they do not.
#[derive(Debug, Args)]
pub(crate) struct Verify {
    #[command(flatten)]
    source: SourceArgs,
    /// The KRaft side: a metadata log directory, or one checkpoint or segment.
    #[arg(long, value_name = "TARGET")]
    with: PathBuf,
    /// Compare these kinds only.
    #[arg(long, value_name = "KINDS", value_delimiter = ',')]
    only: Vec<Kind>,
    /// A file with differences that are known: a kind and a pattern of the entity in each line.
    #[arg(long, value_name = "FILE")]
    ignore: Option<PathBuf>,
}

impl Verify {
    pub(crate) fn run(self, out: &mut Output) -> anyhow::Result<Outcome> {
        let terms = self.terms()?;
        let target = Target::of(&self.with)?;
        let captured = self.source.read()?;
        let log = target.read()?;
        let observed = Observed {
            cluster: &captured.cluster,
            findings: &captured.findings,
            summary: &captured.summary,
            youngest: captured.youngest,
        };
        let wanted = Wanted {
            replay: &log.replay,
            target: &log.target,
            cluster_id: log.cluster_id.as_deref(),
            end: log.end,
        };
        let report = parity::compare(observed, wanted, &terms).report;
        let verdict = report.verdict;
        out.answer(&Shown(&report))?;
        match verdict {
            Verdict::Equal => Ok(Outcome::Done),
            Verdict::Different => Ok(Outcome::Found),
            Verdict::NotEstablished => anyhow::bail!("not established: something could not be compared"),
        }
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
        let mut salt = [0; 32];
        getrandom::fill(&mut salt).context("the system gives no random bytes")?;
        Ok(Terms {
            kinds,
            ignore,
            now: now()?,
            salt,
        })
    }
}

/// The present, or the time that `SOURCE_DATE_EPOCH` sets, so that a report can be made again byte for byte.
fn now() -> anyhow::Result<Timestamp> {
    if let Ok(text) = std::env::var("SOURCE_DATE_EPOCH") {
        let seconds: i64 = text
            .parse()
            .with_context(|| format!("SOURCE_DATE_EPOCH={text} is no number of seconds"))?;
        return Ok(Timestamp(seconds.saturating_mul(1000)));
    }
    #[expect(clippy::disallowed_methods, reason = "a report says when it was made")]
    let now = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    Ok(Timestamp(i64::try_from(now.as_millis()).unwrap_or(i64::MAX)))
}

/// The report as the terminal shows it.
#[derive(serde::Serialize)]
#[serde(transparent)]
struct Shown<'a>(&'a parity::Report);

impl std::fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "{}", self.0.verdict)?;
        for difference in &self.0.differences {
            writeln!(f, "{difference}")?;
        }
        Ok(())
    }
}
