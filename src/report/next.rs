//! What to do next: one sentence for each difference, and one for the whole report.
//!
//! What may be done depends on how the sides stand to each other. A copy can be made anew, as long as no broker has
//! started on it; a controller in dual-write mode repeats on both sides whatever Kafka's own tools tell it.

use kraft_bridge_migration::parity::{Difference, Kind, Relation, Report, Verdict, What};

use super::visible::{Visible, counted};

/// What a difference of a kind leads to if it stays, and which tool of Kafka's mends it.
struct Consequence {
    danger: &'static str,
    tool: &'static str,
    /// Brokers that start on it lose data, or cannot start.
    stops_brokers: bool,
}

const fn consequence(kind: Kind) -> Consequence {
    let (danger, tool, stops_brokers) = match kind {
        Kind::ClusterId => ("these are two clusters", "the right source and target", true),
        Kind::Topics => ("they would treat the topic's data as stray", "kafka-topics", true),
        Kind::Partitions => (
            "replicas would be dropped or follow the wrong leader",
            "kafka-reassign-partitions or kafka-leader-election",
            true,
        ),
        Kind::TopicConfigs => (
            "the topic would keep its messages for another time, or in another way",
            "kafka-configs --entity-type topics",
            false,
        ),
        Kind::BrokerConfigs => (
            "brokers would run with another setting",
            "kafka-configs --entity-type brokers",
            false,
        ),
        Kind::Quotas => ("clients would be throttled differently", "kafka-configs", false),
        Kind::Scram => (
            "the user could not log in, or with another password",
            "kafka-configs --entity-type users",
            false,
        ),
        Kind::Acls => ("someone may be let in or shut out", "kafka-acls", false),
        Kind::AclDecisions => (
            "someone is let in, or shut out, who was not before",
            "kafka-acls, at the two entries that are named",
            false,
        ),
        Kind::Tokens => (
            "the token would not be accepted, or for another time",
            "kafka-delegation-tokens",
            false,
        ),
        Kind::ProducerIds => (
            "two producers could get the same id, which drops messages as duplicates",
            "a new copy; no tool sets it",
            true,
        ),
        Kind::Features => ("the nodes would speak another level", "kafka-features", false),
        Kind::Brokers => (
            "a broker would not be known, or not be fenced",
            "a restart of the broker",
            false,
        ),
        Kind::OtherConfigs => (
            "clients or groups would run with another setting",
            "kafka-configs",
            false,
        ),
    };
    Consequence {
        danger,
        tool,
        stops_brokers,
    }
}

/// What to do about a difference.
pub(super) fn step(relation: Relation, kind: Kind, what: What) -> String {
    if kind == Kind::ClusterId {
        return "These are two clusters: name a source and a target that belong together.".to_owned();
    }
    let Consequence {
        danger,
        tool,
        stops_brokers,
    } = consequence(kind);
    match (relation, what) {
        (Relation::DualWrite, _) => format!(
            "Do not finalize the migration: {danger}. Repeat the change with {tool}, which reaches both sides, and \
             verify again."
        ),
        (Relation::Copied, What::OnlyInKraft) => format!(
            "If it came after the migration, all is well. Else {danger}: remove it with {tool}, or run migrate again."
        ),
        (Relation::Copied, _) if stops_brokers => format!(
            "Do not start brokers on this metadata: {danger}. Run migrate again, into an empty directory."
        ),
        (Relation::Copied, _) => format!(
            "Left as it is, {danger}: run migrate again before the brokers start, or mend it with {tool} afterwards."
        ),
    }
}

/// What to mend first: that these are two clusters, then what keeps brokers from starting, then the report's own order.
fn worst(report: &Report) -> Option<&Difference> {
    let rank = |it: &&Difference| (it.kind != Kind::ClusterId, !consequence(it.kind).stops_brokers);
    report.differences.iter().min_by_key(rank)
}

/// What to do after this report: by the worst thing that it found.
pub(super) fn next(report: &Report) -> String {
    match (report.verdict, worst(report), report.not_compared.first()) {
        (Verdict::Different, Some(worst), _) => step(report.relation, worst.kind, worst.what),
        (Verdict::NotEstablished, _, Some(gap)) => {
            let gaps = u64::try_from(report.not_compared.len()).unwrap_or(u64::MAX);
            let gaps = counted(gaps, "thing was", "things were");
            format!(
                "{gaps} not compared, so nothing is proved. {}",
                Visible(&gap.action)
            )
        }
        (Verdict::Equal, ..) => match report.relation {
            Relation::Copied => {
                "Nothing was lost. Start the controllers, then the brokers; keep this report as evidence."
                    .to_owned()
            }
            Relation::DualWrite => {
                "Both sides agree. The migration may be finalized once every broker runs in KRaft \
                                    mode; verify again right before."
                    .to_owned()
            }
        },
        _ => "Verify again: the report does not say what it found.".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn every_difference_has_a_step_that_is_a_sentence() {
        for relation in [Relation::Copied, Relation::DualWrite] {
            for &kind in Kind::ALL {
                for what in [What::MissingInKraft, What::Different, What::OnlyInKraft] {
                    let step = step(relation, kind, what);
                    assert!(
                        step.ends_with('.') && step.starts_with(char::is_uppercase),
                        "{step}"
                    );
                }
            }
        }
    }

    #[test]
    fn a_lost_topic_keeps_brokers_from_starting_and_dual_writes_from_ending() {
        let step = |relation| step(relation, Kind::Topics, What::MissingInKraft);
        assert!(step(Relation::Copied).starts_with("Do not start brokers"));
        assert!(step(Relation::DualWrite).starts_with("Do not finalize"));
    }

    #[test]
    fn the_worst_thing_found_says_what_comes_next() {
        assert!(next(&sample::empty()).starts_with("Nothing was lost."));
        assert!(next(&sample::small()).starts_with("Do not start brokers on this metadata"));
        let mut report = sample::small();
        report.differences.reverse();
        report.differences[0].kind = Kind::Acls;
        assert!(
            next(&report).contains("replicas would be dropped"),
            "{}",
            next(&report)
        );
        report.differences[3].kind = Kind::ClusterId;
        assert!(next(&report).starts_with("These are two clusters"));
        report.verdict = Verdict::NotEstablished;
        report.differences.clear();
        let next = next(&report);
        assert!(
            next.starts_with("1 thing was not compared") && next.ends_with("verify again"),
            "{next}"
        );
    }
}
