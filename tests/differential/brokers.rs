//! What brokers ask for themselves.

use kraft_bridge_protocol::rpc::{
    AllocateProducerIdsRequest, AnyRequest, BrokerHeartbeatRequest, BrokerRegistrationRequest,
    RegisteredListener, SupportedFeature, UnregisterBrokerRequest,
};
use kraft_bridge_protocol::{BrokerEpoch, NodeId, Offset, Uuid};

use crate::asking::{Ask, BROKERS, Choice};
use crate::side::{CLUSTER_ID, Release, Side};

/// The one that stops where it could not come back.
const LAST: i32 = *BROKERS.end();

/// What a broker asks; a change of its registration is followed by a heartbeat, because Kafka's controllers forget at each
/// how far the broker has come.
pub(crate) fn ask(choice: &mut Choice<'_>) -> Vec<Ask> {
    let id = choice.random.i32(BROKERS);
    let known = choice.image.brokers.get(&NodeId(id));
    if known.is_some_and(|broker| broker.fenced && broker.in_controlled_shutdown) {
        return come_back(choice, id);
    }
    if known.is_some_and(|broker| broker.in_controlled_shutdown) {
        // It only waits until it may stop.
        let wants_stop = choice.chance(80);
        return vec![beat(choice, id, wants_stop)];
    }
    match choice.random.u32(0..20) {
        0..3 => vec![register_again(choice, id), serve(id), serve(id)],
        3 if !choice.release.is_4 => vec![unregister(id)],
        4 => {
            let is_stale = choice.chance(20);
            vec![Box::new(move |side| {
                AnyRequest::AllocateProducerIds(AllocateProducerIdsRequest {
                    broker_id: NodeId(id),
                    broker_epoch: epoch(side, id, is_stale),
                    ..Default::default()
                })
            })]
        }
        5..8 if !choice.release.is_4 || id == LAST => vec![beat(choice, id, true)],
        8..11 => vec![beat(choice, id, false), serve(id), serve(id)],
        _ => vec![serve(id), serve(id)],
    }
}

/// A heartbeat of a broker that has applied everything, and wants to serve.
fn serve(id: i32) -> Ask {
    Box::new(move |side| {
        AnyRequest::BrokerHeartbeat(BrokerHeartbeatRequest {
            broker_id: NodeId(id),
            broker_epoch: epoch(side, id, false),
            current_metadata_offset: Offset(side.end.0 - 1),
            ..Default::default()
        })
    })
}

/// A broker that has stopped comes back as another run, once it is forgotten: how soon it may do so without depends on time.
/// Kafka 4.3 is not asked to forget one: it cannot where a topic was deleted that the broker was eligible for, and steps
/// down.
fn come_back(choice: &mut Choice<'_>, id: i32) -> Vec<Ask> {
    if choice.release.is_4 {
        return ask(choice);
    }
    let run = choice.random.u64(10..1_000_000);
    vec![
        unregister(id),
        register_run(choice, id, run),
        serve(id),
        serve(id),
    ]
}

/// The epoch of a broker's registration on a side, or one that is not.
pub(crate) fn epoch(side: &Side, id: i32, is_stale: bool) -> BrokerEpoch {
    let broker = side.image().brokers.get(&NodeId(id));
    let epoch = broker.map_or(BrokerEpoch(5), |broker| broker.broker_epoch);
    BrokerEpoch(epoch.0 - i64::from(is_stale))
}

/// A heartbeat of a broker that may want to stop, or have lost a directory.
fn beat(choice: &mut Choice<'_>, id: i32, wants_stop: bool) -> Ask {
    let wants_fence = choice.chance(25);
    let (lags, is_stale) = (choice.chance(8), choice.chance(4));
    // Kafka's controllers change a partition twice, and from the same state, for a broker that loses a directory and stops.
    let offline = !wants_stop && !wants_fence && choice.chance(8);
    let cordons = choice.release.is_4 && choice.chance(30);
    let cordoned: Vec<Uuid> = match choice.chance(30) {
        true => vec![directory(id, 0)],
        false => Vec::new(),
    };
    Box::new(move |side| {
        let offset = if lags { 0 } else { side.end.0 - 1 };
        AnyRequest::BrokerHeartbeat(BrokerHeartbeatRequest {
            broker_id: NodeId(id),
            broker_epoch: epoch(side, id, is_stale),
            current_metadata_offset: Offset(offset),
            want_fence: wants_fence,
            want_shut_down: wants_stop,
            offline_log_dirs: match offline {
                true => vec![directory(id, 1)],
                false => Vec::new(),
            },
            cordoned_log_dirs: cordons.then(|| cordoned.clone()),
            ..Default::default()
        })
    })
}

/// One of a broker's two directories.
pub(crate) fn directory(id: i32, number: u128) -> Uuid {
    Uuid::from_u128(1_000_000 + 10 * u128::try_from(id).unwrap() + number)
}

/// A run of a broker registers.
pub(crate) fn register(release: &Release, id: i32, run: u64, previous: BrokerEpoch) -> AnyRequest {
    let feature = |name: &str, lowest, highest| SupportedFeature::new(name, lowest, highest);
    let (lowest, highest) = if release.is_4 { (7, 30) } else { (1, 21) };
    let mut features = vec![feature("metadata.version", lowest, highest)];
    if release.is_4 {
        features.push(feature("eligible.leader.replicas.version", 0, 1));
        features.push(feature("group.version", 0, 1));
        features.push(feature("transaction.version", 0, 2));
        features.push(feature("share.version", 0, 1));
        features.push(feature("streams.version", 0, 1));
    }
    AnyRequest::BrokerRegistration(BrokerRegistrationRequest {
        broker_id: NodeId(id),
        cluster_id: CLUSTER_ID.to_owned(),
        incarnation_id: Uuid::from_u128(u128::from(run) * 100 + u128::try_from(id).unwrap()),
        listeners: vec![RegisteredListener {
            name: "PLAINTEXT".to_owned(),
            host: "localhost".to_owned(),
            port: 9092,
            ..Default::default()
        }],
        features,
        rack: (id % 2 == 0).then(|| "r2".to_owned()),
        log_dirs: vec![directory(id, 0), directory(id, 1)],
        previous_broker_epoch: previous,
        ..Default::default()
    })
}

/// A broker that was forgotten comes back, or one that is known says the same again: whether another run is let in depends
/// on when the broker was heard of last.
fn register_again(choice: &mut Choice<'_>, id: i32) -> Ask {
    match choice.image.brokers.get(&NodeId(id)) {
        Some(broker) => {
            let (release, incarnation) = (choice.release, broker.incarnation_id);
            Box::new(move |side| {
                let mut request = register(release, id, 0, epoch(side, id, false));
                if let AnyRequest::BrokerRegistration(request) = &mut request {
                    request.incarnation_id = incarnation;
                }
                request
            })
        }
        None => {
            let run = choice.random.u64(10..1_000_000);
            register_run(choice, id, run)
        }
    }
}

fn register_run(choice: &mut Choice<'_>, id: i32, run: u64) -> Ask {
    let (release, is_clean) = (choice.release, choice.chance(50));
    Box::new(move |side| {
        let previous = if is_clean {
            epoch(side, id, false)
        } else {
            BrokerEpoch(-1)
        };
        register(release, id, run, previous)
    })
}

fn unregister(id: i32) -> Ask {
    Box::new(move |_| {
        AnyRequest::UnregisterBroker(UnregisterBrokerRequest {
            broker_id: NodeId(id),
            ..Default::default()
        })
    })
}
