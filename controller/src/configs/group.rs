//! What a consumer group may be configured to.
//!
//! Source: KIP-848, KIP-932, KIP-1071; `GroupConfig` of Kafka 4.3, and the limits that its brokers have by default.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use kraft_bridge_protocol::rpc::ErrorCode;

use super::topic::{KAFKA_4, boolean};
use crate::decision::Refusal;
use crate::draft::Draft;

enum Kind {
    Number(RangeInclusive<i32>),
    Boolean,
    OneOf(&'static [&'static str]),
    /// `latest`, `earliest`, or `by_duration:` and a duration of ISO 8601.
    OffsetReset,
}

const INTERVALS: Kind = Kind::Number(0..=i32::MAX);
const HEARTBEATS: Kind = Kind::Number(5000..=15_000);
const SESSIONS: Kind = Kind::Number(45_000..=60_000);

/// Every config of groups.
const GROUP_CONFIGS: &[(&str, Kind)] = &[
    ("consumer.assignment.interval.ms", INTERVALS),
    ("consumer.heartbeat.interval.ms", HEARTBEATS),
    ("consumer.session.timeout.ms", SESSIONS),
    ("share.assignment.interval.ms", INTERVALS),
    ("share.auto.offset.reset", Kind::OffsetReset),
    ("share.delivery.count.limit", Kind::Number(2..=10)),
    ("share.heartbeat.interval.ms", HEARTBEATS),
    (
        "share.isolation.level",
        Kind::OneOf(&["read_committed", "read_uncommitted"]),
    ),
    ("share.partition.max.record.locks", Kind::Number(100..=4000)),
    ("share.record.lock.duration.ms", Kind::Number(15_000..=60_000)),
    ("share.renew.acknowledge.enable", Kind::Boolean),
    ("share.session.timeout.ms", SESSIONS),
    ("streams.assignment.interval.ms", INTERVALS),
    ("streams.heartbeat.interval.ms", HEARTBEATS),
    ("streams.initial.rebalance.delay.ms", Kind::Number(0..=i32::MAX)),
    ("streams.num.standby.replicas", Kind::Number(0..=2)),
    ("streams.session.timeout.ms", SESSIONS),
];

/// Whether a group can be configured so.
pub(crate) fn check_group(draft: &Draft<'_>, configs: &BTreeMap<String, String>) -> Result<(), Refusal> {
    if draft.level() < KAFKA_4 {
        return Err(Refusal::new(
            ErrorCode::InvalidRequest,
            "groups have configs from Kafka 4.0 on",
        ));
    }
    for (name, value) in configs {
        let known = GROUP_CONFIGS.iter().find(|(known, _)| known == name);
        let Some((_, kind)) = known else {
            return Err(Refusal::new(
                ErrorCode::InvalidConfig,
                format!("Unknown group config name: {name}"),
            ));
        };
        if !takes(kind, value.trim()) {
            return Err(Refusal::new(
                ErrorCode::InvalidConfig,
                format!("Invalid value {value} for configuration {name}"),
            ));
        }
    }
    Ok(())
}

fn takes(kind: &Kind, value: &str) -> bool {
    match kind {
        Kind::Number(range) => value.parse().is_ok_and(|value| range.contains(&value)),
        Kind::Boolean => boolean(value).is_some(),
        Kind::OneOf(values) => values.iter().any(|known| known.eq_ignore_ascii_case(value)),
        Kind::OffsetReset => {
            let lower = value.to_ascii_lowercase();
            let duration = lower.strip_prefix("by_duration:");
            ["latest", "earliest"].contains(&&*lower) || duration.is_some_and(is_duration)
        }
    }
}

/// Whether a text is a duration of ISO 8601, in lower case: days, and hours, minutes and seconds behind a `t`.
fn is_duration(text: &str) -> bool {
    let Some(text) = text.strip_prefix('p') else {
        return false;
    };
    let (date, time) = text
        .split_once('t')
        .map_or((text, None), |(date, time)| (date, Some(time)));
    let is_date = date.is_empty() || is_units(date, &['d']);
    let is_time = time.is_none_or(|time| is_units(time, &['h', 'm', 's']));
    is_date && is_time && !(date.is_empty() && time.is_none())
}

/// Whether a text is numbers, each with one of the units, in their order.
fn is_units(mut text: &str, units: &[char]) -> bool {
    let mut found = false;
    for unit in units {
        if let Some((number, rest)) = text.split_once(*unit) {
            if number.is_empty() || !number.chars().all(|digit| digit.is_ascii_digit() || digit == '.') {
                return false;
            }
            (text, found) = (rest, true);
        }
    }
    found && text.is_empty()
}
