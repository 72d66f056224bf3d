//! The subject of a certificate, as Java prints it and ACLs name it: `CN=broker1,OU=Kafka,O=Example\, Inc.`
//!
//! The last part comes first. Parts that RFC 2253 has no name for are numbers and hexadecimal digits. Unlike the RFC,
//! Java puts a backslash before every `=` and `#`, and before every blank at either end of a value.
//!
//! Source: RFC 2253; `X500Principal.getName()` of Java 17.

use std::fmt::Write;

use x509_cert::Certificate;
use x509_cert::attr::AttributeTypeAndValue;
use x509_cert::der::{Decode, Encode, Tag, Tagged};

/// Parts with a name of their own.
const NAMES: [(&str, &str); 9] = [
    ("2.5.4.3", "CN"),
    ("2.5.4.6", "C"),
    ("2.5.4.7", "L"),
    ("2.5.4.8", "ST"),
    ("2.5.4.9", "STREET"),
    ("2.5.4.10", "O"),
    ("2.5.4.11", "OU"),
    ("0.9.2342.19200300.100.1.1", "UID"),
    ("0.9.2342.19200300.100.1.25", "DC"),
];
/// Characters that a backslash goes before.
const ESCAPED: &str = ",=+<>#;\"\\";

/// The subject of a certificate in DER.
///
/// # Errors
///
/// What is wrong with the certificate.
pub(super) fn subject(certificate: &[u8]) -> Result<String, String> {
    let certificate = Certificate::from_der(certificate).map_err(|error| error.to_string())?;
    let mut parts = Vec::new();
    for part in certificate.tbs_certificate.subject.0.iter().rev() {
        let attributes: Result<Vec<String>, String> = part.0.iter().map(attribute).collect();
        parts.push(attributes?.join("+"));
    }
    Ok(parts.join(","))
}

fn attribute(attribute: &AttributeTypeAndValue) -> Result<String, String> {
    let id = attribute.oid.to_string();
    let name = NAMES.iter().find(|(known, _)| *known == id).map(|(_, name)| name);
    match (name, text(attribute)) {
        (Some(name), Some(text)) => Ok(format!("{name}={}", escaped(&text))),
        (name, _) => {
            let bytes = attribute.value.to_der().map_err(|error| error.to_string())?;
            Ok(format!(
                "{}=#{}",
                name.unwrap_or(&id.as_str()),
                hexadecimal(&bytes)
            ))
        }
    }
}

/// The value, if it is of a kind of text.
fn text(attribute: &AttributeTypeAndValue) -> Option<String> {
    let bytes = attribute.value.value();
    match attribute.value.tag() {
        Tag::Utf8String | Tag::PrintableString | Tag::Ia5String => String::from_utf8(bytes.to_vec()).ok(),
        Tag::TeletexString => Some(bytes.iter().copied().map(char::from).collect()),
        Tag::BmpString => {
            let units = bytes
                .chunks_exact(2)
                .map(|unit| u16::from_be_bytes([unit[0], unit[1]]));
            String::from_utf16(&units.collect::<Vec<_>>()).ok()
        }
        _ => None,
    }
}

fn escaped(text: &str) -> String {
    let inner = text.trim_matches(' ');
    let (before, after) = match inner.is_empty() {
        true => (text.len(), 0),
        false => {
            let before = text.len() - text.trim_start_matches(' ').len();
            (before, text.len() - before - inner.len())
        }
    };
    let mut out = "\\ ".repeat(before);
    for character in inner.chars() {
        match character {
            '\0' => out.push_str("\\00"),
            special if ESCAPED.contains(special) => out.extend(['\\', special]),
            other => out.push(other),
        }
    }
    out.push_str(&"\\ ".repeat(after));
    out
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut out, byte| {
        write!(out, "{byte:02x}").expect("a string takes all that is written");
        out
    })
}
