//! `meta.properties`: whose a log directory is.
//!
//! | | version 0 (ZooKeeper mode) | version 1 (KRaft mode) |
//! |---|---|---|
//! | node | `broker.id` | `node.id` |
//! | cluster | `cluster.id`, optional | `cluster.id` |
//! | directory | `directory.id`, optional | `directory.id`, optional |
//!
//! Source: KIP-631, KIP-858.

use std::collections::BTreeMap;
use std::fmt::Write;

use kraft_bridge_protocol::{NodeId, Uuid};

use crate::properties::{self, PropertiesError, escape};

/// Content of a `meta.properties` file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MetaProperties {
    /// 0 or 1; a file without the key is version 0.
    pub version: i32,
    /// Node that the directory belongs to.
    pub node_id: Option<NodeId>,
    /// Cluster id, opaque text.
    pub cluster_id: Option<String>,
    /// Id of the directory.
    pub directory_id: Option<Uuid>,
}

/// Far more than any such file has; what a longer one holds is never looked at.
const CONTENT_BYTES_MAX: usize = 8 * 1024;

/// Why a text is no `meta.properties`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MetaPropertiesError {
    /// Not the format of Java's properties.
    #[error(transparent)]
    Syntax(#[from] PropertiesError),
    /// No such file is that long.
    #[error("{0} bytes are too many for this file")]
    TooLong(usize),
    /// A value is not what its key asks for.
    #[error("{key}={value:?} is not valid")]
    Value {
        /// The key.
        key: &'static str,
        /// Its value.
        value: String,
    },
}

impl MetaProperties {
    /// Reads the file's content.
    ///
    /// # Errors
    ///
    /// [`MetaPropertiesError`] when it is not a properties file, or a value is not valid.
    pub fn decode(content: &[u8]) -> Result<MetaProperties, MetaPropertiesError> {
        if content.len() > CONTENT_BYTES_MAX {
            return Err(MetaPropertiesError::TooLong(content.len()));
        }
        let properties = properties::decode(content)?;
        let version = parse(&properties, "version")?.unwrap_or(0);
        let node_key = if version == 0 { "broker.id" } else { "node.id" };
        Ok(MetaProperties {
            version,
            node_id: parse(&properties, node_key)?,
            cluster_id: properties.get("cluster.id").cloned(),
            directory_id: parse(&properties, "directory.id")?,
        })
    }

    /// The file's content. No comment, no date: the same identity gives the same bytes.
    pub fn encode(&self) -> String {
        let mut text = String::new();
        let mut line = |key: &str, value: &dyn std::fmt::Display| {
            writeln!(text, "{key}={}", escape(&value.to_string())).expect("writing to a string");
        };
        line("version", &self.version);
        if let Some(cluster_id) = &self.cluster_id {
            line("cluster.id", cluster_id);
        }
        if let Some(node_id) = self.node_id {
            line(if self.version == 0 { "broker.id" } else { "node.id" }, &node_id);
        }
        if let Some(directory_id) = self.directory_id {
            line("directory.id", &directory_id);
        }
        text
    }
}

fn parse<T: std::str::FromStr>(
    properties: &BTreeMap<String, String>,
    key: &'static str,
) -> Result<Option<T>, MetaPropertiesError> {
    let Some(value) = properties.get(key) else {
        return Ok(None);
    };
    let invalid = || MetaPropertiesError::Value {
        key,
        value: value.clone(),
    };
    value.trim().parse().map(Some).map_err(|_| invalid())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_zookeeper_mode_file_is_version_0_with_a_broker_id() {
        let read =
            MetaProperties::decode(b"#\n#Mon Jan 01\ncluster.id=abc\nversion=0\nbroker.id=4\n").unwrap();
        assert_eq!(
            (read.version, read.node_id, read.directory_id),
            (0, Some(NodeId(4)), None)
        );
    }

    #[test]
    fn a_file_of_very_old_brokers_has_nothing_but_the_broker_id() {
        let read = MetaProperties::decode(b"broker.id=4\n").unwrap();
        assert_eq!(
            (read.version, read.node_id, read.cluster_id),
            (0, Some(NodeId(4)), None)
        );
    }

    #[test]
    fn a_node_id_that_is_no_number_is_an_error() {
        let error = MetaProperties::decode(b"version=1\nnode.id=x\n").unwrap_err();
        assert_eq!(error.to_string(), "node.id=\"x\" is not valid");
    }

    #[test]
    fn a_file_that_is_far_too_long_is_an_error() {
        let long = vec![b'#'; 8 * 1024 + 1];
        assert_eq!(
            MetaProperties::decode(&long),
            Err(MetaPropertiesError::TooLong(8_193))
        );
    }

    proptest! {
        #[test]
        fn what_was_written_is_read_back(
            version in 0..2, node in 0..i32::MAX, cluster_id in "[ -~é日\\t]{1,30}", directory: u128
        ) {
            prop_assume!(cluster_id.trim() == cluster_id);
            let written = MetaProperties {
                version,
                node_id: Some(NodeId(node)),
                cluster_id: Some(cluster_id),
                directory_id: Some(Uuid::from_u128(directory)),
            };
            prop_assert_eq!(MetaProperties::decode(written.encode().as_bytes()), Ok(written));
        }

        #[test]
        fn any_bytes_are_properties_or_an_error(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _read = MetaProperties::decode(&bytes);
        }
    }
}
