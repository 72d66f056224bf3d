//! Payloads as JSON: what counts as nothing, and objects read key by key.

use serde_json::{Map, Value};

use super::notes::Notes;

/// Whether the payload holds nothing: null and zero-length data are the same here, and so is blank text.
pub(super) fn is_nothing(data: &[u8]) -> bool {
    data.iter().all(u8::is_ascii_whitespace)
}

/// The payload as a struct with these keys; anything but a JSON object of that form is noted.
pub(super) fn typed<'a, T: serde::Deserialize<'a>>(data: &'a [u8], notes: &mut Notes<'_>) -> Option<T> {
    // A struct would also be taken from an array, field by field.
    if data.trim_ascii_start().first() != Some(&b'{') {
        notes.undecodable("it is no JSON object");
        return None;
    }
    serde_json::from_slice(data)
        .map_err(|error| notes.undecodable(error))
        .ok()
}

/// The payload as a JSON object; anything else is noted and gives `None`, nothing gives an empty object.
pub(super) fn object(data: &[u8], notes: &mut Notes<'_>) -> Option<Map<String, Value>> {
    if is_nothing(data) {
        return Some(Map::new());
    }
    match serde_json::from_slice(data) {
        Ok(Value::Object(object)) => Some(object),
        Ok(Value::Null) => Some(Map::new()),
        Ok(_) => {
            notes.undecodable("it is JSON, but no object");
            None
        }
        Err(error) => {
            notes.undecodable(error);
            None
        }
    }
}

/// A value that must be there; its absence or another type is noted.
pub(super) fn required<'a, T>(
    object: &'a Map<String, Value>,
    key: &str,
    read: impl FnOnce(&'a Value) -> Option<T>,
    notes: &mut Notes<'_>,
) -> Option<T> {
    let value = object.get(key).and_then(read);
    if value.is_none() {
        notes.undecodable(format_args!("{key} is missing or of another type"));
    }
    value
}

/// A JSON integer of 32 bits.
pub(super) fn int(value: &Value) -> Option<i32> {
    value.as_i64()?.try_into().ok()
}

/// A JSON integer, or the decimal text of one, as Kafka has it in some places.
pub(super) fn long_or_text(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.trim().parse().ok())
}

/// Decimal text, as some znodes hold it alone.
pub(super) fn number_text<T: std::str::FromStr>(data: &[u8]) -> Option<T> {
    std::str::from_utf8(data).ok()?.trim().parse().ok()
}
