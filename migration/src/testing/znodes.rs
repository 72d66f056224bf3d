//! Znodes as text, one a line.
//!
//! ```text
//! # a comment
//! /cluster/id {"version":"1","id":"…"}
//! /brokers/topics/orders/partitions/0/state @57 {"leader":2,"leader_epoch":9,"isr":[2,3]}
//! /admin/delete_topics/doomed
//! ```
//!
//! `@57` is the znode's version, 0 when it is left out.

use std::collections::BTreeMap;

use crate::capture::ZnodeSink;
use crate::finding::Finding;
use crate::legacy::{Decoder, LegacyCluster};
use crate::znode::{Stat, Znode};

/// Payload and version of znodes by path.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Znodes(
    /// By path.
    pub BTreeMap<String, (String, i32)>,
);

impl Znodes {
    /// Reads the text form.
    ///
    /// # Panics
    ///
    /// If a line names no path or a version that is no number.
    pub fn parse(text: &str) -> Znodes {
        let mut znodes = Znodes::default();
        for line in text.lines().filter(|line| line.starts_with('/')) {
            let (path, rest) = line.split_once(' ').unwrap_or((line, ""));
            let (version, data) = match rest.strip_prefix('@') {
                Some(rest) => rest.split_once(' ').expect("a payload follows the version"),
                None => ("0", rest),
            };
            znodes.set(path, data, version.parse().expect("a version is a number"));
        }
        znodes
    }

    /// Writes a znode.
    pub fn set(&mut self, path: impl Into<String>, data: impl Into<String>, version: i32) {
        self.0.insert(path.into(), (data.into(), version));
    }

    /// The cluster that they make, with what is odd about it.
    ///
    /// # Panics
    ///
    /// Never: the decoder takes anything.
    pub fn decode(&self) -> (LegacyCluster, Vec<Finding>) {
        let mut decoder = Decoder::new();
        for (path, (data, version)) in &self.0 {
            let stat = Stat {
                version: *version,
                ..Stat::default()
            };
            let data = data.as_bytes();
            decoder
                .znode(&Znode { path, data, stat })
                .expect("the decoder takes anything");
        }
        decoder.finish()
    }
}
