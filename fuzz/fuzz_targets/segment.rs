//! Any bytes as a segment of the metadata log.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| kraft_bridge_robustness::SEGMENT.feed_twice(bytes));
