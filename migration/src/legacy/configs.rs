//! Dynamic configs: `/config/topics`, `/config/brokers`, and the payload that users, clients and ips share.
//!
//! `{"version":1,"config":{"retention.ms":"3600000"}}`

use std::collections::BTreeMap;

use kraft_bridge_protocol::NodeId;
use serde_json::Value;

use super::json;
use super::notes::Notes;

/// Config overrides of one entity: name to value, both as stored.
pub type ConfigMap = BTreeMap<String, String>;

/// Path segment that stands for the default entity of its kind.
pub(super) const DEFAULT_ENTITY: &str = "<default>";

/// The overrides in a config payload; nothing, `{}` and a missing `config` all mean none.
pub(super) fn decode(data: &[u8], notes: &mut Notes<'_>) -> ConfigMap {
    let Some(mut object) = json::object(data, notes) else {
        return ConfigMap::new();
    };
    match object.remove("config") {
        None | Some(Value::Null) => ConfigMap::new(),
        Some(Value::Object(config)) => config
            .into_iter()
            .filter_map(|(key, value)| Some((key.clone(), text(&key, value, notes)?)))
            .collect(),
        Some(_) => {
            notes.undecodable("config is no object");
            ConfigMap::new()
        }
    }
}

/// A value as text. Kafka writes strings only and fails on anything else; other tools have written numbers.
fn text(key: &str, value: Value, notes: &mut Notes<'_>) -> Option<String> {
    let text = match value {
        Value::String(text) => return Some(text),
        Value::Number(number) => number.to_string(),
        Value::Bool(bool) => bool.to_string(),
        Value::Null | Value::Array(_) | Value::Object(_) => {
            notes.undecodable(format_args!("the value of {key} is no text"));
            return None;
        }
    };
    notes.warning(
        "config-value-not-text",
        format!("{key} is stored as {text} without quotes, which Kafka itself can't read"),
        "carried as the text of the value",
    );
    Some(text)
}

/// Whose broker configs a path segment names: `None` for the default of all; noted when it is no broker.
pub(super) fn broker(segment: &str, notes: &mut Notes<'_>) -> Option<Option<NodeId>> {
    if segment == DEFAULT_ENTITY {
        return Some(None);
    }
    let id = segment
        .parse()
        .ok()
        .filter(|id: &NodeId| id.0 >= 0 && id.to_string() == segment);
    if id.is_none() {
        notes.blocker(
            "no-broker-id",
            format!("{segment:?} is neither a broker id nor <default>"),
            "refused: remove the znode",
        );
    }
    id.map(Some)
}
