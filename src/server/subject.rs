//! The subject of a certificate, as Java prints it and ACLs name it: `CN=broker1,OU=Kafka,O=Example\, Inc.`
//!
//! The last part comes first. Parts that RFC 2253 has no name for are numbers and hexadecimal digits. Unlike the RFC,
//! Java puts a backslash before every `=` and `#`, and before every blank at either end of a value.
//!
//! Source: RFC 2253; `X500Principal.getName()` of Java 17.

use std::borrow::Cow;
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
/// Characters that a backslash goes before at either end of a value.
const BLANKS: [char; 2] = [' ', '\r'];

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

/// The value, if it is of a kind of text. Java takes every kind for UTF-8, rightly or not.
fn text(attribute: &AttributeTypeAndValue) -> Option<Cow<'_, str>> {
    let is_text = matches!(
        attribute.value.tag(),
        Tag::Utf8String | Tag::PrintableString | Tag::Ia5String | Tag::TeletexString | Tag::BmpString
    );
    is_text.then(|| String::from_utf8_lossy(attribute.value.value()))
}

fn escaped(text: &str) -> String {
    let from = text.len() - text.trim_start_matches(BLANKS).len();
    let to = text.trim_end_matches(BLANKS).len();
    let mut out = String::new();
    for (at, character) in text.char_indices() {
        let is_at_an_end = at < from || at >= to;
        match character {
            '\0' => out.push_str("\\00"),
            special if is_at_an_end || ESCAPED.contains(special) => out.extend(['\\', special]),
            other => out.push(other),
        }
    }
    out
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut out, byte| {
        write!(out, "{byte:02x}").expect("a string takes all that is written");
        out
    })
}

#[cfg(test)]
mod tests {
    use tokio_rustls::rustls::pki_types::CertificateDer;
    use tokio_rustls::rustls::pki_types::pem::PemObject;

    use super::*;

    #[test]
    fn subjects_are_written_as_java_does() {
        let dir = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/subjects");
        let expected = include_str!("../../fixtures/subjects/java-17.txt");
        let ours: Vec<String> = expected
            .lines()
            .filter_map(|line| line.split_once('\t'))
            .map(|(file, _)| {
                let certificate = CertificateDer::from_pem_file(format!("{dir}/{file}")).unwrap();
                format!("{file}\t{}", subject(&certificate).unwrap())
            })
            .collect();
        assert_eq!(ours, expected.lines().collect::<Vec<_>>());
    }

    #[test]
    fn what_is_no_certificate_is_refused() {
        assert!(subject(b"").is_err());
        assert!(subject(&[0x30, 0x03, 0x02, 0x01, 0x00]).is_err());
    }
}
