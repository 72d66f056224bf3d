//! A client's properties, as Kafka's tools take them by `--command-config`: how to reach a live quorum.
//!
//! | `security.protocol` | TLS | login |
//! |---|---|---|
//! | `PLAINTEXT` | no | no |
//! | `SSL` | yes | no, or by certificate |
//! | `SASL_PLAINTEXT` | no | yes |
//! | `SASL_SSL` | yes | yes |

use std::path::Path;
use std::time::Duration;

use kraft_bridge_migration::key_material::{KeyMaterial, KeyMaterialKind};
use kraft_bridge_migration::legacy::Secret;

use super::jaas::inline_login;
use super::key_material::{KindByDefault, STORES_NOT_FOLLOWED, StoreKeys, key_material};
use super::{ConfigError, Properties};

const KEY_STORE: StoreKeys = StoreKeys {
    location: "ssl.keystore.location",
    kind: "ssl.keystore.type",
    password: "ssl.keystore.password",
};
const TRUST_STORE: StoreKeys = StoreKeys {
    location: "ssl.truststore.location",
    kind: "ssl.truststore.type",
    password: "ssl.truststore.password",
};
pub(super) const MECHANISM: &str = "sasl.mechanism";
pub(super) const JAAS: &str = "sasl.jaas.config";
pub(super) const PROTOCOL: &str = "security.protocol";

/// Keys that say how to log in, in ways that are not followed here.
const NOT_FOLLOWED: [(&str, &str); 2] = [
    (
        "sasl.client.callback.handler.class",
        "Java classes can't be run here: give the login in sasl.jaas.config",
    ),
    (
        "sasl.login.callback.handler.class",
        "Java classes can't be run here: give the login in sasl.jaas.config",
    ),
];

/// How long Kafka's clients wait for one answer, and for the whole of what they are asked to do, in milliseconds.
const REQUEST_TIMEOUT_MS: u64 = 30_000;
const API_TIMEOUT_MS: u64 = 60_000;

/// How a client reaches the servers.
#[derive(Clone, Debug)]
pub(crate) struct ClientConfig {
    /// `client.id`
    pub(crate) client_id: String,
    /// `request.timeout.ms`: longest wait for one answer.
    pub(crate) request_timeout: Duration,
    /// `default.api.timeout.ms`: longest time without any answer that helps.
    pub(crate) patience: Duration,
    /// Whether, and how, the connection is encrypted.
    pub(crate) tls: Option<ClientTls>,
    /// SASL login, if any.
    pub(crate) login: Option<Login>,
}

/// `ssl.*`
#[derive(Clone, Debug)]
pub(crate) struct ClientTls {
    /// Whom to trust; the system's authorities if `None`.
    pub(crate) trust: Option<KeyMaterial>,
    /// Who we are, for mutual TLS.
    pub(crate) identity: Option<KeyMaterial>,
    /// Whether the server's certificate must name its host: `ssl.endpoint.identification.algorithm` is not empty.
    pub(crate) verify_host_name: bool,
}

/// A SASL login.
#[derive(Clone, Debug)]
pub(crate) struct Login {
    /// `sasl.mechanism`
    pub(crate) mechanism: Mechanism,
    /// `username`
    pub(crate) user: String,
    /// `password`
    pub(crate) password: Secret<String>,
}

/// A SASL mechanism by user and password; each has its registered name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Mechanism {
    Plain,
    ScramSha256,
    ScramSha512,
}

impl Mechanism {
    pub(crate) const ALL: [Mechanism; 3] = [Mechanism::Plain, Mechanism::ScramSha256, Mechanism::ScramSha512];

    /// Its registered name.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Mechanism::Plain => "PLAIN",
            Mechanism::ScramSha256 => "SCRAM-SHA-256",
            Mechanism::ScramSha512 => "SCRAM-SHA-512",
        }
    }

    /// The login module that Kafka has for it.
    pub(super) fn module(self) -> &'static str {
        match self {
            Mechanism::Plain => "org.apache.kafka.common.security.plain.PlainLoginModule",
            Mechanism::ScramSha256 | Mechanism::ScramSha512 => {
                "org.apache.kafka.common.security.scram.ScramLoginModule"
            }
        }
    }
}

impl Default for ClientConfig {
    /// Kafka's defaults: clear text, no login.
    fn default() -> ClientConfig {
        ClientConfig {
            client_id: "kraft-bridge".to_owned(),
            request_timeout: Duration::from_millis(REQUEST_TIMEOUT_MS),
            patience: Duration::from_millis(API_TIMEOUT_MS),
            tls: None,
            login: None,
        }
    }
}

impl ClientConfig {
    /// Reads and checks the file.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] names the file, the key and the remedy.
    pub(crate) fn load(path: &Path) -> Result<ClientConfig, ConfigError> {
        ClientConfig::decode(&Properties::load(path)?)
    }

    /// Checks what a file holds. Keys that have nothing to do with a connection are passed over.
    ///
    /// # Errors
    ///
    /// As [`ClientConfig::load`].
    pub(crate) fn decode(properties: &Properties) -> Result<ClientConfig, ConfigError> {
        let (is_tls, is_sasl) = protocol(properties)?;
        if is_tls || is_sasl {
            refuse_what_is_not_followed(properties)?;
        }
        let default = ClientConfig::default();
        let client_id = properties.plain("client.id")?.map(str::to_owned);
        Ok(ClientConfig {
            client_id: client_id.unwrap_or(default.client_id),
            request_timeout: milliseconds(properties, "request.timeout.ms")?
                .unwrap_or(default.request_timeout),
            patience: milliseconds(properties, "default.api.timeout.ms")?.unwrap_or(default.patience),
            tls: is_tls.then(|| tls(properties)).transpose()?,
            login: is_sasl.then(|| login(properties)).transpose()?,
        })
    }
}

/// Whether there is TLS, and whether there is a login.
fn protocol(properties: &Properties) -> Result<(bool, bool), ConfigError> {
    match properties.plain(PROTOCOL)?.unwrap_or("PLAINTEXT") {
        "PLAINTEXT" => Ok((false, false)),
        "SSL" => Ok((true, false)),
        "SASL_PLAINTEXT" => Ok((false, true)),
        "SASL_SSL" => Ok((true, true)),
        _ => Err(properties.invalid(PROTOCOL, "expected PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL")),
    }
}

fn refuse_what_is_not_followed(properties: &Properties) -> Result<(), ConfigError> {
    let found = STORES_NOT_FOLLOWED
        .into_iter()
        .chain(NOT_FOLLOWED)
        .find(|(key, _)| properties.get(key).is_some_and(|value| !value.is_empty()));
    match found {
        Some((key, remedy)) => Err(properties.invalid_secret(key, remedy)),
        None => Ok(()),
    }
}

/// A time of at least a millisecond.
///
/// # Errors
///
/// [`ConfigError::Invalid`] if it is none.
pub(super) fn milliseconds(
    properties: &Properties,
    key: &'static str,
) -> Result<Option<Duration>, ConfigError> {
    let expected = "a number of milliseconds of at least 1";
    match properties.parsed::<u32>(key, expected)? {
        Some(0) => Err(properties.invalid(key, format!("expected {expected}"))),
        milliseconds => Ok(milliseconds.map(|number| Duration::from_millis(u64::from(number)))),
    }
}

/// `ssl.keystore.*`: who we are.
///
/// # Errors
///
/// As [`ClientConfig::load`].
pub(super) fn identity(properties: &Properties) -> Result<Option<KeyMaterial>, ConfigError> {
    let mut identity = key_material(properties, KEY_STORE, KindByDefault::Jks)?;
    if let Some(identity) = &mut identity
        && identity.kind == KeyMaterialKind::Pem
    {
        // A PEM file itself is not locked, only the key in it.
        let password = properties.plain("ssl.key.password")?;
        identity.password = password.map(|text| Secret(text.to_owned()));
    }
    Ok(identity)
}

/// `ssl.truststore.*`: whom to trust.
///
/// # Errors
///
/// As [`ClientConfig::load`].
pub(super) fn trust(properties: &Properties) -> Result<Option<KeyMaterial>, ConfigError> {
    key_material(properties, TRUST_STORE, KindByDefault::Jks)
}

fn tls(properties: &Properties) -> Result<ClientTls, ConfigError> {
    let identification = properties.get("ssl.endpoint.identification.algorithm");
    Ok(ClientTls {
        trust: trust(properties)?,
        identity: identity(properties)?,
        verify_host_name: identification.is_none_or(|algorithm| !algorithm.is_empty()),
    })
}

fn login(properties: &Properties) -> Result<Login, ConfigError> {
    let name = properties.plain(MECHANISM)?.unwrap_or("GSSAPI");
    let mechanism = Mechanism::ALL.into_iter().find(|known| known.name() == name);
    let mechanism = mechanism.ok_or_else(|| {
        properties.invalid(
            MECHANISM,
            format!(
                "{name} is not spoken here, PLAIN, SCRAM-SHA-256 and SCRAM-SHA-512 are: give a file for a listener \
                 of the controllers that takes one of these, or SSL"
            ),
        )
    })?;
    let Some(text) = properties.get(JAAS).filter(|text| !text.is_empty()) else {
        let remedy = format!(
            "write {} required username=\"…\" password=\"…\";",
            mechanism.module()
        );
        return Err(properties.missing(JAAS, remedy));
    };
    let invalid = |problem: String| properties.invalid_secret(JAAS, problem);
    let module = inline_login(text).map_err(invalid)?;
    if module.class != mechanism.module() {
        return Err(invalid(format!(
            "{} is not the login module of {name}, {} is",
            module.class,
            mechanism.module()
        )));
    }
    if module
        .options
        .get("tokenauth")
        .is_some_and(|value| value == "true")
    {
        return Err(invalid(
            "a login by delegation token is not spoken here: log in as a user".to_owned(),
        ));
    }
    let option = |key: &str| match module.options.get(key) {
        Some(value) if value.contains("${") && properties.get("config.providers").is_some() => Err(invalid(
            format!("{key}: configuration providers are not followed: write the value itself"),
        )),
        Some(value) => Ok(value.clone()),
        None => Err(invalid(format!("it has no {key}"))),
    };
    Ok(Login {
        mechanism,
        user: option("username")?,
        password: Secret(option("password")?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(text: &str) -> Result<ClientConfig, ConfigError> {
        ClientConfig::decode(&Properties::decode(Path::new("client.properties"), text.as_bytes()).unwrap())
    }

    fn refusal(text: &str) -> String {
        decode(text).unwrap_err().to_string()
    }

    const SCRAM: &str = "security.protocol=SASL_SSL\nsasl.mechanism=SCRAM-SHA-512\n\
        sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required \\\n  \
        username=\"alice\" password=\"hush; \\\\\"now\\\\\"\";\n";

    #[test]
    fn an_empty_file_means_clear_text_and_kafkas_timeouts() {
        let config = decode("").unwrap();
        assert!(config.tls.is_none() && config.login.is_none());
        assert_eq!(config.request_timeout, Duration::from_secs(30));
        assert_eq!(config.patience, Duration::from_secs(60));
        assert_eq!(config.client_id, "kraft-bridge");
    }

    #[test]
    fn keys_that_have_nothing_to_do_with_it_are_passed_over() {
        let config =
            decode("client.id=me\nacks=all\nssl.keystore.location=/no/such.jks\nsasl.mechanism=GSSAPI");
        assert_eq!(config.unwrap().client_id, "me");
    }

    #[test]
    fn a_login_is_taken_from_the_jaas_entry() {
        let config = decode(SCRAM).unwrap();
        let login = config.login.unwrap();
        assert_eq!(login.mechanism, Mechanism::ScramSha512);
        assert_eq!(
            (login.user.as_str(), login.password.0.as_str()),
            ("alice", "hush; \"now\"")
        );
        assert!(config.tls.unwrap().verify_host_name);
    }

    #[test]
    fn a_secret_is_never_shown() {
        let config = decode(SCRAM).unwrap();
        assert!(!format!("{config:?}").contains("hush"));
        for broken in ["SCRAM-SHA-512", "PLAIN"] {
            let text = SCRAM.replace("SCRAM-SHA-512", broken).replace("username", "user");
            let error = refusal(&text);
            assert!(
                error.contains("sasl.jaas.config=[redacted]: ") && !error.contains("hush"),
                "{error}"
            );
        }
    }

    #[test]
    fn what_is_not_spoken_here_is_refused_with_a_remedy() {
        for (text, expected) in [
            ("security.protocol=TLS", "expected PLAINTEXT, SSL"),
            ("security.protocol=SASL_SSL", "GSSAPI is not spoken here"),
            (
                "security.protocol=SASL_PLAINTEXT\nsasl.mechanism=OAUTHBEARER",
                "OAUTHBEARER is not spoken here",
            ),
            (
                "security.protocol=SASL_PLAINTEXT\nsasl.mechanism=PLAIN",
                "sasl.jaas.config is missing: write org.",
            ),
            (
                "security.protocol=SSL\nssl.keystore.key=hush",
                "ssl.keystore.type=PEM",
            ),
            (
                "security.protocol=SSL\nssl.engine.factory.class=x.Y",
                "Java classes can't be run here",
            ),
            (
                "security.protocol=SSL\nssl.truststore.location=/t\nssl.truststore.type=BCFKS",
                "set ssl.truststore.type to",
            ),
            ("request.timeout.ms=0", "a number of milliseconds of at least 1"),
        ] {
            let error = refusal(text);
            assert!(
                error.starts_with("client.properties: ") && error.contains(expected),
                "{error}"
            );
            assert!(!error.contains("hush"), "{error}");
        }
    }

    #[test]
    fn a_login_by_delegation_token_is_refused() {
        let error = refusal(&SCRAM.replace("username", "tokenauth=true username"));
        assert!(error.contains("delegation token"), "{error}");
    }

    #[test]
    fn a_pem_store_has_the_password_of_its_key() {
        let text = "security.protocol=SSL\nssl.keystore.location=/k\nssl.keystore.type=PEM\nssl.key.password=hush\n\
                    ssl.endpoint.identification.algorithm=";
        let tls = decode(text).unwrap().tls.unwrap();
        let identity = tls.identity.unwrap();
        assert_eq!(identity.kind, KeyMaterialKind::Pem);
        assert_eq!(identity.password, Some(Secret("hush".to_owned())));
        assert!(!tls.verify_host_name);
    }
}
