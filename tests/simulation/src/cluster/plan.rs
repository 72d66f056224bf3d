//! What a seed decides of a cluster before anything happens.

use std::time::Duration;

use kraft_bridge_controller::Settings;
use kraft_bridge_metadata::records::{FeatureLevelRecord, MetadataRecord};
use kraft_bridge_protocol::NodeId;

use crate::host::CLUSTER;
use crate::random::Random;

/// 3.9-IV0 and 4.3-IV0.
const LEVELS: [i16; 2] = [21, 30];
/// The feature of eligible leader replicas (KIP-966).
pub(super) const ELR: &str = "eligible.leader.replicas.version";

/// A cluster's constants.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub(super) brokers: usize,
    pub(super) clients: usize,
    /// `metadata.version`
    pub(super) level: i16,
    /// Whether replicas stay eligible to lead that have left the ISR.
    pub(super) has_elr: bool,
    /// `min.insync.replicas`
    pub(super) min_isr: usize,
    /// `broker.session.timeout.ms`
    pub(super) session_timeout: Duration,
    /// Mean time between two looks of a broker at what it has to do, in milliseconds.
    pub(super) act_millis: u64,
    /// Mean time between what clients ask for, in milliseconds.
    pub(super) ask_millis: u64,
    /// Mean time between faults of brokers, in milliseconds.
    pub(super) fault_millis: u64,
}

impl Plan {
    pub(super) fn draw(random: &mut Random) -> Plan {
        let level = random.pick(&LEVELS);
        let has_elr = level == LEVELS[1] && random.chance(600);
        Plan {
            brokers: random.pick(&[3, 4, 5]),
            clients: 2,
            level,
            has_elr,
            min_isr: if has_elr { 2 } else { random.pick(&[1, 2]) },
            session_timeout: Duration::from_millis(random.pick(&[1000, 2000, 5000])),
            act_millis: random.pick(&[30, 60, 120]),
            ask_millis: random.pick(&[200, 600]),
            fault_millis: random.pick(&[600, 1500, 4000]),
        }
    }

    /// Replicas of a partition at least: where brokers lose records, a single one helps nobody.
    pub(super) fn replicas_min(&self) -> usize {
        if self.has_elr { self.min_isr } else { 1 }
    }

    /// The settings of a controller.
    pub(super) fn settings(&self, node: NodeId) -> Settings {
        Settings {
            inherited: [("min.insync.replicas".to_owned(), self.min_isr.to_string())].into(),
            session_timeout: self.session_timeout,
            balance_interval: Some(Duration::from_secs(2)),
            unclean_interval: Duration::from_secs(1),
            idle_interval: Some(Duration::from_secs(2)),
            ..Settings::new(node, CLUSTER)
        }
    }

    /// What an empty log begins with.
    pub(super) fn bootstrap(&self) -> Vec<MetadataRecord> {
        let level = |name: &str, feature_level| {
            MetadataRecord::from(FeatureLevelRecord {
                name: name.to_owned(),
                feature_level,
                ..Default::default()
            })
        };
        let elr = self.has_elr.then(|| level(ELR, 1));
        [level("metadata.version", self.level)]
            .into_iter()
            .chain(elr)
            .collect()
    }
}
