//! Bytes that Kafka's own serializer made, against ours.

use kraft_bridge_protocol::wire::Blob;
use kraft_bridge_protocol::{
    BrokerEpoch, LeaderEpoch, NodeId, PartitionEpoch, PartitionId, ProducerId, Uuid,
};

use super::*;

const TOPIC_ID: Uuid = Uuid::from_u128(0x0102_0304_0506_0708_090a_0b0c_0d0e_0f10);
const OTHER_ID: Uuid = Uuid::from_u128(0x2122_2324_2526_2728_292a_2b2c_2d2e_2f30);

fn nodes(ids: &[i32]) -> Vec<NodeId> {
    ids.iter().copied().map(NodeId).collect()
}

fn partition() -> PartitionRecord {
    PartitionRecord {
        partition_id: PartitionId(0),
        topic_id: TOPIC_ID,
        replicas: nodes(&[1, 2]),
        isr: nodes(&[1, 2]),
        leader: Some(NodeId(1)),
        leader_epoch: LeaderEpoch(5),
        partition_epoch: PartitionEpoch(7),
        ..Default::default()
    }
}

fn text(text: &str) -> String {
    text.to_owned()
}

/// Each value with its version and the bytes that a JVM's serializer gives for it.
fn golden() -> Vec<(MetadataRecord, i16, &'static str)> {
    vec![
        (
            FeatureLevelRecord {
                name: text("metadata.version"),
                feature_level: 20,
                ..Default::default()
            }
            .into(),
            0,
            "010c00116d657461646174612e76657273696f6e001400",
        ),
        (
            TopicRecord {
                name: text("foo"),
                topic_id: TOPIC_ID,
                ..Default::default()
            }
            .into(),
            0,
            "01020004666f6f0102030405060708090a0b0c0d0e0f1000",
        ),
        (
            partition().into(),
            0,
            "010300000000000102030405060708090a0b0c0d0e0f10030000000100000002030000000100000002010100000001\
             000000050000000700",
        ),
        (
            PartitionRecord {
                directories: vec![Uuid::ZERO; 2],
                ..partition()
            }
            .into(),
            1,
            "010301000000000102030405060708090a0b0c0d0e0f10030000000100000002030000000100000002010100000001\
             000000050000000703000000000000000000000000000000000000000000000000000000000000000000",
        ),
        (
            PartitionRecord {
                partition_id: PartitionId(3),
                replicas: nodes(&[1, 3]),
                isr: nodes(&[1]),
                removing_replicas: nodes(&[1]),
                adding_replicas: nodes(&[3]),
                leader: None,
                leader_recovery_state: LeaderRecovery::Recovering,
                leader_epoch: LeaderEpoch(9),
                partition_epoch: PartitionEpoch(11),
                directories: vec![Uuid::ZERO; 2],
                ..partition()
            }
            .into(),
            1,
            "010301000000030102030405060708090a0b0c0d0e0f1003000000010000000302000000010200000001\
             0200000003ffffffff000000090000000b03000000000000000000000000000000000000000000000000\
             000000000000000001000101",
        ),
        (
            PartitionRecord {
                isr: nodes(&[1]),
                directories: vec![Uuid::ZERO; 2],
                eligible_leader_replicas: Some(nodes(&[2])),
                last_known_elr: Some(nodes(&[1])),
                ..partition()
            }
            .into(),
            2,
            "010302000000000102030405060708090a0b0c0d0e0f1003000000010000000202000000010101000000010000000500\
             0000070300000000000000000000000000000000000000000000000000000000000000000201050200000002020502\
             00000001",
        ),
        (
            PartitionChangeRecord {
                partition_id: PartitionId(0),
                topic_id: TOPIC_ID,
                isr: Some(nodes(&[2])),
                leader: NewLeader::Changed(Some(NodeId(2))),
                ..Default::default()
            }
            .into(),
            1,
            "010501000000000102030405060708090a0b0c0d0e0f100200050200000002010400000002",
        ),
        (
            PartitionChangeRecord {
                partition_id: PartitionId(0),
                topic_id: TOPIC_ID,
                directories: Some(vec![OTHER_ID, Uuid::ZERO]),
                ..Default::default()
            }
            .into(),
            1,
            "010501000000000102030405060708090a0b0c0d0e0f100108210321\
             22232425262728292a2b2c2d2e2f3000000000000000000000000000000000",
        ),
        (
            ConfigRecord {
                resource_type: ConfigResource::Topic,
                resource_name: text("foo"),
                name: text("retention.ms"),
                value: Some(text("1000")),
                ..Default::default()
            }
            .into(),
            0,
            "0104000204666f6f0d726574656e74696f6e2e6d73053130303000",
        ),
        (
            ConfigRecord {
                resource_type: ConfigResource::Broker,
                name: text("log.retention.hours"),
                value: Some(text("24")),
                ..Default::default()
            }
            .into(),
            0,
            "0104000401146c6f672e726574656e74696f6e2e686f75727303323400",
        ),
        (
            ClientQuotaRecord {
                entity: vec![QuotaEntityPart {
                    entity_type: text("user"),
                    ..Default::default()
                }],
                key: text("producer_byte_rate"),
                value: 1024.0,
                ..Default::default()
            }
            .into(),
            0,
            "010e0002057573657200001370726f64756365725f627974655f7261746540900000000000000000",
        ),
        (
            ProducerIdsRecord {
                next_producer_id: ProducerId(4000),
                ..Default::default()
            }
            .into(),
            0,
            "010f00ffffffffffffffffffffffff0000000000000fa000",
        ),
        (
            AccessControlEntryRecord {
                id: OTHER_ID,
                resource_type: ResourceType::Topic,
                resource_name: text("foo"),
                pattern_type: PatternType::Literal,
                principal: text("User:alice"),
                host: text("*"),
                operation: AclOperation::Read,
                permission_type: AclPermission::Allow,
                ..Default::default()
            }
            .into(),
            0,
            "0112002122232425262728292a2b2c2d2e2f300204666f6f030b557365723a616c696365022a030300",
        ),
        (
            UserScramCredentialRecord {
                name: text("alice"),
                mechanism: ScramMechanism::Sha256,
                salt: Blob(vec![1, 2]),
                stored_key: Blob(vec![3, 4]),
                server_key: Blob(vec![5, 6]),
                iterations: 4096,
                ..Default::default()
            }
            .into(),
            0,
            "010b0006616c696365010301020303040305060000100000",
        ),
        (
            ZkMigrationStateRecord {
                zk_migration_state: MigrationState::PostMigration,
                ..Default::default()
            }
            .into(),
            0,
            "0115000300",
        ),
        (BeginTransactionRecord::default().into(), 0, "01170000"),
        (
            BeginTransactionRecord {
                name: Some(text("ab")),
                ..Default::default()
            }
            .into(),
            0,
            "011700010003036162",
        ),
        (EndTransactionRecord::default().into(), 0, "01180000"),
        (AbortTransactionRecord::default().into(), 0, "01190000"),
        (NoOpRecord::default().into(), 0, "01140000"),
        (
            RegisterBrokerRecord {
                broker_id: NodeId(1),
                incarnation_id: OTHER_ID,
                broker_epoch: BrokerEpoch(42),
                end_points: vec![ListenerRecord {
                    name: text("PLAINTEXT"),
                    host: text("h"),
                    port: 9092,
                    ..Default::default()
                }],
                features: vec![FeatureRangeRecord {
                    name: text("metadata.version"),
                    min_supported_version: 1,
                    max_supported_version: 21,
                    ..Default::default()
                }],
                log_dirs: vec![OTHER_ID],
                ..Default::default()
            }
            .into(),
            3,
            "01000300000001002122232425262728292a2b2c2d2e2f30000000000000002a020a504c41494e544558540268238400\
             000002116d657461646174612e76657273696f6e0001001500000100010011022122232425262728292a2b2c2d2e2f30",
        ),
    ]
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap())
        .collect()
}

#[test]
fn records_are_kafkas_byte_for_byte() {
    for (record, version, expected) in golden() {
        let mut bytes = Vec::new();
        record.encode(version, &mut bytes).unwrap();
        assert_eq!(hex(&bytes), expected, "{}", record.name());
        assert_eq!(MetadataRecord::decode(&unhex(expected)), Ok((record, version)));
    }
}

#[test]
fn a_field_that_the_version_lacks_is_not_dropped_silently() {
    let record = MetadataRecord::from(PartitionRecord {
        directories: vec![Uuid::ZERO; 2],
        ..partition()
    });
    let error = record.encode(0, &mut Vec::new()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "PartitionRecord version 0 has no field directories, which is set"
    );
}

#[test]
fn a_version_that_no_schema_knows_is_refused_before_its_body_is_read() {
    let error = MetadataRecord::decode(&unhex("010303ff")).unwrap_err();
    assert_eq!(
        error.to_string(),
        "at byte 3: PartitionRecord version 3 is unknown (known: 0 to 2)"
    );
}

#[test]
fn bytes_left_over_after_a_record_are_an_error() {
    assert!(MetadataRecord::decode(&unhex("0114000000")).is_err());
}

proptest::proptest! {
    #[test]
    fn any_bytes_are_a_record_or_an_error(
        key in 0u8..30, version in 0u8..5, body in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..120)
    ) {
        let bytes = [&[1, key, version][..], &body].concat();
        if let Ok((record, version)) = MetadataRecord::decode(&bytes) {
            let mut again = Vec::new();
            record.encode(version, &mut again).unwrap();
            proptest::prop_assert_eq!(MetadataRecord::decode(&again).unwrap(), (record, version));
        }
    }
}
