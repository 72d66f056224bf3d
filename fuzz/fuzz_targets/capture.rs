//! Any bytes as a capture file.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| kraft_bridge_robustness::CAPTURE.feed_twice(bytes));
