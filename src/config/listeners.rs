//! Listeners: where a node listens, what it advertises, how each is secured, and which are for controllers.

use std::collections::BTreeMap;
use std::fmt;

use kraft_bridge_migration::legacy::SecurityProtocol;

use super::{ConfigError, Properties};

const LISTENERS: &str = "listeners";
const ADVERTISED: &str = "advertised.listeners";
const CONTROLLER_NAMES: &str = "controller.listener.names";
const SECURITY_MAP: &str = "listener.security.protocol.map";

/// One listener, `NAME://host:port`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Listener {
    /// Name, in capitals as Kafka compares it.
    pub(crate) name: String,
    /// Host, IPv6 without brackets; `None` where the file leaves it open (all interfaces).
    pub(crate) host: Option<String>,
    /// Port.
    pub(crate) port: u16,
}

/// Where other nodes reach a controller: what a voter's record names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Endpoint {
    /// Name of the listener.
    pub(crate) name: String,
    /// Host, IPv6 without brackets.
    pub(crate) host: String,
    /// Port.
    pub(crate) port: u16,
}

/// All that the file says of listeners, Kafka's defaults filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Listeners {
    /// `listeners`, by default `PLAINTEXT://:9092`.
    pub(crate) listeners: Vec<Listener>,
    /// `advertised.listeners`; empty if the file has none.
    pub(crate) advertised: Vec<Listener>,
    /// `controller.listener.names`; a broker uses the first to talk to the controllers.
    pub(crate) controller_names: Vec<String>,
    /// `listener.security.protocol.map` by name, or Kafka's defaults.
    pub(crate) security: BTreeMap<String, SecurityProtocol>,
}

impl Listeners {
    /// Reads the keys.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] if a listener is malformed, listed twice or has no security protocol, or if the
    /// controllers' listener has no name.
    pub(crate) fn decode(properties: &Properties) -> Result<Listeners, ConfigError> {
        let controller_names = controller_names(properties)?;
        let mut listeners = listener_list(properties, LISTENERS)?;
        if listeners.is_empty() {
            listeners.push(Listener {
                name: "PLAINTEXT".to_owned(),
                host: None,
                port: 9092,
            });
        }
        let security = security_map(properties, &controller_names, &listeners)?;
        let all = Listeners {
            advertised: listener_list(properties, ADVERTISED)?,
            listeners,
            controller_names,
            security,
        };
        all.check_security(properties)?;
        Ok(all)
    }

    /// Whether `name` is one of the controllers' listeners.
    pub(crate) fn is_controller_listener(&self, name: &str) -> bool {
        self.controller_names.iter().any(|controller| controller == name)
    }

    /// Where this controller is reached, one endpoint per controller listener: as advertised, else as it listens.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Invalid`] if a listener names no host that another node could connect to.
    pub(crate) fn controller_endpoints(&self, properties: &Properties) -> Result<Vec<Endpoint>, ConfigError> {
        self.listeners
            .iter()
            .filter(|listener| self.is_controller_listener(&listener.name))
            .map(|listener| self.endpoint(listener, properties))
            .collect()
    }

    fn endpoint(&self, listener: &Listener, properties: &Properties) -> Result<Endpoint, ConfigError> {
        let advertised = self.advertised.iter().find(|other| other.name == listener.name);
        let shown = advertised.unwrap_or(listener);
        match shown.host.as_deref() {
            Some(host) if !matches!(host, "0.0.0.0" | "::") => Ok(Endpoint {
                name: shown.name.clone(),
                host: host.to_owned(),
                port: shown.port,
            }),
            _ => Err(properties.invalid(
                if advertised.is_some() { ADVERTISED } else { LISTENERS },
                format!(
                    "other controllers cannot connect to {shown}: give {} a host name in advertised.listeners",
                    shown.name
                ),
            )),
        }
    }

    fn check_security(&self, properties: &Properties) -> Result<(), ConfigError> {
        let names = self.listeners.iter().map(|listener| &listener.name);
        for name in names.chain(&self.controller_names) {
            if !self.security.contains_key(name) {
                return Err(properties.invalid(
                    SECURITY_MAP,
                    format!("listener {name} has no security protocol: add {name}:PLAINTEXT, or what it is"),
                ));
            }
        }
        Ok(())
    }
}

impl fmt::Display for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host = self.host.as_deref().unwrap_or("");
        if host.contains(':') {
            write!(f, "{}://[{host}]:{}", self.name, self.port)
        } else {
            write!(f, "{}://{host}:{}", self.name, self.port)
        }
    }
}

fn controller_names(properties: &Properties) -> Result<Vec<String>, ConfigError> {
    let names: Vec<String> = properties
        .list(CONTROLLER_NAMES)?
        .into_iter()
        .map(str::to_owned)
        .collect();
    match names.iter().find(|name| **name != name.to_uppercase()) {
        Some(name) => Err(properties.invalid(
            CONTROLLER_NAMES,
            format!(
                "Kafka turns listener names into capitals: write {}",
                name.to_uppercase()
            ),
        )),
        None if names.is_empty() => Err(properties.missing(
            CONTROLLER_NAMES,
            "name the listener of the controllers, usually CONTROLLER",
        )),
        None => Ok(names),
    }
}

fn listener_list(properties: &Properties, key: &'static str) -> Result<Vec<Listener>, ConfigError> {
    let mut listeners: Vec<Listener> = Vec::new();
    for entry in properties.list(key)? {
        let listener = parse_listener(entry).ok_or_else(|| {
            properties.invalid(key, format!("{entry:?} is not of the form NAME://host:port"))
        })?;
        if listeners
            .iter()
            .any(|other| other.name == listener.name && same_family(other, &listener))
        {
            return Err(properties.invalid(key, format!("listener {} is there twice", listener.name)));
        }
        listeners.push(listener);
    }
    Ok(listeners)
}

/// A name may stand twice: once for IPv4 and once for IPv6.
fn same_family(a: &Listener, b: &Listener) -> bool {
    let is_ipv6 = |listener: &Listener| listener.host.as_deref().is_some_and(|host| host.contains(':'));
    is_ipv6(a) == is_ipv6(b)
}

fn parse_listener(text: &str) -> Option<Listener> {
    let (name, address) = text.split_once("://")?;
    let (host, port) = address.rsplit_once(':')?;
    let bracketed = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let host = match bracketed {
        Some(host) => host,
        None if host.contains([':', '[', ']']) => return None,
        None => host,
    };
    Some(Listener {
        name: name.trim().to_uppercase(),
        host: (!host.is_empty()).then(|| host.to_owned()),
        port: port.parse().ok()?,
    })
    .filter(|listener| !listener.name.is_empty())
}

/// Kafka's default map; in KRaft mode the controllers' listeners are plaintext by default, unless some listener
/// bears the name of a protocol that is not.
fn security_map(
    properties: &Properties,
    controller_names: &[String],
    listeners: &[Listener],
) -> Result<BTreeMap<String, SecurityProtocol>, ConfigError> {
    let mut map = BTreeMap::new();
    for entry in properties.list(SECURITY_MAP)? {
        let (name, protocol) = entry
            .split_once(':')
            .and_then(|(name, protocol)| Some((name.trim(), parse_protocol(protocol.trim())?)))
            .ok_or_else(|| {
                properties.invalid(
                    SECURITY_MAP,
                    format!("{entry:?} is not of the form NAME:PROTOCOL"),
                )
            })?;
        map.insert(name.to_uppercase(), protocol);
    }
    if map.is_empty() {
        map = PROTOCOLS
            .iter()
            .map(|(name, protocol)| ((*name).to_owned(), *protocol))
            .collect();
        let secured = |name: &String| matches!(name.as_str(), "SSL" | "SASL_SSL" | "SASL_PLAINTEXT");
        let mut names = controller_names
            .iter()
            .chain(listeners.iter().map(|listener| &listener.name));
        if !names.any(secured) {
            for name in controller_names {
                map.entry(name.clone()).or_insert(SecurityProtocol::Plaintext);
            }
        }
    }
    Ok(map)
}

const PROTOCOLS: [(&str, SecurityProtocol); 4] = [
    ("PLAINTEXT", SecurityProtocol::Plaintext),
    ("SSL", SecurityProtocol::Ssl),
    ("SASL_PLAINTEXT", SecurityProtocol::SaslPlaintext),
    ("SASL_SSL", SecurityProtocol::SaslSsl),
];

fn parse_protocol(name: &str) -> Option<SecurityProtocol> {
    let known = PROTOCOLS
        .iter()
        .find(|(known, _)| known.eq_ignore_ascii_case(name));
    known.map(|(_, protocol)| *protocol)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn properties(text: &str) -> Properties {
        Properties::decode(Path::new("c.properties"), text.as_bytes()).unwrap()
    }

    fn decode(text: &str) -> Result<Listeners, ConfigError> {
        Listeners::decode(&properties(text))
    }

    fn endpoints(text: &str) -> Result<Vec<String>, ConfigError> {
        let properties = properties(text);
        let endpoints = Listeners::decode(&properties)?.controller_endpoints(&properties)?;
        Ok(endpoints
            .iter()
            .map(|at| format!("{} {} {}", at.name, at.host, at.port))
            .collect())
    }

    #[test]
    fn a_controller_is_reached_where_it_advertises_itself_else_where_it_listens() {
        let listens = "controller.listener.names=CONTROLLER\nlisteners=CONTROLLER://c1:9093\n";
        let advertises = format!("{listens}advertised.listeners=CONTROLLER://[2001:db8::1]:19093\n");

        assert_eq!(endpoints(listens).unwrap(), ["CONTROLLER c1 9093"]);
        assert_eq!(endpoints(&advertises).unwrap(), ["CONTROLLER 2001:db8::1 19093"]);
    }

    #[test]
    fn a_controller_that_listens_everywhere_and_advertises_nothing_is_refused() {
        for address in [
            "CONTROLLER://:9093",
            "CONTROLLER://0.0.0.0:9093",
            "CONTROLLER://[::]:9093",
        ] {
            let text = format!("controller.listener.names=CONTROLLER\nlisteners={address}\n");
            assert!(
                matches!(endpoints(&text), Err(ConfigError::Invalid { key: LISTENERS, .. })),
                "{address}"
            );
        }
    }

    #[test]
    fn without_a_map_controller_listeners_are_plaintext() {
        let listeners =
            decode("controller.listener.names=CONTROLLER\nlisteners=CONTROLLER://c1:9093\n").unwrap();

        assert_eq!(listeners.security["CONTROLLER"], SecurityProtocol::Plaintext);
    }

    #[test]
    fn without_a_map_nothing_is_assumed_beside_a_secured_listener() {
        let text = "controller.listener.names=CONTROLLER\nlisteners=CONTROLLER://c1:9093,SSL://c1:9092\n";

        assert!(matches!(
            decode(text),
            Err(ConfigError::Invalid {
                key: SECURITY_MAP,
                ..
            })
        ));
    }

    #[test]
    fn a_map_replaces_the_defaults() {
        let text = "controller.listener.names=CONTROLLER\nlisteners=CONTROLLER://c1:9093,INSIDE://:9092\n\
                    listener.security.protocol.map=CONTROLLER:SASL_SSL,inside:SASL_PLAINTEXT\n";
        let listeners = decode(text).unwrap();

        assert_eq!(listeners.security["CONTROLLER"], SecurityProtocol::SaslSsl);
        assert_eq!(listeners.security["INSIDE"], SecurityProtocol::SaslPlaintext);
    }

    #[test]
    fn a_listener_name_may_stand_twice_only_for_two_address_families() {
        let text = |hosts: &str| format!("controller.listener.names=CONTROLLER\nlisteners={hosts}\n");

        assert!(decode(&text("PLAINTEXT://1.2.3.4:9092,PLAINTEXT://[::1]:9092")).is_ok());
        assert!(decode(&text("PLAINTEXT://a:9092,PLAINTEXT://b:9093")).is_err());
    }

    #[test]
    fn malformed_listeners_are_refused() {
        for entry in [
            "c1:9093",
            "CONTROLLER://c1",
            "CONTROLLER://c1:x",
            "CONTROLLER://::1:9093",
            "://c1:1",
        ] {
            let text = format!("controller.listener.names=CONTROLLER\nlisteners={entry}\n");
            assert!(
                matches!(decode(&text), Err(ConfigError::Invalid { key: LISTENERS, .. })),
                "{entry}"
            );
        }
    }

    #[test]
    fn the_controllers_listener_needs_a_name_in_capitals() {
        assert!(matches!(
            decode("node.id=1\n"),
            Err(ConfigError::Missing {
                key: CONTROLLER_NAMES,
                ..
            })
        ));
        assert!(matches!(
            decode("controller.listener.names=controller\n"),
            Err(ConfigError::Invalid {
                key: CONTROLLER_NAMES,
                ..
            })
        ));
    }
}
