//! Takes the secrets out of a payload; the znode keeps its place, its stat and everything else in it.
//!
//! Secrets that Kafka keeps in ZooKeeper: SCRAM credentials of users, and password-typed broker configs
//! (encrypted, but whoever has a broker's `server.properties` can open them). Delegation tokens lie there without
//! their HMAC, which every broker derives anew.

use std::borrow::Cow;

use serde_json::{Map, Value};

use crate::secrets::LEFT_OUT;

/// Config names that are secret, whatever stands before them (a listener's prefix).
///
/// The password-typed configs of Kafka 4.3, and what plugins call theirs.
const SECRET_SUFFIXES: [&str; 10] = [
    "password",
    "secret",
    "secret.key",
    "master.key",
    "credentials",
    "sasl.jaas.config",
    "ssl.keystore.key",
    "ssl.keystore.certificate.chain",
    "ssl.truststore.certificates",
    "private.key",
];

/// The payload of the znode at `path` (below the chroot) with [`LEFT_OUT`] in place of each secret.
///
/// A payload that can hold secrets but is not what Kafka writes is left out as a whole.
pub fn redact<'a>(path: &str, data: &'a [u8]) -> Cow<'a, [u8]> {
    replace_secrets(path, data, LEFT_OUT)
}

/// As [`redact`], with `substitute` in place of each secret.
pub fn replace_secrets<'a>(path: &str, data: &'a [u8], substitute: &str) -> Cow<'a, [u8]> {
    let is_secret: fn(&str, &str) -> bool = if path.starts_with("/config/users/") {
        |key, _| key.starts_with("SCRAM-")
    } else if path.starts_with("/config/brokers/") {
        is_secret_config
    } else {
        return Cow::Borrowed(data);
    };
    if data.is_empty() {
        return Cow::Borrowed(data);
    }
    let Ok(Value::Object(mut object)) = serde_json::from_slice(data) else {
        return Cow::Owned(substitute.as_bytes().to_owned());
    };
    match object.get_mut("config") {
        None | Some(Value::Null) => Cow::Borrowed(data),
        Some(Value::Object(config)) => {
            if replace_values(config, is_secret, substitute) {
                Cow::Owned(Value::Object(object).to_string().into_bytes())
            } else {
                Cow::Borrowed(data)
            }
        }
        Some(_) => Cow::Owned(substitute.as_bytes().to_owned()),
    }
}

/// Whether there was a secret.
fn replace_values(
    config: &mut Map<String, Value>,
    is_secret: fn(&str, &str) -> bool,
    substitute: &str,
) -> bool {
    let mut found = false;
    for (key, value) in config {
        if is_secret(key, value.as_str().unwrap_or_default()) {
            *value = Value::String(substitute.to_owned());
            found = true;
        }
    }
    found
}

/// Whether a broker's config is secret, by its name or its value.
pub fn is_secret_config(key: &str, value: &str) -> bool {
    value.contains("encryptedPassword:") || SECRET_SUFFIXES.iter().any(|suffix| key.ends_with(suffix))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn redacted(path: &str, data: &str) -> String {
        String::from_utf8(redact(path, data.as_bytes()).into_owned()).unwrap()
    }

    #[test]
    fn a_scram_credential_is_left_out_and_a_quota_stays() {
        let data = r#"{"version":1,"config":{"SCRAM-SHA-256":"salt=x,iterations=4096","producer_byte_rate":"1024"}}"#;
        assert_eq!(
            redacted("/config/users/alice", data),
            format!(
                r#"{{"config":{{"SCRAM-SHA-256":"{LEFT_OUT}","producer_byte_rate":"1024"}},"version":1}}"#
            )
        );
    }

    #[test]
    fn a_password_of_a_broker_is_left_out_with_any_prefix_or_name() {
        for (key, value) in [
            ("listener.name.tls.ssl.keystore.password", "x"),
            ("listener.name.sasl_ssl.plain.sasl.jaas.config", "x"),
            (
                "my.plugin.setting",
                "keyLength:128,encryptedPassword:AAAA,salt:BBBB",
            ),
        ] {
            let data = format!(r#"{{"version":1,"config":{{"{key}":"{value}"}}}}"#);
            assert!(redacted("/config/brokers/1", &data).contains(LEFT_OUT), "{key}");
        }
    }

    #[test]
    fn what_holds_no_secret_stays_byte_for_byte() {
        for (path, data) in [
            (
                "/config/users/alice",
                r#"{ "version":1, "config":{"producer_byte_rate":"1"} }"#,
            ),
            (
                "/config/brokers/1",
                r#"{"version":1,"config":{"log.cleaner.threads":"2"}}"#,
            ),
            ("/config/users/alice/clients/<default>", ""),
            (
                "/config/topics/password",
                r#"{"version":1,"config":{"retention.ms":"5"}}"#,
            ),
        ] {
            assert_eq!(redacted(path, data), data);
        }
    }

    #[test]
    fn a_payload_that_cannot_be_understood_is_left_out_as_a_whole() {
        for data in ["SCRAM-SHA-256=salt", "[1]", r#"{"config":"SCRAM-SHA-256"}"#] {
            assert_eq!(redacted("/config/users/alice", data), LEFT_OUT);
        }
    }
}
