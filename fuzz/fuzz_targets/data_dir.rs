//! Any bytes as the files of a ZooKeeper data directory.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| kraft_bridge_robustness::DATA_DIR.feed_twice(bytes));
