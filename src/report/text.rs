//! The report on a terminal: the verdict first, what was compared, what differs, worst first, and what comes next.

use std::collections::BTreeMap;
use std::fmt;

use kraft_bridge_migration::finding::Severity;
use kraft_bridge_migration::parity::{
    Difference, Kind, KraftSide, Notice, Report, Totals, Verdict, ZookeeperSide,
};

use super::next::next;
use super::visible::{Visible, age, counted, grouped};

/// Differences that are written out; the rest is counted.
const DIFFERENCES_MAX: usize = 50;
/// Notices that are written out; the rest is counted.
const NOTICES_MAX: usize = 20;
/// Characters of one line; values of any length must not flood a terminal.
const LINE_MAX: usize = 400;

/// Shows a report as text.
pub(crate) struct ReportText<'a>(pub(crate) &'a Report);

impl fmt::Display for ReportText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let report = self.0;
        write!(f, "{}", Summary(report))?;
        write_totals(f, report)?;
        write_differences(f, report)?;
        if !(report.explained.is_empty() && report.ignored.is_empty()) {
            writeln!(f)?;
        }
        write_explained(f, report)?;
        write_ignored(f, &report.ignored)?;
        write_notices(f, "not compared", &report.not_compared)?;
        write_notices(f, "worth knowing", &report.notices)?;
        writeln!(f, "\nnext: {}", next(report))
    }
}

/// Shows the verdict and what was compared.
pub(crate) struct Summary<'a>(pub(crate) &'a Report);

impl fmt::Display for Summary<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let report = self.0;
        writeln!(f, "{}", verdict(report))?;
        write_zookeeper(f, &report.zookeeper, &report.time)?;
        write_kraft(f, &report.kraft)?;
        writeln!(f, "compared at {}{}", Visible(&report.time), settled(report))
    }
}

/// The verdict in a sentence.
pub(super) fn verdict(report: &Report) -> String {
    let sum = |of: fn(&Totals) -> u64| report.totals.values().map(of).sum::<u64>();
    let besides = match (sum(|totals| totals.explained), sum(|totals| totals.ignored)) {
        (0, 0) => String::new(),
        (explained, 0) => format!("; {} explained", grouped(explained)),
        (0, ignored) => format!("; {} ignored", grouped(ignored)),
        (explained, ignored) => format!("; {} explained, {} ignored", grouped(explained), grouped(ignored)),
    };
    let found = match report.verdict {
        Verdict::Equal => "nothing needs an operator".to_owned(),
        Verdict::NotEstablished => "something could not be compared".to_owned(),
        Verdict::Different => {
            let unexplained = sum(Totals::unexplained);
            counted(
                unexplained,
                "difference needs an operator",
                "differences need an operator",
            )
        }
    };
    format!("{}: {found}{besides}", report.verdict)
}

/// How many differences went away while the cluster moved; empty if it stood still.
fn settled(report: &Report) -> String {
    let settling = report.settling;
    if settling.rounds == 0 {
        return String::new();
    }
    let rounds = counted(u64::from(settling.rounds), "time", "times");
    let settled = counted(settling.settled, "difference", "differences");
    format!("; what differed was read again {rounds}, and {settled} settled")
}

fn write_zookeeper(f: &mut fmt::Formatter<'_>, side: &ZookeeperSide, time: &str) -> fmt::Result {
    writeln!(f, "ZooKeeper: {}", Visible(&side.source))?;
    let znodes = counted(side.znodes, "znode", "znodes");
    write!(f, "    zxid {} to {}, {znodes}", side.first_zxid, side.last_zxid)?;
    if let Some(youngest) = &side.youngest {
        write!(f, ", the youngest of {}", Visible(youngest))?;
        age(youngest, time).map_or(Ok(()), |age| write!(f, " ({age})"))?;
    }
    writeln!(f)?;
    if let Some(migration) = &side.migration {
        writeln!(
            f,
            "    migrated up to offset {} of epoch {}",
            migration.kraft_metadata_offset, migration.kraft_metadata_epoch
        )?;
    }
    write_identity(f, side.cluster_id.as_deref(), &side.digest)
}

fn write_kraft(f: &mut fmt::Formatter<'_>, side: &KraftSide) -> fmt::Result {
    writeln!(f, "KRaft: {}", Visible(&side.target))?;
    let records = counted(side.records, "record", "records");
    write!(
        f,
        "    end offset {}, epoch {}, {records}",
        side.end_offset, side.epoch
    )?;
    if let Some(version) = &side.metadata_version {
        write!(f, ", metadata.version {}", Visible(version))?;
    }
    if let Some(state) = &side.migration_state {
        write!(f, ", migration state {}", Visible(state))?;
    }
    writeln!(f)?;
    write_identity(f, side.cluster_id.as_deref(), &side.digest)
}

fn write_identity(f: &mut fmt::Formatter<'_>, cluster_id: Option<&str>, digest: &str) -> fmt::Result {
    let cluster_id = cluster_id.unwrap_or("none");
    writeln!(
        f,
        "    cluster id {}, digest {}",
        Visible(cluster_id),
        Visible(digest)
    )
}

fn write_totals(f: &mut fmt::Formatter<'_>, report: &Report) -> fmt::Result {
    const HEADINGS: [&str; 7] = [
        "ZooKeeper",
        "KRaft",
        "missing",
        "different",
        "only in KRaft",
        "explained",
        "ignored",
    ];
    if !report.totals.is_empty() {
        write!(f, "\n{:<20}", "")?;
        HEADINGS
            .iter()
            .try_for_each(|heading| write!(f, "  {heading:>9}"))?;
        writeln!(f)?;
    }
    for (kind, totals) in &report.totals {
        write!(f, "{:<20}", kind.title())?;
        for (heading, count) in HEADINGS.iter().zip(columns(totals)) {
            let count = if count == 0 {
                "-".to_owned()
            } else {
                grouped(count)
            };
            write!(f, "  {count:>width$}", width = heading.len().max(9))?;
        }
        writeln!(f)?;
    }
    if !report.left_out.is_empty() {
        let titles: Vec<_> = report.left_out.iter().copied().map(Kind::title).collect();
        writeln!(f, "left out: {}", titles.join(", "))?;
    }
    Ok(())
}

fn columns(totals: &Totals) -> [u64; 7] {
    let Totals {
        zookeeper,
        kraft,
        missing_in_kraft,
        only_in_kraft,
        different,
        explained,
        ignored,
    } = *totals;
    [
        zookeeper,
        kraft,
        missing_in_kraft,
        different,
        only_in_kraft,
        explained,
        ignored,
    ]
}

fn write_differences(f: &mut fmt::Formatter<'_>, report: &Report) -> fmt::Result {
    if !report.differences.is_empty() {
        writeln!(f)?;
    }
    let mut shown = 0;
    for difference in report.differences.iter().take(DIFFERENCES_MAX) {
        writeln!(f, "{}", line(difference))?;
        shown += 1;
    }
    let more = report
        .totals
        .values()
        .map(Totals::unexplained)
        .sum::<u64>()
        .saturating_sub(shown);
    if more > 0 {
        writeln!(f, "… and {} more: see --json or --html", grouped(more))?;
    }
    Ok(())
}

fn line(difference: &Difference) -> String {
    Visible(&difference.to_string()).shortened(LINE_MAX)
}

/// What each rule explains: how many, why, and one of them.
fn write_explained(f: &mut fmt::Formatter<'_>, report: &Report) -> fmt::Result {
    for (rule, differences) in by_rule(&report.explained) {
        let Some(rule_use) = report.rules.get(rule) else {
            continue;
        };
        writeln!(
            f,
            "explained by {}: {}  {}",
            Visible(rule),
            grouped(rule_use.differences),
            Visible(&rule_use.text)
        )?;
        if let Some(example) = differences.first() {
            writeln!(f, "    such as {}", line(example))?;
        }
    }
    Ok(())
}

/// Differences by the rule that they name.
pub(super) fn by_rule(differences: &[Difference]) -> BTreeMap<&str, Vec<&Difference>> {
    let mut rules: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for difference in differences {
        let rule = difference.rule.as_deref().unwrap_or("no rule");
        rules.entry(rule).or_default().push(difference);
    }
    rules
}

fn counts(differences: &[&Difference]) -> String {
    grouped(u64::try_from(differences.len()).unwrap_or(u64::MAX))
}

fn write_ignored(f: &mut fmt::Formatter<'_>, ignored: &[Difference]) -> fmt::Result {
    for (rule, differences) in by_rule(ignored) {
        writeln!(f, "ignored by {}: {}", Visible(rule), counts(&differences))?;
    }
    Ok(())
}

fn write_notices(f: &mut fmt::Formatter<'_>, heading: &str, notices: &[Notice]) -> fmt::Result {
    if !notices.is_empty() {
        writeln!(f)?;
    }
    for notice in notices.iter().take(NOTICES_MAX) {
        let text = format!(
            "{heading}: {}{} [{}] {} → {}",
            severity(notice.severity),
            notice.path,
            notice.code,
            notice.problem,
            notice.action
        );
        writeln!(f, "{}", Visible(&text).shortened(LINE_MAX))?;
    }
    let more = notices.len().saturating_sub(NOTICES_MAX);
    if more > 0 {
        writeln!(f, "{heading}: … and {more} more: --json or --html show all")?;
    }
    Ok(())
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Info => "",
        Severity::Warning => "warning: ",
        Severity::Blocker => "BLOCKER: ",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn a_report_reads_from_the_verdict_to_the_next_step() {
        sample::expect("small.txt", &ReportText(&sample::small()).to_string());
        sample::expect("empty.txt", &ReportText(&sample::empty()).to_string());
    }

    #[test]
    fn no_name_can_command_the_terminal_or_begin_a_line_of_its_own() {
        let text = ReportText(&sample::small()).to_string();
        let harmful = |character: char| character.is_control() && character != '\n';
        assert!(!text.contains(harmful) && !text.contains('\u{202e}'), "{text}");
        assert!(!text.lines().any(|line| line.starts_with("&amp;")), "{text}");
    }

    #[test]
    fn many_differences_are_counted_beyond_the_first_fifty() {
        let mut report = sample::small();
        report.differences = vec![report.differences[0].clone(); 1_254];
        report.totals = BTreeMap::from([(
            Kind::Topics,
            Totals {
                missing_in_kraft: 1_254,
                ..Totals::default()
            },
        )]);
        let text = ReportText(&report).to_string();
        assert_eq!(text.matches("missing in KRaft;").count(), DIFFERENCES_MAX);
        assert!(
            text.contains("\n… and 1,204 more: see --json or --html\n"),
            "{text}"
        );
    }
}
