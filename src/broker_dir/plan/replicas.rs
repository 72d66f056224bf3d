//! Replicas: each gets its topic's id, and what is there is compared with what the source says.
//!
//! `partition.metadata` is two lines, in this order, without a newline at the end:
//!
//! ```text
//! version: 0
//! topic_id: Yk3vWq1xTLa0hM6tPz8sCg
//! ```
//!
//! Source: KIP-516.

use std::collections::BTreeMap;
use std::path::Path;

use kraft_bridge_migration::finding::Severity;
use kraft_bridge_protocol::{PartitionId, Uuid};
use kraft_bridge_raft::names::PARTITION_METADATA;

use super::Findings;
use crate::broker_dir::Expected;
use crate::broker_dir::expected::{ExpectedTopic, Sync};
use crate::broker_dir::replica_name::Form;
use crate::broker_dir::scan::{LogDir, Replica};
use crate::broker_dir::step::Step;

/// A replica is missing although the cluster relies on it: the kind of blocker that may be accepted.
pub(crate) const REPLICA_MISSING: &str = "replica-in-sync-missing";

/// Writes the missing ids of one directory's replicas.
pub(super) fn steps(expected: &Expected, directory: &LogDir, findings: &mut Findings) -> Vec<Step> {
    let mut steps = Vec::new();
    for replica in &directory.replicas {
        let path = directory.path.join(&replica.directory);
        match replica.name.form {
            Form::Deleted => {}
            Form::Stray => findings.info(
                &path,
                "stray-left-over",
                "an earlier start in KRaft mode did not know this replica and moved it aside",
                "stays as it is; Kafka does not serve it",
            ),
            Form::Current | Form::Future => {
                if let Some(topic) = topic_of(expected, replica, &path, findings)
                    && needs_id(topic, replica, &path, findings)
                {
                    let file = format!("{}/{PARTITION_METADATA}", replica.directory);
                    steps.push(Step::write(file, None, partition_metadata(topic.id)));
                }
            }
        }
    }
    steps
}

/// The topic that the replica is of, if Kafka will see it so; else the replica becomes a stray.
fn topic_of<'a>(
    expected: &'a Expected,
    replica: &Replica,
    path: &Path,
    findings: &mut Findings,
) -> Option<&'a ExpectedTopic> {
    let name = &replica.name;
    let mut stray = |code, problem: String| {
        let action = "Kafka will rename the directory to …-stray and not serve it; remove it when sure";
        findings.warning(path, code, problem, action);
        None
    };
    if expected.pending_deletions.contains(&name.topic) {
        return stray(
            "topic-pending-deletion",
            format!("topic {} was being deleted", name.topic),
        );
    }
    let Some(topic) = expected.topics.get(&name.topic) else {
        return stray("topic-unknown", format!("the source has no topic {}", name.topic));
    };
    if !topic.replicas.contains_key(&name.partition) {
        let problem = format!(
            "this broker is no replica of partition {} in the source",
            name.partition
        );
        return stray("not-a-replica", problem);
    }
    Some(topic)
}

/// Whether the replica has no id yet. One that is there is never changed.
fn needs_id(topic: &ExpectedTopic, replica: &Replica, path: &Path, findings: &mut Findings) -> bool {
    let Some(content) = &replica.metadata else {
        return true;
    };
    let path = path.join(PARTITION_METADATA);
    match topic_id(content) {
        Err(problem) => findings.blocker(
            &path,
            "partition-metadata-malformed",
            problem,
            "Kafka would take the whole log directory for failed: remove the file, then run this again",
        ),
        Ok(id) if id == topic.id => {}
        Ok(id) if topic.derived => findings.blocker(
            &path,
            "topic-id-without-source",
            format!("the file says {id}, the source has no id for the topic, so it gets {}", topic.id),
            "the cluster had ids once and lost them: if the messages are this topic's, remove the file on every broker",
        ),
        Ok(id) => findings.blocker(
            &path,
            "topic-id-differs",
            format!("the file says {id}, the topic is {}", topic.id),
            "the messages are of a deleted topic of the same name: move the replica's directory out of the log directory",
        ),
    }
    false
}

/// The file's content for a topic.
fn partition_metadata(topic_id: Uuid) -> String {
    format!("version: 0\ntopic_id: {topic_id}")
}

/// The id in a file's content, or what is wrong with it.
fn topic_id(content: &[u8]) -> Result<Uuid, String> {
    let text = std::str::from_utf8(content).map_err(|error| error.to_string())?;
    let mut lines = text.lines();
    let mut value = |key: &str| {
        let value = lines
            .next()
            .and_then(|line| line.strip_prefix(key)?.strip_prefix(':'));
        value
            .filter(|value| value.starts_with(char::is_whitespace))
            .map(str::trim)
            .ok_or_else(|| format!("the line with {key} is missing"))
    };
    let version = value("version")?;
    if version.parse::<u16>().is_err() {
        return Err(format!("version {version} is no number"));
    }
    let id: Uuid = value("topic_id")?
        .parse()
        .map_err(|error| format!("topic_id: {error}"))?;
    if id == Uuid::ZERO {
        return Err("the topic id is zero".to_owned());
    }
    Ok(id)
}

/// Compares all directories together with what the broker should hold.
pub(super) fn compare(
    expected: &Expected,
    directories: &[LogDir],
    missing_accepted: bool,
    findings: &mut Findings,
) {
    let mut found: BTreeMap<(&str, PartitionId), &LogDir> = BTreeMap::new();
    for directory in directories {
        for replica in &directory.replicas {
            let key = (replica.name.topic.as_str(), replica.name.partition);
            if replica.name.form == Form::Current
                && let Some(other) = found.insert(key, directory)
            {
                findings.blocker(
                    &directory.path.join(&replica.directory),
                    "replica-twice",
                    format!("the replica is in {} too", other.path.display()),
                    "Kafka does not start with both: move the one with fewer messages out of its log directory",
                );
            }
        }
    }
    for (name, topic) in &expected.topics {
        for (partition, sync) in &topic.replicas {
            if !found.contains_key(&(name.as_str(), *partition)) {
                missing(&format!("{name}-{partition}"), *sync, missing_accepted, findings);
            }
        }
    }
}

/// A replica that was in sync may lead as soon as its broker is back. Empty, it would make the others empty too.
fn missing(replica: &str, sync: Sync, accepted: bool, findings: &mut Findings) {
    let path = Path::new(replica);
    match sync {
        Sync::Behind => findings.info(
            path,
            "replica-missing",
            "the replica is in none of the log directories; it was not in sync",
            "the broker will fetch it from the partition's leader",
        ),
        Sync::InSync => findings.add(
            if accepted {
                Severity::Warning
            } else {
                Severity::Blocker
            },
            path,
            REPLICA_MISSING,
            "the replica is in none of the log directories although it was in sync: elected leader, it would be \
             empty, and the others would throw their messages away to match it",
            "mount the disk that it is on; if it is lost, say --accept replica-in-sync-missing and start this broker last, \
             when every partition has a leader",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::broker_dir::testing::{
        AUDIT_ID, BROKER, codes, expected, identified, plan, topic, with_replica,
    };
    use crate::broker_dir::{LogDir, Plan};

    fn plan_for(replica: &str, metadata: Option<&str>) -> Plan {
        plan(BROKER, &[with_replica(identified("/d"), replica, metadata)])
    }

    #[test]
    fn a_replica_without_an_id_gets_its_topics() {
        for directory in ["audit-0", "audit-0.0123456789abcdef0123456789abcdef-future"] {
            let plan = plan_for(directory, None);

            assert_eq!(
                plan.directories[0].steps,
                [Step::write(
                    format!("{directory}/partition.metadata"),
                    None,
                    "version: 0\ntopic_id: Yk3vWq1xTLa0hM6tPz8sCg"
                )]
            );
        }
    }

    #[test]
    fn a_right_id_is_left_alone_with_or_without_a_newline() {
        for newline in ["", "\n"] {
            let plan = plan_for(
                "audit-0",
                Some(&format!("version: 0\ntopic_id: {AUDIT_ID}{newline}")),
            );

            assert!(plan.is_empty());
            assert!(!plan.is_blocked());
        }
    }

    #[test]
    fn another_id_blocks_and_is_not_changed() {
        let plan = plan_for("audit-0", Some("version: 0\ntopic_id: AAECAwQFBgcICQoLDA0ODw"));

        assert_eq!(codes(&plan, Severity::Blocker), ["topic-id-differs"]);
        assert!(plan.is_empty());
    }

    #[test]
    fn an_id_that_the_source_has_lost_blocks_with_another_remedy() {
        let mut expected = expected();
        expected.topics.insert("old".to_owned(), topic(AUDIT_ID, true));
        let metadata = "version: 0\ntopic_id: AAECAwQFBgcICQoLDA0ODw";
        let directory = with_replica(identified("/d"), "old-0", Some(metadata));

        let plan = Plan::of(&expected, BROKER, &[directory], false);

        assert_eq!(codes(&plan, Severity::Blocker), ["topic-id-without-source"]);
    }

    #[test]
    fn what_kafka_cannot_read_as_an_id_blocks() {
        for content in [
            "",
            "version: 0",
            "topic_id: Yk3vWq1xTLa0hM6tPz8sCg\nversion: 0",
            "version: x\ntopic_id: Yk3vWq1xTLa0hM6tPz8sCg",
            "version: 0\ntopic_id:Yk3vWq1xTLa0hM6tPz8sCg",
            "version: 0\ntopic_id: nonsense",
            "version: 0\ntopic_id: AAAAAAAAAAAAAAAAAAAAAA",
        ] {
            let plan = plan_for("audit-0", Some(content));

            assert_eq!(
                codes(&plan, Severity::Blocker),
                ["partition-metadata-malformed"],
                "{content:?}"
            );
        }
    }

    #[test]
    fn replicas_that_kafka_will_not_know_are_named_and_left_alone() {
        for (directory, code) in [
            ("doomed-0", "topic-pending-deletion"),
            ("nobody-0", "topic-unknown"),
            ("audit-7", "not-a-replica"),
        ] {
            let plan = plan_for(directory, None);

            assert_eq!(codes(&plan, Severity::Warning), [code, "unclean-stop"]);
            assert!(plan.is_empty());
        }
    }

    #[test]
    fn deleted_replicas_are_normal_and_strays_are_told() {
        let id = "0123456789abcdef0123456789abcdef";
        let deleted = plan_for(&format!("audit-0.{id}-delete"), None);
        assert!(deleted.is_empty());
        assert_eq!(codes(&deleted, Severity::Info), ["replica-missing"]);

        let stray = plan_for(&format!("audit-0.{id}-stray"), None);
        assert_eq!(
            codes(&stray, Severity::Info),
            ["replica-missing", "stray-left-over"]
        );
    }

    #[test]
    fn one_replica_in_two_directories_blocks_but_its_future_copy_does_not() {
        let future = "audit-0.0123456789abcdef0123456789abcdef-future";
        let with = |second| {
            plan(
                BROKER,
                &[
                    with_replica(identified("/a"), "audit-0", None),
                    with_replica(identified("/b"), second, None),
                ],
            )
        };

        assert_eq!(codes(&with("audit-0"), Severity::Blocker), ["replica-twice"]);
        assert!(!with(future).is_blocked());
    }

    #[test]
    fn a_missing_replica_matters_as_much_as_the_cluster_trusts_it() {
        let mut expected = expected();
        let audit = expected.topics.get_mut("audit").unwrap();
        audit.replicas.insert(PartitionId(1), Sync::InSync);
        let directories: Vec<LogDir> = vec![identified("/d")];

        let plan = Plan::of(&expected, BROKER, &directories, false);
        assert_eq!(codes(&plan, Severity::Blocker), ["replica-in-sync-missing"]);
        assert_eq!(codes(&plan, Severity::Info), ["replica-missing"]);

        let plan = Plan::of(&expected, BROKER, &directories, true);
        assert_eq!(codes(&plan, Severity::Warning), ["replica-in-sync-missing"]);
    }
}
