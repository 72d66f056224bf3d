//! How a node reaches the controllers of its quorum: what its own file says of their listener, as a client would say it.
//!
//! | a client's key | taken from |
//! |---|---|
//! | `security.protocol` | `listener.security.protocol.map`, by the first of `controller.listener.names` |
//! | `ssl.…` | `listener.name.<listener>.ssl.…`, else `ssl.…` |
//! | `sasl.mechanism` | `sasl.mechanism.controller.protocol` |
//! | `sasl.jaas.config` | `listener.name.<listener>.<mechanism>.sasl.jaas.config`: the module's `username` and `password` |
//! | `request.timeout.ms` | `controller.quorum.request.timeout.ms` |
//!
//! Source: Kafka's documentation of these keys; KIP-103 (listener prefixes), KIP-85 and KIP-223 (JAAS by key).

use std::time::Duration;

use kraft_bridge_migration::legacy::SecurityProtocol;

use super::client::{JAAS, MECHANISM, PROTOCOL, milliseconds};
use super::{ClientConfig, ConfigError, KafkaConfig};

const TIMEOUT: &str = "controller.quorum.request.timeout.ms";
const TIMEOUT_MS: u64 = 2_000;
const CONTROLLER_MECHANISM: &str = "sasl.mechanism.controller.protocol";

/// A client's keys that mean nothing in a node's file.
const NOT_A_NODES: [&str; 4] = ["client.id", "request.timeout.ms", "default.api.timeout.ms", JAAS];

impl KafkaConfig {
    /// How this node reaches the controllers, those among which it votes as well.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] names the file, the key and the remedy.
    pub(crate) fn peers(&self) -> Result<ClientConfig, ConfigError> {
        let listener = &self.listeners.controller_names[0];
        let prefix = format!("listener.name.{}.", listener.to_lowercase());
        let mechanism = self.properties.plain(CONTROLLER_MECHANISM)?.unwrap_or_default();
        let jaas_key = format!("{}.{JAAS}", mechanism.to_lowercase());

        let protocol = protocol(self.listeners.security[listener]);
        let own = [(PROTOCOL, protocol), (MECHANISM, mechanism)];
        let of_listener = self
            .properties
            .under(&prefix)
            .filter_map(|(key, value)| match key {
                key if key == jaas_key => Some((JAAS, value)),
                key => key.starts_with("ssl.").then_some((key, value)),
            });
        let nothing = NOT_A_NODES.map(|key| (key, ""));
        let values = nothing.into_iter().chain(own).chain(of_listener);
        let config = ClientConfig::decode(&self.properties.overridden(values))
            .map_err(|error| as_the_file_says(error, &format!("{prefix}{jaas_key}")))?;
        Ok(ClientConfig {
            client_id: format!("raft-client-{}", self.node_id),
            request_timeout: milliseconds(&self.properties, TIMEOUT)?
                .unwrap_or(Duration::from_millis(TIMEOUT_MS)),
            ..config
        })
    }
}

fn protocol(protocol: SecurityProtocol) -> &'static str {
    match protocol {
        SecurityProtocol::Plaintext => "PLAINTEXT",
        SecurityProtocol::Ssl => "SSL",
        SecurityProtocol::SaslPlaintext => "SASL_PLAINTEXT",
        SecurityProtocol::SaslSsl => "SASL_SSL",
    }
}

/// An error about a client's key, with the key that the value came from.
fn as_the_file_says(mut error: ConfigError, jaas_key: &str) -> ConfigError {
    if let ConfigError::Missing {
        key, remedy: text, ..
    }
    | ConfigError::Invalid {
        key, problem: text, ..
    } = &mut error
    {
        match *key {
            MECHANISM => *key = CONTROLLER_MECHANISM,
            JAAS => *text = format!("{text} (it is read from {jaas_key})"),
            _ => {}
        }
    }
    error
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use kraft_bridge_migration::legacy::Secret;

    use super::*;
    use crate::config::Properties;

    fn peers(protocol: &str, more: &str) -> Result<ClientConfig, ConfigError> {
        let text = format!(
            "node.id=3000\nprocess.roles=controller\ncontroller.listener.names=QUORUM,OTHER\n\
             controller.quorum.voters=3000@c1:9093\nlisteners=QUORUM://c1:9093,OTHER://c1:9094\n\
             listener.security.protocol.map=QUORUM:{protocol},OTHER:PLAINTEXT\n{more}\n"
        );
        KafkaConfig::decode(Properties::decode(Path::new("c.properties"), text.as_bytes()).unwrap())?.peers()
    }

    fn plain(options: &str) -> String {
        let module = "org.apache.kafka.common.security.plain.PlainLoginModule";
        format!(
            "sasl.mechanism.controller.protocol=PLAIN\n\
             listener.name.quorum.plain.sasl.jaas.config={module} required {options};\n"
        )
    }

    #[test]
    fn a_node_calls_itself_as_kafkas_do_and_waits_as_long() {
        let config = peers("PLAINTEXT", "client.id=x\nrequest.timeout.ms=no number").unwrap();
        assert_eq!(config.client_id, "raft-client-3000");
        assert_eq!(config.request_timeout, Duration::from_secs(2));
        assert!(config.tls.is_none() && config.login.is_none());

        let config = peers("PLAINTEXT", "controller.quorum.request.timeout.ms=700").unwrap();
        assert_eq!(config.request_timeout, Duration::from_millis(700));
        let error = peers("PLAINTEXT", "controller.quorum.request.timeout.ms=0").unwrap_err();
        assert!(
            error
                .to_string()
                .contains("controller.quorum.request.timeout.ms=0: "),
            "{error}"
        );
    }

    #[test]
    fn what_is_said_of_the_first_controller_listener_comes_before_what_is_said_of_all() {
        let tls = |more: &str| {
            let general = "ssl.keystore.location=/all.p12\nssl.keystore.type=PKCS12\nssl.keystore.password=a\n\
                           listener.name.other.ssl.keystore.location=/other.p12\n";
            peers("SSL", &format!("{general}{more}")).unwrap().tls.unwrap()
        };
        let general = tls("");
        assert_eq!(general.identity.unwrap().path, Path::new("/all.p12"));
        assert!(general.verify_host_name);

        let own = tls("listener.name.quorum.ssl.keystore.location=/own.p12\n\
                       listener.name.quorum.ssl.keystore.password=b\n\
                       listener.name.quorum.ssl.endpoint.identification.algorithm=");
        let identity = own.identity.unwrap();
        assert_eq!(identity.path, Path::new("/own.p12"));
        assert_eq!(identity.password, Some(Secret("b".to_owned())));
        assert!(!own.verify_host_name);
    }

    #[test]
    fn a_node_logs_in_as_the_user_of_its_listeners_login_module() {
        let options = "username=\"controller\" password=\"hush\" user_controller=\"hush\" user_alice=\"x\"";
        let login = peers("SASL_PLAINTEXT", &plain(options)).unwrap().login.unwrap();
        assert_eq!(login.mechanism.name(), "PLAIN");
        assert_eq!(
            (login.user.as_str(), login.password.0.as_str()),
            ("controller", "hush")
        );
    }

    #[test]
    fn what_is_missing_is_named_as_it_stands_in_a_nodes_file() {
        let jaas_key = "listener.name.quorum.plain.sasl.jaas.config";
        for (more, expected) in [
            (
                String::new(),
                "sasl.mechanism.controller.protocol=: GSSAPI is not spoken here",
            ),
            ("sasl.mechanism.controller.protocol=PLAIN".to_owned(), jaas_key),
            // Kafka reads neither of these in a node's file.
            (
                "sasl.mechanism.controller.protocol=PLAIN\nsasl.jaas.config=x required;".to_owned(),
                jaas_key,
            ),
            ("sasl.mechanism=PLAIN".to_owned(), "GSSAPI is not spoken here"),
            (plain("user_controller=\"hush\""), "it has no username"),
        ] {
            let error = peers("SASL_SSL", &more).unwrap_err().to_string();
            assert!(
                error.starts_with("c.properties: ") && error.contains(expected),
                "{error}"
            );
            assert!(!error.contains("hush"), "{error}");
        }
    }
}
