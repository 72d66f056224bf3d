//! What a controller's listener takes: encryption, logins and limits, from the node's own file.
//!
//! `listener.name.<name>.KEY`, the name in small letters, counts before `KEY`.
//!
//! | `listener.security.protocol.map` | TLS | login | the caller's name |
//! |---|---|---|---|
//! | `PLAINTEXT` | no | no | `User:ANONYMOUS` |
//! | `SSL` | yes | by certificate, if `ssl.client.auth` asks for one | the certificate's subject, else `User:ANONYMOUS` |
//! | `SASL_PLAINTEXT` | no | yes | the user |
//! | `SASL_SSL` | yes | yes | the user |

mod security;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use kraft_bridge_migration::key_material::KeyMaterial;
use kraft_bridge_migration::legacy::{Secret, SecurityProtocol};

use security::{refuse_what_is_not_followed, sasl, tls};

use super::client::Mechanism;
use super::listeners::Listener;
use super::{ConfigError, KafkaConfig, Properties};

/// One listener of a controller.
#[derive(Clone, Debug)]
pub(crate) struct ListenerConfig {
    /// Name, in capitals.
    pub(crate) name: String,
    /// Where it listens; every interface if `None`.
    pub(crate) host: Option<String>,
    /// Where it listens; any free port if 0.
    pub(crate) port: u16,
    /// Whether, and how, connections are encrypted.
    pub(crate) tls: Option<ServerTls>,
    /// Whether, and how, callers log in.
    pub(crate) sasl: Option<SaslConfig>,
    /// What is borne with.
    pub(crate) limits: Limits,
}

/// `ssl.*` of a listener.
#[derive(Clone, Debug)]
pub(crate) struct ServerTls {
    /// Who we are.
    pub(crate) identity: KeyMaterial,
    /// Whose certificates are taken from callers; those of the system's authorities if `None`.
    pub(crate) trust: Option<KeyMaterial>,
    /// `ssl.client.auth`
    pub(crate) client_auth: ClientAuth,
    /// `ssl.enabled.protocols`
    pub(crate) versions: BTreeSet<TlsVersion>,
}

/// Whether callers show a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ClientAuth {
    /// They are not asked.
    None,
    /// They may.
    Requested,
    /// They must.
    Required,
}

/// A version of TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum TlsVersion {
    V1_2,
    V1_3,
}

/// `sasl.*` of a listener.
#[derive(Clone, Debug)]
pub(crate) struct SaslConfig {
    /// `sasl.enabled.mechanisms`
    pub(crate) mechanisms: BTreeSet<Mechanism>,
    /// Passwords by user, for PLAIN.
    pub(crate) plain_users: BTreeMap<String, Secret<String>>,
}

/// What a listener bears with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// `socket.request.max.bytes`: longest request.
    pub(crate) request_bytes_max: u32,
    /// `queued.max.request.bytes`: what all requests that are long may take together.
    pub(crate) requests_bytes_max: u32,
    /// Longest request of a caller that has not logged in yet.
    pub(crate) login_bytes_max: u32,
    /// Longest time for the TLS handshake and the login together.
    pub(crate) login_time: Duration,
    /// Longest time from a request's first byte to its last.
    pub(crate) request_time: Duration,
    /// Longest time for the caller to take an answer.
    pub(crate) response_time: Duration,
    /// `connections.max.idle.ms`: longest time without a request.
    pub(crate) idle_time: Duration,
    /// `connection.failed.authentication.delay.ms`: how long a refused login waits for its answer.
    pub(crate) refusal_delay: Duration,
    /// `max.connections`; fewer if the process may not open twice as many files.
    pub(crate) connections_max: usize,
    /// `max.connections.per.ip`
    pub(crate) connections_per_address_max: usize,
}

impl Default for Limits {
    /// Kafka's defaults where it has a limit.
    fn default() -> Limits {
        Limits {
            request_bytes_max: 100 * 1024 * 1024,
            // Kafka has none here.
            requests_bytes_max: 200 * 1024 * 1024,
            // A login takes a few hundred bytes.
            login_bytes_max: 64 * 1024,
            login_time: Duration::from_secs(30),
            request_time: Duration::from_secs(60),
            response_time: Duration::from_secs(60),
            idle_time: Duration::from_secs(600),
            refusal_delay: Duration::from_millis(100),
            connections_max: 4_096,
            connections_per_address_max: 2_048,
        }
    }
}

impl KafkaConfig {
    /// The listeners that this controller is to open.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] if one asks for what is not followed here, or lacks what it needs.
    pub(crate) fn controller_listeners(&self) -> Result<Vec<ListenerConfig>, ConfigError> {
        let of_controllers = self
            .listeners
            .listeners
            .iter()
            .filter(|listener| self.listeners.is_controller_listener(&listener.name));
        of_controllers
            .map(|listener| {
                let security = self.listeners.security[&listener.name];
                decode(&self.properties.of_listener(&listener.name), listener, security)
            })
            .collect()
    }
}

fn decode(
    properties: &Properties,
    listener: &Listener,
    security: SecurityProtocol,
) -> Result<ListenerConfig, ConfigError> {
    use SecurityProtocol as P;
    let (is_tls, is_sasl) = match security {
        P::Plaintext => (false, false),
        P::Ssl => (true, false),
        P::SaslPlaintext => (false, true),
        P::SaslSsl => (true, true),
    };
    if is_tls || is_sasl {
        refuse_what_is_not_followed(properties)?;
    }
    Ok(ListenerConfig {
        name: listener.name.clone(),
        host: listener.host.clone(),
        port: listener.port,
        tls: is_tls.then(|| tls(properties, is_sasl)).transpose()?,
        sasl: is_sasl.then(|| sasl(properties)).transpose()?,
        limits: limits(properties)?,
    })
}

fn limits(properties: &Properties) -> Result<Limits, ConfigError> {
    let default = Limits::default();
    let number = |key| match properties.parsed::<u32>(key, "a number of at least 1")? {
        Some(0) => Err(properties.invalid(key, "expected a number of at least 1")),
        number => Ok(number),
    };
    let count =
        |key, default| Ok(number(key)?.map_or(default, |number| usize::try_from(number).unwrap_or(default)));
    let milliseconds = |number: u32| Duration::from_millis(u64::from(number));
    let delay = properties.parsed(
        "connection.failed.authentication.delay.ms",
        "a number of at least 0",
    )?;
    let request_bytes_max = number("socket.request.max.bytes")?.unwrap_or(default.request_bytes_max);
    Ok(Limits {
        request_bytes_max,
        requests_bytes_max: requests_bytes_max(properties, request_bytes_max)?,
        idle_time: number("connections.max.idle.ms")?.map_or(default.idle_time, milliseconds),
        refusal_delay: delay.map_or(default.refusal_delay, milliseconds),
        connections_max: count("max.connections", default.connections_max)?,
        connections_per_address_max: count("max.connections.per.ip", default.connections_per_address_max)?,
        ..default
    })
}

/// Kafka has no such limit by default, -1; here it is twice the longest request.
fn requests_bytes_max(properties: &Properties, request_bytes_max: u32) -> Result<u32, ConfigError> {
    let key = "queued.max.request.bytes";
    match properties.parsed::<i64>(key, "a number")? {
        Some(bytes) if bytes > 0 && bytes < i64::from(request_bytes_max) => Err(properties.invalid(
            key,
            format!("a request may be longer, {request_bytes_max} bytes (socket.request.max.bytes)"),
        )),
        Some(bytes) if bytes > 0 => Ok(u32::try_from(bytes).unwrap_or(u32::MAX)),
        _ => Ok(request_bytes_max.saturating_mul(2)),
    }
}
