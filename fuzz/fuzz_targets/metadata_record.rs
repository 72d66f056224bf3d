//! Any bytes as a metadata record.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| kraft_bridge_robustness::METADATA_RECORD.feed_twice(bytes));
