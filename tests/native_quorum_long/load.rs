//! The load, the faults, and what must be there in the end.

use std::path::Path;
use std::time::{Duration, Instant};

use kraft_bridge_harness::churn::{acknowledged, contradictions};
use kraft_bridge_harness::tools::WITNESS;
use kraft_bridge_harness::{Churn, KraftCluster, Load, Stopped, Tool, Tools, replica_directories, witness};
use kraft_bridge_metadata::records::{FencingChange, MetadataRecord};
use kraft_bridge_raft::log_dir::LogDir;
use kraft_bridge_raft::reader::{Entry, ReadError};

use crate::administration;
use crate::migration::{Case, Clusters, migrate, serve};

const TOPIC: &str = "under-load";
/// How long a controller stays dead.
const DEAD: Duration = Duration::from_secs(3);
/// Between two faults.
const PAUSE: Duration = Duration::from_secs(5);

/// Brings a cluster over, puts it under load and faults, and counts what is left.
pub(crate) fn nothing_acknowledged_is_lost(case: &Case, duration: Duration) {
    let mut clusters = Clusters::lock();
    let stopped = clusters.copy(case.from, case.shutdown);
    drop(replica_directories(&stopped.brokers).unwrap());
    let mut cluster = migrate(case, &stopped);
    case.start_controllers(&mut cluster);
    cluster.start_brokers(&[1, 2, 3]).unwrap();
    let create = format!("create {TOPIC} 3 3 min.insync.replicas=2");
    witness(&stopped.brokers, "admin", &create).unwrap();

    let brokers = stopped.brokers.clone();
    let load = Load::start(
        &brokers.bootstrap_servers(),
        &brokers.client_file("admin"),
        TOPIC,
        &brokers.dir.join("producer.out"),
    );
    let load = load.unwrap();
    let churn = Churn {
        duration,
        seed: 41,
        faults: true,
    };
    let churning = std::thread::spawn(move || churn.run(&brokers));
    let (kills, restarts) = faults(&mut cluster, &stopped, duration);
    let changes = churning.join().unwrap().unwrap();

    let produced = load.finish().unwrap();
    assert!(
        produced.lost.is_empty(),
        "acknowledged records are lost: {:?}",
        produced.lost
    );
    topics_are_those_that_were_acknowledged(&stopped, &changes);
    administration::everything_can_be_changed(case, &stopped, &cluster);
    let logs: Vec<_> = cluster
        .controllers
        .iter()
        .map(|one| one.log_dir.clone())
        .collect();
    cluster.stop().unwrap();
    for dir in logs {
        nobody_was_fenced_without_reason(&dir, restarts);
    }
    let known = acknowledged(&changes);
    println!(
        "Kafka {}: {} records acknowledged and consumed, {known} changes acknowledged, {} of unknown outcome; {kills} \
         controllers killed, every broker restarted {restarts} times",
        case.to,
        produced.acknowledged.len(),
        changes.len() - known
    );
    assert!(produced.acknowledged.len() > 1000 && changes.len() > 100);
}

/// Kills each controller and restarts each broker, in turn, until the time is over and each had it once; tells how often.
fn faults(cluster: &mut KraftCluster, stopped: &Stopped, duration: Duration) -> (usize, usize) {
    let begun = now();
    let mut rounds = 0;
    let mut kills = 0;
    while rounds == 0 || now() - begun < duration {
        for at in 0..3 {
            cluster.revive_controller(at, DEAD, serve, "serving").unwrap();
            kills += 1;
            pause(PAUSE);
            cluster.restart_broker(at).unwrap();
            witness(&stopped.brokers, "admin", "await 3 120 leaders").unwrap();
            pause(PAUSE);
        }
        rounds += 1;
    }
    (kills, rounds)
}

/// Topics that were created and not deleted are there, and those that were deleted are not, but for those of which nobody
/// knows.
fn topics_are_those_that_were_acknowledged(stopped: &Stopped, changes: &[String]) {
    let arguments = format!("{} --list", stopped.brokers.connection());
    let listed = Tools::of(WITNESS)
        .unwrap()
        .call(Tool::Topics, &arguments)
        .unwrap();
    assert_eq!(contradictions(changes, &listed), Vec::<String>::new());
}

/// Each stop of a broker fences it once, and nothing else does.
fn nobody_was_fenced_without_reason(log_dir: &Path, restarts: usize) {
    let log = LogDir::open(&log_dir.join("__cluster_metadata-0")).unwrap();
    let mut fenced = [0; 3];
    let read = log.for_each(|_, entry| {
        if let Entry::Data(bytes) = entry
            && let Ok((MetadataRecord::BrokerRegistrationChange(change), _)) = MetadataRecord::decode(bytes)
            && change.fenced == FencingChange::Fence
        {
            fenced[usize::try_from(change.broker_id.0 - 1).unwrap()] += 1;
        }
        Ok::<(), ReadError>(())
    });
    read.unwrap();
    // And once when the cluster was stopped in the end.
    for (count, broker) in fenced.iter().zip(1..) {
        assert!(
            *count <= restarts + 1,
            "broker {broker} was fenced {count} times, and stopped {restarts} times"
        );
    }
}

#[expect(clippy::disallowed_methods, reason = "waits for real processes")]
fn now() -> Instant {
    Instant::now()
}

#[expect(clippy::disallowed_methods, reason = "waits for real processes")]
fn pause(duration: Duration) {
    std::thread::sleep(duration);
}
