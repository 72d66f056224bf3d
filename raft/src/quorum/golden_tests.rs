//! What this machine writes about voters, byte by byte as Kafka does.

use std::sync::Arc;
use std::time::Duration;

use kraft_bridge_protocol::batch::Batch;
use kraft_bridge_protocol::control::{ControlRecord, Voters};
use kraft_bridge_protocol::{Epoch, NodeId, Offset, OffsetAndEpoch, Uuid};

use super::testing::config;
use super::{Listener, Now, RaftConfig, ReplicaKey, Voter, VoterSet};
use crate::endpoint::Endpoint;
use crate::log::{Disk as _, LogConfig, MemoryDisk};
use crate::names;
use crate::node::Node;

/// What `format --standalone` of Kafka 4.3.1 left, and what the node wrote first; see `fixtures/logs/make`.
const FORMATTED: &[u8] = include_bytes!(
    "../../../fixtures/logs/4.3.1/__cluster_metadata-0/00000000000000000000-0000000000.checkpoint"
);
const LOG: &[u8] =
    include_bytes!("../../../fixtures/logs/4.3.1/__cluster_metadata-0/00000000000000000000.log");

fn voters_of(batch: &Batch<'_>) -> Voters {
    let decoded = batch
        .records()
        .map(Result::unwrap)
        .map(|record| ControlRecord::decode(record.key.unwrap(), record.value).unwrap());
    let voters = decoded.filter_map(|record| match record {
        ControlRecord::Voters(voters) => Some(voters),
        _ => None,
    });
    voters.last().expect("it holds the voters")
}

#[test]
fn the_first_batch_of_a_formatted_quorum_is_kafkas() {
    let (kafkas, length) = Batch::decode(LOG).unwrap();
    let (id, voter) = {
        let set = VoterSet::from(&voters_of(&kafkas));
        let (id, voter) = set.iter().next().unwrap();
        (id, voter.clone())
    };
    let formatted = OffsetAndEpoch {
        epoch: Epoch(0),
        offset: Offset(0),
    };
    let disk = MemoryDisk::default();
    disk.create(&names::checkpoint(formatted))
        .unwrap()
        .write_at(0, FORMATTED)
        .unwrap();
    let config = RaftConfig {
        replica: ReplicaKey {
            id,
            directory: voter.directory,
        },
        listeners: voter.listeners,
        ..config(1, &[])
    };
    let now = Now {
        elapsed: Duration::ZERO,
        wall: kafkas.header.timestamp,
    };

    let (node, _) = Node::start(config, Arc::new(disk), LogConfig::default(), now).unwrap();

    let ours = node.log().read(Offset(0), Offset(3), usize::MAX).unwrap();
    assert_eq!(ours, LOG[..length]);
}

#[test]
fn a_set_of_voters_is_kafkas_record() {
    let kafkas = "0000020000000100000000000000050000000000000006020b434f4e54524f4c4c4552\
                  03633123850000000001000000";
    let voter = Voter {
        directory: Uuid::from_u128((5 << 64) | 6),
        listeners: vec![Listener {
            name: "CONTROLLER".to_owned(),
            endpoint: Endpoint {
                host: "c1".to_owned(),
                port: 9093,
            },
        }],
        kraft_versions: (0, 1),
    };
    let set = VoterSet::new([(NodeId(1), voter)]);
    let (key, value) = set.record().encode();
    let ours: String = value.iter().map(|byte| format!("{byte:02x}")).collect();

    assert_eq!((key, ours.as_str()), (vec![0, 0, 0, 6], kafkas));
    let ControlRecord::Voters(record) = ControlRecord::decode(&[0, 0, 0, 6], &value).unwrap() else {
        panic!("another record")
    };
    assert_eq!(VoterSet::from(&record), set);
}
