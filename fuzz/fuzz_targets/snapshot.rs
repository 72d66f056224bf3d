//! Any bytes as a ZooKeeper snapshot.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| kraft_bridge_robustness::SNAPSHOT.feed_twice(bytes));
