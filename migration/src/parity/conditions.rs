//! Under what conditions the comparison stands: what could not be compared, and what is odd without being a difference.

use std::collections::BTreeSet;

use kraft_bridge_metadata::records::{ConfigResource, MigrationState};

use super::compare::{Observed, Wanted};
use super::tally::Unknown;
use super::{Difference, Kind, Notice, Relation};
use crate::diff::{Entity, Item};
use crate::finding::{Finding, Severity};
use crate::legacy::LegacyCluster;
use crate::project::Projection;

/// What could not be read, so that differences there mean nothing.
pub(super) fn unknown(observed: &Observed<'_>) -> Unknown {
    let unopened = observed.cluster.unopened_passwords.iter();
    let mut unknown = Unknown {
        entities: unopened
            .map(|(broker, key)| Entity::BrokerConfig(*broker, key.clone()))
            .collect(),
        ..Unknown::default()
    };
    for finding in blockers(observed) {
        if finding.code != "secret-left-out" {
            // The keys whose passwords could not be opened are known one by one.
            if !finding.code.starts_with("password-") {
                unknown.paths.insert(finding.path.clone());
            }
        } else if finding.path.starts_with("/config/users/") {
            unknown.credentials.insert(finding.path.clone());
        }
    }
    unknown
}

/// What could not be compared, and why: nothing is established while there is any. `open` are differences that neither
/// stayed nor went away.
pub(super) fn not_compared(
    observed: &Observed<'_>,
    wanted: &Wanted<'_>,
    kinds: &BTreeSet<Kind>,
    open: &[Item],
) -> Vec<Notice> {
    // What could not be decoded could not be compared either.
    let undecoded = blockers(observed).map(|finding| Notice::from(finding.clone()));
    let mut notices: Vec<Notice> = undecoded
        .chain(unfinished_log(wanted))
        .chain(open.iter().map(not_settled))
        .chain(nothing_compared(observed, wanted, kinds))
        .collect();
    notices.sort();
    notices
}

/// What is odd without being a difference.
pub(super) fn notices(
    observed: &Observed<'_>,
    wanted: &Wanted<'_>,
    projection: &Projection<'_>,
    relation: Relation,
) -> Vec<Notice> {
    let harmless = observed
        .findings
        .iter()
        .filter(|finding| finding.severity < Severity::Blocker);
    let mut notices: Vec<Notice> = harmless
        .map(|finding| Notice::from(finding.clone()))
        .chain(rolled_back(wanted, relation))
        .chain(lag(observed, wanted, relation))
        .chain(cluster_id_unknown(observed, wanted))
        .chain(configs_without_topic(projection))
        .collect();
    notices.sort();
    notices
}

fn blockers<'a>(observed: &Observed<'a>) -> impl Iterator<Item = &'a Finding> {
    let findings = observed.findings.iter();
    findings.filter(|finding| finding.severity >= Severity::Blocker)
}

/// A log that ends in the middle of something says nothing about what it will hold.
fn unfinished_log(wanted: &Wanted<'_>) -> impl Iterator<Item = Notice> {
    let open = wanted.replay.open_transaction().map(|open| {
        notice(
            Severity::Blocker,
            wanted.target,
            "open-transaction",
            format!(
                "the log ends inside the metadata transaction {:?}, begun at offset {}: nothing of it is in force",
                open.name, open.begun_at
            ),
            "not compared: a controller ends or aborts it when it takes over; compare again then",
        )
    });
    let state = wanted.replay.image().features.migration_state;
    let not_begun = (state == Some(MigrationState::PreMigration)).then(|| {
        notice(
            Severity::Blocker,
            wanted.target,
            "migration-not-begun",
            "the log is prepared for Kafka's own migration, and nothing has been copied into it".to_owned(),
            "not compared: Kafka 4 would start from it all the same, without the cluster's metadata",
        )
    });
    open.into_iter().chain(not_begun)
}

fn rolled_back(wanted: &Wanted<'_>, relation: Relation) -> Option<Notice> {
    let state = wanted.replay.image().features.migration_state;
    let rolled_back = (state, relation) == (Some(MigrationState::Migration), Relation::Copied);
    rolled_back.then(|| {
        notice(
            Severity::Warning,
            wanted.target,
            "migration-rolled-back",
            "the log says that Kafka's own migration still runs, and ZooKeeper has no word of it: it was rolled back"
                .to_owned(),
            "the log is out of date, and Kafka 4 would start from it without a word: remove it",
        )
    })
}

/// A copy of the log, made earlier than ZooKeeper was read.
fn lag(observed: &Observed<'_>, wanted: &Wanted<'_>, relation: Relation) -> Option<Notice> {
    let migration = observed.cluster.migration?;
    let written = migration.kraft_metadata_offset;
    let is_behind = relation == Relation::DualWrite && written >= wanted.end.offset.0;
    is_behind.then(|| {
        notice(
            Severity::Warning,
            wanted.target,
            "log-behind",
            format!(
                "ZooKeeper has what was committed up to offset {written}, and what was read of the log ends before {}",
                wanted.end.offset
            ),
            "what has changed between the two differs: compare with the quorum itself, or with a newer copy",
        )
    })
}

fn cluster_id_unknown(observed: &Observed<'_>, wanted: &Wanted<'_>) -> Option<Notice> {
    let (path, problem) = match (observed.cluster.cluster_id.as_deref(), wanted.cluster_id) {
        (Some(_), Some(_)) => return None,
        (None, _) => ("/cluster/id", "ZooKeeper tells no cluster id"),
        (_, None) => (
            wanted.target,
            "the log tells no cluster id: meta.properties is not part of what was read",
        ),
    };
    Some(notice(
        Severity::Info,
        path,
        "cluster-id-unknown",
        problem.to_owned(),
        "whether both are of one cluster is not established by its id",
    ))
}

/// Kafka leaves them behind when a topic is deleted and created anew, and gives them to the new one.
fn configs_without_topic(projection: &Projection<'_>) -> impl Iterator<Item = Notice> {
    let image = projection.image;
    let configs = image.configs.of(ConfigResource::Topic);
    configs
        .filter(|(topic, _)| image.topics.get(topic).is_none())
        .map(|(topic, configs)| {
            notice(
                Severity::Warning,
                &format!("topic {topic}"),
                "config-without-topic",
                format!(
                    "KRaft holds {} configs of a topic that does not exist",
                    configs.len()
                ),
                "Kafka gives them to the next topic of that name: delete them with kafka-configs first",
            )
        })
}

/// A difference that never stayed the same long enough to be believed.
fn not_settled(item: &Item) -> Notice {
    notice(
        Severity::Blocker,
        &item.entity.path(),
        "not-settled",
        format!(
            "differed each time it was read, and never in the same way: {}",
            Difference::from(item)
        ),
        "not compared: look whether the migrating controller keeps up, and compare again",
    )
}

/// A pass that compared nothing is no success, and what only KRaft has is no comparison.
fn nothing_compared(observed: &Observed<'_>, wanted: &Wanted<'_>, kinds: &BTreeSet<Kind>) -> Option<Notice> {
    let compared = kinds.iter().any(|kind| {
        holds(observed.cluster, *kind) && (*kind != Kind::ClusterId || wanted.cluster_id.is_some())
    });
    (!compared).then(|| {
        notice(
            Severity::Blocker,
            "/",
            "nothing-compared",
            "ZooKeeper holds nothing of what was to be compared".to_owned(),
            "not compared: look at the source, its chroot, and --only",
        )
    })
}

/// Whether ZooKeeper holds anything of that kind.
fn holds(cluster: &LegacyCluster, kind: Kind) -> bool {
    match kind {
        Kind::ClusterId => cluster.cluster_id.is_some(),
        Kind::Topics | Kind::Partitions => !cluster.topics.is_empty(),
        Kind::TopicConfigs => !cluster.topic_configs.is_empty(),
        Kind::BrokerConfigs => !cluster.broker_configs.is_empty(),
        Kind::Quotas => !cluster.quotas.is_empty(),
        Kind::Scram => !cluster.scram.is_empty(),
        Kind::Acls | Kind::AclDecisions => !cluster.acls.is_empty(),
        Kind::Tokens => !cluster.tokens.is_empty(),
        Kind::ProducerIds => cluster.producer_ids.is_some(),
        Kind::Features => !cluster.features.is_empty(),
        Kind::Brokers => !cluster.brokers.is_empty(),
        Kind::OtherConfigs => false,
    }
}

fn notice(severity: Severity, path: &str, code: &str, problem: String, action: &str) -> Notice {
    Notice {
        severity,
        path: path.to_owned(),
        code: code.to_owned(),
        problem,
        action: action.to_owned(),
    }
}
