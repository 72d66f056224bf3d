//! Any bytes as a quorum-state file.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| kraft_bridge_robustness::QUORUM_STATE.feed_twice(bytes));
