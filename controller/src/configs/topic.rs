//! What a topic may be configured to: names, types and values, as Kafka takes them.
//!
//! Source: `LogConfig` of Kafka 3.9 and 4.3, whose definitions are in `fixtures/configs`.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use kraft_bridge_metadata::release::MetadataVersion;
use kraft_bridge_protocol::rpc::ErrorCode;

use crate::decision::Refusal;
use crate::draft::Draft;

/// 4.0-IV0: the first level that no broker of 3.9 reads.
pub(crate) const KAFKA_4: MetadataVersion = MetadataVersion(22);
/// Longest value in characters.
const VALUE_MAX: usize = 32_767;

/// What values a config takes.
#[derive(Clone, Debug, PartialEq)]
enum Kind {
    Boolean,
    Int(RangeInclusive<i32>),
    /// A level of gzip, or −1 for its own default.
    GzipLevel,
    Long(RangeInclusive<i64>),
    /// From 0 to 1.
    Ratio,
    OneOf(&'static [&'static str]),
    /// Each of a list.
    SomeOf(&'static [&'static str]),
    /// `partition:broker` each, or `*`.
    Replicas,
    /// A release that wrote messages in a form of its own: `2.8`, `3.0-IV1`.
    MessageFormat,
}

/// Which releases have it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum In {
    Both,
    Only3,
    Only4,
}

use In::{Both, Only3, Only4};
use Kind::{Boolean, GzipLevel, Int, Long, MessageFormat, OneOf, Ratio, Replicas, SomeOf};

const ANY_LONG: RangeInclusive<i64> = i64::MIN..=i64::MAX;
const NOT_NEGATIVE: RangeInclusive<i64> = 0..=i64::MAX;
const POSITIVE: RangeInclusive<i64> = 1..=i64::MAX;
const COMPRESSIONS: &[&str] = &["uncompressed", "zstd", "lz4", "snappy", "gzip", "producer"];

/// A config: its name, what it takes, which releases have it, and what it is if nobody says anything.
type Row = (&'static str, Kind, In, &'static str);

/// Every config of topics.
const TOPIC_CONFIGS: &[Row] = &[
    ("cleanup.policy", SomeOf(&["compact", "delete"]), Both, "delete"),
    ("compression.gzip.level", GzipLevel, Both, "-1"),
    ("compression.lz4.level", Int(1..=17), Both, "9"),
    ("compression.type", OneOf(COMPRESSIONS), Both, "producer"),
    ("compression.zstd.level", Int(-131_072..=22), Both, "3"),
    ("delete.retention.ms", Long(NOT_NEGATIVE), Both, "86400000"),
    ("file.delete.delay.ms", Long(NOT_NEGATIVE), Both, "60000"),
    ("flush.messages", Long(POSITIVE), Both, "9223372036854775807"),
    ("flush.ms", Long(NOT_NEGATIVE), Both, "9223372036854775807"),
    ("follower.replication.throttled.replicas", Replicas, Both, ""),
    ("index.interval.bytes", Int(0..=i32::MAX), Both, "4096"),
    ("leader.replication.throttled.replicas", Replicas, Both, ""),
    ("local.retention.bytes", Long(-2..=i64::MAX), Both, "-2"),
    ("local.retention.ms", Long(-2..=i64::MAX), Both, "-2"),
    (
        "max.compaction.lag.ms",
        Long(POSITIVE),
        Both,
        "9223372036854775807",
    ),
    ("max.message.bytes", Int(0..=i32::MAX), Both, "1048588"),
    ("message.downconversion.enable", Boolean, Only3, "true"),
    ("message.format.version", MessageFormat, Only3, "3.0-IV1"),
    (
        "message.timestamp.after.max.ms",
        Long(NOT_NEGATIVE),
        Only3,
        "9223372036854775807",
    ),
    (
        "message.timestamp.after.max.ms",
        Long(NOT_NEGATIVE),
        Only4,
        "3600000",
    ),
    (
        "message.timestamp.before.max.ms",
        Long(NOT_NEGATIVE),
        Both,
        "9223372036854775807",
    ),
    (
        "message.timestamp.difference.max.ms",
        Long(NOT_NEGATIVE),
        Only3,
        "9223372036854775807",
    ),
    (
        "message.timestamp.type",
        OneOf(&["CreateTime", "LogAppendTime"]),
        Both,
        "CreateTime",
    ),
    ("min.cleanable.dirty.ratio", Ratio, Both, "0.5"),
    ("min.compaction.lag.ms", Long(NOT_NEGATIVE), Both, "0"),
    ("min.insync.replicas", Int(1..=i32::MAX), Both, "1"),
    ("preallocate", Boolean, Both, "false"),
    ("remote.log.copy.disable", Boolean, Both, "false"),
    ("remote.log.delete.on.disable", Boolean, Both, "false"),
    ("remote.storage.enable", Boolean, Both, "false"),
    ("retention.bytes", Long(ANY_LONG), Both, "-1"),
    ("retention.ms", Long(-1..=i64::MAX), Both, "604800000"),
    ("segment.bytes", Int(14..=i32::MAX), Only3, "1073741824"),
    ("segment.bytes", Int(1_048_576..=i32::MAX), Only4, "1073741824"),
    ("segment.index.bytes", Int(4..=i32::MAX), Both, "10485760"),
    ("segment.jitter.ms", Long(NOT_NEGATIVE), Both, "0"),
    ("segment.ms", Long(POSITIVE), Both, "604800000"),
    ("unclean.leader.election.enable", Boolean, Both, "false"),
];

/// Whether a topic can be configured so: every config by itself, and all of them together.
pub(crate) fn check_topic(draft: &Draft<'_>, configs: &BTreeMap<String, String>) -> Result<(), Refusal> {
    let is_kafka_4 = draft.level() >= KAFKA_4;
    for (name, value) in configs {
        check_value(name, value, is_kafka_4)?;
    }
    check_together(draft, configs)
}

/// Whether a config is a list, which can be added to; `None` if topics do not have it.
pub(super) fn is_list(draft: &Draft<'_>, name: &str) -> Option<bool> {
    let kind = kind(name, draft.level() >= KAFKA_4)?;
    Some(matches!(kind, Replicas | SomeOf(_)))
}

/// What a config is of which nobody says anything.
pub(super) fn default(draft: &Draft<'_>, name: &str) -> &'static str {
    let row = row(name, draft.level() >= KAFKA_4);
    row.map_or("", |(_, _, _, default)| default)
}

/// Every config that topics have, with what it is if nobody says anything; names rise.
pub(crate) fn topic_defaults(is_kafka_4: bool) -> impl Iterator<Item = (&'static str, &'static str)> {
    rows(is_kafka_4).map(|(name, _, _, default)| (*name, *default))
}

fn kind(name: &str, is_kafka_4: bool) -> Option<&'static Kind> {
    row(name, is_kafka_4).map(|(_, kind, _, _)| kind)
}

fn row(name: &str, is_kafka_4: bool) -> Option<&'static Row> {
    rows(is_kafka_4).find(|(known, _, _, _)| *known == name)
}

/// What a release has.
fn rows(is_kafka_4: bool) -> impl Iterator<Item = &'static Row> {
    let has = move |release: In| match release {
        Both => true,
        Only3 => !is_kafka_4,
        Only4 => is_kafka_4,
    };
    TOPIC_CONFIGS
        .iter()
        .filter(move |(_, _, release, _)| has(*release))
}

fn check_value(name: &str, value: &str, is_kafka_4: bool) -> Result<(), Refusal> {
    let invalid = |message: String| Err(Refusal::new(ErrorCode::InvalidConfig, message));
    let Some(kind) = kind(name, is_kafka_4) else {
        return invalid(format!("Unknown topic config name: {name}"));
    };
    if value.chars().count() > VALUE_MAX {
        return invalid(format!(
            "the value of {name} is longer than {VALUE_MAX} characters"
        ));
    }
    match takes(kind, value.trim()) {
        true => Ok(()),
        false => invalid(format!("Invalid value {value} for configuration {name}")),
    }
}

fn takes(kind: &Kind, value: &str) -> bool {
    let elements = || value.split(',').map(str::trim).filter(|_| !value.is_empty());
    match kind {
        Boolean => boolean(value).is_some(),
        Int(range) => value.parse().is_ok_and(|value| range.contains(&value)),
        GzipLevel => value
            .parse()
            .is_ok_and(|value: i32| value == -1 || (1..=9).contains(&value)),
        Long(range) => value.parse().is_ok_and(|value| range.contains(&value)),
        // Java compares a value that is no number with neither end.
        Ratio => value
            .parse()
            .is_ok_and(|value: f64| value.is_nan() || (0.0..=1.0).contains(&value)),
        OneOf(values) => values.contains(&value),
        SomeOf(values) => elements().all(|element| values.contains(&element)),
        Replicas => value == "*" || elements().all(is_replica),
        MessageFormat => is_message_format(value),
    }
}

pub(super) fn boolean(value: &str) -> Option<bool> {
    [true, false]
        .into_iter()
        .find(|known| value.trim().eq_ignore_ascii_case(&known.to_string()))
}

/// `partition:broker`, or nothing.
fn is_replica(text: &str) -> bool {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    text.is_empty()
        || text
            .split_once(':')
            .is_some_and(|(partition, broker)| is_number(partition) && is_number(broker))
}

/// A release from 0.8 to 3.9, and perhaps one of its steps.
fn is_message_format(text: &str) -> bool {
    let (release, step) = text.split_once("-IV").unwrap_or((text, "0"));
    let numbers: Vec<u32> = release.split('.').filter_map(|part| part.parse().ok()).collect();
    let parts = release.split('.').count();
    let is_release = match numbers[..] {
        [0, minor, _] | [0, minor] => (8..=11).contains(&minor),
        [major, minor] | [major, minor, _] => {
            matches!((major, minor), (1, 0..=1) | (2, 0..=8) | (3, 0..=9) | (4, 0))
        }
        _ => false,
    };
    numbers.len() == parts && is_release && step.parse::<u8>().is_ok()
}

/// What goes together, of the values that count.
fn check_together(draft: &Draft<'_>, configs: &BTreeMap<String, String>) -> Result<(), Refusal> {
    let invalid = |message: &str| Err(Refusal::new(ErrorCode::InvalidConfig, message));
    let long = |name: &str| -> Option<i64> {
        let value = configs.get(name).map_or(default(draft, name), String::as_str);
        value.trim().parse().ok()
    };
    if long("min.compaction.lag.ms") > long("max.compaction.lag.ms") {
        return invalid("min.compaction.lag.ms is longer than max.compaction.lag.ms");
    }
    let is_remote = configs
        .get("remote.storage.enable")
        .and_then(|value| boolean(value))
        == Some(true);
    if !is_remote {
        return Ok(());
    }
    if !draft.settings.remote_storage {
        return invalid(
            "Tiered Storage functionality is disabled in the broker. Topic cannot be configured with remote log storage.",
        );
    }
    if configs
        .get("cleanup.policy")
        .is_some_and(|policy| policy.contains("compact"))
    {
        return invalid("Remote log storage is unsupported for the compacted topics");
    }
    for (local, whole) in [
        ("local.retention.bytes", "retention.bytes"),
        ("local.retention.ms", "retention.ms"),
    ] {
        let (Some(local), Some(whole)) = (long(local), long(whole)) else {
            continue;
        };
        if whole > -1 && local != -2 && (local == -1 || local > whole) {
            return invalid("local.retention is longer than the retention of the whole topic");
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const VALUES: [(bool, &str); 2] = [
        (false, include_str!("../../../fixtures/configs/values-3.9.2.txt")),
        (true, include_str!("../../../fixtures/configs/values-4.3.1.txt")),
    ];
    const NAMES: [(bool, &str); 2] = [
        (false, include_str!("../../../fixtures/configs/topics-3.9.2.txt")),
        (true, include_str!("../../../fixtures/configs/topics-4.3.1.txt")),
    ];

    #[test]
    fn there_are_the_configs_that_kafkas_topics_have() {
        for (is_kafka_4, kafkas) in NAMES {
            let kafkas: Vec<(&str, &str)> = kafkas
                .lines()
                .map(|line| line.split('\t').collect::<Vec<_>>())
                .map(|fields| (fields[0], fields[3]))
                .collect();
            assert_eq!(topic_defaults(is_kafka_4).collect::<Vec<_>>(), kafkas);
        }
    }

    #[test]
    fn lists_are_those_of_kafka() {
        for (is_kafka_4, kafkas) in NAMES {
            for line in kafkas.lines() {
                let fields: Vec<&str> = line.split('\t').collect();
                let is_list = matches!(kind(fields[0], is_kafka_4), Some(Replicas | SomeOf(_)));
                assert_eq!(is_list, fields[1] == "LIST", "{line}");
            }
        }
    }

    #[test]
    fn a_value_is_taken_if_kafka_takes_it() {
        let mut tried = 0;
        for (is_kafka_4, values) in VALUES {
            for line in values.lines() {
                let fields: Vec<&str> = line.split('\t').collect();
                let taken = check_value(fields[0], fields[1], is_kafka_4).is_ok();
                assert_eq!(taken, fields[2] == "yes", "{line:?}, Kafka 4: {is_kafka_4}");
                tried += 1;
            }
        }
        assert!(tried > 3000, "{tried}");
    }
}
