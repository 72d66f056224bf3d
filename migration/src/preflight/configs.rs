//! Dynamic configs: what the release does not know, what belongs to nobody, what applies to the whole cluster.

use super::Preflight;
use super::findings::{Findings, few};

const MIN_INSYNC_REPLICAS: &str = "min.insync.replicas";

pub(super) fn check(preflight: &Preflight<'_>, findings: &mut Findings) {
    of_topics(preflight, findings);
    if preflight.target.eligible_leader_replicas() {
        min_insync_replicas(preflight, findings);
    }
}

fn of_topics(preflight: &Preflight<'_>, findings: &mut Findings) {
    let cluster = preflight.cluster;
    for (name, configs) in &cluster.topic_configs {
        let path = format!("/config/topics/{name}");
        if configs.is_empty() || cluster.pending_deletions.contains(name) {
            continue;
        }
        if !cluster.topics.contains_key(name) {
            findings.info(
                "config-of-no-topic",
                path,
                format!("{} configs of a topic that does not exist", configs.len()),
                "not carried; a topic made anew does not get them any more",
            );
            continue;
        }
        let dropped: Vec<&String> = configs
            .keys()
            .filter(|key| !preflight.target.knows_topic_config(key))
            .collect();
        if !dropped.is_empty() {
            findings.warning(
                "topic-config-dropped",
                path,
                format!(
                    "Kafka {} does not know {}",
                    preflight.target.release,
                    few(&dropped)
                ),
                "not carried",
            );
        }
    }
}

/// With eligible leader replicas the value must be the same on all brokers (KIP-966): it stands in the log for the
/// whole cluster, and a dynamic config outweighs every configuration file.
fn min_insync_replicas(preflight: &Preflight<'_>, findings: &mut Findings) {
    let configs = &preflight.cluster.broker_configs;
    for (broker, configs) in configs {
        if let (Some(broker), Some(value)) = (broker, configs.get(MIN_INSYNC_REPLICAS)) {
            findings.warning(
                "broker-min-insync-replicas",
                format!("/config/brokers/{broker}"),
                format!("{MIN_INSYNC_REPLICAS}={value} of one broker, which Kafka allows with eligible leader replicas no more"),
                "not carried: set it for the cluster, or for topics",
            );
        }
    }
    let path = "/config/brokers/<default>";
    let given = configs
        .get(&None)
        .is_some_and(|configs| configs.contains_key(MIN_INSYNC_REPLICAS));
    match preflight.target.min_insync_replicas {
        _ if given => {}
        Some(value) => findings.info(
            "cluster-min-insync-replicas",
            path,
            format!("{MIN_INSYNC_REPLICAS}={value} stands in configuration files only"),
            "written for the whole cluster",
        ),
        None => findings.warning(
            "min-insync-replicas-unknown",
            path,
            format!("{MIN_INSYNC_REPLICAS} of the brokers is not known here"),
            "written as 1, Kafka's default, for the whole cluster: give a configuration file that has the brokers' value",
        ),
    }
}
