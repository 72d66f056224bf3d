//! A Java properties file as Kafka reads it: ISO-8859-1 with `\u` escapes, the last value of a key counts.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use kraft_bridge_raft::properties::{self, PropertiesError};

use super::ConfigError;

/// The keys and values of one file.
#[derive(Clone)]
pub(crate) struct Properties {
    path: PathBuf,
    values: BTreeMap<String, String>,
    /// What stands before the keys that count before all others; empty if none do.
    prefix: String,
}

impl Properties {
    /// Reads the file.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Io`] or [`ConfigError::NotProperties`].
    pub(crate) fn load(path: &Path) -> Result<Properties, ConfigError> {
        let bytes = fs::read(path).map_err(|source| ConfigError::Io {
            path: path.to_owned(),
            source,
        })?;
        Properties::decode(path, &bytes)
    }

    /// Decodes the content of the file at `path`.
    ///
    /// # Errors
    ///
    /// [`ConfigError::NotProperties`].
    pub(crate) fn decode(path: &Path, bytes: &[u8]) -> Result<Properties, ConfigError> {
        let values =
            properties::decode(bytes).map_err(|PropertiesError(problem)| ConfigError::NotProperties {
                path: path.to_owned(),
                problem,
            })?;
        Ok(Properties {
            path: path.to_owned(),
            values,
            prefix: String::new(),
        })
    }

    /// The same file as one listener sees it: `listener.name.<name>.KEY`, the name in small letters, counts before
    /// `KEY`.
    pub(crate) fn of_listener(&self, name: &str) -> Properties {
        Properties {
            prefix: format!("listener.name.{}.", name.to_lowercase()),
            ..self.clone()
        }
    }

    /// Whether a key stands here for one listener alone.
    pub(crate) fn is_of_listener(&self, key: &str) -> bool {
        !self.prefix_of(key).is_empty()
    }

    fn prefix_of(&self, key: &str) -> &str {
        match self.values.contains_key(&format!("{}{key}", self.prefix)) {
            true => &self.prefix,
            false => "",
        }
    }

    /// The file they come from.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The value of any key, as it stands in the file, blanks around it removed as Kafka does.
    pub(crate) fn get(&self, key: &str) -> Option<&str> {
        let key = format!("{}{key}", self.prefix_of(key));
        self.values.get(&key).map(|value| value.trim())
    }

    /// The value of a key that is checked: present, not empty, and written out rather than fetched by Kafka's
    /// configuration providers.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Invalid`] for `${provider:…}`.
    pub(crate) fn plain(&self, key: &'static str) -> Result<Option<&str>, ConfigError> {
        match self.get(key).filter(|value| !value.is_empty()) {
            Some(value) if value.contains("${") && self.get("config.providers").is_some() => Err(self
                .invalid(
                    key,
                    "configuration providers are not followed: write the value itself",
                )),
            value => Ok(value),
        }
    }

    /// The value of a key, parsed.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Invalid`] if it does not parse; `expected` says what would.
    pub(crate) fn parsed<T: FromStr>(
        &self,
        key: &'static str,
        expected: &str,
    ) -> Result<Option<T>, ConfigError> {
        self.plain(key)?
            .map(|value| {
                value
                    .parse()
                    .map_err(|_| self.invalid(key, format!("expected {expected}")))
            })
            .transpose()
    }

    /// Whether a switch is on; off if it is not there.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Invalid`] if it is neither `true` nor `false`, in any case.
    pub(crate) fn flag(&self, key: &'static str) -> Result<bool, ConfigError> {
        match self.plain(key)? {
            None => Ok(false),
            Some(value) if value.eq_ignore_ascii_case("true") => Ok(true),
            Some(value) if value.eq_ignore_ascii_case("false") => Ok(false),
            Some(_) => Err(self.invalid(key, "expected true or false")),
        }
    }

    /// The elements of a comma-separated value; blanks around them and empty ones are dropped.
    ///
    /// # Errors
    ///
    /// As [`Properties::plain`].
    pub(crate) fn list(&self, key: &'static str) -> Result<Vec<&str>, ConfigError> {
        Ok(self
            .plain(key)?
            .unwrap_or("")
            .split(',')
            .map(str::trim)
            .filter(|element| !element.is_empty())
            .collect())
    }

    /// The same file with other keys, or with other values of the same ones.
    pub(super) fn overridden<'a>(&self, values: impl IntoIterator<Item = (&'a str, &'a str)>) -> Properties {
        let mut properties = self.clone();
        let values = values.into_iter();
        let owned = values.map(|(key, value)| (key.to_owned(), value.to_owned()));
        properties.values.extend(owned);
        properties
    }

    /// Keys that begin with `prefix`, without it, and their values.
    pub(super) fn under<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        let values = self.values.iter();
        values.filter_map(move |(key, value)| Some((key.strip_prefix(prefix)?, value.trim())))
    }

    /// Every key.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &str> {
        self.values.keys().map(String::as_str)
    }

    /// The error for a key that is not there.
    pub(crate) fn missing(&self, key: &'static str, remedy: impl Into<String>) -> ConfigError {
        ConfigError::Missing {
            path: self.path.clone(),
            prefix: self.prefix.clone(),
            key,
            remedy: remedy.into(),
        }
    }

    /// The error for a value that cannot be.
    pub(crate) fn invalid(&self, key: &'static str, problem: impl Into<String>) -> ConfigError {
        ConfigError::Invalid {
            path: self.path.clone(),
            prefix: self.prefix_of(key).to_owned(),
            key,
            value: self.get(key).unwrap_or("").to_owned(),
            problem: problem.into(),
        }
    }

    /// As [`Properties::invalid`], for a key whose value nobody may see.
    pub(crate) fn invalid_secret(&self, key: &'static str, problem: impl Into<String>) -> ConfigError {
        ConfigError::Invalid {
            path: self.path.clone(),
            prefix: self.prefix_of(key).to_owned(),
            key,
            value: "[redacted]".to_owned(),
            problem: problem.into(),
        }
    }
}

/// Keys only: values may be secrets.
impl std::fmt::Debug for Properties {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Properties")
            .field("path", &self.path)
            .field("keys", &self.values.keys().collect::<Vec<_>>())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn properties(text: &str) -> Properties {
        Properties::decode(Path::new("server.properties"), text.as_bytes()).unwrap()
    }

    #[test]
    fn comments_continuations_escapes_and_all_three_separators_are_java_s() {
        let properties = properties("# comment\n! too\na=1\nb : 2\nc 3\nd=x\\\n   y\ne=\\u00e9\n");

        for (key, value) in [("a", "1"), ("b", "2"), ("c", "3"), ("d", "xy"), ("e", "é")] {
            assert_eq!(properties.get(key), Some(value), "{key}");
        }
    }

    #[test]
    fn the_last_value_of_a_key_counts_and_blanks_around_it_do_not() {
        assert_eq!(properties("a=1\na= 2  \n").get("a"), Some("2"));
    }

    #[test]
    fn a_broken_escape_names_the_file() {
        let error = Properties::decode(Path::new("server.properties"), b"a=\\uZZZZ").unwrap_err();

        assert!(error.to_string().starts_with("server.properties: "), "{error}");
    }

    #[test]
    fn a_value_of_a_configuration_provider_is_refused_where_it_is_needed() {
        let properties =
            properties("config.providers=file\nnode.id=${file:/x:id}\nssl.key.password=${file:/x:p}\n");

        assert!(matches!(
            properties.plain("node.id"),
            Err(ConfigError::Invalid { key: "node.id", .. })
        ));
        assert_eq!(properties.get("ssl.key.password"), Some("${file:/x:p}"));
    }

    #[test]
    fn a_key_of_one_listener_counts_there_before_the_one_of_all() {
        let properties = properties("a=1\nb=2\nlistener.name.inside.a=3\n");
        let inside = properties.of_listener("INSIDE");

        assert_eq!((properties.get("a"), properties.get("b")), (Some("1"), Some("2")));
        assert_eq!((inside.get("a"), inside.get("b")), (Some("3"), Some("2")));
        assert!(inside.is_of_listener("a") && !inside.is_of_listener("b") && !properties.is_of_listener("a"));
        let error = |key| inside.invalid(key, "no").to_string();
        assert_eq!(error("a"), "server.properties: listener.name.inside.a=3: no");
        assert_eq!(error("b"), "server.properties: b=2: no");
    }

    #[test]
    fn values_do_not_show_in_debug_output() {
        assert!(!format!("{:?}", properties("ssl.key.password=hush")).contains("hush"));
    }

    proptest! {
        #[test]
        fn any_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            drop(Properties::decode(Path::new("x"), &bytes));
        }
    }
}
