//! Listeners as files describe them.

use std::path::Path;

use super::*;

const PLAIN_MODULE: &str = "org.apache.kafka.common.security.plain.PlainLoginModule";

fn listener(security: &str, more: &str) -> Result<ListenerConfig, ConfigError> {
    let text = format!(
        "node.id=1\nprocess.roles=controller\ncontroller.listener.names=INSIDE\n\
         controller.quorum.voters=1@c1:9093\nlisteners=INSIDE://:9093\n\
         listener.security.protocol.map=INSIDE:{security}\n{more}\n"
    );
    let properties = Properties::decode(Path::new("server.properties"), text.as_bytes()).unwrap();
    let listeners = KafkaConfig::decode(properties).unwrap().controller_listeners();
    listeners.map(|mut listeners| listeners.remove(0))
}

fn refusal(security: &str, more: &str) -> String {
    listener(security, more).unwrap_err().to_string()
}

const STORE: &str = "ssl.keystore.location=/all.pem\nssl.keystore.type=PEM\n";

#[test]
fn a_plaintext_listener_has_kafkas_limits_and_needs_nothing() {
    let listener = listener("PLAINTEXT", "ssl.cipher.suites=x\nsasl.enabled.mechanisms=GSSAPI").unwrap();
    assert_eq!(
        (listener.name.as_str(), listener.host, listener.port),
        ("INSIDE", None, 9093)
    );
    assert!(listener.tls.is_none() && listener.sasl.is_none());
    assert_eq!(listener.limits.request_bytes_max, 104_857_600);
    assert_eq!(listener.limits.idle_time, Duration::from_secs(600));
}

#[test]
fn a_broker_s_listeners_are_not_the_controller_s() {
    let text = "node.id=1\nprocess.roles=broker,controller\ncontroller.listener.names=INSIDE,BESIDE\n\
                controller.quorum.voters=1@c1:9093\n\
                listeners=PLAINTEXT://:9092,INSIDE://c1:9093,BESIDE://[::1]:9094";
    let properties = Properties::decode(Path::new("server.properties"), text.as_bytes()).unwrap();
    let listeners = KafkaConfig::decode(properties)
        .unwrap()
        .controller_listeners()
        .unwrap();
    let ports: Vec<u16> = listeners.iter().map(|listener| listener.port).collect();
    assert_eq!(ports, [9093, 9094]);
    assert_eq!(listeners[1].host.as_deref(), Some("::1"));
}

#[test]
fn limits_are_kafkas_keys_and_a_listener_s_own_come_first() {
    let keys = "socket.request.max.bytes=1000\nconnections.max.idle.ms=2000\nmax.connections=3\n\
                max.connections.per.ip=2\nconnection.failed.authentication.delay.ms=0\n\
                listener.name.inside.max.connections=4";
    let limits = listener("PLAINTEXT", keys).unwrap().limits;
    assert_eq!(
        (limits.request_bytes_max, limits.idle_time),
        (1000, Duration::from_secs(2))
    );
    assert_eq!(
        (limits.connections_max, limits.connections_per_address_max),
        (4, 2)
    );
    assert_eq!(limits.refusal_delay, Duration::ZERO);
    assert_eq!(limits.requests_bytes_max, 2000);
    let error = refusal("PLAINTEXT", "listener.name.inside.max.connections=0");
    let expected =
        "server.properties: listener.name.inside.max.connections=0: expected a number of at least 1";
    assert_eq!(error, expected);
}

#[test]
fn all_requests_together_may_not_be_less_than_one() {
    let limit = |bytes: &str| {
        let keys = format!("socket.request.max.bytes=1000\nqueued.max.request.bytes={bytes}");
        listener("PLAINTEXT", &keys).map(|listener| listener.limits.requests_bytes_max)
    };
    assert_eq!(limit("-1").unwrap(), 2000);
    assert_eq!(limit("1000").unwrap(), 1000);
    assert_eq!(limit("5000000000").unwrap(), u32::MAX);
    assert!(
        limit("999")
            .unwrap_err()
            .to_string()
            .contains("a request may be longer")
    );
}

#[test]
fn a_listener_s_own_store_comes_first() {
    let tls = listener(
        "SSL",
        &format!("{STORE}listener.name.inside.ssl.keystore.location=/own.pem"),
    )
    .unwrap()
    .tls;
    let tls = tls.unwrap();
    assert_eq!(tls.identity.path, Path::new("/own.pem"));
    assert_eq!(tls.client_auth, ClientAuth::None);
    assert_eq!(tls.versions.len(), 2);
}

#[test]
fn a_certificate_beside_a_password_is_asked_for_only_by_the_listener_itself() {
    let auth = |security, key| {
        let scram = "sasl.enabled.mechanisms=SCRAM-SHA-512\n";
        let tls = listener(security, &format!("{STORE}{scram}{key}=required"))
            .unwrap()
            .tls;
        tls.unwrap().client_auth
    };
    let own = "listener.name.inside.ssl.client.auth";
    assert_eq!(auth("SSL", "ssl.client.auth"), ClientAuth::Required);
    assert_eq!(auth("SASL_SSL", "ssl.client.auth"), ClientAuth::None);
    assert_eq!(auth("SASL_SSL", own), ClientAuth::Required);
}

#[test]
fn users_of_plain_are_those_of_the_login_module() {
    let keys = format!(
        "sasl.enabled.mechanisms=PLAIN\nlistener.name.inside.plain.sasl.jaas.config={PLAIN_MODULE} required \
         username=\"me\" password=\"mine\" user_me=\"mine\" user_you=\"yours\";"
    );
    let config = listener("SASL_PLAINTEXT", &keys).unwrap();
    assert!(!format!("{config:?}").contains("yours"));
    let users = config.sasl.unwrap().plain_users;
    let users: Vec<(&str, &str)> = users
        .iter()
        .map(|(user, password)| (user.as_str(), password.0.as_str()))
        .collect();
    assert_eq!(users, [("me", "mine"), ("you", "yours")]);
}

#[test]
fn what_is_missing_or_not_followed_is_named_with_a_remedy_and_without_secrets() {
    let jaas = |text: &str| {
        format!("sasl.enabled.mechanisms=PLAIN\nlistener.name.inside.plain.sasl.jaas.config={text}")
    };
    let hidden = "listener.name.inside.plain.sasl.jaas.config=[redacted]: ";
    for (security, keys, expected) in [
        (
            "SSL",
            String::new(),
            "listener.name.inside.ssl.keystore.location is missing: name the store".to_owned(),
        ),
        (
            "SSL",
            format!("{STORE}ssl.client.auth=maybe"),
            "ssl.client.auth=maybe: expected none, requested or required".to_owned(),
        ),
        (
            "SSL",
            format!("{STORE}ssl.enabled.protocols=TLSv1.1"),
            "ssl.enabled.protocols=TLSv1.1: none of these".to_owned(),
        ),
        (
            "SSL",
            format!("{STORE}listener.name.inside.ssl.principal.mapping.rules=RULE:hush"),
            "listener.name.inside.ssl.principal.mapping.rules=[redacted]: callers have".to_owned(),
        ),
        (
            "SASL_PLAINTEXT",
            String::new(),
            "listener.name.inside.sasl.enabled.mechanisms is missing: PLAIN, SCRAM".to_owned(),
        ),
        (
            "SASL_PLAINTEXT",
            "sasl.enabled.mechanisms=PLAIN,GSSAPI".to_owned(),
            "sasl.enabled.mechanisms=PLAIN,GSSAPI: GSSAPI is not: PLAIN, SCRAM".to_owned(),
        ),
        (
            "SASL_PLAINTEXT",
            "sasl.enabled.mechanisms=PLAIN\nplain.sasl.jaas.config=hush".to_owned(),
            format!(
                "listener.name.inside.plain.sasl.jaas.config is missing: write {PLAIN_MODULE} required user_"
            ),
        ),
        (
            "SASL_PLAINTEXT",
            jaas("hush"),
            format!("{hidden}a login module of sasl.jaas.config"),
        ),
        (
            "SASL_PLAINTEXT",
            jaas("x required user_a=hush;"),
            format!("{hidden}x is not the login module"),
        ),
        (
            "SASL_PLAINTEXT",
            jaas(&format!("{PLAIN_MODULE} required password=hush;")),
            format!("{hidden}it names no user"),
        ),
        (
            "SASL_PLAINTEXT",
            "sasl.enabled.mechanisms=SCRAM-SHA-256\nconnections.max.reauth.ms=1000".to_owned(),
            "connections.max.reauth.ms=1000: logins are not renewed here".to_owned(),
        ),
    ] {
        let error = refusal(security, &keys);
        assert!(
            error.starts_with(&format!("server.properties: {expected}")),
            "{error}"
        );
        assert!(!error.contains("hush"), "{error}");
    }
}

#[test]
fn kafkas_own_way_of_naming_callers_may_be_written_out() {
    let builder = "org.apache.kafka.common.security.authenticator.DefaultKafkaPrincipalBuilder";
    let keys = format!("{STORE}principal.builder.class={builder}\nssl.principal.mapping.rules=DEFAULT");
    assert!(listener("SSL", &keys).is_ok());
}
