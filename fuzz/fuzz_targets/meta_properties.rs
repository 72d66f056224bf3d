//! Any bytes as a meta.properties file.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| kraft_bridge_robustness::META_PROPERTIES.feed_twice(bytes));
