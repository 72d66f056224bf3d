//! Both sides of a migration: znodes, and the records that were made of them.

use std::collections::BTreeSet;
use std::time::Duration;

use kraft_bridge_metadata::image::Replay;
use kraft_bridge_metadata::records::{
    MetadataRecord, MigrationState, PartitionRecord, RegisterBrokerRecord, ZkMigrationStateRecord,
};
use kraft_bridge_metadata::release::{MetadataVersion, Release};
use kraft_bridge_protocol::{BrokerEpoch, Epoch, Offset, OffsetAndEpoch, Timestamp};

use super::Znodes;
use crate::capture::Summary;
use crate::diff::Scope;
use crate::finding::Finding;
use crate::legacy::LegacyCluster;
use crate::parity::decisions::DecisionOptions;
use crate::parity::{
    Ignore, Kind, Observed, Report, Settle, Standing, Terms, Wanted, compare, standing, unexplained,
};
use crate::target::Target;
use crate::translate::{Translation, encode};
use crate::znode::Zxid;

/// When the comparison is made, in milliseconds since 1970.
pub const NOW: Timestamp = Timestamp(1_700_000_000_000);

/// How the KRaft side came to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Copied once, for this release.
    Copied(Release),
    /// By Kafka's own migration, which still writes to both.
    DualWrite,
}

/// Both sides, ready to be compared.
#[derive(Clone, Debug)]
pub struct Pair {
    /// The ZooKeeper side.
    pub cluster: LegacyCluster,
    /// What is odd about it.
    pub findings: Vec<Finding>,
    /// The KRaft side.
    pub records: Vec<MetadataRecord>,
    /// The KRaft side's cluster id.
    pub kraft_cluster_id: Option<String>,
    level: MetadataVersion,
    /// Where the log ends: right after what `/migration` says that ZooKeeper has.
    pub end_offset: Offset,
}

impl Pair {
    /// A pair that holds the same.
    pub fn equal(znodes: &Znodes, side: Side) -> Pair {
        Pair::new(znodes, znodes, side)
    }

    /// A pair whose KRaft side was made from other znodes than those of the ZooKeeper side.
    pub fn new(zookeeper: &Znodes, kraft: &Znodes, side: Side) -> Pair {
        let (mut zookeeper, kraft) = (zookeeper.clone(), kraft.decode().0);
        let release = match side {
            Side::Copied(release) => release,
            Side::DualWrite => Release::V3_9,
        };
        if side == Side::DualWrite {
            let state = r#"{"version":0,"kraft_controller_id":3000,"kraft_controller_epoch":4,"kraft_metadata_offset":700,"kraft_metadata_epoch":4}"#;
            zookeeper.set("/migration", state, 9);
        }
        let (cluster, findings) = zookeeper.decode();
        let target = Target {
            release,
            min_insync_replicas: None,
        };
        let cluster_id = cluster.cluster_id.clone().unwrap_or_default();
        let mut records: Vec<_> = Translation::new(&kraft, &cluster_id, &target).records().collect();
        if side == Side::DualWrite {
            as_kafka_migrates(&kraft, &mut records);
        }
        Pair {
            cluster,
            findings,
            end_offset: Offset(701),
            records,
            kraft_cluster_id: kraft.cluster_id,
            level: release.metadata_version(),
        }
    }

    /// The records after a journey through bytes.
    ///
    /// # Panics
    ///
    /// If they cannot be encoded at the release's level, or contradict each other.
    pub fn replay(&self) -> Replay {
        let mut replay = Replay::default();
        for (offset, record) in (0..).zip(&self.records) {
            let bytes = encode(self.level, record);
            let (record, _) = MetadataRecord::decode(&bytes).expect("what was encoded");
            replay
                .push(Offset(offset), record)
                .expect("records that go together");
        }
        replay
    }

    /// Compares everything but what ACLs decide, which differs when they do.
    pub fn compare(&self) -> Report {
        let mut terms = Pair::terms();
        terms.kinds.remove(&Kind::AclDecisions);
        self.compare_with(&terms)
    }

    /// Terms by which everything is compared and nothing ignored.
    pub fn terms() -> Terms {
        Terms {
            kinds: Kind::ALL.iter().copied().collect(),
            ignore: Ignore::default(),
            decisions: DecisionOptions {
                requests_max: 200,
                ..DecisionOptions::default()
            },
            now: NOW,
            salt: [7; 32],
        }
    }

    /// Compares on these terms.
    pub fn compare_with(&self, terms: &Terms) -> Report {
        self.between(|observed, wanted| compare(observed, wanted, terms, None))
    }

    /// How the sides stand when everything that is found is believed at once.
    pub fn standing(&self, terms: &Terms) -> Standing {
        self.between(|observed, wanted| {
            let scopes = BTreeSet::from([Scope::All]);
            let mut settle = Settle::new(Duration::ZERO);
            let found = unexplained(observed, wanted, terms, &scopes);
            settle.pass(Duration::ZERO, &scopes, found);
            standing(observed, wanted, terms, &settle.belief(Duration::ZERO, 0))
        })
    }

    fn between<T>(&self, look: impl FnOnce(Observed<'_>, Wanted<'_>) -> T) -> T {
        let replay = self.replay();
        let end = OffsetAndEpoch {
            epoch: Epoch(1),
            offset: self.end_offset,
        };
        let wanted = Wanted {
            replay: &replay,
            target: "log",
            cluster_id: self.kraft_cluster_id.as_deref(),
            end,
        };
        let observed = Observed {
            cluster: &self.cluster,
            findings: &self.findings,
            summary: &summary(),
            youngest: Timestamp(0),
        };
        look(observed, wanted)
    }
}

fn summary() -> Summary {
    Summary {
        source: "znodes".to_owned(),
        chroot: "/".to_owned(),
        first_zxid: Zxid(1),
        last_zxid: Zxid(1),
        consistent_cut: true,
        znodes: 0,
        reread: 0,
        data_bytes: 0,
    }
}

/// Kafka's own migration takes leaders and ISRs as they are, and lists the brokers that are alive (KIP-866).
fn as_kafka_migrates(cluster: &LegacyCluster, records: &mut Vec<MetadataRecord>) {
    let mut topic = None;
    for record in records.iter_mut() {
        match record {
            MetadataRecord::Topic(record) => topic = cluster.topics.get(&record.name),
            MetadataRecord::Partition(record) => {
                let partition = topic.and_then(|topic| topic.partitions.get(&record.partition_id));
                if let Some(state) = partition.and_then(|partition| partition.state.as_ref()) {
                    *record = PartitionRecord {
                        leader: state.leader,
                        isr: state.isr.to_vec(),
                        ..record.clone()
                    };
                }
            }
            MetadataRecord::ZkMigrationState(record) => {
                *record = ZkMigrationStateRecord {
                    zk_migration_state: MigrationState::Migration,
                    ..Default::default()
                };
            }
            _ => {}
        }
    }
    records.extend(cluster.brokers.iter().map(|(id, broker)| {
        RegisterBrokerRecord {
            broker_id: *id,
            is_migrating_zk_broker: true,
            broker_epoch: BrokerEpoch(1),
            fenced: false,
            rack: broker.rack.clone(),
            ..Default::default()
        }
        .into()
    }));
}
