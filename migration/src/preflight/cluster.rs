//! Whether the cluster stands still and is whole: its id, its brokers, its controller, the capture itself.

use super::Preflight;
use super::findings::{Findings, few};

pub(super) fn check(preflight: &Preflight<'_>, findings: &mut Findings) {
    cluster_id(preflight, findings);
    running(preflight, findings);
    consistent(preflight, findings);
    kafkas_own_migration(preflight, findings);
}

/// Every broker's `meta.properties` names the cluster, and a broker refuses a controller of another one.
fn cluster_id(preflight: &Preflight<'_>, findings: &mut Findings) {
    let path = "/cluster/id";
    if preflight.cluster.cluster_id.is_none() && !findings.is_unknown(path) {
        findings.blocker(
            "no-cluster-id",
            path,
            "the cluster has no id".to_owned(),
            "refused: is this Kafka's chroot? Releases from 0.10.1 on give the cluster an id when a broker starts",
        );
    }
}

fn running(preflight: &Preflight<'_>, findings: &mut Findings) {
    let brokers: Vec<_> = preflight.cluster.brokers.keys().collect();
    if !brokers.is_empty() {
        findings.blocker(
            "brokers-running",
            "/brokers/ids",
            format!("brokers are running: {}", few(&brokers)),
            "refused: what they change from now on would be lost; stop them all, then run migrate",
        );
    } else if let Some(controller) = preflight.cluster.controller
        && controller.kraft_epoch.is_none()
    {
        findings.warning(
            "controller-elected",
            "/controller",
            format!(
                "broker {} is the controller, although no broker is running",
                controller.node
            ),
            "carried as it is: make sure that every broker has ended; a killed one's znodes go when its session does",
        );
    }
}

/// While brokers run, a reading that is no state of one moment is no surprise, and `brokers-running` refuses already.
/// Once they are stopped nothing should change any more: then a second reading costs little and is worth much.
fn consistent(preflight: &Preflight<'_>, findings: &mut Findings) {
    let summary = preflight.summary;
    if summary.consistent_cut {
        return;
    }
    let (code, path) = ("capture-not-consistent", summary.chroot.as_str());
    let problem = format!(
        "znodes changed between {} and {}, while they were read: they are not the state of one moment",
        summary.first_zxid, summary.last_zxid
    );
    if preflight.cluster.brokers.is_empty() {
        let action = "refused: no broker is running, so something else writes here; stop it and read again";
        findings.blocker(code, path, problem, action);
    } else {
        findings.warning(code, path, problem, "read again once the brokers are stopped");
    }
}

/// A cluster whose metadata another quorum holds already must not be migrated a second time from its old copy.
fn kafkas_own_migration(preflight: &Preflight<'_>, findings: &mut Findings) {
    const CODE: &str = "kafka-migration-under-way";
    const ACTION: &str = "refused: finish that migration with Kafka's own means, or roll it back as Kafka's documentation says";
    if let Some(epoch) = preflight
        .cluster
        .controller
        .and_then(|controller| controller.kraft_epoch)
    {
        findings.blocker(
            CODE,
            "/controller",
            format!("a KRaft controller of epoch {epoch} holds the office"),
            ACTION,
        );
    }
    let Some(migration) = preflight.cluster.migration else {
        return;
    };
    if migration.kraft_metadata_offset > 0 || migration.kraft_controller.is_some() {
        findings.blocker(
            CODE,
            "/migration",
            format!(
                "a KRaft quorum has taken the metadata over, up to offset {}",
                migration.kraft_metadata_offset
            ),
            ACTION,
        );
    } else {
        findings.info(
            "kafka-migration-prepared",
            "/migration",
            "Kafka's own migration was switched on, and has not begun".to_owned(),
            "not carried: remove zookeeper.metadata.migration.enable from the new configuration files",
        );
    }
}
