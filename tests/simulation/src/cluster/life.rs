//! How brokers start, register, live, stop and die.

use std::time::Duration;

use kraft_bridge_protocol::BrokerEpoch;
use kraft_bridge_protocol::rpc::{AllocateProducerIdsRequest, AnyRequest, AnyResponse, ErrorCode};

use super::brokers::{Asked, Broker, Phase};
use super::{Cluster, Happening, Who, partitions};
use crate::invariants::Violation;
use crate::world::{Event, World};

/// Records that a broker loses at most when it ends badly.
const LOST_MAX: u64 = 6;

impl World {
    pub(super) fn start_broker(&mut self, cluster: &mut Cluster, index: usize) {
        let broker = &mut cluster.brokers[index];
        if broker.phase != Phase::Down {
            return;
        }
        broker.start();
        let run = broker.run;
        self.history.note(self.time, &("broker starts", index), || {
            format!("broker {index} starts run {run}")
        });
        let acts = Happening::Acts { broker: index, run };
        self.after(Duration::ZERO, Event::Cluster(acts));
    }

    /// A broker does what it has to, and again after a while.
    pub(super) fn broker_acts(
        &mut self,
        cluster: &mut Cluster,
        index: usize,
        run: u32,
    ) -> Result<(), Violation> {
        let broker = &mut cluster.brokers[index];
        if broker.run != run || broker.phase == Phase::Down {
            return Ok(());
        }
        let pause = broker.paused_until.saturating_sub(self.time);
        let delay = self.random.millis(1, cluster.plan.act_millis * 2) + pause;
        self.after(delay, Event::Cluster(Happening::Acts { broker: index, run }));
        if pause > Duration::ZERO {
            return Ok(());
        }
        let unread = broker.unread(&cluster.log);
        let records = match self.random.chance(700) {
            true => unread,
            false => self.random.index(unread + 1),
        };
        broker.read_on(&cluster.log, records);
        match broker.phase {
            Phase::Registering => {
                if !broker.waits_for(Asked::Registration, self.time) {
                    self.broker_asks(cluster, index, Asked::Registration);
                }
            }
            Phase::Registered(_) => {
                self.keep_in_touch(cluster, index);
                self.serve_partitions(cluster, index)?;
            }
            Phase::Down => {}
        }
        Ok(())
    }

    fn keep_in_touch(&mut self, cluster: &mut Cluster, index: usize) {
        let broker = &mut cluster.brokers[index];
        if broker.next_heartbeat <= self.time && !broker.waits_for(Asked::Heartbeat, self.time) {
            broker.next_heartbeat = self.time + cluster.plan.session_timeout / 6;
            self.broker_asks(cluster, index, Asked::Heartbeat);
        }
        let broker = &mut cluster.brokers[index];
        if !self.is_healed && self.random.chance(5) && !broker.waits_for(Asked::ProducerIds, self.time) {
            self.broker_asks(cluster, index, Asked::ProducerIds);
        }
    }

    /// A broker asks the controller for something.
    pub(super) fn broker_asks(&mut self, cluster: &mut Cluster, index: usize, what: Asked) {
        let broker = &cluster.brokers[index];
        let request = match (what, broker.phase) {
            (Asked::Registration, _) => Some(broker.registration()),
            (Asked::Heartbeat, Phase::Registered(epoch)) => Some(broker.heartbeat(epoch)),
            (Asked::ProducerIds, Phase::Registered(broker_epoch)) => {
                let broker_id = broker.id;
                let request = AllocateProducerIdsRequest {
                    broker_id,
                    broker_epoch,
                    ..Default::default()
                };
                Some(AnyRequest::AllocateProducerIds(request))
            }
            (Asked::Isr(key), Phase::Registered(epoch)) => broker.isr_request(key, epoch),
            _ => None,
        };
        let Some(request) = request else { return };
        let run = broker.run;
        let call = cluster.next_call(Who::Broker { index, run });
        cluster.brokers[index].asks(call.id, what, self.time);
        self.ask(call, request);
    }

    pub(super) fn broker_is_answered(
        &mut self,
        cluster: &mut Cluster,
        index: usize,
        run: u32,
        call: u64,
        answer: Option<AnyResponse>,
    ) -> Result<(), Violation> {
        let broker = &mut cluster.brokers[index];
        if broker.run != run || broker.phase == Phase::Down {
            return Ok(());
        }
        let Some(asked) = broker.is_answered(call) else {
            return Ok(());
        };
        self.history.note(self.time, &("broker is answered", index), || {
            format!("broker {index} is answered {asked:?}: {answer:?}")
        });
        match (asked, answer) {
            (Asked::Registration, Some(AnyResponse::BrokerRegistration(answer)))
                if answer.error_code == ErrorCode::None =>
            {
                broker.phase = Phase::Registered(answer.broker_epoch);
                broker.next_heartbeat = self.time;
            }
            (Asked::Heartbeat, Some(AnyResponse::BrokerHeartbeat(answer))) => {
                if answer.error_code == ErrorCode::StaleBrokerEpoch {
                    // Its registration was lost, or another run's came later: it begins anew.
                    broker.stop(false, 0);
                    self.start_broker(cluster, index);
                } else if answer.should_shut_down && broker.wants_to_stop {
                    self.broker_may_stop(cluster, index)?;
                }
            }
            (Asked::Isr(key), answer) => broker.take_isr(key, answer),
            _ => {}
        }
        Ok(())
    }

    fn broker_may_stop(&mut self, cluster: &mut Cluster, index: usize) -> Result<(), Violation> {
        let broker = &mut cluster.brokers[index];
        let led = partitions(cluster.log.image()).find(|(_, partition)| partition.leader == Some(broker.id));
        if let Some((key, _)) = led {
            let problem = format!("broker {index} may stop, and leads {key:?}");
            return Err(Violation::new("a broker stops when it leads nothing", problem));
        }
        broker.stop(true, 0);
        self.broker_comes_back(index);
        Ok(())
    }

    fn broker_comes_back(&mut self, index: usize) {
        let delay = self.random.skewed_millis(6000);
        self.after(delay, Event::Cluster(Happening::Start(index)));
    }

    /// A broker dies, stops, or stands still; and again after a while.
    pub(super) fn break_a_broker(&mut self, cluster: &mut Cluster) {
        if self.is_healed {
            return;
        }
        let delay = self.random.millis(0, cluster.plan.fault_millis * 2);
        self.after(delay, Event::Cluster(Happening::Fault));
        let index = self.random.index(cluster.brokers.len());
        if cluster.brokers[index].phase == Phase::Down {
            return;
        }
        match self.random.between(0, 9) {
            0..=3 if !cluster.plan.has_elr || cluster.can_lose(index) => {
                let most = if cluster.plan.has_elr { LOST_MAX } else { 0 };
                let lost = self.random.between(0, most);
                self.history.note(self.time, &("broker dies", index, lost), || {
                    format!("broker {index} dies, loses {lost}")
                });
                let lost = usize::try_from(lost).expect("few");
                cluster.brokers[index].stop(false, lost);
                self.broker_comes_back(index);
            }
            4..=6 => cluster.brokers[index].wants_to_stop = true,
            _ => {
                let pause = self.random.skewed_millis(8000);
                self.history.note(self.time, &("broker pauses", index), || {
                    format!("broker {index} pauses {pause:?}")
                });
                cluster.brokers[index].paused_until = self.time + pause;
            }
        }
    }
}

impl Cluster {
    /// Whether this broker may lose records: everything acknowledged is on another one that may lead, and nobody else may
    /// have lost something that the controller does not know of yet. Two at once are more than `min.insync.replicas` of
    /// two helps against (KIP-966).
    fn can_lose(&self, index: usize) -> bool {
        let lost = &self.brokers[index];
        let mut others = self.brokers.iter().filter(|other| other.id != lost.id);
        if !others.all(|other| self.is_intact(other)) {
            return false;
        }
        partitions(self.log.image()).all(|(key, partition)| {
            let may_lead = partition.isr.iter().chain(partition.eligible_leader_replicas());
            // One that comes may go again, and one that goes may be gone, before the controller hears of this.
            let reassignment = partition.reassignment.as_deref();
            let moves = |id| {
                reassignment.is_some_and(|lists| lists.adding.contains(id) || lists.removing.contains(id))
            };
            let mut others = may_lead.filter(|id| **id != lost.id && !moves(id));
            !lost.replicas.contains_key(&key)
                || others.any(|id| {
                    self.acked
                        .is_in(key, self.brokers[super::index(*id)].records(key))
                })
        })
    }

    /// Whether a broker has lost nothing since the controller heard of it last.
    fn is_intact(&self, broker: &Broker) -> bool {
        let known = self.log.image().brokers.get(&broker.id);
        match broker.phase {
            Phase::Registered(epoch) => known.is_some_and(|known| known.broker_epoch == epoch),
            _ => known.is_none() || broker.previous_epoch != BrokerEpoch(-1),
        }
    }
}
