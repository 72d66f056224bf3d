//! Topics: their ids, names and pending deletions.

use std::collections::BTreeMap;

use kraft_bridge_protocol::Uuid;

use super::Preflight;
use super::findings::{Findings, few, topic_path};

/// Longest name that Kafka gives a topic; before 0.10.1 it was 255.
const NAME_LENGTH_MAX: usize = 249;

pub(super) fn check(preflight: &Preflight<'_>, findings: &mut Findings) {
    ids(preflight, findings);
    names(preflight, findings);
    partition_numbers(preflight, findings);
    deletions(preflight, findings);
}

/// Clusters that never ran with the protocol of 2.8 have no topic ids. A second topic with the id of another would
/// be fatal to every controller.
fn ids(preflight: &Preflight<'_>, findings: &mut Findings) {
    let mut by_id: BTreeMap<Uuid, Vec<&str>> = BTreeMap::new();
    for (name, topic) in preflight.topics() {
        match topic.id {
            Some(id) => by_id.entry(id).or_default().push(name),
            None if findings.is_unknown(&topic_path(name)) => {}
            None => findings.info(
                "topic-without-id",
                topic_path(name),
                "the topic has no id".to_owned(),
                "derived from its name and creation; prepare-broker writes it into the brokers' directories",
            ),
        }
    }
    for (id, names) in by_id {
        if let [first, _, ..] = names[..] {
            findings.blocker(
                "duplicate-topic-id",
                topic_path(first),
                format!("{} topics have the id {id}: {}", names.len(), few(&names)),
                "refused: no controller could read it; delete all of them but one",
            );
        }
    }
}

fn names(preflight: &Preflight<'_>, findings: &mut Findings) {
    let mut colliding: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for (name, _) in preflight.topics() {
        if name.contains(['.', '_']) {
            colliding.entry(name.replace('.', "_")).or_default().push(name);
        }
        let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
        if name.len() > NAME_LENGTH_MAX || matches!(name, "." | "..") || !name.chars().all(legal) {
            findings.warning(
                "illegal-topic-name",
                topic_path(name),
                format!(
                    "Kafka makes no topic of this name: letters, digits, dots, dashes and underscores, {NAME_LENGTH_MAX} at most"
                ),
                "carried as it is; most tools will refuse to handle the topic",
            );
        }
    }
    for names in colliding.values() {
        if let [first, _, ..] = names[..] {
            findings.info(
                "topic-names-collide",
                topic_path(first),
                format!(
                    "topics differ only in dots and underscores, which metrics do not tell apart: {}",
                    few(names)
                ),
                "carried as they are",
            );
        }
    }
}

fn partition_numbers(preflight: &Preflight<'_>, findings: &mut Findings) {
    for (name, topic) in preflight.topics() {
        let path = topic_path(name);
        let numbers = || {
            let assigned = topic.partitions.iter().filter(|(_, p)| !p.replicas.is_empty());
            assigned.map(|(id, _)| id.0)
        };
        if topic.partitions.is_empty() {
            if !findings.is_unknown(&path) {
                findings.warning(
                    "topic-without-partitions",
                    path,
                    "the topic has no partitions".to_owned(),
                    "carried as it is: delete the topic if it should not be there",
                );
            }
        } else if !numbers().eq(0..i32::try_from(numbers().count()).unwrap_or(i32::MAX)) {
            findings.warning(
                "partition-numbers-with-gaps",
                path,
                format!("the partitions are {}", few(&numbers().collect::<Vec<_>>())),
                "carried as they are; clients may count partitions that are not there",
            );
        }
    }
}

fn deletions(preflight: &Preflight<'_>, findings: &mut Findings) {
    for name in &preflight.cluster.pending_deletions {
        let path = format!("/admin/delete_topics/{name}");
        if preflight.cluster.topics.contains_key(name) {
            findings.warning(
                "topic-pending-deletion",
                path,
                "the topic is about to be deleted".to_owned(),
                "not carried: brokers rename its directories to -stray, and they can be removed",
            );
        } else {
            findings.info(
                "topic-pending-deletion",
                path,
                "the topic is deleted already, and its marker is left".to_owned(),
                "not carried",
            );
        }
    }
}
