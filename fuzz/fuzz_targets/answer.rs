//! Any bytes as what a node of the quorum answers.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| kraft_bridge_robustness::ANSWER.feed_twice(bytes));
