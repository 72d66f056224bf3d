//! Any bytes as a record batch.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| kraft_bridge_robustness::BATCH.feed_twice(bytes));
