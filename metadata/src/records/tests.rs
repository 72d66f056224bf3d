//! Bytes and JSON that Kafka's own serializer made (`fixtures/records/`), against ours.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use kraft_bridge_protocol::Uuid;
use serde_json::{Map, Value, json};

use super::*;

/// One value as Kafka has it.
struct Golden {
    /// File and name of the value.
    title: String,
    json: Map<String, Value>,
    bytes: Vec<u8>,
}

/// The values of each record and version: `<record>-v<version>.hex` holds blocks of name, JSON and bytes.
fn golden() -> BTreeMap<(String, i16), Vec<Golden>> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/records");
    let mut golden = BTreeMap::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        let Some((record, version)) = name.strip_suffix(".hex").and_then(|name| name.split_once("-v")) else {
            continue;
        };
        let text = fs::read_to_string(&path).unwrap();
        let blocks = text.split_once('\n').unwrap().1.split("\n\n");
        let values = blocks.map(|block| {
            let [value, json, bytes] = block.lines().collect::<Vec<_>>().try_into().unwrap();
            Golden {
                title: format!("{name}: {value}"),
                json: serde_json::from_str(json).unwrap(),
                bytes: unhex(bytes),
            }
        });
        golden.insert((record.to_owned(), version.parse().unwrap()), values.collect());
    }
    golden
}

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap())
        .collect()
}

/// Our JSON of a record.
fn our_json(record: &MetadataRecord) -> Map<String, Value> {
    let Value::Object(mut tagged) = serde_json::to_value(record).unwrap() else {
        panic!("a record is an object");
    };
    let Value::Object(data) = tagged["data"].take() else {
        panic!("its data is one, too");
    };
    data
}

/// Kafka's JSON in our words: its codes have names here, and -1 for nobody is null.
fn in_our_words(record: &str, mut json: Map<String, Value>) -> Map<String, Value> {
    for (field, value) in &mut json {
        match value {
            Value::Array(items) => {
                for item in items.iter_mut().filter_map(Value::as_object_mut) {
                    *item = in_our_words(record, std::mem::take(item));
                }
            }
            Value::Number(number) => {
                if let Some(named) = number.as_i64().and_then(|code| name_code(record, field, code)) {
                    *value = named;
                }
            }
            _ => {}
        }
    }
    json
}

/// What our JSON has instead of a code; `None` for a plain number.
fn name_code(record: &str, field: &str, code: i64) -> Option<Value> {
    let byte = i8::try_from(code).ok();
    let named = |name: Option<&str>| Some(json!(name.unwrap_or("?")));
    match (record, field) {
        ("PartitionChangeRecord", "leader") if code == -2 => Some(json!("Unchanged")),
        ("PartitionChangeRecord", "leader") => {
            let leader = Some(code).filter(|code| *code != -1);
            Some(json!({ "Changed": leader }))
        }
        ("PartitionChangeRecord", "leaderRecoveryState") if code == -1 => Some(Value::Null),
        (_, "leader") | ("ProducerIdsRecord", "brokerId") if code == -1 => Some(Value::Null),
        (_, "leaderRecoveryState") => {
            named(byte.and_then(LeaderRecovery::from_code).map(LeaderRecovery::name))
        }
        ("ConfigRecord", "resourceType") => {
            named(byte.and_then(ConfigResource::from_code).map(ConfigResource::name))
        }
        (_, "resourceType") => named(byte.and_then(ResourceType::from_code).map(ResourceType::name)),
        (_, "patternType") => named(byte.and_then(PatternType::from_code).map(PatternType::name)),
        (_, "operation") => named(byte.and_then(AclOperation::from_code).map(AclOperation::name)),
        (_, "permissionType") => named(byte.and_then(AclPermission::from_code).map(AclPermission::name)),
        (_, "mechanism") => named(byte.and_then(ScramMechanism::from_code).map(ScramMechanism::name)),
        (_, "fenced") => named(byte.and_then(FencingChange::from_code).map(FencingChange::name)),
        (_, "inControlledShutdown") => named(
            byte.and_then(ControlledShutdownChange::from_code)
                .map(ControlledShutdownChange::name),
        ),
        (_, "zkMigrationState") => named(byte.and_then(MigrationState::from_code).map(MigrationState::name)),
        (_, "securityProtocol") => {
            let code = byte.map(i16::from);
            named(
                code.and_then(SecurityProtocol::from_code)
                    .map(SecurityProtocol::name),
            )
        }
        _ => None,
    }
}

#[test]
fn records_of_every_kind_and_version_are_kafkas_byte_for_byte() {
    for ((record, version), values) in golden() {
        for value in values {
            let (decoded, found) = MetadataRecord::decode(&value.bytes).expect(&value.title);
            assert_eq!(
                (decoded.name(), found),
                (record.as_str(), version),
                "{}",
                value.title
            );
            let mut bytes = Vec::new();
            decoded.encode(version, &mut bytes).unwrap();
            assert_eq!(bytes, value.bytes, "{}", value.title);
        }
    }
}

#[test]
fn what_is_decoded_is_what_kafka_says_in_json() {
    for ((record, _), values) in golden() {
        for value in values {
            let (decoded, _) = MetadataRecord::decode(&value.bytes).unwrap();
            // Kafka leaves tagged fields off at their defaults, and those that the version lacks.
            let mut expected = our_json(&MetadataRecord::default_of(decoded.key()).unwrap());
            expected.extend(in_our_words(&record, value.json));
            assert_eq!(our_json(&decoded), expected, "{}", value.title);
        }
    }
}

#[test]
fn every_kind_and_version_has_bytes_of_kafka_and_none_is_missing_here() {
    let known: BTreeSet<_> = MetadataRecord::kinds()
        .flat_map(|(name, versions)| versions.map(move |version| (name.to_owned(), version)))
        .collect();
    assert_eq!(golden().into_keys().collect::<BTreeSet<_>>(), known);
}

#[test]
fn a_field_that_the_version_lacks_is_not_dropped_silently() {
    let record = MetadataRecord::from(PartitionRecord {
        directories: vec![Uuid::ZERO; 2],
        ..PartitionRecord::default()
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
