//! The stories that the tests tell, each for any pair of releases.

use kraft_bridge_harness::fill::MOVING;
use kraft_bridge_harness::{Observation, Shutdown, replica_directories, witness};

use crate::migration::{Case, Clusters, kraft_bridge, migrate};
use crate::{administration, checks};

/// All brokers come back, and everything is as it was.
pub(crate) fn everything_goes_on(case: &Case) {
    let mut clusters = Clusters::lock();
    let stopped = clusters.copy(case.from, case.shutdown);
    let directories = replica_directories(&stopped.brokers).unwrap();
    let mut cluster = migrate(case, &stopped);
    checks::verify_finds_the_directories_equal(&stopped, &cluster);

    case.start_controllers(&mut cluster);
    cluster.start_brokers(&[1, 2, 3]).unwrap();
    checks::verify_finds_the_quorum_equal(&stopped, &cluster);
    checks::watch_finds_the_running_sides_equal(&stopped, &cluster);

    let moving = if stopped.brokers.at_least(2, 8) {
        format!("{MOVING}-0 {MOVING}-1")
    } else {
        String::new()
    };
    witness(&stopped.brokers, "admin", &format!("await 3 60 isr {moving}")).unwrap();
    let after = Observation::of(&stopped.brokers, None).unwrap();
    checks::the_tools_print_the_same(case, &stopped.before, &after);
    checks::ids_and_epochs_go_on(&stopped, &after);
    checks::every_record_is_consumed(&stopped, &after);
    checks::everybody_can_log_in(&stopped);
    let directories_after = replica_directories(&stopped.brokers).unwrap();
    checks::no_replica_is_lost(&cluster, &directories, &directories_after);
    if stopped.brokers.at_least(2, 8) {
        checks::the_reassignment_ends(case, &stopped);
    }
    // `native_quorum_long` shows it for both releases.
    if case.ours && case.is_to_kafka_4() {
        administration::everything_can_be_changed(case, &stopped, &cluster);
    }
    cluster.stop().unwrap();
}

/// Brokers 1 and 2 come back; each partition that one of them has in sync gets a leader within seconds.
pub(crate) fn one_broker_never_returns(case: &Case) {
    let mut clusters = Clusters::lock();
    let stopped = clusters.copy(case.from, case.shutdown);
    let mut cluster = migrate(case, &stopped);
    let absent = 3;
    let (lost, kept): (Vec<_>, Vec<_>) = stopped
        .states
        .iter()
        .partition(|(_, state)| state.isr.iter().all(|&broker| broker == absent));
    let shared = kept
        .iter()
        .filter(|(_, state)| state.isr.contains(&absent))
        .count();
    assert!(
        shared >= 100,
        "only {shared} partitions were in sync on broker {absent} and on another one"
    );

    case.start_controllers(&mut cluster);
    cluster.start_brokers(&[1, 2]).unwrap();
    // What only the absent broker holds has no leader, and is not lost.
    checks::verify_finds_the_quorum_equal(&stopped, &cluster);

    let lost: Vec<&str> = lost.iter().map(|(name, _)| name.as_str()).collect();
    let command = format!("await 2 10 leaders {}", lost.join(" "));
    let milliseconds = witness(&stopped.brokers, "admin", &command).unwrap();
    let milliseconds = milliseconds.trim();
    println!(
        "{} partitions, {shared} of them shared with the absent broker, led after {milliseconds} ms",
        kept.len()
    );
    cluster.stop().unwrap();
}

/// A live ensemble, a broker's configuration file, a data directory and a capture file say the same.
pub(crate) fn every_source_gives_the_same_records(from: &str) {
    let mut clusters = Clusters::lock();
    let stopped = clusters.copy(from, Shutdown::Abrupt);
    let zookeeper = stopped.start_zookeeper().unwrap();
    let live = format!("zk://{}/kafka", zookeeper.address);
    let old_config = stopped
        .old_config(&stopped.brokers.members[0])
        .display()
        .to_string();
    let capture = stopped.brokers.dir.join("cluster.capture").display().to_string();
    kraft_bridge(["capture", "--from", &live, "--output", &capture]);
    let output = stopped.brokers.dir.join("output").display().to_string();
    let plan = |source: &[&str]| {
        let arguments = ["migrate", "--json", "--dry-run", "--output", &output, "--from"];
        digest(&kraft_bridge(arguments.iter().chain(source)))
    };
    // What only the brokers' files know, the password encoder's secret above all, is given beside the other three.
    let beside = |source: &str| plan(&[source, "--old-config", &old_config]);

    let by_network = beside(&live);

    assert_eq!(beside(&capture), by_network);
    assert_eq!(plan(&[&old_config]), by_network);
    zookeeper.stop().unwrap();
    let data_directory = stopped.zookeeper_data_dir().display().to_string();
    assert_eq!(beside(&data_directory), by_network);
}

/// The digest of the records in the answer of `migrate --json`.
fn digest(answer: &str) -> String {
    let answer: serde_json::Value = serde_json::from_str(answer).unwrap();
    let digest = answer["digest"].as_str().expect("a digest");
    assert_eq!(digest.len(), 64);
    digest.to_owned()
}
