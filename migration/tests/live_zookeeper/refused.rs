//! What can't be read is said, with what to do.

use std::time::Duration;

use kraft_bridge_harness::free_port;
use kraft_bridge_migration::capture::CaptureError;

use crate::common::{capture, options, start_newest};

#[test]
fn a_chroot_that_does_not_exist_is_named() {
    let server = start_newest();
    let mut options = options(&server.zookeeper.address);
    options.chroot = "/kafka".to_owned();
    match capture(options) {
        Err(CaptureError::Chroot { problem }) => {
            assert!(problem.contains("/kafka does not exist"), "{problem}")
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn servers_that_cannot_be_reached_are_named_within_the_connection_timeout() {
    let servers = format!(
        "127.0.0.1:{},127.0.0.1:{}",
        free_port().unwrap(),
        free_port().unwrap()
    );
    let mut options = options(&servers);
    options.connection_timeout = Duration::from_secs(2);
    match capture(options) {
        Err(CaptureError::Ensemble {
            servers: named,
            problem,
        }) => {
            assert_eq!(named, servers);
            assert!(problem.contains("no server could be reached"), "{problem}");
        }
        other => panic!("{other:?}"),
    }
}
