//! Any bytes as a request to a node of the quorum.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| kraft_bridge_robustness::REQUEST.feed_twice(bytes));
