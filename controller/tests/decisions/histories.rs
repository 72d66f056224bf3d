//! Random histories of a cluster: whatever is asked, and in whatever order, the image stays sound.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use kraft_bridge_controller::Settings;
use kraft_bridge_metadata::image::{MetadataImage, Partition};
use kraft_bridge_protocol::rpc::{AnyRequest, DeletableTopic, DeleteTopicsRequest};
use kraft_bridge_protocol::{LeaderEpoch, NodeId, PartitionEpoch, PartitionId, Uuid};
use proptest::prelude::*;

use crate::bed::{Bed, CLUSTER, LEVEL, NEWEST, configured, registration, topic};

const BROKERS: i32 = 4;

#[derive(Clone, Debug)]
enum Event {
    Restart(i32, bool),
    Beat {
        id: i32,
        fence: bool,
        stop: bool,
    },
    Create {
        name: u8,
        replicas: Vec<i32>,
        unclean: bool,
    },
    Delete(u8),
    Isr {
        name: u8,
        leader: i32,
        isr: Vec<i32>,
    },
    Reassign {
        name: u8,
        replicas: Option<Vec<i32>>,
    },
    Wait(u8),
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let broker = 1..=BROKERS;
    let brokers = Just((1..=BROKERS).collect::<Vec<i32>>()).prop_shuffle();
    let some = (brokers, 1..=3usize).prop_map(|(ids, count)| ids[..count].to_vec());
    let event = prop_oneof![
        2 => (broker.clone(), any::<bool>()).prop_map(|(id, clean)| Event::Restart(id, clean)),
        8 => (broker.clone(), prop::bool::weighted(0.1), prop::bool::weighted(0.1))
            .prop_map(|(id, fence, stop)| Event::Beat { id, fence, stop }),
        2 => (0u8..3, some.clone(), any::<bool>())
            .prop_map(|(name, replicas, unclean)| Event::Create { name, replicas, unclean }),
        1 => (0u8..3).prop_map(Event::Delete),
        4 => (0u8..3, broker, some.clone()).prop_map(|(name, leader, isr)| Event::Isr { name, leader, isr }),
        2 => (0u8..3, prop::option::of(some)).prop_map(|(name, replicas)| Event::Reassign { name, replicas }),
        2 => (0u8..6).prop_map(Event::Wait),
    ];
    prop::collection::vec(event, 1..80)
}

fn play(bed: &mut Bed, event: Event, runs: &mut u128) {
    let name = |name: u8| format!("topic-{name}");
    match event {
        Event::Restart(id, clean) => {
            *runs += 1;
            let mut request = registration(id, *runs);
            if let Some(known) = bed.replica.brokers.get(&NodeId(id)).filter(|_| clean) {
                request.previous_broker_epoch = known.broker_epoch;
            }
            // It may be refused: the other run is heard of still.
            bed.register(request).ok();
        }
        Event::Beat { id, fence, stop } => {
            if bed.replica.brokers.contains_key(&NodeId(id)) {
                let epoch = bed.epoch(id);
                bed.beat(id, epoch, |beat| {
                    (beat.want_fence, beat.want_shut_down) = (fence, stop)
                });
            }
        }
        Event::Create {
            name: number,
            replicas,
            unclean,
        } => {
            let made = topic(&name(number), &[&replicas]);
            bed.create(configured(
                made,
                "unclean.leader.election.enable",
                &unclean.to_string(),
            ));
        }
        Event::Delete(number) => {
            let request = DeleteTopicsRequest {
                topics: vec![DeletableTopic {
                    name: Some(name(number)),
                    ..Default::default()
                }],
                ..Default::default()
            };
            bed.ask(AnyRequest::DeleteTopics(request));
        }
        Event::Isr {
            name: number,
            leader,
            isr,
        } => {
            let name = name(number);
            if bed.replica.topics.get(&name).is_some() && bed.replica.brokers.contains_key(&NodeId(leader)) {
                bed.alter(&name, leader, &isr, |_| {});
            }
        }
        Event::Reassign {
            name: number,
            replicas,
        } => {
            bed.reassign(&name(number), replicas.as_deref());
        }
        Event::Wait(seconds) => bed.wait(Duration::from_secs(seconds.into())),
    }
}

/// What holds of every partition at any time.
fn check(image: &MetadataImage, partition: &Partition) -> Result<(), TestCaseError> {
    let distinct: BTreeSet<_> = partition.replicas.iter().collect();
    prop_assert_eq!(distinct.len(), partition.replicas.len());
    prop_assert!(
        partition.isr.iter().all(|id| partition.replicas.contains(id)),
        "{:?}",
        partition
    );
    prop_assert!(partition.directories.is_empty() || partition.directories.len() == partition.replicas.len());
    if let Some(leader) = partition.leader {
        let broker = &image.brokers[&leader];
        prop_assert!(!broker.fenced, "a fenced broker leads: {:?}", partition);
        prop_assert!(partition.isr.contains(&leader), "{:?}", partition);
    }
    let out = |id: &NodeId| image.brokers.get(id).is_none_or(|broker| broker.fenced);
    let listed = partition.isr.iter().filter(|id| out(id)).count();
    // Without eligible leaders the last in sync stays listed, and one is if a reassignment is given up that has none.
    prop_assert!(
        listed == 0 || (partition.leader.is_none() && partition.isr.len() == 1),
        "{:?}",
        partition
    );
    let eligible = partition.eligible_leader_replicas();
    prop_assert!(
        eligible
            .iter()
            .all(|id| partition.replicas.contains(id) && !partition.isr.contains(id))
    );
    if let Some(lists) = &partition.reassignment {
        prop_assert!(
            lists
                .adding
                .iter()
                .chain(&*lists.removing)
                .all(|id| partition.replicas.contains(id))
        );
    }
    Ok(())
}

type Epochs = BTreeMap<(Uuid, PartitionId), (LeaderEpoch, PartitionEpoch, Option<NodeId>)>;

fn epochs(image: &MetadataImage) -> Epochs {
    let topics = image.topics.iter();
    let all = topics.flat_map(|(_, topic)| {
        topic.partitions.iter().map(move |(number, partition)| {
            let state = (
                partition.leader_epoch,
                partition.partition_epoch,
                partition.leader,
            );
            ((topic.id, *number), state)
        })
    });
    all.collect()
}

/// Epochs never go back, and one leader epoch has one leader.
fn check_epochs(before: &Epochs, now: &Epochs) -> Result<(), TestCaseError> {
    for (key, (leader_epoch, partition_epoch, leader)) in now {
        let Some((was_leader_epoch, was_partition_epoch, was_leader)) = before.get(key) else {
            continue;
        };
        prop_assert!(leader_epoch >= was_leader_epoch && partition_epoch >= was_partition_epoch);
        prop_assert!(leader == was_leader || leader_epoch > was_leader_epoch);
    }
    Ok(())
}

proptest! {
    #[test]
    fn partitions_stay_sound_whatever_happens(events in events(), elr: bool) {
        let mut features = vec![("metadata.version", if elr { NEWEST } else { LEVEL })];
        features.extend(elr.then_some(("eligible.leader.replicas.version", 1)));
        let mut bed = Bed::with(Settings::new(NodeId(3000), CLUSTER), &features, &[1, 2, 3]);
        let mut runs = 1;
        for event in events {
            let before = epochs(&bed.replica);
            play(&mut bed, event, &mut runs);
            check_epochs(&before, &epochs(&bed.replica))?;
            for (_, topic) in bed.replica.topics.iter() {
                for partition in topic.partitions.values() {
                    check(&bed.replica, partition)?;
                }
            }
        }
    }
}
