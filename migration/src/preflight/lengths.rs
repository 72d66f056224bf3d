//! Texts that are too long for a record: no JVM reads a string of more than 32,767 bytes.

use super::Preflight;
use super::findings::Findings;

/// Longest string in a record, in bytes of UTF-8.
const TEXT_BYTES_MAX: usize = 32_767;

pub(super) fn check(preflight: &Preflight<'_>, findings: &mut Findings) {
    let cluster = preflight.cluster;
    for (topic, configs) in &cluster.topic_configs {
        if cluster.topics.contains_key(topic) && !cluster.pending_deletions.contains(topic) {
            of_configs(&format!("/config/topics/{topic}"), configs, findings);
        }
    }
    for (broker, configs) in &cluster.broker_configs {
        let broker = broker.map_or_else(|| "<default>".to_owned(), |id| id.to_string());
        of_configs(&format!("/config/brokers/{broker}"), configs, findings);
    }
}

fn of_configs<'a>(
    path: &str,
    configs: impl IntoIterator<Item = (&'a String, &'a String)>,
    findings: &mut Findings,
) {
    for (key, value) in configs {
        if value.len() > TEXT_BYTES_MAX {
            findings.blocker(
                "config-value-too-long",
                path,
                format!(
                    "the value of {key} has {} bytes, and a record holds {TEXT_BYTES_MAX} at most",
                    value.len()
                ),
                "refused: shorten it or delete it with kafka-configs",
            );
        }
    }
}
