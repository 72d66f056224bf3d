//! The end of a migration: what lies on the disk is the cluster that was read, field by field, in both directions.

use kraft_bridge_migration::parity::{self, Observed, Terms, Verdict, Wanted};

/// Differences that an error names.
const NAMED_MAX: usize = 5;

/// The directory does not hold the cluster.
#[derive(Debug, thiserror::Error)]
#[error(
    "{target}: what was just written is not the cluster that was read ({verdict}): {}; remove the directory, and report \
     this: it is a fault of this program",
    problems.join("; ")
)]
pub(crate) struct NotTheCluster {
    target: String,
    verdict: Verdict,
    problems: Vec<String>,
}

/// Compares what was read back with what was to be carried over; returns how many entities were compared.
///
/// # Errors
///
/// [`NotTheCluster`] unless both are equal, but for what is explained.
pub(crate) fn verified(
    observed: Observed<'_>,
    written: Wanted<'_>,
    terms: &Terms,
) -> Result<u64, NotTheCluster> {
    let report = parity::compare(observed, written, terms, None);
    if report.verdict == Verdict::Equal {
        return Ok(report.totals.values().map(|totals| totals.zookeeper).sum());
    }
    let differences = report.differences.iter().map(ToString::to_string);
    let not_compared = report
        .not_compared
        .iter()
        .map(|notice| format!("{}: {}", notice.path, notice.problem));
    Err(NotTheCluster {
        target: written.target.to_owned(),
        verdict: report.verdict,
        problems: differences.chain(not_compared).take(NAMED_MAX).collect(),
    })
}
