//! A caller's login: SASL by user and password, in Kafka's frames (KIP-43, KIP-152).
//!
//! ```text
//!  SaslHandshake 0 ─▶ mechanism ─▶ words in bare frames
//!  SaslHandshake 1 ─▶ mechanism ─▶ words in SaslAuthenticate
//! ```

use kraft_bridge_metadata::records::ScramMechanism;
use kraft_bridge_protocol::rpc::{ErrorCode, SaslHandshakeRequest, SaslHandshakeResponse};
use sha2::{Digest, Sha256};

use super::Handler;
use super::caller::Who;
use super::scram::Scram;
use crate::config::{Mechanism, SaslConfig};

/// How far a caller has come with its login.
pub(super) struct Login {
    mechanism: Option<Mechanism>,
    scram: Option<Scram>,
    /// Whether words come in frames of their own, without a header.
    pub(super) is_bare: bool,
}

/// What a caller's word led to.
pub(super) enum Progress {
    /// This is to be said, and the caller's next word awaited.
    GoOn(Vec<u8>),
    /// This is to be said, and the caller has shown who it is.
    Done { word: Vec<u8>, who: Who },
    /// The caller is not let in; why, for the log.
    Refused(String),
}

impl Login {
    pub(super) fn new() -> Login {
        Login {
            mechanism: None,
            scram: None,
            is_bare: false,
        }
    }

    /// Whether a mechanism is agreed on.
    pub(super) fn has_mechanism(&self) -> bool {
        self.mechanism.is_some()
    }

    /// What the caller is told, who must be told the same whatever was wrong.
    pub(super) fn refusal(&self) -> String {
        let name = self.mechanism.map_or("any mechanism", Mechanism::name);
        format!("the login by {name} is refused: wrong user or password")
    }

    /// Agrees on a mechanism, or not.
    pub(super) fn shake_hands(
        &mut self,
        request: &SaslHandshakeRequest,
        version: i16,
        sasl: &SaslConfig,
    ) -> SaslHandshakeResponse {
        let mechanisms = sasl.mechanisms.iter();
        let mut response = SaslHandshakeResponse {
            mechanisms: mechanisms.clone().map(|known| known.name().to_owned()).collect(),
            ..Default::default()
        };
        self.mechanism = mechanisms
            .copied()
            .find(|known| known.name() == request.mechanism);
        self.is_bare = version == 0;
        if self.mechanism.is_none() {
            response.error_code = ErrorCode::UnsupportedSaslMechanism;
        }
        response
    }

    /// Takes a word of the caller's.
    pub(super) fn take(&mut self, word: &[u8], sasl: &SaslConfig, handler: &impl Handler) -> Progress {
        let hash = match self.mechanism {
            None => return Progress::Refused("it has named no mechanism".to_owned()),
            Some(Mechanism::Plain) => return plain(word, sasl),
            Some(Mechanism::ScramSha256) => ScramMechanism::Sha256,
            Some(Mechanism::ScramSha512) => ScramMechanism::Sha512,
        };
        let progress = match self.scram.take() {
            Some(scram) => scram.finish(word).map(|(word, who)| Progress::Done { word, who }),
            None => Scram::begin(word, hash, handler).map(|(word, scram)| {
                self.scram = Some(scram);
                Progress::GoOn(word)
            }),
        };
        progress.unwrap_or_else(Progress::Refused)
    }
}

/// `[whom to act for] NUL user NUL password` (RFC 4616), compared byte by byte as Kafka does.
fn plain(word: &[u8], sasl: &SaslConfig) -> Progress {
    let parts: Vec<&[u8]> = word.split(|byte| *byte == 0).collect();
    let [other, user, password] = parts[..] else {
        return Progress::Refused("its word is none of PLAIN's".to_owned());
    };
    let known = std::str::from_utf8(user)
        .ok()
        .and_then(|user| sasl.plain_users.get_key_value(user));
    match known {
        _ if !other.is_empty() && other != user => {
            Progress::Refused("it wants to act for another".to_owned())
        }
        Some((user, secret)) if !password.is_empty() && is_same(secret.0.as_bytes(), password) => {
            Progress::Done {
                word: Vec::new(),
                who: Who::user(user),
            }
        }
        _ => Progress::Refused("its user or password is wrong".to_owned()),
    }
}

/// Compares hashes, so that the time it takes says nothing of where passwords differ.
fn is_same(password: &[u8], said: &[u8]) -> bool {
    Sha256::digest(password) == Sha256::digest(said)
}
