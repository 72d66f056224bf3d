//! Any bytes as a checkpoint.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| kraft_bridge_robustness::CHECKPOINT.feed_twice(bytes));
