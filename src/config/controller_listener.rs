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

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use kraft_bridge_migration::key_material::KeyMaterial;
use kraft_bridge_migration::legacy::{Secret, SecurityProtocol};

use super::client::{Mechanism, identity, trust};
use super::jaas::inline_login;
use super::listeners::Listener;
use super::{ConfigError, KafkaConfig, Properties};

const CLIENT_AUTH: &str = "ssl.client.auth";
const ENABLED_MECHANISMS: &str = "sasl.enabled.mechanisms";
const PLAIN_JAAS: &str = "plain.sasl.jaas.config";
/// How an option of Kafka's PLAIN module begins that holds a user's password.
const PLAIN_USER: &str = "user_";

/// Keys that say how a listener works, in ways that are not followed here.
const NOT_FOLLOWED: [(&str, &str); 11] = [
    (
        "ssl.truststore.certificates",
        "write them to a file, name it as ssl.truststore.location and set ssl.truststore.type=PEM",
    ),
    (
        "ssl.keystore.certificate.chain",
        "write it and the key to a file, name it as ssl.keystore.location and set ssl.keystore.type=PEM",
    ),
    (
        "ssl.keystore.key",
        "write it and the certificates to a file, name it as ssl.keystore.location and set ssl.keystore.type=PEM",
    ),
    (
        "ssl.engine.factory.class",
        "Java classes can't be run here: give the stores as files",
    ),
    (
        "ssl.cipher.suites",
        "suites can't be chosen here: remove it, and those of TLS 1.3 and the safe ones of TLS 1.2 are used",
    ),
    (
        "ssl.principal.mapping.rules",
        "callers have the whole subject of their certificate for a name: remove it, and write super.users and ACLs so",
    ),
    (
        "principal.builder.class",
        "Java classes can't be run here: remove it, and callers have the names that Kafka gives them by default",
    ),
    (
        "plain.sasl.server.callback.handler.class",
        "Java classes can't be run here: name the users in plain.sasl.jaas.config",
    ),
    (
        "scram-sha-256.sasl.server.callback.handler.class",
        "Java classes can't be run here: credentials are those of the metadata log",
    ),
    (
        "scram-sha-512.sasl.server.callback.handler.class",
        "Java classes can't be run here: credentials are those of the metadata log",
    ),
    (
        "sasl.server.callback.handler.class",
        "Java classes can't be run here: use PLAIN or SCRAM as Kafka brings them",
    ),
];

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
    /// `max.connections`
    pub(crate) connections_max: usize,
    /// `max.connections.per.ip`
    pub(crate) connections_per_address_max: usize,
}

impl Default for Limits {
    /// Kafka's defaults where it has a limit.
    fn default() -> Limits {
        Limits {
            request_bytes_max: 100 * 1024 * 1024,
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

fn refuse_what_is_not_followed(properties: &Properties) -> Result<(), ConfigError> {
    let found = NOT_FOLLOWED.into_iter().find(|(key, _)| {
        let value = properties.get(key).unwrap_or("");
        // How Kafka names callers by default.
        let is_default = value == "DEFAULT" || value.ends_with(".DefaultKafkaPrincipalBuilder");
        !value.is_empty() && !is_default
    });
    match found {
        Some((key, remedy)) => Err(properties.invalid_secret(key, remedy)),
        None => Ok(()),
    }
}

fn tls(properties: &Properties, is_sasl: bool) -> Result<ServerTls, ConfigError> {
    let identity = identity(properties)?.ok_or_else(|| {
        properties.missing(
            "ssl.keystore.location",
            "name the store with this node's certificate and private key",
        )
    })?;
    Ok(ServerTls {
        identity,
        trust: trust(properties)?,
        client_auth: client_auth(properties, is_sasl)?,
        versions: tls_versions(properties)?,
    })
}

/// Beside a login by password, as in Kafka, a certificate is asked for only if this very listener says so.
fn client_auth(properties: &Properties, is_sasl: bool) -> Result<ClientAuth, ConfigError> {
    if is_sasl && !properties.is_of_listener(CLIENT_AUTH) {
        return Ok(ClientAuth::None);
    }
    match properties
        .plain(CLIENT_AUTH)?
        .map(str::to_ascii_lowercase)
        .as_deref()
    {
        None | Some("none") => Ok(ClientAuth::None),
        Some("requested") => Ok(ClientAuth::Requested),
        Some("required") => Ok(ClientAuth::Required),
        Some(_) => Err(properties.invalid(CLIENT_AUTH, "expected none, requested or required")),
    }
}

fn tls_versions(properties: &Properties) -> Result<BTreeSet<TlsVersion>, ConfigError> {
    let key = "ssl.enabled.protocols";
    let versions = properties.list(key)?.into_iter().filter_map(|name| match name {
        "TLSv1.2" => Some(TlsVersion::V1_2),
        "TLSv1.3" => Some(TlsVersion::V1_3),
        _ => None,
    });
    let versions: BTreeSet<TlsVersion> = versions.collect();
    match properties.plain(key)? {
        None => Ok(BTreeSet::from([TlsVersion::V1_2, TlsVersion::V1_3])),
        Some(_) if versions.is_empty() => {
            Err(properties.invalid(key, "none of these is spoken here: add TLSv1.2 or TLSv1.3"))
        }
        Some(_) => Ok(versions),
    }
}

fn sasl(properties: &Properties) -> Result<SaslConfig, ConfigError> {
    let mechanisms = mechanisms(properties)?;
    let plain_users = match mechanisms.contains(&Mechanism::Plain) {
        true => plain_users(properties)?,
        false => BTreeMap::new(),
    };
    let key = "connections.max.reauth.ms";
    match properties.parsed::<i64>(key, "a number")? {
        Some(1..) => Err(properties.invalid(
            key,
            "logins are not renewed here: set it to 0 for this listener, so that connections stay",
        )),
        _ => Ok(SaslConfig {
            mechanisms,
            plain_users,
        }),
    }
}

fn mechanisms(properties: &Properties) -> Result<BTreeSet<Mechanism>, ConfigError> {
    let remedy = "PLAIN, SCRAM-SHA-256 and SCRAM-SHA-512 are spoken here: set \
                  listener.name.<name>.sasl.enabled.mechanisms to some of them";
    let names = properties.list(ENABLED_MECHANISMS)?;
    if names.is_empty() {
        return Err(properties.missing(ENABLED_MECHANISMS, remedy));
    }
    let known = |name: &&str| Mechanism::ALL.into_iter().find(|known| known.name() == *name);
    match names.iter().find(|name| known(name).is_none()) {
        Some(name) => Err(properties.invalid(ENABLED_MECHANISMS, format!("{name} is not: {remedy}"))),
        None => Ok(names.iter().filter_map(known).collect()),
    }
}

/// The users that the login module for PLAIN names: `user_alice="…"`.
fn plain_users(properties: &Properties) -> Result<BTreeMap<String, Secret<String>>, ConfigError> {
    let module = Mechanism::Plain.module();
    let text = properties
        .get(PLAIN_JAAS)
        .filter(|_| properties.is_of_listener(PLAIN_JAAS));
    let Some(text) = text.filter(|text| !text.is_empty()) else {
        return Err(properties.missing(
            PLAIN_JAAS,
            format!(
                "write {module} required user_NAME=\"…\"; there is no other place for PLAIN's users here"
            ),
        ));
    };
    let invalid = |problem: String| properties.invalid_secret(PLAIN_JAAS, problem);
    let login = inline_login(text).map_err(invalid)?;
    if login.class != module {
        return Err(invalid(format!(
            "{} is not the login module of PLAIN, {module} is",
            login.class
        )));
    }
    let mut users = BTreeMap::new();
    for (option, password) in login.options {
        let Some(user) = option.strip_prefix(PLAIN_USER) else {
            continue;
        };
        if password.contains("${") && properties.get("config.providers").is_some() {
            return Err(invalid(format!(
                "{option}: configuration providers are not followed: write the value itself"
            )));
        }
        users.insert(user.to_owned(), Secret(password));
    }
    match users.is_empty() {
        true => Err(invalid("it names no user: add user_NAME=\"…\"".to_owned())),
        false => Ok(users),
    }
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
    Ok(Limits {
        request_bytes_max: number("socket.request.max.bytes")?.unwrap_or(default.request_bytes_max),
        idle_time: number("connections.max.idle.ms")?.map_or(default.idle_time, milliseconds),
        refusal_delay: delay.map_or(default.refusal_delay, milliseconds),
        connections_max: count("max.connections", default.connections_max)?,
        connections_per_address_max: count("max.connections.per.ip", default.connections_per_address_max)?,
        ..default
    })
}
