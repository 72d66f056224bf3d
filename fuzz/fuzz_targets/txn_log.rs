//! Any bytes as a ZooKeeper transaction log.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| kraft_bridge_robustness::TXN_LOG.feed_twice(bytes));
