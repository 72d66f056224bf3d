//! The bytes that a signature covers: JSON text written in the one way that indenting it does not change.
//!
//! ```text
//! white space outside strings      left out
//! strings                          decoded and written anew: only `"`, `\` and control characters are escaped
//! everything else                  as it stands: order of members, numbers, words
//! ```
//!
//! A tool that indents the file, or escapes `<` or umlauts, leaves it as it was; a member that is changed, added,
//! repeated, left out or moved does not.

/// Writes valid JSON text in its canonical form.
///
/// # Errors
///
/// When the text is no valid JSON after all.
pub(super) fn canonical(json: &str) -> Result<String, serde_json::Error> {
    let mut text = String::with_capacity(json.len());
    let mut rest = json;
    while let Some(quote) = rest.find('"') {
        push_compact(&mut text, &rest[..quote]);
        let end = quote + string_bytes(&rest[quote..]);
        push_string(&mut text, &rest[quote..end])?;
        rest = &rest[end..];
    }
    push_compact(&mut text, rest);
    Ok(text)
}

fn push_compact(text: &mut String, between: &str) {
    text.extend(
        between
            .chars()
            .filter(|character| !matches!(character, ' ' | '\t' | '\n' | '\r')),
    );
}

fn push_string(text: &mut String, string: &str) -> Result<(), serde_json::Error> {
    if string.contains('\\') {
        let decoded: String = serde_json::from_str(string)?;
        text.push_str(&serde_json::to_string(&decoded)?);
    } else {
        text.push_str(string);
    }
    Ok(())
}

/// Length of the string that `text` begins with, quotes included; all of it if the string does not end.
fn string_bytes(text: &str) -> usize {
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn indenting_and_escaping_change_nothing() {
        let compact = r#"{"a":["x \" \\ <ü>",-1.50,true,null],"b":{}}"#;
        for text in [
            compact,
            "{ \"a\" : [\"x \\\" \\\\ \\u003c\\u00fc>\",\n\t-1.50, true, null ], \"b\":{ } }\r\n",
            r#"{"\u0061":["x \u0022 \u005c <ü\u003e",-1.50,true,null],"b":{}}"#,
        ] {
            assert_eq!(canonical(text).unwrap(), compact);
        }
    }

    #[test]
    fn what_is_added_repeated_moved_or_written_as_another_number_changes_it() {
        let text = r#"{"a":1,"b":2}"#;
        for other in [
            r#"{"a":1,"b":2,"c":3}"#,
            r#"{"a":1,"b":3,"b":2}"#,
            r#"{"b":2,"a":1}"#,
            r#"{"a":1.0,"b":2}"#,
            r#"{"a":1}"#,
        ] {
            assert_ne!(canonical(other).unwrap(), canonical(text).unwrap());
        }
    }

    proptest! {
        #[test]
        fn it_is_what_the_compact_writer_writes(keys in proptest::collection::vec(".*", 0..4), value in ".*", number: i64) {
            let members: Vec<Value> = keys.iter().map(|key| json!({ key.as_str(): [&value, number] })).collect();
            let pretty = serde_json::to_string_pretty(&members).unwrap();
            prop_assert_eq!(canonical(&pretty).unwrap(), serde_json::to_string(&members).unwrap());
        }

        #[test]
        fn any_text_is_an_error_at_worst(text in ".*") {
            drop(canonical(&text));
        }
    }
}
