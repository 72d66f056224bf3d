//! Passwords as Kafka keeps them in ZooKeeper: encrypted, with all but the secret standing beside them.
//!
//! ```text
//! keyFactoryAlgorithm:PBKDF2WithHmacSHA512,cipherAlgorithm:AES/CBC/PKCS5Padding,keyLength:128,salt:…,iterations:4096,
//! initializationVector:…,encryptedPassword:…,passwordLength:6                       (GCM adds authenticationTagLength)
//!
//!  secret ──PBKDF2(salt, iterations)──▶ key ──AES(initializationVector)──▶ clear text of passwordLength UTF-16 units
//! ```
//!
//! The order of the pairs is free, blanks around them do not count, and each is split at its last colon. The secret is
//! `password.encoder.secret` of the brokers, or the one before it while it is being replaced.
//!
//! Source: KIP-226; checked against `fixtures/passwords/`.

mod broker_configs;
mod cipher;

use std::collections::BTreeMap;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::legacy::Secret;

pub use broker_configs::open_passwords;
use cipher::{Cipher, Hash};

/// More rounds than anybody configures; each password would take minutes.
const ITERATIONS_MAX: u32 = 10_000_000;

/// Opens passwords with the brokers' secret.
#[derive(Clone, Debug)]
pub struct PasswordEncoder {
    /// The secret in use, then the one before it.
    secrets: Vec<Secret<String>>,
}

/// Why a password could not be opened. Holds no part of it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    /// It is not what Kafka writes.
    #[error("{0}")]
    Malformed(String),
    /// It is encrypted in a way that is not understood here: set the password anew with another one.
    #[error("{0:?} is not supported")]
    Unsupported(String),
    /// None of the secrets opens it.
    #[error("it was encoded with another password.encoder.secret")]
    WrongSecret,
}

impl PasswordEncoder {
    /// An encoder with `password.encoder.secret` and, if there is one, `password.encoder.old.secret`.
    pub fn new(secret: Secret<String>, old_secret: Option<Secret<String>>) -> PasswordEncoder {
        PasswordEncoder {
            secrets: std::iter::once(secret).chain(old_secret).collect(),
        }
    }

    /// The clear text of an encoded password.
    ///
    /// # Errors
    ///
    /// [`PasswordError`] says whether the text, the algorithm or the secret is at fault.
    pub fn decode(&self, text: &str) -> Result<Secret<String>, PasswordError> {
        let encoded = Encoded::decode(text)?;
        self.secrets
            .iter()
            .find_map(|secret| encoded.open(secret))
            .ok_or(PasswordError::WrongSecret)
    }
}

/// Whether a value was written by Kafka's encoder, or by one that wanted to be like it.
pub fn is_encoded(text: &str) -> bool {
    let pairs = pairs(text);
    pairs.contains_key("encryptedPassword") && pairs.contains_key("cipherAlgorithm")
}

/// An encoded password, taken apart.
struct Encoded {
    hash: Hash,
    cipher: Cipher,
    /// In bytes.
    key_length: usize,
    salt: Vec<u8>,
    iterations: u32,
    initialization_vector: Vec<u8>,
    encrypted: Vec<u8>,
    /// In UTF-16 units.
    length: usize,
}

impl Encoded {
    fn decode(text: &str) -> Result<Encoded, PasswordError> {
        let pairs = pairs(text);
        let cipher = Cipher::named(required(&pairs, "cipherAlgorithm")?)?;
        let iterations = number(&pairs, "iterations")?;
        if !(1..=ITERATIONS_MAX).contains(&iterations) {
            return Err(malformed(format_args!(
                "iterations is {iterations}, not from 1 to {ITERATIONS_MAX}"
            )));
        }
        let key_length: usize = number(&pairs, "keyLength")?;
        if !matches!(key_length, 128 | 192 | 256) {
            return Err(malformed(format_args!(
                "keyLength is {key_length}, not 128, 192 or 256"
            )));
        }
        if pairs
            .get("authenticationTagLength")
            .is_some_and(|bits| *bits != "128")
        {
            return Err(malformed("authenticationTagLength is not 128"));
        }
        Ok(Encoded {
            hash: Hash::named(required(&pairs, "keyFactoryAlgorithm")?)?,
            cipher,
            key_length: key_length / 8,
            salt: bytes(&pairs, "salt")?,
            iterations,
            initialization_vector: bytes(&pairs, "initializationVector")?,
            encrypted: bytes(&pairs, "encryptedPassword")?,
            length: number(&pairs, "passwordLength")?,
        })
    }

    /// The clear text, if this is the secret it was encoded with.
    fn open(&self, secret: &Secret<String>) -> Option<Secret<String>> {
        let mut key = [0; 32];
        let key = &mut key[..self.key_length];
        self.hash
            .derive_key(secret.0.as_bytes(), &self.salt, self.iterations, key);
        let clear = self
            .cipher
            .decrypt(key, &self.initialization_vector, &self.encrypted)?;
        String::from_utf8(clear)
            .ok()
            .filter(|clear| clear.encode_utf16().count() == self.length)
            .map(Secret)
    }
}

fn pairs(text: &str) -> BTreeMap<&str, &str> {
    text.split(',')
        .filter_map(|pair| pair.trim().rsplit_once(':'))
        .map(|(name, value)| (name.trim(), value.trim()))
        .collect()
}

fn required<'a>(pairs: &BTreeMap<&str, &'a str>, name: &str) -> Result<&'a str, PasswordError> {
    pairs
        .get(name)
        .copied()
        .ok_or_else(|| malformed(format_args!("{name} is missing")))
}

fn number<T: FromStr>(pairs: &BTreeMap<&str, &str>, name: &str) -> Result<T, PasswordError> {
    required(pairs, name)?
        .parse()
        .map_err(|_| malformed(format_args!("{name} is no number")))
}

fn bytes(pairs: &BTreeMap<&str, &str>, name: &str) -> Result<Vec<u8>, PasswordError> {
    STANDARD
        .decode(required(pairs, name)?)
        .map_err(|_| malformed(format_args!("{name} is not base64")))
}

fn malformed(problem: impl std::fmt::Display) -> PasswordError {
    PasswordError::Malformed(problem.to_string())
}

#[cfg(test)]
mod tests;
