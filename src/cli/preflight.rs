//! `kraft-bridge preflight`

use std::fmt;

use clap::Args;
use kraft_bridge_metadata::release::Release;
use kraft_bridge_migration::capture::Summary;
use kraft_bridge_migration::preflight::{
    BrokerFacts, MustReturn, NotCarried, Preflight as Look, Report, Totals,
};
use kraft_bridge_migration::target::Target;
use serde::Serialize;

use super::capture::SummaryText;
use super::findings::{FindingsText, blockers};
use super::source::{Captured, SourceArgs};
use super::{Outcome, Output};
use crate::clock;
use crate::config::LegacyBroker;

/// Look at a cluster and say what stands in the way of migrating it, what is not carried, and which brokers must return.
#[derive(Debug, Args)]
pub(crate) struct Preflight {
    #[command(flatten)]
    source: SourceArgs,
    /// The oldest Kafka that will run in the new cluster; cannot be lowered afterwards.
    #[arg(long, value_name = "RELEASE", default_value_t = Release::NEWEST)]
    release_version: Release,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    source: Summary,
    release: &'static str,
    metadata_version: &'static str,
    blockers: usize,
    #[serde(flatten)]
    report: Report,
}

impl Preflight {
    pub(crate) fn run(self, out: &mut Output) -> anyhow::Result<Outcome> {
        let captured = self.source.read()?;
        let target = Target {
            release: self.release_version,
            min_insync_replicas: captured
                .legacy_broker
                .as_ref()
                .map(|broker| broker.min_insync_replicas),
        };
        let report = report(&captured, &target)?;
        let blockers = blockers(&report.findings);
        out.answer(&Answer {
            source: captured.summary,
            release: target.release.name(),
            metadata_version: target.metadata_version().name(),
            blockers,
            report,
        })?;
        Ok(if blockers == 0 {
            Outcome::Done
        } else {
            Outcome::Found
        })
    }
}

/// What an operator must know of a cluster before it is migrated to this target.
pub(crate) fn report(captured: &Captured, target: &Target) -> anyhow::Result<Report> {
    let mut broker = captured.legacy_broker.as_ref().map(LegacyBroker::facts);
    if captured.acl_store_was_read {
        broker = broker.map(|facts| BrokerFacts {
            acls_elsewhere: None,
            ..facts
        });
    }
    let look = Look {
        cluster: &captured.cluster,
        summary: &captured.summary,
        findings: &captured.findings,
        target,
        broker: broker.as_ref(),
        now: clock::now()?,
    };
    Ok(look.report())
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Report {
            findings,
            must_return,
            totals,
            not_carried,
        } = &self.report;
        writeln!(f, "{}", SummaryText(&self.source))?;
        write!(f, "{}", FindingsText(findings))?;
        write!(f, "{}", MustReturnText(must_return))?;
        writeln!(f, "in the cluster: {}", TotalsText(totals))?;
        writeln!(f, "not carried: {}", NotCarriedText(not_carried))?;
        let running = findings
            .iter()
            .filter(|finding| finding.code == "brokers-running")
            .count();
        let (release, level) = (self.release, self.metadata_version);
        if self.blockers == 0 {
            writeln!(
                f,
                "nothing stands in the way of Kafka {release} (metadata.version {level}); next: migrate"
            )
        } else if self.blockers == running {
            writeln!(
                f,
                "nothing but the running brokers stands in the way of Kafka {release} (metadata.version {level}); \
                 next: stop them, then migrate"
            )
        } else {
            writeln!(
                f,
                "blockers in the way of Kafka {release}: {}; next: mend them, then preflight again",
                self.blockers
            )
        }
    }
}

/// The brokers that must return, as a table; nothing if there are none.
struct MustReturnText<'a>(&'a [MustReturn]);

impl fmt::Display for MustReturnText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return Ok(());
        }
        writeln!(
            f,
            "start first, since each of these alone holds partitions in sync:"
        )?;
        writeln!(f, "{:>8} {:>10} {:>15}", "broker", "partitions", "with followers")?;
        for MustReturn {
            broker,
            partitions,
            replicated,
            examples,
        } in self.0
        {
            let more = if u64::try_from(examples.len()).is_ok_and(|shown| shown < *partitions) {
                ", …"
            } else {
                ""
            };
            let examples = examples.join(", ");
            // Ids print as numbers of no width of their own.
            let broker = broker.to_string();
            writeln!(
                f,
                "{broker:>8} {partitions:>10} {replicated:>15}  {examples}{more}"
            )?;
        }
        Ok(())
    }
}

struct TotalsText<'a>(&'a Totals);

impl fmt::Display for TotalsText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let totals = self.0;
        counts(
            f,
            &[
                (totals.running_brokers, "running brokers"),
                (totals.topics, "topics"),
                (totals.partitions, "partitions"),
                (totals.topic_configs, "topic configs"),
                (totals.broker_configs, "broker configs"),
                (totals.quotas, "quotas"),
                (totals.acls, "ACLs"),
                (totals.scram_credentials, "SCRAM credentials"),
                (totals.delegation_tokens, "delegation tokens"),
            ],
        )
    }
}

struct NotCarriedText<'a>(&'a NotCarried);

impl fmt::Display for NotCarriedText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let not_carried = self.0;
        counts(
            f,
            &[
                (not_carried.topics, "topics"),
                (not_carried.partitions, "partitions"),
                (not_carried.topic_configs, "topic configs"),
                (not_carried.broker_configs, "broker configs"),
                (not_carried.consumer_offsets, "offsets of old consumers"),
                (not_carried.requests, "requests"),
                (not_carried.features, "features"),
            ],
        )
    }
}

/// What there is any of, with its count.
fn counts(f: &mut fmt::Formatter<'_>, counts: &[(usize, &str)]) -> fmt::Result {
    let counts = counts.iter().filter(|(count, _)| *count > 0);
    let counts: Vec<String> = counts.map(|(count, noun)| format!("{noun} {count}")).collect();
    if counts.is_empty() {
        f.write_str("nothing")
    } else {
        f.write_str(&counts.join(", "))
    }
}
