//! Kafka's own tools as callers.

use std::path::Path;
use std::sync::Arc;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use kraft_bridge_harness::{Call, Tool, Tools};
use tokio::task::block_in_place;

use super::{
    Answers, STORE_PASSWORD, Server, TOKEN, TOKEN_OWNER, TOKEN_SECRET, config, server_stores, store,
};

const PLAIN: &str = "sasl.enabled.mechanisms=PLAIN\nlistener.name.controller.plain.sasl.jaas.config=\
                     org.apache.kafka.common.security.plain.PlainLoginModule required user_alice=\"alice-password\";\n";

/// A listener, and a client's properties for it.
struct Case {
    security: &'static str,
    of_server: String,
    of_client: String,
}

impl Case {
    fn new(security: &'static str, of_server: impl Into<String>, of_client: impl Into<String>) -> Case {
        Case {
            security,
            of_server: of_server.into(),
            of_client: of_client.into(),
        }
    }

    /// The listener, and where it is followed by the file with the properties.
    async fn open(&self, file: &Path) -> (Server, String) {
        let handler = Arc::new(Answers::default());
        let listener = config(self.security, &self.of_server);
        let server = Server::bind(listener, Arc::clone(&handler)).await.unwrap();
        handler.port.set(server.address().port()).unwrap();
        let properties = format!("security.protocol={}\n{}", self.security, self.of_client);
        std::fs::write(file, properties).unwrap();
        let arguments = format!("{} {}", server.address(), file.display());
        (server, arguments)
    }
}

/// Asks for the cluster's id, which is the caller's name here.
fn ask(version: &str, targets: &[String]) -> anyhow::Result<Vec<String>> {
    let option = if version == "3.9.2" {
        "--config"
    } else {
        "--command-config"
    };
    let calls: Vec<Call> = targets
        .iter()
        .map(|target| {
            let (address, file) = target.split_once(' ').expect("an address and a file");
            let arguments = format!("cluster-id --bootstrap-controller {address} {option} {file}");
            Call::new(Tool::Cluster, &arguments)
        })
        .collect();
    block_in_place(|| Tools::of(version)?.run(&calls))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kafkas_tools_log_in_by_every_security_protocol() {
    let scram = |mechanism| login(mechanism, "scram,user=1", "scram-password");
    let cases = [
        Case::new("PLAINTEXT", "", ""),
        Case::new(
            "SSL",
            server_stores() + "ssl.client.auth=required",
            client_stores(),
        ),
        Case::new("SASL_PLAINTEXT", PLAIN, login("PLAIN", "alice", "alice-password")),
        Case::new(
            "SASL_PLAINTEXT",
            "sasl.enabled.mechanisms=SCRAM-SHA-256",
            scram("SCRAM-SHA-256"),
        ),
        Case::new(
            "SASL_SSL",
            server_stores() + "sasl.enabled.mechanisms=SCRAM-SHA-512",
            client_stores() + &scram("SCRAM-SHA-512"),
        ),
        by_token("SCRAM-SHA-256", TOKEN_SECRET),
        by_token("SCRAM-SHA-512", TOKEN_SECRET),
    ];
    let dir = tempfile::tempdir().unwrap();
    let (mut servers, mut targets) = (Vec::new(), Vec::new());
    for (at, case) in cases.iter().enumerate() {
        let (server, target) = case.open(&dir.path().join(at.to_string())).await;
        servers.push(server);
        targets.push(target);
    }
    let principals = [
        "User:ANONYMOUS",
        "User:CN=broker",
        "User:alice",
        "User:scram,user=1",
        "User:scram,user=1",
        TOKEN_OWNER,
        TOKEN_OWNER,
    ];
    for version in ["3.9.2", "4.3.1"] {
        let expected = principals.map(|principal| format!("Cluster ID: {principal}\n"));
        assert_eq!(ask(version, &targets).unwrap(), expected, "{version}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kafkas_tools_say_why_a_login_is_refused() {
    let by_password = Case::new("SASL_PLAINTEXT", PLAIN, login("PLAIN", "alice", "wrong"));
    for (mechanism, case) in [
        ("PLAIN", by_password),
        ("SCRAM-SHA-512", by_token("SCRAM-SHA-512", b"another secret")),
    ] {
        let dir = tempfile::tempdir().unwrap();
        let (_server, target) = case.open(&dir.path().join("client.properties")).await;
        let error = format!("{:?}", ask("4.3.1", &[target]).unwrap_err());
        let expected = format!(
            "SaslAuthenticationException: the login by {mechanism} is refused: wrong user or password"
        );
        assert!(error.contains(&expected), "{error}");
    }
}

/// A login by delegation token.
fn by_token(mechanism: &str, secret: &[u8]) -> Case {
    let login = login(mechanism, TOKEN, &BASE64_STANDARD.encode(secret));
    Case::new(
        "SASL_PLAINTEXT",
        format!("sasl.enabled.mechanisms={mechanism}"),
        login.replace(';', " tokenauth=\"true\";"),
    )
}

fn client_stores() -> String {
    format!(
        "ssl.truststore.location={}\nssl.truststore.type=PKCS12\nssl.truststore.password={STORE_PASSWORD}\n\
         ssl.keystore.location={}\nssl.keystore.type=PKCS12\nssl.keystore.password={STORE_PASSWORD}\n",
        store("trusts-server.p12"),
        store("other.p12")
    )
}

fn login(mechanism: &str, user: &str, password: &str) -> String {
    let module = match mechanism {
        "PLAIN" => "org.apache.kafka.common.security.plain.PlainLoginModule",
        _ => "org.apache.kafka.common.security.scram.ScramLoginModule",
    };
    format!(
        "sasl.mechanism={mechanism}\nsasl.jaas.config={module} required username=\"{user}\" password=\"{password}\";\n"
    )
}
