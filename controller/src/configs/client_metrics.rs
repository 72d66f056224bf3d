//! What a subscription to clients' metrics may be configured to.
//!
//! Source: KIP-714; `ClientMetricsConfigs` of Kafka 3.9 and 4.3.

use std::collections::BTreeMap;

use kraft_bridge_protocol::rpc::ErrorCode;

use crate::decision::Refusal;

const METRICS: &str = "metrics";
const INTERVAL: &str = "interval.ms";
const MATCH: &str = "match";
/// From a tenth of a second to an hour.
const INTERVALS: std::ops::RangeInclusive<i32> = 100..=3_600_000;
/// What clients can be told apart by.
const SELECTORS: [&str; 6] = [
    "client_instance_id",
    "client_id",
    "client_software_name",
    "client_software_version",
    "client_source_address",
    "client_source_port",
];

/// Whether a subscription can be configured so.
pub(crate) fn check_client_metrics(configs: &BTreeMap<String, String>) -> Result<(), Refusal> {
    for (name, value) in configs {
        match name.as_str() {
            METRICS => {}
            INTERVAL => check_interval(value)?,
            MATCH => check_patterns(value)?,
            _ => {
                return Err(Refusal::new(
                    ErrorCode::InvalidRequest,
                    format!("Unknown client metrics configuration: {name}"),
                ));
            }
        }
    }
    Ok(())
}

fn check_interval(value: &str) -> Result<(), Refusal> {
    let invalid = |error| {
        Refusal::new(
            error,
            format!("Invalid value {value} for configuration {INTERVAL}"),
        )
    };
    let interval: i32 = value
        .trim()
        .parse()
        .map_err(|_| invalid(ErrorCode::InvalidConfig))?;
    match INTERVALS.contains(&interval) {
        true => Ok(()),
        false => Err(invalid(ErrorCode::InvalidRequest)),
    }
}

/// `selector=expression` each. The expressions are brokers' to compile: they are Java's.
fn check_patterns(value: &str) -> Result<(), Refusal> {
    let patterns = value
        .split(',')
        .map(str::trim)
        .filter(|pattern| !pattern.is_empty());
    for pattern in patterns {
        let is_known = match pattern.split('=').collect::<Vec<_>>()[..] {
            [selector, expression] => SELECTORS.contains(&selector.trim()) && !expression.is_empty(),
            _ => false,
        };
        if !is_known {
            return Err(Refusal::new(
                ErrorCode::InvalidConfig,
                format!("Illegal client matching pattern: {pattern}"),
            ));
        }
    }
    Ok(())
}
