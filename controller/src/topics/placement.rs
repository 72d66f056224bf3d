//! Which brokers get the replicas of new partitions: spread over racks, with leaders and followers even.
//!
//! ```text
//!  racks     a: 1 4     b: 2     c: 3 5         partition 0   1 2 3
//!            one from each in turn, the first   partition 1   2 5 4
//!            moving on with each partition      partition 2   3 1 2
//! ```
//!
//! A broker that is fenced gets a replica only where its rack has nobody in service left, and none leads. One that shuts
//! down, or all of whose directories are cordoned, gets none.
//!
//! Source: the goals of Kafka's striped placement (KIP-36); where replicas go is left to the controller.

use std::collections::BTreeMap;

use kraft_bridge_metadata::image::BrokerRegistration;
use kraft_bridge_protocol::NodeId;
use kraft_bridge_protocol::rpc::ErrorCode;

use crate::decision::Refusal;

/// Deals out brokers, from a random beginning.
pub(crate) struct Placement {
    racks: Vec<Rack>,
    /// Partitions so far, from a random beginning on.
    turn: usize,
}

/// The brokers of a rack, those in service first.
struct Rack {
    active: Vec<NodeId>,
    fenced: Vec<NodeId>,
}

impl Placement {
    /// Deals to these brokers.
    pub(crate) fn new<'a>(
        brokers: impl Iterator<Item = &'a BrokerRegistration>,
        random: &mut fastrand::Rng,
    ) -> Placement {
        let mut racks: BTreeMap<Option<&str>, Rack> = BTreeMap::new();
        for broker in brokers.filter(|broker| takes_replicas(broker)) {
            let rack = racks.entry(broker.rack.as_deref()).or_insert_with(|| Rack {
                active: Vec::new(),
                fenced: Vec::new(),
            });
            let list = if broker.fenced {
                &mut rack.fenced
            } else {
                &mut rack.active
            };
            list.push(broker.broker_id);
        }
        let mut racks: Vec<Rack> = racks.into_values().collect();
        random.shuffle(&mut racks);
        for rack in &mut racks {
            random.shuffle(&mut rack.active);
            random.shuffle(&mut rack.fenced);
        }
        Placement {
            racks,
            turn: random.usize(..1 << 20),
        }
    }

    /// Whether so many replicas can be placed.
    pub(crate) fn check(&self, replication_factor: i16) -> Result<usize, Refusal> {
        let refuse = |why: String| Err(Refusal::new(ErrorCode::InvalidReplicationFactor, why));
        let brokers: usize = self.racks.iter().map(Rack::len).sum();
        match usize::try_from(replication_factor) {
            Err(_) | Ok(0) => refuse(format!(
                "Invalid replication factor {replication_factor}: the replication factor must be positive."
            )),
            Ok(_) if self.racks.iter().all(|rack| rack.active.is_empty()) => {
                refuse("All brokers are currently fenced.".to_owned())
            }
            Ok(replicas) if replicas > brokers => refuse(format!(
                "The target replication factor of {replicas} cannot be reached because only {brokers} \
                 broker(s) are registered."
            )),
            Ok(replicas) => Ok(replicas),
        }
    }

    /// The brokers of the next partition, the preferred leader first; as many as [`Placement::check`] has allowed.
    pub(crate) fn next(&mut self, replicas: usize) -> Vec<NodeId> {
        let turn = self.turn;
        self.turn += 1;
        let leading: Vec<usize> = (0..self.racks.len())
            .filter(|at| !self.racks[*at].active.is_empty())
            .collect();
        // Leaders alternate among the racks; a round later another broker of each rack has its turn.
        let (round, first) = (turn / leading.len(), leading[turn % leading.len()]);
        let mut dealt = vec![0; self.racks.len()];
        let mut chosen = Vec::with_capacity(replicas);
        let mut at = first;
        while chosen.len() < replicas {
            // The others of the first rack begin elsewhere with each turn, so that followers are spread too.
            if let Some(broker) = self.racks[at].nth(round, dealt[at]) {
                chosen.push(broker);
                dealt[at] += 1;
            }
            at = (at + 1) % self.racks.len();
        }
        chosen[1..].rotate_left(round % (replicas - 1).max(1));
        chosen
    }
}

impl Rack {
    fn len(&self) -> usize {
        self.active.len() + self.fenced.len()
    }

    /// The broker that is dealt after so many others of the rack, in a round.
    fn nth(&self, round: usize, dealt: usize) -> Option<NodeId> {
        let turned = |list: &[NodeId], dealt: usize| list[(round + dealt) % list.len()];
        if dealt < self.active.len() {
            return Some(turned(&self.active, dealt));
        }
        let dealt = dealt - self.active.len();
        (dealt < self.fenced.len()).then(|| turned(&self.fenced, dealt))
    }
}

fn takes_replicas(broker: &BrokerRegistration) -> bool {
    let is_cordoned = broker.cordoned_log_dirs.as_ref().is_some_and(|cordoned| {
        !broker.log_dirs.is_empty()
            && broker
                .log_dirs
                .iter()
                .all(|directory| cordoned.contains(directory))
    });
    // One that has stopped may come back; one that is about to stop is not to get anything more.
    let is_stopping = broker.in_controlled_shutdown && !broker.fenced;
    !is_stopping && !is_cordoned
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    /// Brokers from 0 on, each with its rack, and whether it is fenced.
    fn brokers(racks: &[(u8, bool)]) -> Vec<BrokerRegistration> {
        let brokers = racks.iter().zip(0..);
        let brokers = brokers.map(|((rack, fenced), id)| BrokerRegistration {
            broker_id: NodeId(id),
            rack: Some(format!("rack{rack}")),
            fenced: *fenced,
            ..Default::default()
        });
        brokers.collect()
    }

    fn spread(counts: impl Iterator<Item = usize> + Clone) -> usize {
        counts.clone().max().unwrap_or(0) - counts.min().unwrap_or(0)
    }

    #[test]
    fn leaders_and_followers_are_even_over_brokers_of_even_racks() {
        for (racks, per_rack) in [(1, 6), (2, 3), (3, 2), (6, 1)] {
            let racks: Vec<(u8, bool)> = (0..racks * per_rack).map(|at| (at % racks, false)).collect();
            let brokers = brokers(&racks);
            let mut placement = Placement::new(brokers.iter(), &mut fastrand::Rng::with_seed(7));
            let placed: Vec<Vec<NodeId>> = (0..600).map(|_| placement.next(3)).collect();
            let leads = |id: NodeId| placed.iter().filter(|list| list[0] == id).count();
            let has = |id: NodeId| placed.iter().filter(|list| list.contains(&id)).count();
            let ids = brokers.iter().map(|broker| broker.broker_id);
            assert!(spread(ids.clone().map(leads)) <= 1, "{racks:?}");
            assert!(spread(ids.map(has)) <= 60, "{racks:?}");
        }
    }

    proptest! {
        #[test]
        fn replicas_are_of_different_brokers_over_as_many_racks_as_there_are_and_the_first_is_in_service(
            racks in prop::collection::vec((0u8..4, any::<bool>()), 1..9),
            replicas in 1i16..6,
            seed: u64,
        ) {
            let brokers = brokers(&racks);
            let mut placement = Placement::new(brokers.iter(), &mut fastrand::Rng::with_seed(seed));
            let all = racks.iter().map(|(rack, _)| rack).collect::<BTreeSet<_>>().len();
            match placement.check(replicas) {
                Err(_) => prop_assert!(
                    racks.iter().all(|(_, fenced)| *fenced) || racks.len() < usize::try_from(replicas).unwrap()
                ),
                Ok(replicas) => for _ in 0..20 {
                    let chosen = placement.next(replicas);
                    let broker = |id: &NodeId| &brokers[usize::try_from(id.0).unwrap()];
                    let distinct: BTreeSet<_> = chosen.iter().collect();
                    let chosen_racks: BTreeSet<_> = chosen.iter().map(|id| &broker(id).rack).collect();
                    prop_assert_eq!(distinct.len(), replicas);
                    prop_assert_eq!(chosen_racks.len(), replicas.min(all));
                    prop_assert!(!broker(&chosen[0]).fenced);
                },
            }
        }
    }
}
