//! From two sides that were read to a report.
//!
//! ```text
//! Observed ─┐          ┌─▶ Tally ───────┐
//!           ├─ Diff ───┤                ├─▶ Report
//! Wanted ───┘          └─ conditions ───┘
//! ```

use std::collections::BTreeSet;

use kraft_bridge_metadata::image::Replay;
use kraft_bridge_metadata::records::MigrationState;
use kraft_bridge_protocol::{OffsetAndEpoch, Timestamp};

use super::conditions;
use super::decisions::DecisionOptions;
use super::settle::Belief;
use super::tally::Tally;
use super::{
    Difference, Ignore, Kind, KraftSide, Notice, Relation, Report, RuleUse, SCHEMA_VERSION, Settling, Totals,
    Verdict, ZookeeperSide, digest,
};
use crate::capture::Summary;
use crate::diff::{Diff, Item, Scope, relation};
use crate::finding::Finding;
use crate::legacy::LegacyCluster;
use crate::project::Projection;

/// The ZooKeeper side, read to its end.
#[derive(Clone, Copy, Debug)]
pub struct Observed<'a> {
    /// The cluster, passwords opened.
    pub cluster: &'a LegacyCluster,
    /// What is odd about its znodes.
    pub findings: &'a [Finding],
    /// How it was read.
    pub summary: &'a Summary,
    /// When the youngest znode was written.
    pub youngest: Timestamp,
}

/// The KRaft side, read to its end.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// Its records.
    pub replay: &'a Replay,
    /// What was read, as a person would name it.
    pub target: &'a str,
    /// Cluster id, if the target tells it.
    pub cluster_id: Option<&'a str>,
    /// Where the reading ended.
    pub end: OffsetAndEpoch,
}

/// How the two sides stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// What is established.
    pub verdict: Verdict,
    /// What could not be compared, and why.
    pub not_compared: Vec<Notice>,
}

/// What is compared, and with what in mind.
#[derive(Clone, Debug)]
pub struct Terms {
    /// Kinds to compare.
    pub kinds: BTreeSet<Kind>,
    /// Differences to ignore.
    pub ignore: Ignore,
    /// Which requests the ACLs are asked.
    pub decisions: DecisionOptions,
    /// The present.
    pub now: Timestamp,
    /// Random bytes of this run, for the digests of secrets.
    pub salt: [u8; 32],
}

/// Compares everything, and reports it. If a `belief` is given, nothing else is a difference yet.
pub fn compare(observed: Observed<'_>, wanted: Wanted<'_>, terms: &Terms, belief: Option<&Belief>) -> Report {
    let projection = Projection::new(wanted.replay.image());
    let diff = diff(&observed, &wanted, &projection, terms);
    let relation = diff.relation;
    let open = belief.map_or(&[][..], |belief| &belief.open);
    let conditions = Conditions {
        not_compared: conditions::not_compared(&observed, &wanted, &terms.kinds, open),
        notices: conditions::notices(&observed, &wanted, &projection, relation),
    };
    let mut tally = Tally::new(
        &terms.kinds,
        &terms.ignore,
        conditions::unknown(&observed),
        belief.map(|belief| &belief.places),
    );
    diff.all(&terms.kinds, &mut tally);
    let mut settling = belief.map_or_else(Settling::default, |belief| belief.settling);
    settling.settled += tally.passing;
    let sides = (zookeeper_side(&observed), kraft_side(&wanted, &projection));
    Report {
        settling,
        ..report(tally, conditions, relation, sides, terms)
    }
}

/// How both sides stand by what is believed, without a look at what was not touched.
pub fn standing(observed: Observed<'_>, wanted: Wanted<'_>, terms: &Terms, belief: &Belief) -> Standing {
    let not_compared = conditions::not_compared(&observed, &wanted, &terms.kinds, &belief.open);
    Standing {
        verdict: Verdict::of(belief.places.len() as u64, &not_compared),
        not_compared,
    }
}

/// The differences within these scopes that need an operator, if they stay.
pub fn unexplained(
    observed: Observed<'_>,
    wanted: Wanted<'_>,
    terms: &Terms,
    scopes: &BTreeSet<Scope>,
) -> Vec<Item> {
    let projection = Projection::new(wanted.replay.image());
    let unknown = conditions::unknown(&observed);
    let mut tally = Tally::new(&terms.kinds, &terms.ignore, unknown, None).listing_all();
    let diff = diff(&observed, &wanted, &projection, terms);
    if scopes.contains(&Scope::All) {
        diff.all(&terms.kinds, &mut tally);
    } else {
        scopes
            .iter()
            .for_each(|scope| diff.within(scope, &terms.kinds, &mut tally));
    }
    tally.differences
}

/// Under what conditions a report stands.
struct Conditions {
    /// What could not be compared, and why.
    not_compared: Vec<Notice>,
    /// What is odd without being a difference.
    notices: Vec<Notice>,
}

fn diff<'a>(
    observed: &Observed<'a>,
    wanted: &Wanted<'a>,
    projection: &'a Projection<'a>,
    terms: &'a Terms,
) -> Diff<'a> {
    Diff {
        observed: observed.cluster,
        wanted: projection,
        kraft_cluster_id: wanted.cluster_id,
        relation: relation(observed.cluster, projection.image),
        now: terms.now,
        decisions: &terms.decisions,
        salt: terms.salt,
    }
}

fn report(
    tally: Tally<'_>,
    conditions: Conditions,
    relation: Relation,
    (zookeeper, kraft): (ZookeeperSide, KraftSide),
    terms: &Terms,
) -> Report {
    let Conditions {
        not_compared,
        notices,
    } = conditions;
    let unexplained = tally.totals.values().map(Totals::unexplained).sum();
    let mut differences: Vec<Difference> = tally.differences.iter().map(Difference::from).collect();
    differences.sort_by(|a, b| order(a).cmp(&order(b)));
    let used = tally.explained.iter();
    let rules = used.map(|(rule, explained)| {
        let text = rule.text().to_owned();
        (
            rule.name().to_owned(),
            RuleUse {
                text,
                differences: explained.differences,
            },
        )
    });
    let rules = rules.collect();
    let listed = tally.explained.values().flat_map(|explained| &explained.listed);
    let mut explained: Vec<Difference> = listed.map(Difference::from).collect();
    explained.sort_by(|a, b| (&a.rule, order(a)).cmp(&(&b.rule, order(b))));
    let ignored = tally.ignored.iter();
    let ignored = ignored.map(|(item, line)| Difference {
        rule: Some(line.clone()),
        ..Difference::from(item)
    });
    Report {
        schema_version: SCHEMA_VERSION,
        tool_version: env!("CARGO_PKG_VERSION").to_owned(),
        time: rfc3339(terms.now),
        verdict: Verdict::of(unexplained, &not_compared),
        relation,
        zookeeper,
        kraft,
        left_out: Kind::ALL
            .iter()
            .copied()
            .filter(|kind| !terms.kinds.contains(kind))
            .collect(),
        differences,
        explained,
        ignored: ignored.collect(),
        totals: tally.totals,
        rules,
        not_compared,
        notices,
        settling: Settling::default(),
    }
}

/// The worst first, then as a reader looks for it.
fn order(difference: &Difference) -> impl Ord + '_ {
    let Difference {
        kind,
        entity,
        what,
        field,
        ..
    } = difference;
    // Nothing else means anything between two clusters.
    let same_cluster = *kind != Kind::ClusterId;
    (same_cluster, *what, *kind, entity.as_str(), field.as_deref())
}

fn zookeeper_side(observed: &Observed<'_>) -> ZookeeperSide {
    let Observed {
        cluster,
        summary,
        youngest,
        ..
    } = observed;
    ZookeeperSide {
        source: summary.source.clone(),
        cluster_id: cluster.cluster_id.clone(),
        first_zxid: summary.first_zxid,
        last_zxid: summary.last_zxid,
        znodes: summary.znodes,
        youngest: (youngest.0 > 0).then(|| rfc3339(*youngest)),
        migration: cluster.migration,
        digest: digest::of_observed(cluster),
    }
}

fn kraft_side(wanted: &Wanted<'_>, projection: &Projection<'_>) -> KraftSide {
    let features = &projection.image.features;
    KraftSide {
        target: wanted.target.to_owned(),
        cluster_id: wanted.cluster_id.map(str::to_owned),
        end_offset: wanted.end.offset,
        epoch: wanted.end.epoch,
        records: wanted.replay.records(),
        metadata_version: features.metadata_version().map(|level| level.name().to_owned()),
        migration_state: features
            .migration_state
            .map(|state| MigrationState::name(state).to_owned()),
        digest: digest::of_wanted(projection, wanted.cluster_id),
    }
}

/// A time as reports write it; one that no calendar has, as its milliseconds.
pub fn rfc3339(time: Timestamp) -> String {
    jiff::Timestamp::from_millisecond(time.0).map_or_else(|_| time.to_string(), |time| time.to_string())
}
