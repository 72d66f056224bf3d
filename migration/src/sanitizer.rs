//! Entity names in znode paths: form-URL-encoding with `%20` for a blank and `%2A` for an asterisk.
//!
//! Left as they are: `A–Z a–z 0–9 . - _`. Everything else is the `%XX` of its UTF-8 bytes.
//!
//! Source: `org.apache.kafka.common.utils.Sanitizer`, as described by KIP-55 and KIP-152.

use std::fmt::Write;

/// The name as it stands in a path.
pub fn encode(name: &str) -> String {
    let mut text = String::with_capacity(name.len());
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_') {
            text.push(char::from(byte));
        } else {
            write!(text, "%{byte:02X}").expect("writing to a string");
        }
    }
    text
}

/// The name that a path stands for; `None` when its escapes are broken or give no UTF-8.
pub fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let high = char::from(rest.next()?).to_digit(16)?;
                let low = char::from(rest.next()?).to_digit(16)?;
                u8::try_from(high * 16 + low).ok()?
            }
            // Never written so, but that is how URL decoding reads it.
            b'+' => b' ',
            other => other,
        });
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_are_escaped_as_kafka_does() {
        for (name, path) in [
            ("CN=app 1,O=Acme", "CN%3Dapp%201%2CO%3DAcme"),
            ("a*b", "a%2Ab"),
            ("a+b", "a%2Bb"),
            ("~x", "%7Ex"),
            ("%41", "%2541"),
            ("/", "%2F"),
            ("日", "%E6%97%A5"),
            ("2001:db8::5", "2001%3Adb8%3A%3A5"),
            ("<default>", "%3Cdefault%3E"),
        ] {
            assert_eq!(encode(name), path);
            assert_eq!(decode(path).as_deref(), Some(name));
        }
    }

    #[test]
    fn broken_escapes_are_no_name() {
        for path in ["%", "%4", "%zz", "%E6%97"] {
            assert_eq!(decode(path), None, "{path}");
        }
    }

    proptest! {
        #[test]
        fn decoding_undoes_encoding(name: String) {
            prop_assert_eq!(decode(&encode(&name)), Some(name));
        }
    }
}
