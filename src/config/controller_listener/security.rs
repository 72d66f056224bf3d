//! Encryption and logins of a controller's listener.

use std::collections::{BTreeMap, BTreeSet};

use kraft_bridge_migration::legacy::Secret;

use super::{ClientAuth, SaslConfig, ServerTls, TlsVersion};
use crate::config::client::{Mechanism, identity, trust};
use crate::config::jaas::inline_login;
use crate::config::key_material::STORES_NOT_FOLLOWED;
use crate::config::{ConfigError, Properties};

const CLIENT_AUTH: &str = "ssl.client.auth";
const ENABLED_MECHANISMS: &str = "sasl.enabled.mechanisms";
const PLAIN_JAAS: &str = "plain.sasl.jaas.config";
/// How an option of Kafka's PLAIN module begins that holds a user's password.
const PLAIN_USER: &str = "user_";

/// Keys that say how a listener works, in ways that are not followed here.
const NOT_FOLLOWED: [(&str, &str); 7] = [
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

/// Refuses keys that would have to be followed.
///
/// # Errors
///
/// [`ConfigError::Invalid`] naming the first.
pub(super) fn refuse_what_is_not_followed(properties: &Properties) -> Result<(), ConfigError> {
    let found = STORES_NOT_FOLLOWED
        .into_iter()
        .chain(NOT_FOLLOWED)
        .find(|(key, _)| {
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

/// `ssl.*`, for a listener with logins by password or without.
///
/// # Errors
///
/// [`ConfigError`] if a key is missing or malformed.
pub(super) fn tls(properties: &Properties, is_sasl: bool) -> Result<ServerTls, ConfigError> {
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

/// `sasl.*`.
///
/// # Errors
///
/// As [`tls`].
pub(super) fn sasl(properties: &Properties) -> Result<SaslConfig, ConfigError> {
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
