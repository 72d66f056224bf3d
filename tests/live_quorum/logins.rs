//! Every way to log in, and what is said when one is refused.

use std::path::PathBuf;

use kraft_bridge_harness::Properties;

use crate::dump::{dump, dump_with, of_type};
use crate::node::{CLUSTER_ID, Node, STORE_PASSWORD, STORES};
use crate::status::status;

fn config(protocol: &str) -> Properties {
    Properties::new()
        .with("security.protocol", protocol)
        .with("default.api.timeout.ms", 5_000)
}

fn trusting(config: Properties, store: &str) -> Properties {
    config
        .with("ssl.truststore.location", STORES.path().join(store).display())
        .with("ssl.truststore.type", "PKCS12")
        .with("ssl.truststore.password", STORE_PASSWORD)
}

/// TLS with a certificate of our own.
fn mutual() -> Properties {
    trusting(config("SSL"), "trusts-server.p12")
        .with(
            "ssl.keystore.location",
            STORES.path().join("client.p12").display(),
        )
        .with("ssl.keystore.type", "PKCS12")
        .with("ssl.keystore.password", STORE_PASSWORD)
}

fn plain(user: &str, password: &str) -> Properties {
    let module = "org.apache.kafka.common.security.plain.PlainLoginModule";
    trusting(config("SASL_SSL"), "trusts-server.p12")
        .with("sasl.mechanism", "PLAIN")
        .with("sasl.jaas.config", login(module, user, password))
}

fn scram(mechanism: &str, password: &str) -> Properties {
    let module = "org.apache.kafka.common.security.scram.ScramLoginModule";
    config("SASL_PLAINTEXT")
        .with("sasl.mechanism", mechanism)
        .with("sasl.jaas.config", login(module, "admin", password))
}

fn login(module: &str, user: &str, password: &str) -> String {
    format!("{module} required username=\"{user}\" password=\"{password}\";")
}

/// What is read through a listener with these properties.
fn read(node: &Node, uri: &str, properties: &Properties) -> Result<usize, String> {
    let file: PathBuf = node.dir.path().join("client.properties");
    properties.write(&file).unwrap();
    dump(uri, Some(&file)).map(|lines| of_type(&lines, "PartitionRecord").len())
}

pub(crate) fn every_login_reads_the_same(node: &Node) {
    let any_name = mutual().with("ssl.endpoint.identification.algorithm", "");
    for (listener, host, properties) in [
        ("TLS", "127.0.0.1", mutual()),
        ("TLS", "localhost", any_name),
        ("PASSWORDS", "127.0.0.1", plain("admin", "admin-password")),
        ("SCRAM", "127.0.0.1", scram("SCRAM-SHA-512", "admin-password")),
    ] {
        let uri = node.uri(listener, host);
        assert_eq!(read(node, &uri, &properties), Ok(3), "{listener}");
    }
}

pub(crate) fn refusals_say_what_to_do(node: &Node) {
    for (listener, host, properties, expected) in [
        (
            "PASSWORDS",
            "127.0.0.1",
            plain("alice", "alice-password"),
            "--add --allow-principal 'User:alice' --operation ClusterAction --cluster`",
        ),
        (
            "PASSWORDS",
            "127.0.0.1",
            plain("admin", "open-sesame"),
            "refuses the login of \"admin\"",
        ),
        (
            "SCRAM",
            "127.0.0.1",
            scram("SCRAM-SHA-512", "open-sesame"),
            "refuses the login of \"admin\"",
        ),
        (
            "SCRAM",
            "127.0.0.1",
            scram("SCRAM-SHA-256", "admin-password"),
            "refuses the login of \"admin\"",
        ),
        (
            "SCRAM",
            "127.0.0.1",
            plain("admin", "admin-password").with("security.protocol", "SASL_PLAINTEXT"),
            "takes no login by PLAIN, but by SCRAM-SHA-",
        ),
        (
            "TLS",
            "localhost",
            mutual(),
            "name the server as its certificate does",
        ),
        (
            "TLS",
            "127.0.0.1",
            trusting(mutual(), "trusts-client.p12"),
            "nobody in our trust store vouches for its certificate",
        ),
        (
            "TLS",
            "127.0.0.1",
            trusting(config("SSL"), "trusts-server.p12"),
            "does it want a certificate (ssl.keystore.location)",
        ),
        (
            "TLS",
            "127.0.0.1",
            mutual().with("ssl.truststore.password", "open-sesame"),
            "trusts-server.p12: the password does not open it",
        ),
        (
            "TLS",
            "127.0.0.1",
            config("PLAINTEXT"),
            "set security.protocol to SSL",
        ),
        (
            "CONTROLLER",
            "127.0.0.1",
            mutual(),
            "does this listener speak TLS at all?",
        ),
        (
            "CLIENTS",
            "127.0.0.1",
            config("PLAINTEXT"),
            "name a listener of a controller, not of a broker",
        ),
        (
            "SCRAM",
            "127.0.0.1",
            config("PLAINTEXT"),
            "is security.protocol that of this listener",
        ),
    ] {
        let uri = node.uri(listener, host);
        let said = read(node, &uri, &properties).unwrap_err();
        assert!(said.contains(expected), "{listener}: {said}");
        assert!(
            !said.contains("open-sesame") && !said.contains("-password"),
            "{said}"
        );
    }
}

pub(crate) fn the_status_takes_the_same_logins(node: &Node) {
    let file = node.dir.path().join("client.properties");
    let ask = |listener, properties: Properties| {
        properties.write(&file).unwrap();
        status(&node.uri(listener, "127.0.0.1"), Some(&file))
    };
    for (listener, properties) in [("TLS", mutual()), ("PASSWORDS", plain("admin", "admin-password"))] {
        assert_eq!(ask(listener, properties).unwrap()["leaderId"], 1, "{listener}");
    }
    let said = ask("PASSWORDS", plain("alice", "alice-password")).unwrap_err();
    assert!(
        said.contains("--allow-principal 'User:alice' --operation Describe --cluster`"),
        "{said}"
    );
    let said = ask("CLIENTS", config("PLAINTEXT")).unwrap_err();
    assert!(said.contains("name a listener of a controller"), "{said}");
}

pub(crate) fn the_quorum_of_another_cluster_is_not_read(node: &Node) {
    let uri = node.uri("CONTROLLER", "127.0.0.1");
    dump_with(&uri, &["--cluster-id", CLUSTER_ID]).unwrap();
    let said = dump_with(&uri, &["--cluster-id", "I0WzDjMqQ0eYbH4v0yRaXw"]).unwrap_err();
    assert!(
        said.contains("not that of cluster I0WzDjMqQ0eYbH4v0yRaXw"),
        "{said}"
    );
}
