//! What must be the same afterwards, and the differences that MIGRATION.md explains in section 11.

use std::collections::BTreeMap;
use std::path::PathBuf;

use kraft_bridge_harness::fill::{DOOMED, GROUP, MOVING};
use kraft_bridge_harness::{KraftCluster, Observation, Stopped, Tool, Tools, witness};

use crate::migration::{Case, kraft_bridge, source};

/// Kafka's tools print the same, apart from what is explained.
pub(crate) fn the_tools_print_the_same(case: &Case, before: &Observation, after: &Observation) {
    let unexplained: Vec<String> = before
        .description
        .differences(&after.description)
        .into_iter()
        .filter(|difference| !is_explained(case, difference))
        .collect();
    assert_eq!(unexplained, [""; 0], "{case:?}");
    for (what, at_least) in [
        ("partition", 200),
        ("acl", 6),
        ("user", 7),
        ("quota", 10),
        ("group", 12),
    ] {
        assert!(
            after.description.count(what) >= at_least,
            "{what} in {}",
            after.description
        );
    }
}

fn is_explained(case: &Case, difference: &str) -> bool {
    let pending_deletion = difference.starts_with(&format!("- topic {DOOMED}:"))
        || difference.starts_with(&format!("- partition {DOOMED}-"));
    let form_for_4 = [
        // Eligible leader replicas need it on the cluster's level; the value is what brokers had in their files.
        "+ config brokers in the cluster: min.insync.replicas=1 sensitive=false",
        // Unknown to 4.x.
        "- config topic single: message.timestamp.difference.max.ms=9000000000 sensitive=false",
    ];
    // Brokers of 2.8 tell the names of SCRAM users as ZooKeeper stores them.
    let stored_name = case.from.starts_with("2.8")
        && [
            "- user user-principal 'ops%40example.com': SCRAM-SHA-512 4096 iterations",
            "+ user user-principal 'ops@example.com': SCRAM-SHA-512 4096 iterations",
        ]
        .contains(&difference);
    pending_deletion || stored_name || (case.is_to_kafka_4() && form_for_4.contains(&difference))
}

/// `verify` finds the same cluster in ZooKeeper's files and in the directory of each controller.
pub(crate) fn verify_finds_the_directories_equal(stopped: &Stopped, cluster: &KraftCluster) {
    for controller in &cluster.controllers {
        verify_finds_equal(stopped, &controller.config_file.display().to_string());
    }
}

/// `verify` finds the same cluster in ZooKeeper's files and in the quorum that runs.
pub(crate) fn verify_finds_the_quorum_equal(stopped: &Stopped, cluster: &KraftCluster) {
    verify_finds_equal(stopped, &format!("kafka://{}", cluster.controller_addresses()));
}

/// `verify --watch` finds them equal pass after pass, the ensemble started again; one of 3.4 cannot be watched, and
/// is read each time.
pub(crate) fn watch_finds_the_running_sides_equal(stopped: &Stopped, cluster: &KraftCluster) {
    let zookeeper = stopped.start_zookeeper().unwrap();
    let [_, _, old_config, path] = source(stopped);
    let answer = kraft_bridge([
        "verify",
        "--json",
        "--watch",
        "--every=1s",
        "--passes=3",
        "--settle=2s",
        &format!("--from=zk://{}/kafka", zookeeper.address),
        &format!("--with=kafka://{}", cluster.controller_addresses()),
        &old_config,
        &path,
    ]);
    let answers = serde_json::Deserializer::from_str(&answer).into_iter();
    let passes: Vec<serde_json::Value> = answers
        .map(Result::unwrap)
        .filter(|answer: &serde_json::Value| answer["kind"] == "pass")
        .collect();
    assert_eq!(passes.len(), 3, "{answer}");
    for pass in passes {
        assert_eq!(pass["verdict"], "equal", "{answer}");
    }
    zookeeper.stop().unwrap();
}

fn verify_finds_equal(stopped: &Stopped, target: &str) {
    let arguments = ["verify", "--json", "--settle", "2s", "--with", target].map(str::to_owned);
    let answer = kraft_bridge(arguments.into_iter().chain(source(stopped)));
    let report: serde_json::Value = serde_json::from_str(&answer).unwrap();
    assert_eq!(report["verdict"], "equal", "{answer}");
    assert_eq!(report["relation"], "copied");
    for (kind, at_least) in [
        ("topics", 45),
        ("partitions", 200),
        ("acls", 6),
        ("acl-decisions", 100),
        ("scram", 7),
        ("quotas", 10),
        ("topic-configs", 5),
    ] {
        for side in ["zookeeper", "kraft"] {
            let count = report["totals"][kind][side].as_u64();
            assert!(count >= Some(at_least), "{kind} in {side}: {count:?}");
        }
    }
}

/// Every record of every kept topic is there, and a member of the group goes on where the group left off.
pub(crate) fn every_record_is_consumed(stopped: &Stopped, after: &Observation) {
    let before = &stopped.before;
    assert_eq!(after.contents, before.contents);
    assert_eq!(after.remaining, before.remaining);
    assert!(
        before
            .remaining
            .contains("orders-11: 200 records, offsets 200 to 399"),
        "{}",
        before.remaining
    );
    let read = witness(&stopped.brokers, "admin", &format!("resume {GROUP} orders")).unwrap();
    assert_eq!(read, before.remaining);
}

/// Topics keep their ids, partitions their ends, and each was led once more since ZooKeeper wrote its last epoch.
pub(crate) fn ids_and_epochs_go_on(stopped: &Stopped, after: &Observation) {
    let kept = stopped
        .before
        .partitions
        .iter()
        .filter(|(name, _)| !name.starts_with(DOOMED));
    for (name, before) in kept {
        let after = &after.partitions[name];
        // Before 2.8 topics have no ids.
        if before.topic_id != "AAAAAAAAAAAAAAAAAAAAAA" {
            assert_eq!(after.topic_id, before.topic_id, "{name}");
        }
        assert!(
            after.leader_epoch > Some(stopped.states[name].leader_epoch),
            "{name}: {after:?}"
        );
        assert!(after.leader_epoch > before.leader_epoch, "{name}: {after:?}");
        assert!(after.end_offset >= before.end_offset, "{name}: {after:?}");
    }
}

/// No replica was set aside, deleted or begun anew: each directory of a kept topic is the one that was there before.
pub(crate) fn no_replica_is_lost(
    cluster: &KraftCluster,
    before: &BTreeMap<PathBuf, u64>,
    after: &BTreeMap<PathBuf, u64>,
) {
    let is_doomed = |path: &PathBuf| {
        path.file_name()
            .is_some_and(|name| name.to_string_lossy().starts_with(DOOMED))
    };
    // What an earlier deletion left behind goes away when a broker starts.
    let is_leftover = |path: &PathBuf| path.to_string_lossy().ends_with("-delete");
    let kept = |directories: &BTreeMap<PathBuf, u64>| -> BTreeMap<PathBuf, u64> {
        let kept = directories
            .iter()
            .filter(|(path, _)| !is_doomed(path) && !is_leftover(path));
        kept.map(|(path, inode)| (path.clone(), *inode)).collect()
    };
    assert_eq!(kept(after), kept(before));
    let strays: Vec<String> = cluster
        .logs()
        .unwrap()
        .lines()
        .filter(|line| line.to_lowercase().contains("stray") && !line.contains(DOOMED))
        .map(str::to_owned)
        .collect();
    assert_eq!(strays, [""; 0]);
}

/// SCRAM users log in with their passwords, and a delegation token with its HMAC. The TLS listener presents the
/// certificate of the keystore that a dynamic config names, which the broker opens with the password beside it.
pub(crate) fn everybody_can_log_in(stopped: &Stopped) {
    let users: &[&str] = if stopped.brokers.at_least(1, 1) {
        &["admin", "alice", "token", "tls"]
    } else {
        &["admin", "alice"]
    };
    for user in users {
        let brokers = witness(&stopped.brokers, user, "ping").unwrap();
        assert_eq!(brokers.trim(), "3", "brokers that {user} sees");
    }
}

/// The reassignment goes on, and ends once its throttle is raised.
pub(crate) fn the_reassignment_ends(case: &Case, stopped: &Stopped) {
    let connection = format!(
        "--bootstrap-server {} --command-config {}",
        stopped.brokers.bootstrap_servers(),
        stopped.brokers.client_file("admin").display()
    );
    let tools = Tools::of(case.to).unwrap();
    let reassignment = stopped.brokers.dir.join("reassignment.json");
    let faster = format!(
        "{connection} --execute --additional --throttle 100000000 --reassignment-json-file {}",
        reassignment.display()
    );
    tools.call(Tool::Reassign, &faster).unwrap();
    witness(&stopped.brokers, "admin", "await 3 120 isr").unwrap();
    let arguments = format!("{connection} --describe --topic {MOVING}");
    let topics = tools.call(Tool::Topics, &arguments).unwrap();
    assert_eq!(topics.matches("Replicas: 2,3\t").count(), 2, "{topics}");
}
