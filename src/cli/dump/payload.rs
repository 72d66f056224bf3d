//! A znode and its payload as they are shown: without secrets, on one line.

use std::fmt;

use kraft_bridge_migration::capture::redact;
use kraft_bridge_migration::znode::Stat;
use serde::Serialize;

use super::REDACTED;

/// A payload without its secrets.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) enum Payload {
    /// Text as it is.
    #[serde(rename = "data")]
    Text(String),
    /// Bytes that are no text, as hexadecimal digits.
    #[serde(rename = "dataHex")]
    Hex(String),
}

impl Payload {
    /// The payload of the znode at `path`, which may stand below any chroot.
    pub(super) fn new(path: &str, data: &[u8]) -> Payload {
        // Kafka's own path begins at the last /config/: entity names have no slash.
        let below_chroot = path.rfind("/config/").map_or(path, |start| &path[start..]);
        let shown = redact::replace_secrets(below_chroot, data, REDACTED).into_owned();
        String::from_utf8(shown).map_or_else(
            |binary| {
                Payload::Hex(
                    binary
                        .as_bytes()
                        .iter()
                        .map(|byte| format!("{byte:02x}"))
                        .collect(),
                )
            },
            Payload::Text,
        )
    }
}

impl fmt::Display for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Payload::Text(text) if text.is_empty() => f.write_str("(empty)"),
            Payload::Text(text) if text.contains(char::is_control) => write!(f, "{text:?}"),
            Payload::Text(text) => f.write_str(text),
            Payload::Hex(digits) => write!(f, "0x{digits}"),
        }
    }
}

/// The line of a znode.
#[derive(Debug, Serialize)]
#[serde(tag = "kind", rename = "znode")]
pub(super) struct ZnodeLine<'a> {
    /// Where it begins in the file (a snapshot).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) position: Option<u64>,
    pub(super) path: &'a str,
    #[serde(flatten)]
    pub(super) payload: Payload,
    pub(super) stat: Stat,
}

impl fmt::Display for ZnodeLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(position) = self.position {
            write!(f, "byte {position} ")?;
        }
        let Stat {
            czxid,
            mzxid,
            version,
            ephemeral_owner,
            ..
        } = self.stat;
        write!(f, "{} version {version} czxid {czxid} mzxid {mzxid}", self.path)?;
        if ephemeral_owner != 0 {
            write!(f, " owner 0x{ephemeral_owner:x}")?;
        }
        write!(f, ": {}", self.payload)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_credential_is_hidden_below_any_chroot() {
        let data = br#"{"version":1,"config":{"SCRAM-SHA-256":"salt=x"}}"#;
        for path in [
            "/config/users/alice",
            "/kafka/config/users/alice",
            "/config/kafka/config/users/alice",
        ] {
            let Payload::Text(text) = Payload::new(path, data) else {
                panic!("{path}");
            };
            assert!(
                text.contains(REDACTED) && !text.contains("salt"),
                "{path}: {text}"
            );
        }
    }

    #[test]
    fn a_payload_stays_on_its_line() {
        let lines = [
            (&b"a\nb"[..], r#""a\nb""#),
            (b"{\"version\":1}", "{\"version\":1}"),
            (b"\xff\x00", "0xff00"),
            (b"", "(empty)"),
        ];
        for (data, shown) in lines {
            assert_eq!(Payload::new("/brokers/topics/orders", data).to_string(), shown);
        }
    }
}
