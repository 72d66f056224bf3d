//! Brokers: those that assignments name and nobody has seen, and what their configuration says.

use std::collections::{BTreeMap, BTreeSet};

use kraft_bridge_metadata::release::MetadataVersion;
use kraft_bridge_protocol::NodeId;

use super::Preflight;
use super::findings::{Findings, few};

pub(super) fn check(preflight: &Preflight<'_>, findings: &mut Findings) {
    let held = held(preflight);
    if !preflight.cluster.brokers.is_empty() {
        absent(preflight, &held, findings);
    }
    configured(preflight, &held, findings);
    of_this_cluster(preflight, &held, findings);
    log_dirs(preflight, findings);
    protocol(preflight, findings);
}

/// What a broker holds.
#[derive(Default)]
struct Held<'a> {
    replicas: u64,
    /// Partitions of which it alone is in sync.
    alone: u64,
    topics: BTreeSet<&'a str>,
}

fn held<'a>(preflight: &'a Preflight<'_>) -> BTreeMap<NodeId, Held<'a>> {
    let mut brokers: BTreeMap<NodeId, Held<'a>> = BTreeMap::new();
    for (name, topic) in preflight.topics() {
        for partition in topic.partitions.values() {
            for replica in &partition.replicas {
                let held = brokers.entry(*replica).or_default();
                held.replicas += 1;
                held.topics.insert(name);
            }
            if let Some(alone) = partition.only_in_sync() {
                brokers.entry(alone).or_default().alone += 1;
            }
        }
    }
    brokers
}

/// While brokers run, those that do not are either down or gone for good; nobody else can tell which.
fn absent(preflight: &Preflight<'_>, held: &BTreeMap<NodeId, Held<'_>>, findings: &mut Findings) {
    for (broker, held) in held {
        if preflight.cluster.brokers.contains_key(broker) {
            continue;
        }
        let topics: Vec<&&str> = held.topics.iter().collect();
        findings.warning(
            "broker-not-running",
            format!("/brokers/ids/{broker}"),
            format!(
                "broker {broker} is not running; replicas on it: {}, of {}; alone in sync: {}",
                held.replicas,
                few(&topics),
                held.alone
            ),
            "carried as it is: start the broker before the migration, or reassign its replicas if it is gone for good",
        );
    }
}

fn configured(preflight: &Preflight<'_>, held: &BTreeMap<NodeId, Held<'_>>, findings: &mut Findings) {
    for (broker, configs) in &preflight.cluster.broker_configs {
        let Some(broker) = broker else { continue };
        if !configs.is_empty()
            && !held.contains_key(broker)
            && !preflight.cluster.brokers.contains_key(broker)
        {
            findings.info(
                "config-of-unknown-broker",
                format!("/config/brokers/{broker}"),
                format!("broker {broker} has configs, but no replica, and is not running"),
                "carried as it is; delete them with kafka-configs if the broker is gone for good",
            );
        }
    }
}

/// The file of another cluster's broker would bring another secret, and other ACLs and settings.
fn of_this_cluster(preflight: &Preflight<'_>, held: &BTreeMap<NodeId, Held<'_>>, findings: &mut Findings) {
    let Some((file, id)) = preflight
        .broker
        .and_then(|broker| Some((&broker.file, broker.broker?)))
    else {
        return;
    };
    if !held.contains_key(&id) && !preflight.cluster.brokers.contains_key(&id) {
        findings.warning(
            "unknown-broker",
            file,
            format!("broker {id} holds no replica of this cluster and is not running"),
            "make sure that the file is of a broker of this cluster",
        );
    }
}

/// Below 3.7-IV2 a KRaft broker has no way to say in which of its directories a replica is (KIP-858).
fn log_dirs(preflight: &Preflight<'_>, findings: &mut Findings) {
    let Some(broker) = preflight.broker else { return };
    if broker.log_dirs > 1 && preflight.target.metadata_version() < MetadataVersion::DIRECTORIES {
        findings.blocker(
            "several-log-dirs",
            &broker.file,
            format!(
                "log.dirs names {} directories, and Kafka {} handles but one in KRaft mode",
                broker.log_dirs, preflight.target.release
            ),
            "refused: choose release 3.7 or newer",
        );
    }
}

fn protocol(preflight: &Preflight<'_>, findings: &mut Findings) {
    let Some(broker) = preflight.broker else { return };
    let Some(version) = &broker.inter_broker_protocol_version else {
        return;
    };
    let old = ["0.7", "0.8", "0.9", "0.10"];
    if old
        .iter()
        .any(|line| version == line || version.starts_with(&format!("{line}.")))
    {
        findings.warning(
            "protocol-before-0.11",
            &broker.file,
            format!("inter.broker.protocol.version is {version}: what a release older than 0.11 wrote was never tried"),
            "carried as it is: try it with a copy of a broker's directories first",
        );
    }
}
