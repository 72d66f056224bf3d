//! Live brokers: `/brokers/ids/<id>`, payload versions 1 to 5.

use std::collections::BTreeMap;

use kraft_bridge_protocol::BrokerEpoch;

/// How a listener is secured. The numbers are Kafka's codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[repr(i16)]
#[expect(missing_docs, reason = "the names are Kafka's and say it all")]
pub enum SecurityProtocol {
    Plaintext = 0,
    Ssl = 1,
    SaslPlaintext = 2,
    SaslSsl = 3,
}

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
    pub payload_version: i64,
    /// Listeners by name.
    pub endpoints: BTreeMap<String, Endpoint>,
    /// `broker.rack`.
    pub rack: Option<String>,
    /// Epoch in ZooKeeper mode: the czxid of its znode.
    pub epoch: BrokerEpoch,
}
