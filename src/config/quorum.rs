//! How a node finds the controllers: `controller.quorum.voters` (static) or `controller.quorum.bootstrap.servers`.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use kraft_bridge_protocol::NodeId;

use super::{ConfigError, Properties};

const VOTERS: &str = "controller.quorum.voters";
const BOOTSTRAP_SERVERS: &str = "controller.quorum.bootstrap.servers";

/// A host and a port, `host:port` or `[ipv6]:port`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct HostPort {
    /// Host, IPv6 without brackets.
    pub(crate) host: String,
    /// Port.
    pub(crate) port: u16,
}

impl fmt::Display for HostPort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

/// The text is not `host:port`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NotHostPort;

impl FromStr for HostPort {
    type Err = NotHostPort;

    fn from_str(text: &str) -> Result<HostPort, NotHostPort> {
        let (host, port) = text.rsplit_once(':').ok_or(NotHostPort)?;
        let host = match host.strip_prefix('[') {
            Some(rest) => rest.strip_suffix(']').ok_or(NotHostPort)?,
            None if host.contains(':') => return Err(NotHostPort),
            None => host,
        };
        if host.is_empty() {
            return Err(NotHostPort);
        }
        Ok(HostPort {
            host: host.to_owned(),
            port: port.parse().map_err(|_| NotHostPort)?,
        })
    }
}

/// The controllers as the file names them; at least one of the two lists is not empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Quorum {
    /// Static voters (kraft.version 0); empty if the voters are dynamic (kraft.version 1).
    pub(crate) voters: BTreeMap<NodeId, HostPort>,
    /// Where to ask for the controllers.
    pub(crate) bootstrap_servers: Vec<HostPort>,
}

impl Quorum {
    /// Reads both keys.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] if an entry is malformed or a voter is named twice, or if both are missing.
    pub(crate) fn decode(properties: &Properties) -> Result<Quorum, ConfigError> {
        let quorum = Quorum {
            voters: voters(properties)?,
            bootstrap_servers: bootstrap_servers(properties)?,
        };
        if quorum.voters.is_empty() && quorum.bootstrap_servers.is_empty() {
            return Err(properties.missing(
                VOTERS,
                "name every controller as id@host:port (or set controller.quorum.bootstrap.servers to their \
                 host:port, from Kafka 3.9 on)",
            ));
        }
        Ok(quorum)
    }

    /// Whether the voters stand in the log (kraft.version 1) rather than in the configuration.
    pub(crate) fn is_dynamic(&self) -> bool {
        self.voters.is_empty()
    }
}

fn voters(properties: &Properties) -> Result<BTreeMap<NodeId, HostPort>, ConfigError> {
    let mut voters = BTreeMap::new();
    for entry in properties.list(VOTERS)? {
        let (id, address) = entry
            .split_once('@')
            .and_then(|(id, address)| Some((id.parse().ok().filter(|id| *id >= 0)?, address.parse().ok()?)))
            .ok_or_else(|| {
                properties.invalid(VOTERS, format!("{entry:?} is not of the form id@host:port"))
            })?;
        if voters.insert(NodeId(id), address).is_some() {
            return Err(properties.invalid(VOTERS, format!("controller {id} is named twice")));
        }
    }
    Ok(voters)
}

fn bootstrap_servers(properties: &Properties) -> Result<Vec<HostPort>, ConfigError> {
    let parse = |entry: &str| {
        entry.parse().map_err(|NotHostPort| {
            properties.invalid(
                BOOTSTRAP_SERVERS,
                format!("{entry:?} is not of the form host:port"),
            )
        })
    };
    properties
        .list(BOOTSTRAP_SERVERS)?
        .into_iter()
        .map(parse)
        .collect()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn decode(text: &str) -> Result<Quorum, ConfigError> {
        Quorum::decode(&Properties::decode(Path::new("c.properties"), text.as_bytes()).unwrap())
    }

    #[test]
    fn static_voters_have_ids_and_addresses() {
        let quorum = decode("controller.quorum.voters=3000@c1:9093, 3001@[::1]:9094\n").unwrap();

        let shown: Vec<_> = quorum
            .voters
            .iter()
            .map(|(id, at)| format!("{id}@{at}"))
            .collect();
        assert_eq!(shown, ["3000@c1:9093", "3001@[::1]:9094"]);
        assert!(!quorum.is_dynamic());
    }

    #[test]
    fn bootstrap_servers_alone_mean_dynamic_voters() {
        let quorum = decode("controller.quorum.bootstrap.servers=c1:9093,c2:9093\n").unwrap();

        assert!(quorum.is_dynamic());
        assert_eq!(quorum.bootstrap_servers.len(), 2);
    }

    #[test]
    fn a_node_that_cannot_find_any_controller_is_refused() {
        assert!(matches!(decode(""), Err(ConfigError::Missing { .. })));
    }

    #[test]
    fn malformed_voters_are_refused_with_the_entry() {
        for (value, named) in [
            ("c1:9093", "\"c1:9093\""),
            ("x@c1:9093", "\"x@c1:9093\""),
            ("-1@c1:9093", "\"-1@c1:9093\""),
            ("1@c1", "\"1@c1\""),
            ("1@:9093", "\"1@:9093\""),
            ("1@c1:70000", "\"1@c1:70000\""),
            ("1@::1:9093", "\"1@::1:9093\""),
            ("1@a:1,1@b:1", "controller 1 is named twice"),
        ] {
            let error = decode(&format!("controller.quorum.voters={value}\n")).unwrap_err();
            assert!(error.to_string().contains(named), "{error}");
        }
    }
}
