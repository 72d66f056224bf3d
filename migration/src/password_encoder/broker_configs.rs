//! The step between decoding and everything else: broker configs get their passwords in clear, as KRaft keeps them.

use std::collections::BTreeSet;

use kraft_bridge_protocol::NodeId;

use super::{PasswordEncoder, PasswordError, is_encoded};
use crate::finding::{Finding, Severity};
use crate::legacy::ConfigMap;
use crate::secrets::LEFT_OUT;

/// What Kafka's own password-typed dynamic configs end with; before it may stand a listener's prefix.
const PASSWORD_SUFFIXES: [&str; 7] = [
    "ssl.keystore.password",
    "ssl.key.password",
    "ssl.truststore.password",
    "ssl.keystore.key",
    "ssl.keystore.certificate.chain",
    "ssl.truststore.certificates",
    "sasl.jaas.config",
];

/// Replaces every encoded password among the configs of a broker (`None`: the default of all) by its clear text, and
/// says what stands in the way.
///
/// What cannot be opened is taken away and named in `unopened`, with a blocker for each: a broker in KRaft mode would
/// take the encoded text for the password, so whoever goes on in spite of the blocker goes on without it. `encoder` is
/// `None` when no `password.encoder.secret` is known.
pub fn open_passwords(
    broker: Option<NodeId>,
    configs: &mut ConfigMap,
    encoder: Option<&PasswordEncoder>,
    unopened: &mut BTreeSet<(Option<NodeId>, String)>,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut opened = 0;
    configs.retain(|key, value| match open(key, value, encoder) {
        Opened::NoPassword => true,
        Opened::Clear(clear) => {
            *value = clear;
            opened += 1;
            true
        }
        Opened::Not(problem) => {
            let stays = matches!(problem, Problem::NotEncoded);
            if !stays {
                unopened.insert((broker, key.clone()));
            }
            findings.push(problem.finding(broker, key));
            stays
        }
    });
    if opened > 0 {
        findings.push(in_clear(broker, opened));
    }
    findings
}

enum Opened {
    NoPassword,
    Clear(String),
    Not(Problem),
}

enum Problem {
    LeftOut,
    NoSecret,
    Password(PasswordError),
    NotEncoded,
}

fn open(key: &str, value: &str, encoder: Option<&PasswordEncoder>) -> Opened {
    if value.contains(LEFT_OUT) {
        return Opened::Not(Problem::LeftOut);
    }
    if !is_encoded(value) {
        let typed = PASSWORD_SUFFIXES.iter().any(|suffix| key.ends_with(suffix));
        return if typed && !value.is_empty() {
            Opened::Not(Problem::NotEncoded)
        } else {
            Opened::NoPassword
        };
    }
    match encoder.map(|encoder| encoder.decode(value)) {
        None => Opened::Not(Problem::NoSecret),
        Some(Ok(clear)) => Opened::Clear(clear.0),
        Some(Err(error)) => Opened::Not(Problem::Password(error)),
    }
}

impl Problem {
    fn finding(self, broker: Option<NodeId>, key: &str) -> Finding {
        let mut severity = Severity::Blocker;
        let (code, problem, action) = match self {
            Problem::LeftOut => (
                "secret-left-out",
                format!("{key} was left out when the capture was made"),
                "refused: make the capture with secrets, or read the source itself",
            ),
            Problem::NoSecret => (
                "password-encoder-secret-missing",
                format!("{key} is encoded, and no password.encoder.secret is known to open it"),
                "refused: give a broker's server.properties that holds it, with --old-config",
            ),
            Problem::Password(PasswordError::WrongSecret) => (
                "password-encoder-secret-wrong",
                format!("{key} was encoded with another password.encoder.secret than the one given"),
                "refused: give the server.properties of this broker, or set the config anew with kafka-configs",
            ),
            Problem::Password(error) => (
                "password-not-decodable",
                format!("{key} cannot be opened: {error}"),
                "refused: set the config anew with kafka-configs, or delete it there",
            ),
            Problem::NotEncoded => {
                severity = Severity::Warning;
                (
                    "password-not-encoded",
                    format!("{key} is stored in clear: brokers in ZooKeeper mode ignore such a value"),
                    "carried as it is, and heeded in KRaft mode: delete it with kafka-configs if that is not wanted",
                )
            }
        };
        Finding {
            severity,
            path: path(broker),
            code,
            problem,
            action: action.to_owned(),
        }
    }
}

fn in_clear(broker: Option<NodeId>, opened: usize) -> Finding {
    Finding {
        severity: Severity::Info,
        path: path(broker),
        code: "password-in-clear",
        problem: format!("passwords are encrypted here ({opened} of them), and KRaft keeps them in clear"),
        action: "carried in clear: protect the directories that hold the metadata log".to_owned(),
    }
}

fn path(broker: Option<NodeId>) -> String {
    let name = broker.map_or_else(|| "<default>".to_owned(), |id| id.to_string());
    format!("/config/brokers/{name}")
}
