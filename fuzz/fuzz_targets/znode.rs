//! Any bytes as a znode.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| kraft_bridge_robustness::ZNODE.feed_twice(bytes));
