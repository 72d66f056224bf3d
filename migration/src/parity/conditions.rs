//! Under what conditions the comparison stands: what could not be compared, and what is odd without being a difference.

use std::collections::BTreeMap;

use kraft_bridge_metadata::records::{ConfigResource, MigrationState};

use super::compare::{Observed, Wanted};
use super::tally::Unknown;
use super::{Difference, Kind, Notice, Relation, Totals};
use crate::diff::{Entity, Item};
use crate::finding::Severity;
use crate::project::Projection;

/// What [`of`] finds out.
#[derive(Clone, Debug, Default)]
pub(super) struct Conditions {
    /// What could not be read, so that differences there mean nothing.
    pub unknown: Unknown,
    /// What could not be compared, and why: nothing is established while there is any.
    pub not_compared: Vec<Notice>,
    /// What is odd.
    pub notices: Vec<Notice>,
}

/// Looks both sides over.
pub(super) fn of(
    observed: &Observed<'_>,
    wanted: &Wanted<'_>,
    projection: &Projection<'_>,
    relation: Relation,
) -> Conditions {
    let mut conditions = Conditions::default();
    conditions.source(observed);
    conditions.log(wanted, relation);
    conditions.lag(observed, wanted, relation);
    conditions.cluster_id(observed, wanted);
    conditions.configs_without_topic(projection);
    conditions
}

impl Conditions {
    /// What could not be decoded could not be compared either.
    fn source(&mut self, observed: &Observed<'_>) {
        let unopened = observed.cluster.unopened_passwords.iter();
        self.unknown.entities = unopened
            .map(|(broker, key)| Entity::BrokerConfig(*broker, key.clone()))
            .collect();
        for finding in observed.findings {
            let notice = Notice::from(finding.clone());
            if finding.severity < Severity::Blocker {
                self.notices.push(notice);
                continue;
            }
            self.not_compared.push(notice);
            if finding.code != "secret-left-out" {
                // The keys whose passwords could not be opened are known one by one.
                if !finding.code.starts_with("password-") {
                    self.unknown.paths.insert(finding.path.clone());
                }
            } else if finding.path.starts_with("/config/users/") {
                self.unknown.credentials.insert(finding.path.clone());
            }
        }
    }

    /// A log that ends in the middle of something says nothing about what it will hold.
    fn log(&mut self, wanted: &Wanted<'_>, relation: Relation) {
        if let Some(open) = wanted.replay.open_transaction() {
            self.not_compared.push(notice(
                Severity::Blocker,
                wanted.target,
                "open-transaction",
                format!(
                    "the log ends inside the metadata transaction {:?}, begun at offset {}: nothing of it is in force",
                    open.name, open.begun_at
                ),
                "not compared: a controller ends or aborts it when it takes over; compare again then",
            ));
        }
        match (wanted.replay.image().features.migration_state, relation) {
            (Some(MigrationState::PreMigration), _) => self.not_compared.push(notice(
                Severity::Blocker,
                wanted.target,
                "migration-not-begun",
                "the log is prepared for Kafka's own migration, and nothing has been copied into it"
                    .to_owned(),
                "not compared: Kafka 4 would start from it all the same, without the cluster's metadata",
            )),
            (Some(MigrationState::Migration), Relation::Copied) => self.notices.push(notice(
                Severity::Warning,
                wanted.target,
                "migration-rolled-back",
                "the log says that Kafka's own migration still runs, and ZooKeeper has no word of it"
                    .to_owned(),
                "finalize it with 3.9 controllers first: Kafka 4 starts from such a log without a word",
            )),
            _ => {}
        }
    }

    /// A copy of the log, made earlier than ZooKeeper was read.
    fn lag(&mut self, observed: &Observed<'_>, wanted: &Wanted<'_>, relation: Relation) {
        let Some(migration) = observed
            .cluster
            .migration
            .filter(|_| relation == Relation::DualWrite)
        else {
            return;
        };
        let written = migration.kraft_metadata_offset;
        if written >= wanted.end.offset.0 {
            self.notices.push(notice(
                Severity::Warning,
                wanted.target,
                "log-behind",
                format!(
                    "ZooKeeper has what was committed up to offset {written}, and what was read of the log ends before {}",
                    wanted.end.offset
                ),
                "what has changed between the two differs: compare with the quorum itself, or with a newer copy",
            ));
        }
    }

    fn cluster_id(&mut self, observed: &Observed<'_>, wanted: &Wanted<'_>) {
        let (path, problem) = match (observed.cluster.cluster_id.as_deref(), wanted.cluster_id) {
            (Some(_), Some(_)) => return,
            (None, _) => ("/cluster/id", "ZooKeeper tells no cluster id"),
            (_, None) => (
                wanted.target,
                "the log tells no cluster id: meta.properties is not part of what was read",
            ),
        };
        self.notices.push(notice(
            Severity::Info,
            path,
            "cluster-id-unknown",
            problem.to_owned(),
            "whether both are of one cluster is not established by its id",
        ));
    }

    /// Kafka leaves them behind when a topic is deleted and created anew, and gives them to the new one.
    fn configs_without_topic(&mut self, projection: &Projection<'_>) {
        let image = projection.image;
        for (topic, configs) in image.configs.of(ConfigResource::Topic) {
            if image.topics.get(topic).is_none() {
                self.notices.push(notice(
                    Severity::Warning,
                    &format!("topic {topic}"),
                    "config-without-topic",
                    format!(
                        "KRaft holds {} configs of a topic that does not exist",
                        configs.len()
                    ),
                    "Kafka gives them to the next topic of that name: delete them with kafka-configs first",
                ));
            }
        }
    }
}

/// A difference that never stayed the same long enough to be believed.
pub(super) fn not_settled(item: &Item) -> Notice {
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

/// A pass that compared nothing is no success.
pub(super) fn nothing_compared(totals: &BTreeMap<Kind, Totals>) -> Option<Notice> {
    // What only KRaft has (features, a cluster id of its own) is no comparison.
    let compared = totals
        .iter()
        .any(|(kind, totals)| totals.zookeeper > 0 && (*kind != Kind::ClusterId || totals.kraft > 0));
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

fn notice(severity: Severity, path: &str, code: &str, problem: String, action: &str) -> Notice {
    Notice {
        severity,
        path: path.to_owned(),
        code: code.to_owned(),
        problem,
        action: action.to_owned(),
    }
}
