//! A broker: what it has on disk, how far it has read the metadata log, and what it waits for.

use std::collections::BTreeMap;
use std::time::Duration;

use kraft_bridge_metadata::image::Replay;
use kraft_bridge_protocol::rpc::{
    AnyRequest, BrokerHeartbeatRequest, BrokerRegistrationRequest, SupportedFeature,
};
use kraft_bridge_protocol::{BrokerEpoch, NodeId, Offset, Uuid};

use super::Key;
use super::acked::Entry;
use super::metadata_log::MetadataLog;
use super::partitions::{Leadership, Replica};
use super::plan::ELR;
use crate::host::CLUSTER;

/// How long a broker waits for an answer.
const PATIENCE: Duration = Duration::from_millis(800);

/// A broker.
#[derive(Debug)]
pub(super) struct Broker {
    pub(super) id: NodeId,
    /// How often it was started.
    pub(super) run: u32,
    pub(super) phase: Phase,
    /// Until when it stands still.
    pub(super) paused_until: Duration,
    /// Whether it wants to stop.
    pub(super) wants_to_stop: bool,
    /// The epoch of its last run, if that ended well.
    pub(super) previous_epoch: BrokerEpoch,
    /// What it knows of the cluster.
    pub(super) view: Replay,
    /// Records of the log that it knows.
    read: usize,
    read_offset: Offset,
    pub(super) next_heartbeat: Duration,
    asked: BTreeMap<u64, (Asked, Duration)>,
    pub(super) replicas: BTreeMap<Key, Replica>,
    pub(super) leads: BTreeMap<Key, Leadership>,
}

/// What it is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    Down,
    Registering,
    Registered(BrokerEpoch),
}

/// What it waits for an answer to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    Registration,
    Heartbeat,
    ProducerIds,
    Isr(Key),
}

impl Broker {
    pub(super) fn new(index: usize) -> Broker {
        Broker {
            id: super::id(index),
            run: 0,
            phase: Phase::Down,
            paused_until: Duration::ZERO,
            wants_to_stop: false,
            previous_epoch: BrokerEpoch(-1),
            view: Replay::default(),
            read: 0,
            read_offset: Offset(0),
            next_heartbeat: Duration::ZERO,
            asked: BTreeMap::new(),
            replicas: BTreeMap::new(),
            leads: BTreeMap::new(),
        }
    }

    /// Whether it does anything at this moment.
    pub(super) fn acts(&self, time: Duration) -> bool {
        self.phase != Phase::Down && self.paused_until <= time
    }

    /// Whether this run of it is the one that the controller knows. What happened to one that is over the controller learns
    /// from the next.
    pub(super) fn is_run(&self, epoch: BrokerEpoch) -> bool {
        self.phase == Phase::Registered(epoch)
    }

    /// What a replica of its holds.
    pub(super) fn records(&self, key: Key) -> &[Entry] {
        self.replicas.get(&key).map_or(&[], |replica| &replica.log)
    }

    /// Behind the last record of the metadata log that it has read.
    pub(super) fn has_read(&self) -> Offset {
        self.read_offset
    }

    /// Records that it has not read yet.
    pub(super) fn unread(&self, log: &MetadataLog) -> usize {
        log.records.len() - self.read
    }

    /// Reads on, by so many records.
    pub(super) fn read_on(&mut self, log: &MetadataLog, records: usize) {
        for (offset, record) in &log.records[self.read..self.read + records] {
            let pushed = self.view.push(*offset, record.clone());
            pushed.expect("the log has taken it");
            self.read_offset = Offset(offset.0 + 1);
        }
        self.read += records;
        if self.read == log.records.len() {
            self.read_offset = log.end;
        }
    }

    /// Its epoch, once it has read that it is registered with it.
    pub(super) fn epoch_in_view(&self) -> Option<BrokerEpoch> {
        let Phase::Registered(epoch) = self.phase else {
            return None;
        };
        let known = self.view.image().brokers.get(&self.id)?;
        (known.broker_epoch == epoch).then_some(epoch)
    }

    /// Whether it waits for such an answer; one that is late is not waited for any more.
    pub(super) fn waits_for(&mut self, what: Asked, time: Duration) -> bool {
        self.asked.retain(|_, (_, since)| *since + PATIENCE > time);
        self.asked.values().any(|(asked, _)| *asked == what)
    }

    pub(super) fn asks(&mut self, call: u64, what: Asked, time: Duration) {
        self.asked.insert(call, (what, time));
    }

    /// What an answer is to, if it is waited for.
    pub(super) fn is_answered(&mut self, call: u64) -> Option<Asked> {
        self.asked.remove(&call).map(|(asked, _)| asked)
    }

    /// A process begins: what it waited for and led before is forgotten.
    pub(super) fn start(&mut self) {
        self.run += 1;
        self.phase = Phase::Registering;
        self.wants_to_stop = false;
        self.asked.clear();
        self.leads.clear();
    }

    /// The process ends; it may lose what it wrote last.
    pub(super) fn stop(&mut self, well: bool, lost: usize) {
        self.previous_epoch = match self.phase {
            Phase::Registered(epoch) if well => epoch,
            _ => BrokerEpoch(-1),
        };
        self.phase = Phase::Down;
        for replica in self.replicas.values_mut() {
            let left = replica.log.len().saturating_sub(lost);
            replica.log.truncate(left);
            replica.high_watermark = replica.high_watermark.min(left);
        }
    }

    pub(super) fn registration(&self) -> AnyRequest {
        let feature = |name: &str, min, max| SupportedFeature::new(name, min, max);
        let own = u128::try_from(self.id.0).expect("ids are not negative");
        AnyRequest::BrokerRegistration(BrokerRegistrationRequest {
            broker_id: self.id,
            cluster_id: CLUSTER.to_owned(),
            incarnation_id: Uuid::from_u128(1000 * u128::from(self.run) + own + 1),
            features: vec![feature("metadata.version", 1, 30), feature(ELR, 0, 1)],
            log_dirs: vec![Uuid::from_u128(1_000_000 + own)],
            previous_broker_epoch: self.previous_epoch,
            ..Default::default()
        })
    }

    pub(super) fn heartbeat(&self, epoch: BrokerEpoch) -> AnyRequest {
        AnyRequest::BrokerHeartbeat(BrokerHeartbeatRequest {
            broker_id: self.id,
            broker_epoch: epoch,
            current_metadata_offset: Offset(self.read_offset.0 - 1),
            want_shut_down: self.wants_to_stop,
            ..Default::default()
        })
    }
}
