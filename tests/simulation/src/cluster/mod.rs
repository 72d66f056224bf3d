//! Brokers and clients around a quorum whose leader decides for them.
//!
//! ```text
//!  clients ─ topics, configs, reassignments ─┐
//!  brokers ─ registrations, heartbeats, ISRs ┴▶ Seat: the controller of a host that leads ─ records ─▶ node
//!     ▲ │                                                                                    │ committed
//!     │ └── replicas: what each has on disk, and what is acknowledged ◀── invariants ◀── MetadataLog
//!     └──────────────────────────── views: how far each broker has read it ◀──────────────────┘
//! ```
//!
//! The controller is the very one that serves, in the place that the node gives it. Brokers are models of Kafka's: they
//! lead and follow partitions with a log each, and everything that producers were told is there is remembered.

mod acked;
mod brokers;
mod clients;
mod healed;
mod invariants;
mod life;
mod metadata_log;
mod partitions;
mod plan;
mod seat;

use kraft_bridge_metadata::image::{MetadataImage, Partition};
use kraft_bridge_protocol::rpc::{AnyRequest, AnyResponse};
use kraft_bridge_protocol::{NodeId, PartitionId, Uuid};

use crate::invariants::Violation;
use crate::random::Random;
use crate::world::{Event, World};
pub(crate) use seat::Seat;

use acked::Acked;
use brokers::Broker;
use clients::Client;
use metadata_log::MetadataLog;
use plan::Plan;

/// A partition of a topic.
type Key = (Uuid, PartitionId);

/// All that is not of the quorum itself.
#[derive(Debug)]
pub struct Cluster {
    plan: Plan,
    brokers: Vec<Broker>,
    clients: Vec<Client>,
    log: MetadataLog,
    acked: Acked,
    calls: u64,
}

/// Something that happens to the cluster.
#[derive(Debug)]
pub enum Happening {
    /// A request arrives at a host.
    Asked {
        /// The host.
        at: usize,
        /// Who waits.
        call: Call,
        /// What.
        request: AnyRequest,
    },
    /// An answer arrives; without one the host is not the active controller.
    Answered(Call, Option<AnyResponse>),
    /// A broker does what it has to.
    Acts {
        /// Which.
        broker: usize,
        /// In which run.
        run: u32,
    },
    /// A client asks for something.
    ClientActs(usize),
    /// A broker suffers.
    Fault,
    /// A broker is started, if it does not run.
    Start(usize),
}

/// Who waits for an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Call {
    who: Who,
    id: u64,
}

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Who {
    Broker { index: usize, run: u32 },
    Client(usize),
}

impl Cluster {
    /// A cluster that has not begun.
    pub fn new(random: &mut Random) -> Cluster {
        let plan = Plan::draw(random);
        Cluster {
            brokers: (0..plan.brokers).map(Broker::new).collect(),
            clients: (0..plan.clients).map(Client::new).collect(),
            plan,
            log: MetadataLog::default(),
            acked: Acked::default(),
            calls: 0,
        }
    }

    fn next_call(&mut self, who: Who) -> Call {
        self.calls += 1;
        Call { who, id: self.calls }
    }
}

impl Happening {
    /// The host that has to do something.
    pub(crate) fn host(&self) -> Option<usize> {
        match self {
            Happening::Asked { at, .. } => Some(*at),
            _ => None,
        }
    }
}

impl World {
    /// Lets brokers and clients begin.
    pub(crate) fn begin_cluster(&mut self) {
        let Some(cluster) = &self.cluster else { return };
        let (brokers, clients) = (cluster.brokers.len(), cluster.clients.len());
        let text = format!("{:?}", cluster.plan);
        self.history.note(self.time, "plan", || text);
        for broker in 0..brokers {
            let delay = self.random.millis(0, 2000);
            self.after(delay, Event::Cluster(Happening::Start(broker)));
        }
        for client in 0..clients {
            let delay = self.random.millis(0, 4000);
            self.after(delay, Event::Cluster(Happening::ClientActs(client)));
        }
        self.after(Default::default(), Event::Cluster(Happening::Fault));
    }

    pub(crate) fn happen_to_cluster(&mut self, happening: Happening) -> Result<(), Violation> {
        match happening {
            Happening::Asked { at, call, request } => self.decide(at, call, &request),
            Happening::Answered(call, answer) => self.with_cluster(|world, cluster| match call.who {
                Who::Broker { index, run } => world.broker_is_answered(cluster, index, run, call.id, answer),
                Who::Client(index) => world.client_is_answered(cluster, index, call.id, answer),
            }),
            Happening::Acts { broker, run } => {
                self.with_cluster(|world, cluster| world.broker_acts(cluster, broker, run))
            }
            Happening::ClientActs(client) => self.with_cluster(|world, cluster| {
                world.client_acts(cluster, client);
                Ok(())
            }),
            Happening::Fault => self.with_cluster(|world, cluster| {
                world.break_a_broker(cluster);
                Ok(())
            }),
            Happening::Start(broker) => self.with_cluster(|world, cluster| {
                world.start_broker(cluster, broker);
                Ok(())
            }),
        }
    }

    /// Brokers and clients never step a node themselves: what they ask arrives later.
    fn with_cluster(
        &mut self,
        act: impl FnOnce(&mut World, &mut Cluster) -> Result<(), Violation>,
    ) -> Result<(), Violation> {
        let Some(mut cluster) = self.cluster.take() else {
            return Ok(());
        };
        let done = act(self, &mut cluster);
        self.cluster = Some(cluster);
        done
    }

    /// Sends a request to whoever leads, or to somebody else.
    fn ask(&mut self, call: Call, request: AnyRequest) {
        let leaders: Vec<usize> = self.leading().collect();
        let at = match leaders.is_empty() || self.random.chance(100) {
            true => self.random.index(self.scenario.voters),
            false => self.random.pick(&leaders),
        };
        self.history.note(self.time, "ask", || {
            format!("{call:?} asks host{at}: {request:?}")
        });
        if self.random.chance(self.network.quality.lost) {
            return;
        }
        let delay = self.network.delay(&mut self.random);
        self.after(delay, Event::Cluster(Happening::Asked { at, call, request }));
    }

    /// Sends an answer.
    fn give(&mut self, call: Call, answer: Option<AnyResponse>) {
        if self.random.chance(self.network.quality.lost) {
            return;
        }
        let delay = self.network.delay(&mut self.random);
        self.after(delay, Event::Cluster(Happening::Answered(call, answer)));
    }
}

/// A partition in an image.
fn partition(image: &MetadataImage, key: Key) -> Option<&Partition> {
    let topic = image.topics.get(image.topics.name(key.0)?)?;
    topic.partitions.get(&key.1)
}

/// Every partition of an image.
fn partitions(image: &MetadataImage) -> impl Iterator<Item = (Key, &Partition)> {
    let topics = image.topics.iter();
    topics.flat_map(|(_, topic)| {
        let partitions = topic.partitions.iter();
        partitions.map(|(number, partition)| ((topic.id, *number), partition))
    })
}

/// A broker's id.
fn id(index: usize) -> NodeId {
    NodeId(i32::try_from(index).expect("few brokers"))
}

/// The broker of an id.
fn index(id: NodeId) -> usize {
    usize::try_from(id.0).expect("ids are not negative")
}
