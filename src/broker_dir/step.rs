//! What is done to one file: small enough to happen whole or not at all, and to be undone.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

/// A file's content, readable in JSON where it is text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum Content {
    /// UTF-8.
    Text(String),
    /// Anything else.
    Bytes {
        /// Standard alphabet, padded.
        base64: String,
    },
}

impl Content {
    /// The content as bytes; `None` if what was read from JSON is no base64.
    pub(crate) fn bytes(&self) -> Option<Vec<u8>> {
        match self {
            Content::Text(text) => Some(text.clone().into_bytes()),
            Content::Bytes { base64 } => STANDARD.decode(base64).ok(),
        }
    }
}

impl From<&[u8]> for Content {
    fn from(bytes: &[u8]) -> Content {
        match std::str::from_utf8(bytes) {
            Ok(text) => Content::Text(text.to_owned()),
            Err(_) => Content::Bytes {
                base64: STANDARD.encode(bytes),
            },
        }
    }
}

impl fmt::Display for Content {
    /// On one line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Content::Text(text) => f.write_str(&text.trim_end().replace('\n', ", ")),
            Content::Bytes { base64 } => write!(f, "{} characters of base64", base64.len()),
        }
    }
}

/// One step, on one file of a log directory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Step {
    /// Path inside the log directory: `meta.properties`, `orders-3/partition.metadata`.
    pub(crate) file: String,
    /// What is done to it.
    #[serde(flatten)]
    pub(crate) change: Change,
}

/// What can be done to a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "action", rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) enum Change {
    /// It gets this content.
    Write {
        /// What it had; `None` if it did not exist.
        before: Option<Content>,
        /// What it gets.
        after: Content,
    },
    /// It is renamed to a file of the log directory itself, where Kafka does not look.
    SetAside {
        /// The new name.
        to: String,
    },
    /// The directory, whose files have been set aside, is removed.
    RemoveDirectory,
}

impl Step {
    /// A step that writes a file.
    pub(crate) fn write(file: impl Into<String>, before: Option<&[u8]>, after: impl AsRef<[u8]>) -> Step {
        Step {
            file: file.into(),
            change: Change::Write {
                before: before.map(Content::from),
                after: Content::from(after.as_ref()),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn content_comes_back_from_json_byte_for_byte(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
            let json = serde_json::to_string(&Content::from(bytes.as_slice())).unwrap();
            let read: Content = serde_json::from_str(&json).unwrap();

            prop_assert_eq!(read.bytes(), Some(bytes));
        }
    }
}
