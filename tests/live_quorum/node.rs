//! One node, broker and controller at once, whose controller listens in every way that there is.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use kraft_bridge_harness::{Call, Kafka, Properties, Tool, Tools, free_port, keystore};

/// A made-up password of every store.
pub(crate) const STORE_PASSWORD: &str = "made-up-secret";
/// Its cluster.
pub(crate) const CLUSTER_ID: &str = "bXktY2x1c3Rlci1pZC0xMg";

/// Listeners: name, protocol.
const LISTENERS: [(&str, &str); 5] = [
    ("CONTROLLER", "PLAINTEXT"),
    ("TLS", "SSL"),
    ("PASSWORDS", "SASL_SSL"),
    ("SCRAM", "SASL_PLAINTEXT"),
    ("CLIENTS", "PLAINTEXT"),
];

/// Key stores of a server and a client, each with a trust store that trusts it and nobody else.
pub(crate) static STORES: LazyLock<tempfile::TempDir> = LazyLock::new(|| {
    let dir = tempfile::tempdir().unwrap();
    for owner in ["server", "client"] {
        let store = dir.path().join(format!("{owner}.p12"));
        keystore::make(&store, STORE_PASSWORD).unwrap();
        let trust = dir.path().join(format!("trusts-{owner}.p12"));
        keystore::trust(&trust, &store, STORE_PASSWORD).unwrap();
    }
    dir
});

/// A running node.
pub(crate) struct Node {
    pub(crate) dir: tempfile::TempDir,
    ports: Vec<u16>,
    tools: Tools,
    running: Option<Kafka>,
}

impl Node {
    /// Formats a node, starts it, and creates a topic.
    pub(crate) fn start(version: &str, release: &str) -> Node {
        let dir = tempfile::tempdir().unwrap();
        let ports: Vec<u16> = LISTENERS.iter().map(|_| free_port().unwrap()).collect();
        let config = dir.path().join("server.properties");
        settings(dir.path(), &ports).write(&config).unwrap();
        let tools = Tools::of(version).unwrap();
        let format = format!(
            "format -c {} -t {CLUSTER_ID} --release-version {release} --add-scram \
             SCRAM-SHA-512=[name=admin,password=admin-password]",
            config.display()
        );
        tools.call(Tool::Storage, &format).unwrap();
        let mut running = Kafka::spawn(version, &config, &[]).unwrap();
        running.wait_until_ready().unwrap();
        let node = Node {
            dir,
            ports,
            tools,
            running: Some(running),
        };
        node.create_topic("orders", 3);
        node
    }

    /// `kafka://host:port` of a listener.
    pub(crate) fn uri(&self, listener: &str, host: &str) -> String {
        let at = LISTENERS.iter().position(|(name, _)| *name == listener).unwrap();
        format!("kafka://{host}:{}", self.ports[at])
    }

    pub(crate) fn create_topic(&self, name: &str, partitions: u32) {
        self.tool(
            Tool::Topics,
            &format!("--create --topic {name} --partitions {partitions}"),
        );
    }

    /// What one of Kafka's tools prints about the node.
    pub(crate) fn tool(&self, tool: Tool, arguments: &str) -> String {
        let port = self.ports[LISTENERS.len() - 1];
        let arguments = format!("--bootstrap-server 127.0.0.1:{port} {arguments}");
        self.tools.run(&[Call::new(tool, &arguments)]).unwrap().concat()
    }

    /// The directory of the metadata log.
    pub(crate) fn log(&self) -> PathBuf {
        self.dir.path().join("data/__cluster_metadata-0")
    }

    pub(crate) fn stop(&mut self) {
        self.running.take().unwrap().stop().unwrap();
    }
}

fn settings(dir: &Path, ports: &[u16]) -> Properties {
    let list = |entry: &dyn Fn(usize) -> String| {
        let entries: Vec<String> = (0..LISTENERS.len()).map(entry).collect();
        entries.join(",")
    };
    let module = |kind: &str, rest: &str| format!("org.apache.kafka.common.security.{kind} required {rest};");
    let users = "user_admin=\"admin-password\" user_alice=\"alice-password\"";
    Properties::new()
        .with("process.roles", "broker,controller")
        .with("node.id", 1)
        .with("controller.listener.names", "CONTROLLER,TLS,PASSWORDS,SCRAM")
        .with("controller.quorum.voters", format!("1@127.0.0.1:{}", ports[0]))
        .with("inter.broker.listener.name", "CLIENTS")
        .with(
            "listeners",
            list(&|at| format!("{}://127.0.0.1:{}", LISTENERS[at].0, ports[at])),
        )
        .with(
            "listener.security.protocol.map",
            list(&|at| format!("{}:{}", LISTENERS[at].0, LISTENERS[at].1)),
        )
        .with("log.dirs", dir.join("data").display())
        .with("offsets.topic.replication.factor", 1)
        .with("metadata.log.max.record.bytes.between.snapshots", 20_000)
        .with(
            "authorizer.class.name",
            "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        )
        .with("super.users", "User:ANONYMOUS;User:admin;User:CN=broker")
        .with("ssl.keystore.type", "PKCS12")
        .with(
            "ssl.keystore.location",
            STORES.path().join("server.p12").display(),
        )
        .with("ssl.keystore.password", STORE_PASSWORD)
        .with("ssl.key.password", STORE_PASSWORD)
        .with("ssl.truststore.type", "PKCS12")
        .with(
            "ssl.truststore.location",
            STORES.path().join("trusts-client.p12").display(),
        )
        .with("ssl.truststore.password", STORE_PASSWORD)
        .with("listener.name.tls.ssl.client.auth", "required")
        .with("listener.name.passwords.sasl.enabled.mechanisms", "PLAIN")
        .with(
            "listener.name.passwords.plain.sasl.jaas.config",
            module("plain.PlainLoginModule", users),
        )
        .with(
            "listener.name.scram.sasl.enabled.mechanisms",
            "SCRAM-SHA-256,SCRAM-SHA-512",
        )
        .with(
            "listener.name.scram.scram-sha-256.sasl.jaas.config",
            module("scram.ScramLoginModule", ""),
        )
        .with(
            "listener.name.scram.scram-sha-512.sasl.jaas.config",
            module("scram.ScramLoginModule", ""),
        )
}
