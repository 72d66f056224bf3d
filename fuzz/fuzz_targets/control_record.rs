//! Any bytes as a control record.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| kraft_bridge_robustness::CONTROL_RECORD.feed_twice(bytes));
