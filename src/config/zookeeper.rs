//! `zookeeper.*` of a broker's file: the ensemble, its chroot, TLS and timeouts.
//!
//! The authorizer may keep its ACLs in another ensemble: each key has a second form for it, `authorizer.zookeeper.…`,
//! that counts for the authorizer alone and falls back to the broker's (KIP-515).

use std::time::Duration;

use kraft_bridge_migration::key_material::KeyMaterial;
use kraft_bridge_migration::zk::{ConnectOptions, JUTE_MAXBUFFER, TlsOptions};

use super::key_material::{KindByDefault, StoreKeys, key_material};
use super::{ConfigError, Properties};

/// Whose connection it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Owner {
    /// The broker's own.
    Broker,
    /// The authorizer's.
    Authorizer,
}

/// A setting: the broker's key and the authorizer's.
type Key = [&'static str; 2];

const CONNECT: Key = ["zookeeper.connect", "authorizer.zookeeper.url"];
const SESSION_TIMEOUT: Key = [
    "zookeeper.session.timeout.ms",
    "authorizer.zookeeper.session.timeout.ms",
];
const CONNECTION_TIMEOUT: Key = [
    "zookeeper.connection.timeout.ms",
    "authorizer.zookeeper.connection.timeout.ms",
];
const SSL_ENABLE: Key = [
    "zookeeper.ssl.client.enable",
    "authorizer.zookeeper.ssl.client.enable",
];
const CLIENT_SOCKET: Key = [
    "zookeeper.clientCnxnSocket",
    "authorizer.zookeeper.clientCnxnSocket",
];
const IDENTIFICATION: Key = [
    "zookeeper.ssl.endpoint.identification.algorithm",
    "authorizer.zookeeper.ssl.endpoint.identification.algorithm",
];
/// Location, type and password.
const KEY_STORE: [Key; 3] = [
    [
        "zookeeper.ssl.keystore.location",
        "authorizer.zookeeper.ssl.keystore.location",
    ],
    [
        "zookeeper.ssl.keystore.type",
        "authorizer.zookeeper.ssl.keystore.type",
    ],
    [
        "zookeeper.ssl.keystore.password",
        "authorizer.zookeeper.ssl.keystore.password",
    ],
];
/// Location, type and password.
const TRUST_STORE: [Key; 3] = [
    [
        "zookeeper.ssl.truststore.location",
        "authorizer.zookeeper.ssl.truststore.location",
    ],
    [
        "zookeeper.ssl.truststore.type",
        "authorizer.zookeeper.ssl.truststore.type",
    ],
    [
        "zookeeper.ssl.truststore.password",
        "authorizer.zookeeper.ssl.truststore.password",
    ],
];

const DEFAULT_SESSION_TIMEOUT_MS: u64 = 18_000;

/// The connection that a broker's file describes.
///
/// # Errors
///
/// [`ConfigError`] if the ensemble is not named, a value is malformed, or a key store is of a kind that Java alone reads.
pub(super) fn connect_options(properties: &Properties, owner: Owner) -> Result<ConnectOptions, ConfigError> {
    let settings = Settings { properties, owner };
    let connect = settings.key(CONNECT);
    let Some(text) = properties.plain(connect)? else {
        return Err(properties.missing(
            connect,
            "this is no file of a ZooKeeper-mode broker: give the one that a broker ran with",
        ));
    };
    let (servers, chroot) = split(text).map_err(|problem| properties.invalid(connect, problem))?;
    let milliseconds = |key: Key| properties.parsed::<u64>(settings.key(key), "a number of milliseconds");
    let session_timeout = milliseconds(SESSION_TIMEOUT)?.unwrap_or(DEFAULT_SESSION_TIMEOUT_MS);
    let connection_timeout = milliseconds(CONNECTION_TIMEOUT)?.unwrap_or(session_timeout);
    Ok(ConnectOptions {
        servers,
        chroot,
        tls: settings.tls()?,
        digest: None,
        session_timeout: Duration::from_millis(session_timeout),
        connection_timeout: Duration::from_millis(connection_timeout),
        jute_maxbuffer: JUTE_MAXBUFFER,
        znodes_per_second: None,
    })
}

/// Servers and chroot of `host1:2181,host2:2181/chroot`; the chroot begins at the first slash and is `/` for none.
fn split(text: &str) -> Result<(String, String), &'static str> {
    let (servers, chroot) = text.split_at(text.find('/').unwrap_or(text.len()));
    let servers: Vec<&str> = servers
        .split(',')
        .map(str::trim)
        .filter(|server| !server.is_empty())
        .collect();
    if servers.is_empty() {
        return Err("it names no server: expected host1:2181,host2:2181/chroot");
    }
    let chroot = chroot.trim_end_matches('/');
    if chroot.contains("//") {
        return Err("the chroot has an empty part");
    }
    let chroot = if chroot.is_empty() { "/" } else { chroot };
    Ok((servers.join(","), chroot.to_owned()))
}

/// The keys of one owner.
struct Settings<'a> {
    properties: &'a Properties,
    owner: Owner,
}

impl Settings<'_> {
    /// The key that counts: the authorizer's own where there is one, for the authorizer.
    fn key(&self, [of_broker, of_authorizer]: Key) -> &'static str {
        if self.owner == Owner::Authorizer && self.properties.get(of_authorizer).is_some() {
            of_authorizer
        } else {
            of_broker
        }
    }

    fn tls(&self) -> Result<Option<TlsOptions>, ConfigError> {
        if !self.properties.flag(self.key(SSL_ENABLE))? {
            return Ok(None);
        }
        let socket = self.key(CLIENT_SOCKET);
        if self
            .properties
            .plain(socket)?
            .is_some_and(|class| class.ends_with("NIO"))
        {
            return Err(self.properties.invalid(
                socket,
                "with it Kafka's connection is not encrypted, although zookeeper.ssl.client.enable is true: \
                 give a file in which both agree",
            ));
        }
        let identification = self.properties.get(self.key(IDENTIFICATION));
        Ok(Some(TlsOptions {
            trust: self.key_material(TRUST_STORE)?,
            identity: self.key_material(KEY_STORE)?,
            // Switched off by an empty value only.
            verify_host_name: identification.is_none_or(|algorithm| algorithm.eq_ignore_ascii_case("https")),
        }))
    }

    fn key_material(&self, keys: [Key; 3]) -> Result<Option<KeyMaterial>, ConfigError> {
        let [location, kind, password] = keys.map(|key| self.key(key));
        let keys = StoreKeys {
            location,
            kind,
            password,
        };
        key_material(self.properties, keys, KindByDefault::ByEnding)
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use kraft_bridge_migration::key_material::KeyMaterialKind;
    use kraft_bridge_migration::legacy::Secret;
    use proptest::prelude::*;

    use super::*;
    use crate::config::key_material::JKS_MAGIC;

    const TLS: &str = "zookeeper.connect=z1:2182\nzookeeper.ssl.client.enable=true\n\
                       zookeeper.clientCnxnSocket=org.apache.zookeeper.ClientCnxnSocketNetty\n";

    fn decode(text: &str, owner: Owner) -> Result<ConnectOptions, ConfigError> {
        let properties = Properties::decode(Path::new("server.properties"), text.as_bytes()).unwrap();
        connect_options(&properties, owner)
    }

    fn tls(more: &str) -> Result<TlsOptions, ConfigError> {
        decode(&format!("{TLS}{more}"), Owner::Broker).map(|options| options.tls.unwrap())
    }

    #[test]
    fn the_chroot_begins_at_the_first_slash() {
        for (text, servers, chroot) in [
            ("z1:2181", "z1:2181", "/"),
            ("z1:2181, z2:2181/", "z1:2181,z2:2181", "/"),
            ("z1,z2:2182/a/b/", "z1,z2:2182", "/a/b"),
            ("[fd00::1]:2181/kafka", "[fd00::1]:2181", "/kafka"),
        ] {
            assert_eq!(split(text), Ok((servers.to_owned(), chroot.to_owned())), "{text}");
        }
        for text in ["/kafka", ",", "z1/a//b"] {
            assert!(split(text).is_err(), "{text}");
        }
    }

    #[test]
    fn timeouts_are_kafkas_unless_given() {
        let timeouts = |more: &str| {
            let options = decode(&format!("zookeeper.connect=z1\n{more}"), Owner::Broker).unwrap();
            (
                options.session_timeout.as_millis(),
                options.connection_timeout.as_millis(),
            )
        };
        assert_eq!(timeouts(""), (18_000, 18_000));
        assert_eq!(timeouts("zookeeper.session.timeout.ms=6000"), (6_000, 6_000));
        assert_eq!(timeouts("zookeeper.connection.timeout.ms=500"), (18_000, 500));
    }

    #[test]
    fn t29_answers_as_long_as_kafka_s_own_client_takes_are_taken() {
        let options = decode("zookeeper.connect=z1", Owner::Broker).unwrap();
        assert_eq!(options.jute_maxbuffer, 4_194_304);
    }

    #[test]
    fn without_the_switch_key_stores_are_not_looked_at() {
        let options = decode(
            "zookeeper.connect=z1\nzookeeper.ssl.keystore.location=/x.jks",
            Owner::Broker,
        );
        assert!(options.unwrap().tls.is_none());
    }

    #[test]
    fn key_stores_are_of_the_type_given_or_of_their_ending() {
        let options = tls(
            "zookeeper.ssl.keystore.location=/k.store\nzookeeper.ssl.keystore.type=pkcs12\n\
             zookeeper.ssl.keystore.password=hush\nzookeeper.ssl.truststore.location=/t.pem\n",
        )
        .unwrap();

        let identity = options.identity.as_ref().unwrap();
        assert_eq!(identity.kind, KeyMaterialKind::Pkcs12);
        assert_eq!(identity.password, Some(Secret("hush".to_owned())));
        assert_eq!(options.trust.as_ref().unwrap().kind, KeyMaterialKind::Pem);
        assert!(options.verify_host_name);
        assert!(!format!("{options:?}").contains("hush"));
    }

    #[test]
    fn a_jks_store_is_refused_with_the_command_that_converts_it() {
        let directory = tempfile::tempdir().unwrap();
        let store = directory.path().join("k.jks");
        std::fs::write(&store, [JKS_MAGIC.as_slice(), &[0; 8]].concat()).unwrap();
        let line = format!("zookeeper.ssl.keystore.location={}", store.display());

        let error = tls(&line).unwrap_err().to_string();

        assert!(error.contains("keytool -importkeystore"), "{error}");
        assert!(error.contains("k.jks.p12"), "{error}");
        std::fs::write(&store, [0x30, 0x82, 0, 0, 0]).unwrap();
        assert_eq!(
            tls(&line).unwrap().identity.unwrap().kind,
            KeyMaterialKind::Pkcs12
        );
    }

    #[test]
    fn a_store_of_unknown_form_and_a_socket_without_tls_are_refused() {
        for (more, named) in [
            (
                "zookeeper.ssl.keystore.location=/k",
                "zookeeper.ssl.keystore.location=/k: ",
            ),
            (
                "zookeeper.ssl.keystore.location=/k.p12\nzookeeper.ssl.keystore.type=BCFKS",
                "zookeeper.ssl.keystore.type=BCFKS: ",
            ),
            (
                "zookeeper.clientCnxnSocket=org.apache.zookeeper.ClientCnxnSocketNIO",
                "zookeeper.clientCnxnSocket=",
            ),
        ] {
            let error = tls(more).unwrap_err().to_string();
            assert!(error.contains(named), "{error}");
        }
    }

    #[test]
    fn host_names_are_not_verified_if_the_algorithm_is_empty() {
        let key = "zookeeper.ssl.endpoint.identification.algorithm";
        assert!(!tls(&format!("{key}=")).unwrap().verify_host_name);
        assert!(tls(&format!("{key}=https")).unwrap().verify_host_name);
    }

    #[test]
    fn t9_the_authorizer_s_keys_count_for_the_authorizer_alone() {
        let file = format!("{TLS}authorizer.zookeeper.ssl.client.enable=false\nauthorizer.zookeeper.url=z9");

        let (broker, authorizer) = (decode(&file, Owner::Broker), decode(&file, Owner::Authorizer));

        let (broker, authorizer) = (broker.unwrap(), authorizer.unwrap());
        assert!(broker.tls.is_some() && authorizer.tls.is_none());
        assert_eq!(
            (broker.servers.as_str(), authorizer.servers.as_str()),
            ("z1:2182", "z9")
        );
    }

    #[test]
    fn a_file_without_an_ensemble_is_refused() {
        let error = decode("log.dirs=/d", Owner::Broker).unwrap_err().to_string();
        assert!(error.contains("zookeeper.connect is missing"), "{error}");
    }

    proptest! {
        #[test]
        fn any_connect_string_is_split_or_refused(text: String) {
            if let Ok((servers, chroot)) = split(&text) {
                prop_assert!(!servers.is_empty() && !servers.contains('/') && chroot.starts_with('/'));
            }
        }
    }
}
