//! A properties file in the making.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::path::Path;

use anyhow::Context;

/// Keys and values of a properties file; a later value of a key takes the place of the earlier.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Properties(BTreeMap<String, String>);

impl Properties {
    /// No keys yet.
    pub fn new() -> Properties {
        Properties::default()
    }

    /// With this key set.
    #[must_use]
    pub fn with(mut self, key: impl Into<String>, value: impl Display) -> Properties {
        self.0.insert(key.into(), value.to_string());
        self
    }

    /// With all keys of the other.
    #[must_use]
    pub fn and(mut self, other: Properties) -> Properties {
        self.0.extend(other.0);
        self
    }

    /// Writes the file.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub fn write(&self, path: &Path) -> anyhow::Result<()> {
        let lines: String = self
            .0
            .iter()
            .map(|(key, value)| format!("{key}={}\n", value.replace('\\', "\\\\")))
            .collect();
        std::fs::write(path, lines).with_context(|| format!("{}", path.display()))
    }
}
