//! Logins by password.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use hmac::{Hmac, Mac};
use kraft_bridge_protocol::Timestamp;
use kraft_bridge_protocol::rpc::{ApiVersionsRequest, DescribeClusterRequest, ErrorCode};

use rsasl::mechanisms::scram::tools::{derive_keys, hash_password};
use sha2::{Digest, Sha256};

use super::client::frame;
use super::{
    Answers, Client, SCRAM_ITERATIONS, Server, TOKEN, TOKEN_OWNER, TOKEN_SECRET, config, open, with_limits,
};
use crate::clock::wall;
use crate::config::ListenerConfig;

const USER: &str = "scram,user=1";

fn passwords() -> ListenerConfig {
    config(
        "SASL_PLAINTEXT",
        "sasl.enabled.mechanisms=GSSAPI\n\
         listener.name.controller.sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,SCRAM-SHA-512\n\
         listener.name.controller.plain.sasl.jaas.config=\
         org.apache.kafka.common.security.plain.PlainLoginModule required user_alice=\"alice-password\";\n\
         connection.failed.authentication.delay.ms=0",
    )
}

#[tokio::test]
async fn every_mechanism_lets_in_who_knows_the_password_and_nobody_else() {
    let server = open(passwords()).await;
    for (mechanism, user, password) in [
        ("PLAIN", "alice", "alice-password"),
        ("SCRAM-SHA-256", USER, "scram-password"),
        ("SCRAM-SHA-512", USER, "scram-password"),
    ] {
        let mut client = Client::connect(server.address()).await;
        assert_eq!(
            client.log_in(mechanism, user, password).await,
            ErrorCode::None,
            "{mechanism}"
        );
        assert_eq!(client.principal().await.unwrap(), format!("User:{user}"));
        assert!(client.may_ask_for_tokens().await);

        for (user, password) in [(user, "wrong"), ("nobody", password)] {
            let mut client = Client::connect(server.address()).await;
            let refused = client.log_in(mechanism, user, password).await;
            assert_eq!(refused, ErrorCode::SaslAuthenticationFailed, "{mechanism} {user}");
            assert_eq!(client.receive().await, None);
        }
    }
}

#[tokio::test]
async fn before_a_login_only_versions_are_told() {
    let server = open(passwords()).await;
    let mut client = Client::connect(server.address()).await;
    let versions = client.ask(&ApiVersionsRequest::default(), 2).await.unwrap();
    assert_eq!(versions.api_keys.len(), 7);
    assert_eq!(client.principal().await, None);

    let mut client = Client::connect(server.address()).await;
    client.shake_hands("PLAIN", 1).await.unwrap();
    assert_eq!(client.principal().await, None);

    let mut client = Client::connect(server.address()).await;
    assert_eq!(client.say(b"\0alice\0alice-password", 2).await, None);
}

#[tokio::test]
async fn after_a_login_there_is_no_other() {
    let server = open(passwords()).await;
    let mut client = Client::connect(server.address()).await;
    client.log_in("PLAIN", "alice", "alice-password").await;
    let response = client.shake_hands("SCRAM-SHA-512", 1).await.unwrap();
    assert_eq!(response.error_code, ErrorCode::IllegalSaslState);
    assert_eq!(
        client.say(b"", 2).await.unwrap().error_code,
        ErrorCode::IllegalSaslState
    );
    assert_eq!(client.principal().await.unwrap(), "User:alice");
}

#[tokio::test]
async fn a_mechanism_that_is_not_enabled_is_answered_with_those_that_are() {
    let server = open(passwords()).await;
    let mut client = Client::connect(server.address()).await;
    let response = client.shake_hands("GSSAPI", 1).await.unwrap();
    assert_eq!(response.error_code, ErrorCode::UnsupportedSaslMechanism);
    assert_eq!(response.mechanisms, ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"]);
    assert_eq!(client.receive().await, None);
}

#[tokio::test]
async fn nobody_logs_in_for_another_or_without_a_password() {
    let server = open(passwords()).await;
    for word in [
        &b"bob\0alice\0alice-password"[..],
        b"\0alice\0",
        b"\0\0",
        b"alice-password",
        b"",
    ] {
        let mut client = Client::connect(server.address()).await;
        client.shake_hands("PLAIN", 1).await.unwrap();
        let response = client.say(word, 0).await.unwrap();
        assert_eq!(
            response.error_code,
            ErrorCode::SaslAuthenticationFailed,
            "{word:?}"
        );
        assert!(!response.error_message.unwrap().contains("alice"));
    }
    let mut client = Client::connect(server.address()).await;
    client.shake_hands("PLAIN", 1).await.unwrap();
    assert_eq!(
        client
            .say(b"alice\0alice\0alice-password", 0)
            .await
            .unwrap()
            .error_code,
        ErrorCode::None
    );
}

#[tokio::test]
async fn old_clients_log_in_by_words_in_bare_frames() {
    let server = open(passwords()).await;
    for (word, is_let_in) in [
        (&b"\0alice\0alice-password"[..], true),
        (b"\0alice\0wrong", false),
    ] {
        let mut client = Client::connect(server.address()).await;
        client.shake_hands("PLAIN", 0).await.unwrap();
        let length = u32::try_from(word.len()).unwrap();
        client.send(&[&length.to_be_bytes()[..], word].concat()).await;
        assert_eq!(client.receive().await.is_some(), is_let_in);
        if is_let_in {
            assert_eq!(client.principal().await.unwrap(), "User:alice");
        }
    }
}

#[tokio::test]
async fn forged_words_of_scram_are_refused() {
    let server = open(passwords()).await;
    for word in [
        &b"n,,n=scram=2Cuser=3D1,r=abc"[..],
        b"n,,n=scram=2Cuser=3D1,r=abc,x",
        b"n,,n=scram=2Cuser=3D1,r=abc,",
        b"n,,n=,r=",
        b"n,,n",
        b"n,,n=a,r",
        b"n,a,n=a,r=b",
        b"n,a=,n=a,r=b",
        b"n",
        b"y,,n=a,r=b",
        b"p=tls-unique,,n=a,r=b",
        b",,,,",
        b"",
        b"\xff\xff,,n=\xff,r=\xff",
        b"n,,n==,r=b",
        b"n,,m=x,n=a,r=b",
    ] {
        for second in [
            &b"c=biws,r=abc,p=AAAA"[..],
            b"c",
            b"c=,r=,p=",
            b",,,",
            b"",
            b"c=biws,r=abc",
        ] {
            let mut client = Client::connect(server.address()).await;
            client.shake_hands("SCRAM-SHA-256", 1).await.unwrap();
            let mut response = client.say(word, 2).await.unwrap();
            if response.error_code == ErrorCode::None {
                response = client.say(second, 2).await.unwrap();
            }
            assert_eq!(
                response.error_code,
                ErrorCode::SaslAuthenticationFailed,
                "{word:?} {second:?}"
            );
            assert_eq!(client.receive().await, None);
        }
    }
}

#[tokio::test]
async fn who_does_not_log_in_is_sent_away() {
    let soon = |limits: &mut crate::config::Limits| limits.login_time = std::time::Duration::from_millis(50);
    let server = open(with_limits(passwords(), soon)).await;
    let mut client = Client::connect(server.address()).await;
    assert_eq!(client.receive().await, None);
}

#[tokio::test]
async fn little_is_taken_of_who_has_not_logged_in() {
    let server = open(passwords()).await;
    let mut client = Client::connect(server.address()).await;
    client.send(&65_537u32.to_be_bytes()).await;
    assert_eq!(client.receive().await, None);
}

#[tokio::test]
async fn requests_behind_the_last_word_of_a_login_are_answered() {
    let server = open(passwords()).await;
    let mut client = Client::connect(server.address()).await;
    client.shake_hands("PLAIN", 0).await.unwrap();
    let word = b"\0alice\0alice-password";
    let length = u32::try_from(word.len()).unwrap();
    let request = frame(&DescribeClusterRequest::default(), 1);
    client
        .send(&[&length.to_be_bytes()[..], word, &request].concat())
        .await;
    assert_eq!(client.receive().await.unwrap(), b"");
    assert!(client.receive().await.is_some());
}

/// What a client says that knows the token's secret, after the server's word.
fn token_proof(first: &str, heard: &[u8]) -> Vec<u8> {
    let heard = std::str::from_utf8(heard).unwrap();
    let mut parts = heard.split(',').map(|part| &part[2..]);
    let (nonce, salt) = (parts.next().unwrap(), parts.next().unwrap());
    let salt = BASE64_STANDARD.decode(salt).unwrap();
    let mut salted = Default::default();
    let password = BASE64_STANDARD.encode(TOKEN_SECRET);
    hash_password::<Sha256>(password.as_bytes(), SCRAM_ITERATIONS, &salt, &mut salted);
    let (client_key, _) = derive_keys::<Sha256>(&salted);
    let unproved = format!("c=biws,r={nonce}");
    let mut mac = <Hmac<Sha256> as Mac>::new_from_slice(&Sha256::digest(client_key)).unwrap();
    mac.update(format!("{first},{heard},{unproved}").as_bytes());
    let signature = mac.finalize().into_bytes();
    let proof: Vec<u8> = signature.iter().zip(client_key).map(|(a, b)| a ^ b).collect();
    format!("{unproved},p={}", BASE64_STANDARD.encode(proof)).into_bytes()
}

/// A listener whose token ends then, a caller, and how its login by token ended.
async fn log_in_by_token(token_expires: Timestamp) -> (Server, Client, ErrorCode) {
    let handler = Answers {
        token_expires,
        ..Answers::default()
    };
    let server = Server::bind(passwords(), Arc::new(handler)).await.unwrap();
    let mut client = Client::connect(server.address()).await;
    client.shake_hands("SCRAM-SHA-256", 1).await.unwrap();
    let first = format!("n={TOKEN},r=abc,tokenauth=true");
    let heard = client.say(format!("n,,{first}").as_bytes(), 2).await.unwrap();
    let proof = token_proof(&first, &heard.auth_bytes.0);
    let ended = client.say(&proof, 2).await.unwrap().error_code;
    (server, client, ended)
}

#[tokio::test]
async fn who_logs_in_by_a_token_acts_for_its_owner_until_it_ends() {
    const SOON_MS: i64 = 1500;
    let (_server, mut client, ended) = log_in_by_token(Timestamp(wall().0 + SOON_MS)).await;
    assert_eq!(ended, ErrorCode::None);
    assert_eq!(client.principal().await.unwrap(), TOKEN_OWNER);
    assert!(!client.may_ask_for_tokens().await);
    tokio::time::sleep(Duration::from_millis(SOON_MS.cast_unsigned())).await;
    assert_eq!(client.principal().await, None);

    let (_server, mut client, ended) = log_in_by_token(wall()).await;
    assert_eq!(ended, ErrorCode::SaslAuthenticationFailed);
    assert_eq!(client.receive().await, None);
}
