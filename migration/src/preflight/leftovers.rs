//! What has no place in KRaft, or is strangely absent.

use std::collections::BTreeSet;

use super::Preflight;
use super::findings::{Findings, few};

pub(super) fn check(preflight: &Preflight<'_>, findings: &mut Findings) {
    requests(preflight, findings);
    consumer_offsets(preflight, findings);
    features(preflight, findings);
    producer_ids(preflight, findings);
}

/// Requests of the old tools that no controller has taken up.
fn requests(preflight: &Preflight<'_>, findings: &mut Findings) {
    let action = "not carried: make the request again afterwards, with a tool that asks the brokers";
    let reassignments = &preflight.cluster.pending_reassignments;
    let names = reassignments
        .iter()
        .map(|request| format!("{}-{}", request.topic, request.partition));
    let names: Vec<String> = names.collect();
    if !names.is_empty() {
        findings.warning(
            "pending-reassignment",
            "/admin/reassign_partitions",
            format!("a reassignment is requested: {}", few(&names)),
            action,
        );
    }
    let elections = preflight.cluster.pending_elections.iter();
    let names: Vec<String> = elections
        .map(|(topic, partition)| format!("{topic}-{partition}"))
        .collect();
    if !names.is_empty() {
        findings.warning(
            "pending-election",
            "/admin/preferred_replica_election",
            format!("an election is requested: {}", few(&names)),
            action,
        );
    }
}

fn consumer_offsets(preflight: &Preflight<'_>, findings: &mut Findings) {
    let offsets = &preflight.cluster.consumer_offsets;
    if offsets.is_empty() {
        return;
    }
    let groups: BTreeSet<&str> = offsets.iter().map(|offset| offset.group.as_str()).collect();
    let groups: Vec<&str> = groups.into_iter().collect();
    findings.warning(
        "consumer-offsets",
        "/consumers",
        format!(
            "{} offsets of old consumers, of {} groups: {}",
            offsets.len(),
            groups.len(),
            few(&groups)
        ),
        "not carried: `kraft-bridge offsets` prints them for kafka-consumer-groups --reset-offsets --from-file",
    );
}

fn features(preflight: &Preflight<'_>, findings: &mut Findings) {
    let features: Vec<&String> = preflight.cluster.features.keys().collect();
    if !features.is_empty() {
        findings.warning(
            "finalized-features",
            "/feature",
            format!("finalized in ZooKeeper mode: {}", few(&features)),
            "not carried: the release brings its own features",
        );
    }
}

/// Whoever used transactions was given producer ids; starting at 0 again would hand them out a second time.
fn producer_ids(preflight: &Preflight<'_>, findings: &mut Findings) {
    let (path, cluster) = ("/latest_producer_id_block", preflight.cluster);
    let used = cluster.topics.contains_key("__transaction_state");
    if used && cluster.producer_ids.is_none() && !findings.is_unknown(path) {
        findings.warning(
            "no-producer-ids",
            path,
            "transactions were used, but no block of producer ids is recorded".to_owned(),
            "ids begin at 0 again: restore the znode if it was lost",
        );
    }
}
