//! Live brokers: `/brokers/ids/<id>`, payload versions 1 to 5.

use std::collections::BTreeMap;

pub use kraft_bridge_metadata::records::SecurityProtocol;
use kraft_bridge_protocol::BrokerEpoch;
use serde_json::{Map, Value};

use super::json::{self, int, required};
use super::notes::Notes;
use crate::znode::Stat;

/// One advertised listener of a broker.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Endpoint {
    /// Host, IPv6 without brackets.
    pub host: String,
    /// Port.
    pub port: u16,
    /// How the listener is secured.
    pub security_protocol: SecurityProtocol,
}

/// A broker that was alive when the capture was made.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Broker {
    /// Version of its payload, 1 to 5.
    pub payload_version: i32,
    /// Listeners by name.
    pub endpoints: BTreeMap<String, Endpoint>,
    /// `broker.rack`.
    pub rack: Option<String>,
    /// Epoch in ZooKeeper mode: the czxid of its znode.
    pub epoch: BrokerEpoch,
}

pub(super) fn decode(data: &[u8], stat: &Stat, notes: &mut Notes<'_>) -> Option<Broker> {
    let object = json::object(data, notes)?;
    let payload_version = required(&object, "version", int, notes)?;
    let endpoints = match object.get("endpoints") {
        Some(endpoints) => decode_endpoints(endpoints, &object, notes),
        None => decode_only_endpoint(&object, notes),
    };
    Some(Broker {
        payload_version,
        endpoints,
        rack: object.get("rack").and_then(Value::as_str).map(str::to_owned),
        epoch: BrokerEpoch(stat.czxid.0),
    })
}

/// Versions 2 to 5: `LISTENER://host:port`; before version 4 the listener is named after its protocol.
fn decode_endpoints(
    endpoints: &Value,
    object: &Map<String, Value>,
    notes: &mut Notes<'_>,
) -> BTreeMap<String, Endpoint> {
    let mut listeners = BTreeMap::new();
    for endpoint in endpoints.as_array().into_iter().flatten() {
        let decoded = endpoint.as_str().and_then(|text| {
            let (name, address) = text.split_once("://")?;
            let protocol = object
                .get("listener_security_protocol_map")
                .and_then(|map| map.get(name)?.as_str())
                .unwrap_or(name);
            let (host, port) = address.rsplit_once(':')?;
            let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
            let endpoint = Endpoint {
                host,
                port: port.parse().ok()?,
                security_protocol: security_protocol(protocol)?,
            };
            Some((name.to_owned(), endpoint))
        });
        match decoded {
            Some((name, endpoint)) => {
                listeners.insert(name, endpoint);
            }
            None => notes.warning(
                "odd-endpoint",
                format!("{endpoint} is no endpoint of the form LISTENER://host:port"),
                "not carried; brokers register their listeners anew",
            ),
        }
    }
    listeners
}

/// Version 1: one plaintext listener.
fn decode_only_endpoint(object: &Map<String, Value>, notes: &mut Notes<'_>) -> BTreeMap<String, Endpoint> {
    let host = required(object, "host", Value::as_str, notes);
    let port = required(object, "port", |port| int(port)?.try_into().ok(), notes);
    host.zip(port)
        .map(|(host, port)| {
            let security_protocol = SecurityProtocol::Plaintext;
            (
                "PLAINTEXT".to_owned(),
                Endpoint {
                    host: host.to_owned(),
                    port,
                    security_protocol,
                },
            )
        })
        .into_iter()
        .collect()
}

fn security_protocol(name: &str) -> Option<SecurityProtocol> {
    match name {
        "PLAINTEXT" => Some(SecurityProtocol::Plaintext),
        "SSL" => Some(SecurityProtocol::Ssl),
        "SASL_PLAINTEXT" => Some(SecurityProtocol::SaslPlaintext),
        "SASL_SSL" => Some(SecurityProtocol::SaslSsl),
        _ => None,
    }
}
