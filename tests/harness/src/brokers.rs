//! The brokers of a cluster: what stays the same when it moves from ZooKeeper to KRaft.
//!
//! Identities, ports, data directories, and the settings that both modes share.

use std::path::{Path, PathBuf};

use crate::keystore;
use crate::process::free_port;
use crate::properties::Properties;

/// The key that signs delegation tokens.
pub const TOKEN_KEY: &str = "made-up-token-key";
/// The password of the keystore that brokers are started with.
pub const STATIC_PASSWORD: &str = "static-keystore-password";
/// The password of the keystore that a dynamic config names later.
pub const DYNAMIC_PASSWORD: &str = "dynamic-keystore-password";

/// One broker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broker {
    /// `broker.id`, later `node.id`.
    pub id: i32,
    /// Port of the SASL listener, for clients and other brokers.
    pub port: u16,
    /// Port of the TLS listener.
    pub secure_port: u16,
    /// `log.dirs`.
    pub log_dirs: Vec<PathBuf>,
}

/// Three brokers below one directory.
#[derive(Clone, Debug)]
pub struct Brokers {
    /// Where everything of the cluster lies.
    pub dir: PathBuf,
    /// Kafka's version in ZooKeeper mode.
    pub version: String,
    /// In the order of their ids: 1, 2, 3.
    pub members: Vec<Broker>,
}

impl Brokers {
    /// Chooses ports and makes keystores and the files that clients need.
    ///
    /// # Errors
    ///
    /// When a file cannot be written or keytool is missing.
    pub fn new(dir: &Path, version: &str) -> anyhow::Result<Brokers> {
        let members = (1..=3)
            .map(|id| {
                let log_dirs = ["a", "b"].map(|disk| dir.join(format!("broker-{id}-{disk}")));
                Ok(Broker {
                    id,
                    port: free_port()?,
                    secure_port: free_port()?,
                    log_dirs: log_dirs.into(),
                })
            })
            .collect::<anyhow::Result<_>>()?;
        let brokers = Brokers {
            dir: dir.to_owned(),
            version: version.to_owned(),
            members,
        };
        keystore::make(&dir.join("static.p12"), STATIC_PASSWORD)?;
        keystore::make(&dir.join("dynamic.p12"), DYNAMIC_PASSWORD)?;
        keystore::trust(&dir.join("trust.p12"), &dir.join("dynamic.p12"), DYNAMIC_PASSWORD)?;
        std::fs::write(dir.join("jaas.conf"), jaas("broker", "KafkaServer"))?;
        for user in ["admin", "alice"] {
            brokers
                .client(&format!("{user}-password"), user, "")
                .write(&brokers.client_file(user))?;
        }
        brokers.tls_client().write(&brokers.client_file("tls"))?;
        Ok(brokers)
    }

    /// Whether the release of the ZooKeeper-mode cluster is this one or newer.
    pub fn at_least(&self, major: u32, minor: u32) -> bool {
        let mut numbers = self.version.split('.').map_while(|number| number.parse().ok());
        (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0)) >= (major, minor)
    }

    /// `host:port` of every SASL listener.
    pub fn bootstrap_servers(&self) -> String {
        let addresses: Vec<_> = self
            .members
            .iter()
            .map(|m| format!("127.0.0.1:{}", m.port))
            .collect();
        addresses.join(",")
    }

    /// The properties file of a client that logs in as this user (`admin`, `alice`, `token`), or by TLS (`tls`).
    pub fn client_file(&self, user: &str) -> PathBuf {
        self.dir.join(format!("client-{user}.properties"))
    }

    /// The arguments with which a tool reaches the brokers as `admin`.
    pub fn connection(&self) -> String {
        format!(
            "--bootstrap-server {} --command-config {}",
            self.bootstrap_servers(),
            self.client_file("admin").display()
        )
    }

    /// Settings of a client that logs in with SCRAM; `options` go into the JAAS entry.
    pub fn client(&self, password: &str, user: &str, options: &str) -> Properties {
        Properties::new()
            .with("bootstrap.servers", self.bootstrap_servers())
            .with("security.protocol", "SASL_PLAINTEXT")
            .with("sasl.mechanism", "SCRAM-SHA-512")
            .with("sasl.jaas.config", login(user, password, options))
    }

    /// Settings of a client that trusts only the certificate of the keystore that was set dynamically.
    fn tls_client(&self) -> Properties {
        Properties::new()
            .with(
                "bootstrap.servers",
                format!("127.0.0.1:{}", self.members[0].secure_port),
            )
            .with("security.protocol", "SSL")
            .with("ssl.truststore.type", "PKCS12")
            .with("ssl.truststore.location", self.dir.join("trust.p12").display())
            .with("ssl.truststore.password", DYNAMIC_PASSWORD)
    }

    /// What the JVM of each node needs to know.
    pub fn jvm_arguments(&self) -> Vec<String> {
        vec![
            format!(
                "-Djava.security.auth.login.config={}",
                self.dir.join("jaas.conf").display()
            ),
            "-Dzookeeper.sasl.client=false".to_owned(),
        ]
    }

    /// The settings that a broker keeps in KRaft mode.
    pub fn settings(&self, broker: &Broker) -> Properties {
        let log_dirs: Vec<_> = broker
            .log_dirs
            .iter()
            .map(|dir| dir.display().to_string())
            .collect();
        let mut settings = Properties::new()
            .with("log.dirs", log_dirs.join(","))
            .with("inter.broker.listener.name", "CLIENTS")
            .with("sasl.enabled.mechanisms", "SCRAM-SHA-256,SCRAM-SHA-512")
            .with("sasl.mechanism.inter.broker.protocol", "SCRAM-SHA-512")
            .with("super.users", "User:admin;User:broker;User:ANONYMOUS")
            .with("auto.create.topics.enable", false)
            // A throttle lets whole fetches pass: small ones keep a reassignment under way for minutes.
            .with("replica.fetch.max.bytes", 65536)
            .with("group.initial.rebalance.delay.ms", 0)
            .with("offsets.topic.num.partitions", 10)
            .with("transaction.state.log.num.partitions", 5)
            .with("listeners", format!("CLIENTS://127.0.0.1:{}", broker.port))
            .with("listener.security.protocol.map", "CLIENTS:SASL_PLAINTEXT");
        if self.at_least(1, 1) {
            let key = |name: &str| format!("listener.name.secure.ssl.keystore.{name}");
            settings = settings
                .with(
                    "listeners",
                    format!(
                        "CLIENTS://127.0.0.1:{},SECURE://127.0.0.1:{}",
                        broker.port, broker.secure_port
                    ),
                )
                .with(
                    "listener.security.protocol.map",
                    "CLIENTS:SASL_PLAINTEXT,SECURE:SSL",
                )
                .with(key("type"), "PKCS12")
                .with(key("location"), self.dir.join("static.p12").display())
                .with(key("password"), STATIC_PASSWORD)
                .with("listener.name.secure.ssl.key.password", STATIC_PASSWORD);
        }
        settings
    }
}

fn login(user: &str, password: &str, options: &str) -> String {
    let module = "org.apache.kafka.common.security.scram.ScramLoginModule";
    format!("{module} required username=\"{user}\" password=\"{password}\"{options};")
}

fn jaas(user: &str, section: &str) -> String {
    format!(
        "{section} {{\n  {}\n}};\n",
        login(user, &format!("{user}-password"), "")
    )
}
