//! What earlier lives of the directory left: the mark of the last stop, and metadata logs of earlier attempts.

use kraft_bridge_raft::names::{BOOTSTRAP_CHECKPOINT, METADATA_PARTITION};
use serde::Deserialize;

use super::Findings;
use crate::broker_dir::Node;
use crate::broker_dir::journal::name_aside;
use crate::broker_dir::scan::{CLEAN_SHUTDOWN, LogDir, MetadataPartition};
use crate::broker_dir::step::{Change, Step};

/// What a broker writes at its stop when it had no broker epoch of KRaft mode.
const NO_BROKER_EPOCH: &str = r#"{"version":0,"brokerEpoch":-1}"#;

/// Content of `.kafka_cleanshutdown` from 3.7 on; it was empty before.
#[derive(Deserialize)]
struct CleanShutdown {
    #[serde(rename = "brokerEpoch")]
    broker_epoch: i64,
}

/// Resets and removes what would mislead Kafka.
pub(super) fn steps(node: Node, directory: &LogDir, findings: &mut Findings) -> Vec<Step> {
    for name in &directory.other_directories {
        findings.blocker(
            &directory.path.join(name),
            "foreign-directory",
            "Kafka takes each directory in a log directory for a partition and does not start with this one",
            "move it away; if its name begins with .kraft-bridge, run the `migrate` again that was killed",
        );
    }
    let mut steps: Vec<Step> = reset_broker_epoch(directory, findings).into_iter().collect();
    if ran_in_kraft_mode(directory, node) {
        findings.warning(
            &directory.path,
            "ran-in-kraft-mode",
            "a KRaft broker has run here since the directory was prepared: --undo is no longer possible",
            "go on only if the cluster is migrated once more, with new controllers",
        );
    }
    steps.extend(metadata_log(node, directory, findings));
    steps
}

fn reset_broker_epoch(directory: &LogDir, findings: &mut Findings) -> Option<Step> {
    let path = directory.path.join(CLEAN_SHUTDOWN);
    let Some(content) = directory.clean_shutdown.as_deref() else {
        if !directory.replicas.is_empty() {
            findings.warning(
                &path,
                "unclean-stop",
                "the broker was not stopped in an orderly way: if its machine went down with it, its last messages \
                 may be gone although the cluster trusts that it has them",
                "start it after the other brokers; Kafka recovers every log at its start, which takes a while",
            );
        }
        return None;
    };
    // Kafka takes what it can't read for "no epoch".
    let epoch = serde_json::from_slice::<CleanShutdown>(content)
        .ok()?
        .broker_epoch;
    (epoch != -1).then(|| Step::write(CLEAN_SHUTDOWN, Some(content), NO_BROKER_EPOCH))
}

fn metadata_log(node: Node, directory: &LogDir, findings: &mut Findings) -> Vec<Step> {
    let path = directory.path.join(METADATA_PARTITION);
    let may_have_been_migrated = node.controller && directory.is_metadata;
    let mut steps = Vec::new();
    match &directory.metadata_partition {
        None => {}
        Some(partition) if may_have_been_migrated && partition.has_records => findings.warning(
            &path,
            "metadata-log-in-use",
            "this controller has run already: its log holds more than what `migrate` writes",
            "kept; if it is left from an earlier attempt, move it away on every controller and migrate again",
        ),
        Some(_) if may_have_been_migrated => {}
        Some(partition) if partition.nested => findings.blocker(
            &path,
            "metadata-log-odd",
            "there is a directory in it, which Kafka never makes",
            "move it away",
        ),
        Some(partition) => {
            findings.info(
                &path,
                "metadata-log-left-over",
                "a metadata log of an earlier attempt",
                "set aside; the broker fetches the log from its controllers",
            );
            steps.extend(set_aside(directory, partition));
        }
    }
    if !node.controller && directory.files.contains(BOOTSTRAP_CHECKPOINT) {
        steps.push(aside(directory, BOOTSTRAP_CHECKPOINT.to_owned()));
    }
    steps
}

/// The directory's files, then the directory.
fn set_aside(directory: &LogDir, partition: &MetadataPartition) -> Vec<Step> {
    let files = partition
        .files
        .iter()
        .map(|name| aside(directory, format!("{METADATA_PARTITION}/{name}")));
    let removal = Step {
        file: METADATA_PARTITION.to_owned(),
        change: Change::RemoveDirectory,
    };
    files.chain([removal]).collect()
}

fn aside(directory: &LogDir, file: String) -> Step {
    let to = name_aside(&file, |name| directory.files.contains(name));
    Step {
        file,
        change: Change::SetAside { to },
    }
}

/// Whether a KRaft node has run here after an `--apply`: Kafka has made a metadata log again, or has added to the one
/// that `migrate` made.
pub(crate) fn ran_in_kraft_mode(directory: &LogDir, node: Node) -> bool {
    let Some(journaled) = &directory.journal else {
        return false;
    };
    let changes = &journaled.journal.changes;
    let left_by_us = |name: &String| match changes.get(&format!("{METADATA_PARTITION}/{name}")) {
        Some(Change::SetAside { to }) => !directory.files.contains(to),
        _ => false,
    };
    let ran = match &directory.metadata_partition {
        None => false,
        Some(partition) if node.controller && directory.is_metadata => partition.has_records,
        Some(partition) => !partition.files.iter().all(left_by_us),
    };
    ran || journaled.journal.ran_in_kraft_mode
}

#[cfg(test)]
mod tests {
    use kraft_bridge_migration::finding::Severity;

    use super::*;
    use crate::broker_dir::Plan;
    use crate::broker_dir::testing::{BROKER, BROKER_AND_CONTROLLER, codes, identified, plan, with_replica};

    fn stopped_with(mark: Option<&str>) -> Plan {
        let mut directory = with_replica(
            identified("/d"),
            "audit-0",
            Some("version: 0\ntopic_id: Yk3vWq1xTLa0hM6tPz8sCg"),
        );
        directory.clean_shutdown = mark.map(|mark| mark.as_bytes().to_vec());
        plan(BROKER, &[directory])
    }

    fn with_metadata_log(is_metadata: bool, has_records: bool) -> LogDir {
        LogDir {
            is_metadata,
            metadata_partition: Some(MetadataPartition {
                files: vec!["00000000000000000000.log".to_owned(), "quorum-state".to_owned()],
                has_records,
                ..MetadataPartition::default()
            }),
            files: ["bootstrap.checkpoint".to_owned()].into(),
            ..identified("/d")
        }
    }

    #[test]
    fn the_marks_of_zookeeper_mode_are_right() {
        for mark in ["", NO_BROKER_EPOCH, "not even JSON"] {
            let plan = stopped_with(Some(mark));

            assert!(plan.is_empty(), "{mark}");
            assert!(codes(&plan, Severity::Warning).is_empty(), "{mark}");
        }
    }

    #[test]
    fn a_broker_epoch_of_kraft_mode_is_reset() {
        let mark = r#"{"version":0,"brokerEpoch":117}"#;

        assert_eq!(
            stopped_with(Some(mark)).directories[0].steps,
            [Step::write(
                CLEAN_SHUTDOWN,
                Some(mark.as_bytes()),
                NO_BROKER_EPOCH
            )]
        );
    }

    #[test]
    fn a_missing_mark_is_told_and_never_made() {
        let plan = stopped_with(None);

        assert!(plan.is_empty());
        assert_eq!(codes(&plan, Severity::Warning), ["unclean-stop"]);
    }

    #[test]
    fn a_brokers_metadata_log_is_set_aside_with_what_belongs_to_it() {
        let plan = plan(BROKER, &[with_metadata_log(true, true)]);

        let steps: Vec<&str> = plan.directories[0].steps.iter().map(|step| &*step.file).collect();
        assert_eq!(
            steps,
            [
                "__cluster_metadata-0/00000000000000000000.log",
                "__cluster_metadata-0/quorum-state",
                "__cluster_metadata-0",
                "bootstrap.checkpoint"
            ]
        );
    }

    #[test]
    fn the_metadata_log_that_migrate_wrote_stays_with_a_controller() {
        let plan = plan(BROKER_AND_CONTROLLER, &[with_metadata_log(true, false)]);

        assert!(plan.is_empty());
        assert!(codes(&plan, Severity::Warning).is_empty());
    }

    #[test]
    fn a_controller_that_has_run_is_told() {
        let plan = plan(BROKER_AND_CONTROLLER, &[with_metadata_log(true, true)]);

        assert!(plan.is_empty());
        assert_eq!(codes(&plan, Severity::Warning), ["metadata-log-in-use"]);
    }

    #[test]
    fn a_metadata_log_in_another_log_directory_is_set_aside_even_from_a_controller() {
        let plan = plan(BROKER_AND_CONTROLLER, &[with_metadata_log(false, false)]);

        assert_eq!(plan.directories[0].steps.len(), 3);
    }

    #[test]
    fn directories_that_stop_kafka_block() {
        let mut directory = identified("/d");
        directory.other_directories = vec!["lost+found".to_owned()];

        assert_eq!(
            codes(&plan(BROKER, &[directory]), Severity::Blocker),
            ["foreign-directory"]
        );
    }
}
