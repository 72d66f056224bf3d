//! Any bytes as a sealed capture file.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| kraft_bridge_robustness::SEALED_CAPTURE.feed_twice(bytes));
