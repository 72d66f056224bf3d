//! Connections by TLS.

use std::path::Path;

use kraft_bridge_protocol::rpc::{ApiVersionsRequest, ErrorCode};

use super::{Client, STORE_PASSWORD, config, open, server_stores, store};
use crate::config::{ClientConfig, ClientTls, ListenerConfig, Properties};

fn listener(security: &str, more: &str) -> ListenerConfig {
    config(security, &format!("{}{more}", server_stores()))
}

/// What a client is configured with that trusts the server, and shows the certificate in this store.
fn client_tls(identity: Option<&str>) -> ClientTls {
    let mut text = format!(
        "security.protocol=SSL\nssl.truststore.location={}\nssl.truststore.type=PKCS12\n\
         ssl.truststore.password={STORE_PASSWORD}\n",
        store("trusts-server.p12")
    );
    if let Some(name) = identity {
        text += &format!(
            "ssl.keystore.location={}\nssl.keystore.type=PKCS12\nssl.keystore.password={STORE_PASSWORD}\n",
            store(name)
        );
    }
    let properties = Properties::decode(Path::new("client.properties"), text.as_bytes()).unwrap();
    ClientConfig::decode(&properties).unwrap().tls.unwrap()
}

/// Who a client is to the listener; `None` if it is sent away.
async fn principal(listener: ListenerConfig, identity: Option<&str>) -> Option<String> {
    let server = open(listener).await;
    let mut client = Client::connect_tls(server.address(), &client_tls(identity))
        .await
        .ok()?;
    // In TLS 1.3, a client hears only after the handshake that its certificate is not taken.
    client.principal().await
}

#[tokio::test]
async fn a_certificate_is_asked_for_as_configured() {
    let subject = || Some("User:CN=broker".to_owned());
    let anonymous = || Some("User:ANONYMOUS".to_owned());
    for (client_auth, of_nobody, of_other, of_stranger) in [
        ("none", anonymous(), anonymous(), anonymous()),
        ("requested", anonymous(), subject(), None),
        ("required", None, subject(), None),
    ] {
        let listener = || listener("SSL", &format!("ssl.client.auth={client_auth}"));
        assert_eq!(principal(listener(), None).await, of_nobody, "{client_auth}");
        assert_eq!(
            principal(listener(), Some("other.p12")).await,
            of_other,
            "{client_auth}"
        );
        assert_eq!(
            principal(listener(), Some("server.p12")).await,
            of_stranger,
            "{client_auth}"
        );
    }
}

#[tokio::test]
async fn both_versions_of_tls_are_spoken() {
    for version in ["TLSv1.2", "TLSv1.3"] {
        let listener = listener(
            "SSL",
            &format!("ssl.client.auth=required\nssl.enabled.protocols={version}"),
        );
        assert_eq!(
            principal(listener, Some("other.p12")).await.unwrap(),
            "User:CN=broker"
        );
    }
}

#[tokio::test]
async fn a_login_by_password_counts_more_than_a_certificate() {
    let more = "ssl.client.auth=required\nsasl.enabled.mechanisms=PLAIN\n\
                listener.name.controller.plain.sasl.jaas.config=\
                org.apache.kafka.common.security.plain.PlainLoginModule required user_alice=\"alice-password\";";
    let of_listener = more.replace("ssl.client.auth", "listener.name.controller.ssl.client.auth");
    for (more, identity, is_let_in) in [
        (more, None, true),
        (&of_listener, None, false),
        (&of_listener, Some("other.p12"), true),
    ] {
        let server = open(listener("SASL_SSL", more)).await;
        let client = Client::connect_tls(server.address(), &client_tls(identity)).await;
        let mut client = client.unwrap();
        let request = ApiVersionsRequest::default();
        assert_eq!(client.ask(&request, 0).await.is_some(), is_let_in);
        if is_let_in {
            let error = client.log_in("PLAIN", "alice", "alice-password").await;
            assert_eq!(error, ErrorCode::None);
            assert_eq!(client.principal().await.unwrap(), "User:alice");
        }
    }
}

#[tokio::test]
async fn clear_text_is_sent_away() {
    let server = open(listener("SSL", "")).await;
    let mut client = Client::connect(server.address()).await;
    client.send(b"GET / HTTP/1.1\r\n\r\n").await;
    client.wait_for_the_end().await;
}

#[tokio::test]
async fn a_store_that_is_of_no_use_is_named() {
    let text = server_stores().replace(
        "ssl.keystore.password=store-password",
        "ssl.keystore.password=wrong",
    );
    let config = config("SSL", &text);
    let handler = std::sync::Arc::new(super::Answers::default());
    let error = super::Server::bind(config, handler)
        .await
        .unwrap_err()
        .to_string();
    let expected = format!(
        "listener CONTROLLER: {}: the password does not open it",
        store("server.p12")
    );
    assert_eq!(error, expected);
}
