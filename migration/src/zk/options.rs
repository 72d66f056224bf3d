//! How to reach an ensemble: what a connect string and a broker's `zookeeper.*` keys say.

use std::time::Duration;

use super::uri::EnsembleUri;
use crate::key_material::KeyMaterial;
use crate::legacy::Secret;

/// Longest payload, or list of children, that Kafka's own client takes (KAFKA-13270).
pub const JUTE_MAXBUFFER: usize = 4 * 1024 * 1024;

/// How long Kafka's client holds on to a session by default (`zookeeper.session.timeout.ms`).
const SESSION_TIMEOUT: Duration = Duration::from_secs(18);

/// Everything needed to open a session.
#[derive(Clone, Debug)]
pub struct ConnectOptions {
    /// `host1:2181,host2:2181`, without chroot.
    pub servers: String,
    /// Chroot, normalized; `/` for none.
    pub chroot: String,
    /// Whether, and how, the connection is encrypted.
    pub tls: Option<TlsOptions>,
    /// SASL DIGEST-MD5 login, if any.
    pub digest: Option<DigestCredentials>,
    /// Longest time without a word from the server before another one is tried.
    pub session_timeout: Duration,
    /// Longest time until the first server must have answered.
    pub connection_timeout: Duration,
    /// Length that an answer should not exceed (`jute.maxbuffer`), in bytes: so much is asked for at once.
    ///
    /// A single payload or list of children that is longer is read all the same.
    pub jute_maxbuffer: usize,
    /// Most znodes read in a second; no bound if `None`.
    pub znodes_per_second: Option<u32>,
}

impl ConnectOptions {
    /// An ensemble without TLS and login, with Kafka's own timeouts.
    pub fn plain(ensemble: EnsembleUri) -> ConnectOptions {
        ConnectOptions {
            servers: ensemble.servers,
            chroot: ensemble.chroot,
            tls: None,
            digest: None,
            session_timeout: SESSION_TIMEOUT,
            connection_timeout: SESSION_TIMEOUT,
            jute_maxbuffer: JUTE_MAXBUFFER,
            znodes_per_second: None,
        }
    }
}

/// A SASL DIGEST-MD5 login, as the `Client` section of a JAAS file gives it.
#[derive(Clone, Debug)]
pub struct DigestCredentials {
    /// `username`
    pub user: String,
    /// `password`
    pub password: Secret<String>,
}

/// TLS towards ZooKeeper, as `zookeeper.ssl.*` describe it.
#[derive(Clone, Debug)]
pub struct TlsOptions {
    /// Whom to trust (`zookeeper.ssl.truststore.*`); the system's authorities if `None`.
    pub trust: Option<KeyMaterial>,
    /// Who we are (`zookeeper.ssl.keystore.*`), for mutual TLS.
    pub identity: Option<KeyMaterial>,
    /// Whether the server's certificate must name its host (`zookeeper.ssl.endpoint.identification.algorithm`).
    pub verify_host_name: bool,
}
