//! The live ensemble and its files are the same cluster, and an independent client agrees.

use kraft_bridge_harness::{Product, ZookeeperOptions};
use kraft_bridge_migration::capture::{Capture, DataDir};

use crate::common::{Got, Writer, assert_in_order, assert_same, capture, options, start, start_newest};
use crate::witness;

/// Captures a running server, kills it, and reads its files.
fn assert_same_as_files(product: Product, version: &str, chroot: &str) {
    let server = start(product, version, &ZookeeperOptions::default());
    let writer = Writer::open(&server.zookeeper.address);
    writer.fill(chroot.trim_end_matches('/'), 300);
    writer.register_broker(chroot.trim_end_matches('/'));
    let mut options = options(&server.zookeeper.address);
    options.chroot = chroot.to_owned();

    let (live, summary) = capture(options).unwrap();

    let data_dir = server.zookeeper.data_dir.clone();
    server.zookeeper.kill().unwrap();
    let mut files = Got::default();
    DataDir::open(&data_dir, None, Some(chroot))
        .unwrap()
        .read(&mut files)
        .unwrap();
    assert_same(&live.znodes, &files.znodes);
    assert_in_order(&live.order);
    assert_eq!(live.order.len(), live.znodes.len());
    assert!(live.znodes.len() > 2400 && live.znodes["/brokers/ids/1"].1.ephemeral_owner != 0);
    assert_eq!(summary.znodes, live.znodes.len() as u64);
    assert_eq!((summary.chroot.as_str(), summary.reread), (chroot, 0));
    assert!(summary.consistent_cut && summary.first_zxid == summary.last_zxid && summary.last_zxid.0 > 0);
    assert!(live.unreadable.is_empty() && live.gone.is_empty());
}

#[test]
fn zookeeper_3_4_which_knows_no_multi_read_is_captured_as_its_files_are() {
    assert_same_as_files(Product::Zookeeper, "3.4.14", "/");
}

#[test]
fn the_zookeeper_of_kafka_2_8_is_captured_as_its_files_are() {
    assert_same_as_files(Product::Kafka, "2.8.2", "/deep/kafka");
}

#[test]
fn the_zookeeper_of_kafka_3_9_is_captured_as_its_files_are() {
    assert_same_as_files(Product::Kafka, "3.9.2", "/");
}

#[test]
fn zookeeper_3_9_is_captured_as_its_files_are() {
    assert_same_as_files(Product::Zookeeper, "3.9.4", "/kafka");
}

#[test]
fn an_independent_client_sees_the_same_tree() {
    let server = start_newest();
    let writer = Writer::open(&server.zookeeper.address);
    writer.fill("", 100);
    writer.register_broker("");
    let (live, _) = capture(options(&server.zookeeper.address)).unwrap();
    assert_same(&live.znodes, &witness::dump(&server.zookeeper.address));
}

#[test]
fn a_capture_leaves_no_session_behind() {
    let server = start_newest();
    capture(options(&server.zookeeper.address)).unwrap();
    let state = server.zookeeper.four_letter_word("mntr").unwrap();
    assert!(state.contains("zk_global_sessions\t0\n"), "{state}");
}
