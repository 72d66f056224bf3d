//! Kafka's own migration (3.9 in dual-write mode) on real servers: what its brokers, its controller and ZooKeeper hold
//! while the cluster is changed by Kafka's tools, and by hand behind its back.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::{Path, PathBuf};
use std::time::Duration;

use kraft_bridge_harness::churn::{LEAVER, by_command_line, lose_a_quota};
use kraft_bridge_harness::{Churn, DualWrite};

/// A directory that does not exist yet below the target directory.
fn fresh_dir(name: &str) -> PathBuf {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(env!("CARGO_CRATE_NAME"));
    std::fs::create_dir_all(&dir).unwrap();
    let dir = dir.join(name);
    if dir.exists() {
        std::fs::remove_dir_all(&dir).unwrap();
    }
    dir
}

#[test]
fn kafka_s_own_dual_write_brings_to_zookeeper_what_its_tools_change_but_the_loss_of_a_last_quota() {
    let cluster = DualWrite::start(&fresh_dir("changes")).unwrap();
    let brokers = &cluster.legacy.brokers;
    let duration = Duration::from_secs(10);

    let changes = Churn { duration, seed: 1 }.run(brokers).unwrap();
    by_command_line(brokers).unwrap();
    lose_a_quota(brokers).unwrap();
    cluster.settle().unwrap();

    assert!(changes.len() >= 40, "only {changes:#?}");
    let znodes = cluster.legacy.znodes();
    let controller = znodes.get("/controller").unwrap();
    assert!(controller.contains("\"kraftControllerEpoch\":1"), "{controller}");
    let partitions = znodes.children("/brokers/topics/by-hand/partitions").unwrap();
    assert_eq!(partitions, ["0", "1", "2"]);
    assert_eq!(
        znodes.get("/config/topics/by-hand").unwrap(),
        r#"{"version":1,"config":{"max.message.bytes":"2000000"}}"#
    );
    let user = znodes.get("/config/users/by-hand").unwrap();
    assert!(
        user.contains("SCRAM-SHA-512"),
        "the quota took the credential away"
    );
    assert!(
        user.contains(r#""producer_byte_rate":"1234""#),
        "the credential took the quota away"
    );
    assert!(
        znodes
            .children("/kafka-acl-extended/prefixed/Topic")
            .unwrap()
            .contains(&"by-".to_owned())
    );
    assert!(
        !znodes
            .children("/kafka-acl/Topic")
            .unwrap()
            .contains(&"by-hand".to_owned())
    );
    let lost = znodes.get(&format!("/config/clients/{LEAVER}")).unwrap();
    assert_eq!(lost, r#"{"version":1,"config":{"producer_byte_rate":"1024"}}"#);
}
