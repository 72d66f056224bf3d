//! Control records: what the Raft layer writes between the data.
//!
//! A control record's key is two 16-bit numbers, version 0 and the type; its value is a flexible message of version
//! 0 without any frame.
//!
//! Source: KIP-595 (leader change), KIP-630 (snapshot header and footer), KIP-853 (version and voters).

use crate::messages::Message;
use crate::wire::{Reader, WireError, WireProblem};
use crate::{NodeId, Timestamp, Uuid};

crate::messages! {
    /// A leader began its epoch.
    LeaderChange (versions 0..=0) {
        /// Always 0.
        version: i16, since 0;
        /// The leader.
        leader_id: NodeId, since 0;
        /// Voters of the epoch.
        voters: Vec<LeaderChangeVoter>, since 0;
        /// Voters that voted for the leader.
        granting_voters: Vec<LeaderChangeVoter>, since 0;
    }

    /// A voter, as a leader change names it.
    LeaderChangeVoter (versions 0..=0) {
        /// The voter.
        voter_id: NodeId, since 0;
    }

    /// First record of a snapshot.
    SnapshotHeader (versions 0..=0) {
        /// Always 0.
        version: i16, since 0;
        /// Greatest timestamp of the records that the snapshot stands for.
        last_contained_log_timestamp: Timestamp, since 0;
    }

    /// Last record of a snapshot.
    SnapshotFooter (versions 0..=0) {
        /// Always 0.
        version: i16, since 0;
    }

    /// Finalized `kraft.version`: 0 static voters, 1 voters in the log.
    KRaftVersion (versions 0..=0) {
        /// Always 0.
        version: i16, since 0;
        /// The level.
        kraft_version: i16, since 0;
    }

    /// The voter set.
    Voters (versions 0..=0) {
        /// Always 0.
        version: i16, since 0;
        /// The voters.
        voters: Vec<Voter>, since 0;
    }

    /// One voter: a node with the directory that its vote is bound to.
    Voter (versions 0..=0) {
        /// Node id.
        voter_id: NodeId, since 0;
        /// `directory.id` of its metadata log directory.
        voter_directory_id: Uuid, since 0;
        /// Where to reach it.
        endpoints: Vec<VoterEndpoint>, since 0;
        /// Levels of `kraft.version` it supports.
        kraft_version_feature: KRaftVersionRange = KRaftVersionRange { max_supported_version: 1, ..Default::default() }, since 0;
    }

    /// A listener of a voter.
    VoterEndpoint (versions 0..=0) {
        /// Listener name.
        name: String, since 0;
        /// Host.
        host: String, since 0;
        /// Port.
        port: u16, since 0;
    }

    /// Levels of `kraft.version` that a voter supports.
    KRaftVersionRange (versions 0..=0) {
        /// Lowest.
        min_supported_version: i16, since 0;
        /// Highest.
        max_supported_version: i16, since 0;
    }
}

/// A control record of the metadata log, decoded.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
#[expect(missing_docs, reason = "each is the message of the same name")]
pub enum ControlRecord {
    LeaderChange(LeaderChange),
    SnapshotHeader(SnapshotHeader),
    SnapshotFooter(SnapshotFooter),
    KRaftVersion(KRaftVersion),
    Voters(Voters),
}

impl ControlRecord {
    /// Key and value, as they stand in a record.
    pub fn encode(&self) -> (Vec<u8>, Vec<u8>) {
        use crate::wire::Wire;
        let mut value = Vec::new();
        let kind: i16 = match self {
            ControlRecord::LeaderChange(message) => (message.write(&mut value), 2).1,
            ControlRecord::SnapshotHeader(message) => (message.write(&mut value), 3).1,
            ControlRecord::SnapshotFooter(message) => (message.write(&mut value), 4).1,
            ControlRecord::KRaftVersion(message) => (message.write(&mut value), 5).1,
            ControlRecord::Voters(message) => (message.write(&mut value), 6).1,
        };
        let mut key = vec![0, 0];
        key.extend_from_slice(&kind.to_be_bytes());
        (key, value)
    }

    /// The control record with this key and value.
    ///
    /// # Errors
    ///
    /// [`WireError`] when the type is not one of the metadata log's or the value is not such a message.
    pub fn decode(key: &[u8], value: &[u8]) -> Result<ControlRecord, WireError> {
        use crate::wire::Wire;
        let mut key = Reader::new(key);
        let _version = i16::read(&mut key, "key version")?;
        let kind = i16::read(&mut key, "control record type")?;
        let mut reader = Reader::new(value);
        let record = match kind {
            2 => ControlRecord::LeaderChange(Message::decode(0, &mut reader)?),
            3 => ControlRecord::SnapshotHeader(Message::decode(0, &mut reader)?),
            4 => ControlRecord::SnapshotFooter(Message::decode(0, &mut reader)?),
            5 => ControlRecord::KRaftVersion(Message::decode(0, &mut reader)?),
            6 => ControlRecord::Voters(Message::decode(0, &mut reader)?),
            other => {
                let problem = WireProblem::OutOfRange {
                    field: "control record type",
                    value: i64::from(other),
                };
                return Err(key.error(problem));
            }
        };
        reader.finish()?;
        Ok(record)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use serde_json::Value;

    use super::*;

    fn unhex(text: &str) -> Vec<u8> {
        (0..text.len())
            .step_by(2)
            .map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap())
            .collect()
    }

    /// What Kafka wrote: file and name of each value, its JSON, key and value.
    fn golden() -> Vec<(String, Value, Vec<u8>, Vec<u8>)> {
        let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/records/control");
        let mut golden = Vec::new();
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            let text = fs::read_to_string(&path).unwrap();
            for block in text.split_once('\n').unwrap().1.split("\n\n") {
                let [name, json, bytes] = block.lines().collect::<Vec<_>>().try_into().unwrap();
                let (key, value) = bytes.split_once(' ').unwrap();
                // The one word that the two of us write differently.
                let json = serde_json::from_str(&json.replace("kRaft", "kraft")).unwrap();
                let title = format!("{}: {name}", path.display());
                golden.push((title, json, unhex(key), unhex(value)));
            }
        }
        golden
    }

    #[test]
    fn control_records_are_kafkas_byte_for_byte_and_mean_the_same() {
        let mut kinds = std::collections::BTreeSet::new();
        for (title, json, key, value) in golden() {
            let record = ControlRecord::decode(&key, &value).expect(&title);
            assert_eq!(record.encode(), (key, value), "{title}");
            let Value::Object(named) = serde_json::to_value(&record).unwrap() else {
                panic!("a record is an object");
            };
            for (kind, data) in named {
                assert_eq!(data, json, "{title}");
                kinds.insert(kind);
            }
        }
        let all = [
            "KRaftVersion",
            "LeaderChange",
            "SnapshotFooter",
            "SnapshotHeader",
            "Voters",
        ];
        assert_eq!(kinds.into_iter().collect::<Vec<_>>(), all);
    }
}
