//! What is written as JSON is read again, and described by its schema.

use std::collections::BTreeSet;

use serde_json::Value;

use super::*;
use crate::report::sample;

const SCHEMA: &str = include_str!("../../docs/parity-report.schema.json");

#[test]
fn a_report_is_the_same_after_it_was_written_and_read() {
    for (name, report) in [("small.json", sample::small()), ("empty.json", sample::empty())] {
        let json = serde_json::to_string_pretty(&Document::Plain(&report)).unwrap() + "\n";
        sample::expect(name, &json);
        let read = Read::from_json(&json).unwrap();
        assert_eq!((read.report.clone(), read.signer()), (report, Ok(None)));
    }
}

#[test]
fn another_version_of_the_schema_is_refused_with_the_tool_that_reads_it() {
    let other = r#"{"schemaVersion": 2, "toolVersion": "9.1.0", "differences": "elsewhere"}"#;
    for json in [
        other.to_owned(),
        format!(r#"{{"report": {other}, "signature": {{"algorithm": "", "publicKey": "", "value": ""}}}}"#),
    ] {
        let error = Read::from_json(&json).unwrap_err().to_string();
        assert!(
            error.contains("version 2") && error.contains("kraft-bridge 9.1.0"),
            "{error}"
        );
    }
}

#[test]
fn what_is_no_report_is_refused() {
    for json in [
        "",
        "[]",
        "{}",
        "{\"report\": {}}",
        "{\"schemaVersion\": 1}",
        "nonsense",
    ] {
        let error = Read::from_json(json).unwrap_err().to_string();
        assert!(error.starts_with("is no parity report: "), "{error}");
    }
}

/// Walks a value along the part of the schema that describes it, and notes every property it meets.
fn follow(schema: &Value, part: &Value, value: &Value, place: &str, met: &mut BTreeSet<String>) {
    if let Some(reference) = part["$ref"].as_str() {
        let target = schema.pointer(reference.trim_start_matches('#'));
        return follow(schema, target.expect(reference), value, reference, met);
    }
    if let Some(words) = part["enum"].as_array() {
        return assert!(words.contains(value), "{place}: {value} is not among {words:?}");
    }
    if let Some(constant) = part.get("const") {
        return assert_eq!(value, constant, "{place}");
    }
    let types = match &part["type"] {
        Value::Array(types) => types.clone(),
        one => vec![one.clone()],
    };
    let is = match value {
        Value::Null => "null",
        Value::String(_) => "string",
        Value::Number(number) if number.is_i64() || number.is_u64() => "integer",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
        _ => "of a type that no report has",
    };
    assert!(
        types.iter().any(|one| one == is),
        "{place}: {value} is {is}, not {types:?}"
    );
    match value {
        Value::Array(items) => {
            items
                .iter()
                .for_each(|item| follow(schema, &part["items"], item, place, met));
        }
        Value::Object(members) => {
            for required in part["required"].as_array().into_iter().flatten() {
                assert!(
                    members.contains_key(required.as_str().unwrap()),
                    "{place}: no {required}"
                );
            }
            for (name, member) in members {
                let named = part["properties"].get(name);
                let described = named.unwrap_or(&part["additionalProperties"]);
                assert!(described.is_object(), "{place}: {name} is not described");
                if named.is_some() {
                    met.insert(format!("{place}/{name}"));
                }
                follow(schema, described, member, &format!("{place}/{name}"), met);
            }
        }
        _ => {}
    }
}

#[test]
fn the_schema_describes_every_field_of_a_report_and_no_other() {
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    let mut met = BTreeSet::new();
    for report in [sample::small(), sample::empty()] {
        let report = serde_json::to_value(&report).unwrap();
        follow(
            &schema,
            &schema["$defs"]["report"],
            &report,
            "#/$defs/report",
            &mut met,
        );
    }
    let signed = serde_json::from_str(include_str!("../../fixtures/reports/small.signed.json")).unwrap();
    follow(
        &schema,
        &schema["$defs"]["signed"],
        &signed,
        "#/$defs/signed",
        &mut met,
    );
    for (name, part) in schema["$defs"].as_object().unwrap() {
        for property in part["properties"]
            .as_object()
            .into_iter()
            .flatten()
            .map(|(name, _)| name)
        {
            let place = format!("#/$defs/{name}/{property}");
            assert!(
                met.contains(&place) || name == "signature",
                "{place} occurs nowhere"
            );
        }
    }
}

#[test]
fn the_schema_lists_every_word() {
    use kraft_bridge_migration::parity::{Kind, What};
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    let kinds: Vec<_> = Kind::ALL.iter().map(|kind| kind.name()).collect();
    let whats = [What::MissingInKraft, What::Different, What::OnlyInKraft].map(What::name);
    assert_eq!(schema["$defs"]["kind"]["enum"], serde_json::json!(kinds));
    assert_eq!(schema["$defs"]["what"]["enum"], serde_json::json!(whats));
    assert_eq!(
        schema["$defs"]["report"]["properties"]["schemaVersion"]["const"],
        SCHEMA_VERSION
    );
}
