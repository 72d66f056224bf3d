//! What a cluster comes to once nothing breaks any more: every broker in service, every replica in sync, everything that
//! anybody was told of in place.

use std::time::Duration;

use super::brokers::Phase;
use super::{Cluster, partitions};
use crate::invariants::Violation;
use crate::world::World;

impl World {
    /// Ends the faults of brokers.
    pub(crate) fn heal_cluster(&mut self) {
        let Some(mut cluster) = self.cluster.take() else {
            return;
        };
        for index in 0..cluster.brokers.len() {
            let broker = &mut cluster.brokers[index];
            broker.paused_until = Duration::ZERO;
            self.start_broker(&mut cluster, index);
        }
        self.cluster = Some(cluster);
    }

    /// What is not as it should be yet.
    pub(crate) fn missing_of_cluster(&self) -> Option<String> {
        let cluster = self.cluster.as_ref()?;
        let seats = self
            .hosts
            .iter()
            .filter_map(|host| host.running.as_ref()?.seat.as_ref());
        if seats.filter(|seat| seat.is_settled()).count() != 1 {
            return Some("no controller has done what it decided".to_owned());
        }
        cluster.missing()
    }

    /// Holds the end to what anybody was told.
    ///
    /// # Errors
    ///
    /// [`Violation`].
    pub(crate) fn check_cluster(&self) -> Result<(), Violation> {
        let Some(cluster) = &self.cluster else {
            return Ok(());
        };
        for client in 0..cluster.clients.len() {
            cluster.check_client(client)?;
        }
        for host in &self.hosts {
            let Some(running) = &host.running else { continue };
            let image = running.replica.metadata().image();
            let is_whole = running.replica.end.offset >= cluster.log.end;
            let seat = running.seat.as_ref().filter(|seat| seat.is_settled());
            let decided = seat.map(|seat| seat.controller().image());
            if is_whole && (image != cluster.log.image() || decided.is_some_and(|decided| decided != image)) {
                let problem = format!(
                    "host{} takes the cluster for another than the log says",
                    host.index
                );
                return Err(Violation::new("everybody has the same image", problem));
            }
        }
        Ok(())
    }
}

impl Cluster {
    fn missing(&self) -> Option<String> {
        let image = self.log.image();
        for broker in &self.brokers {
            let registration = image.brokers.get(&broker.id);
            let serves = registration
                .is_some_and(|known| broker.phase == Phase::Registered(known.broker_epoch) && !known.fenced);
            if !serves {
                return Some(format!("broker {} is not in service", broker.id));
            }
        }
        let unwell = partitions(image).find(|(_, partition)| {
            let in_sync = partition.replicas.iter().all(|id| partition.isr.contains(id));
            partition.leader.is_none() || !in_sync || partition.reassignment.is_some()
        });
        unwell.map(|(key, partition)| format!("{key:?} is {partition:?}"))
    }

    /// Records that producers were told of.
    pub(crate) fn acknowledged(&self) -> u64 {
        self.acked.count
    }

    /// Records of the metadata log.
    pub(crate) fn records(&self) -> u64 {
        self.log.records.len() as u64
    }
}
