//! Kafka's own tools as callers.

use std::sync::Arc;

use kraft_bridge_harness::{Call, Tool, Tools};

use super::{Answers, STORE_PASSWORD, Server, config, server_stores, store};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kafkas_tools_log_in_by_every_security_protocol() {
    let plain = "sasl.enabled.mechanisms=PLAIN\nlistener.name.controller.plain.sasl.jaas.config=\
                 org.apache.kafka.common.security.plain.PlainLoginModule required user_alice=\"alice-password\";\n";
    let dir = tempfile::tempdir().unwrap();
    let mut servers = Vec::new();
    let mut calls = Vec::new();
    for (security, server_keys, client_keys) in [
        ("PLAINTEXT", String::new(), String::new()),
        (
            "SSL",
            format!("{}ssl.client.auth=required", server_stores()),
            client_stores(),
        ),
        (
            "SASL_PLAINTEXT",
            plain.to_owned(),
            login("PLAIN", "alice", "alice-password"),
        ),
        (
            "SASL_PLAINTEXT",
            "sasl.enabled.mechanisms=SCRAM-SHA-256".to_owned(),
            login("SCRAM-SHA-256", "scram,user=1", "scram-password"),
        ),
        (
            "SASL_SSL",
            format!("{}sasl.enabled.mechanisms=SCRAM-SHA-512", server_stores()),
            client_stores() + &login("SCRAM-SHA-512", "scram,user=1", "scram-password"),
        ),
    ] {
        let handler = Arc::new(Answers::default());
        let listener = config(security, &server_keys);
        let server = Server::bind(listener, Arc::clone(&handler)).await.unwrap();
        handler.port.set(server.address().port()).unwrap();
        let file = dir.path().join(format!("{}.properties", servers.len()));
        std::fs::write(&file, format!("security.protocol={security}\n{client_keys}")).unwrap();
        calls.push(Call::new(
            Tool::Cluster,
            &format!(
                "cluster-id --bootstrap-controller {} --command-config {}",
                server.address(),
                file.display()
            ),
        ));
        servers.push(server);
    }
    let printed =
        tokio::task::block_in_place(|| Tools::of("4.3.1").and_then(|tools| tools.run(&calls))).unwrap();

    let principals = [
        "User:ANONYMOUS",
        "User:CN=broker",
        "User:alice",
        "User:scram,user=1",
        "User:scram,user=1",
    ];
    assert_eq!(
        printed,
        principals.map(|principal| format!("Cluster ID: {principal}\n"))
    );
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
