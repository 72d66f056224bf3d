//! Java's properties files, as Kafka writes and reads them: ISO-8859-1 with `\u` escapes, the last value of a key counts.
//!
//! Source: the Java documentation of `java.util.Properties`.

use std::collections::BTreeMap;
use std::fmt::Write;

use java_properties::PropertiesIter;

/// A text is not in the format; says why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a properties file: {0}")]
pub struct PropertiesError(pub String);

/// The keys and values of a file.
///
/// # Errors
///
/// [`PropertiesError`] when the content is not in the format.
pub fn decode(content: &[u8]) -> Result<BTreeMap<String, String>, PropertiesError> {
    // The reader beneath looks for a byte order mark, and panics when there is only the beginning of one.
    if matches!(content.first(), Some(0xef | 0xfe | 0xff)) {
        return Err(PropertiesError("it begins with a byte order mark".to_owned()));
    }
    let mut values = BTreeMap::new();
    PropertiesIter::new(content)
        .read_into(|key, value| {
            values.insert(key, value);
        })
        .map_err(|error| PropertiesError(error.to_string()))?;
    Ok(values)
}

/// A value with everything escaped that the format gives a meaning to.
pub fn escape(value: &str) -> String {
    let mut text = String::new();
    for (at, char) in value.chars().enumerate() {
        match char {
            '\\' | '=' | ':' | '#' | '!' => text.extend(['\\', char]),
            ' ' if at == 0 => text.push_str("\\ "),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            ' '..='~' => text.push(char),
            _ => {
                for unit in char.encode_utf16(&mut [0; 2]) {
                    write!(text, "\\u{unit:04X}").expect("writing to a string");
                }
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_byte_order_mark_or_the_beginning_of_one_is_an_error() {
        for content in [&[0xfe][..], &[0xff], &[0xef], &[0xef, 0xbb], &[0xef, 0xbb, 0xbf]] {
            assert!(decode(content).is_err(), "{content:02x?}");
        }
    }

    proptest! {
        #[test]
        fn decoding_undoes_escaping(value in "[ -~éА日\\t]{0,30}") {
            let text = format!("key={}\n", escape(&value));
            prop_assert_eq!(decode(text.as_bytes()).unwrap().remove("key"), Some(value));
        }

        #[test]
        fn any_bytes_are_properties_or_an_error(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            drop(decode(&bytes));
        }
    }
}
