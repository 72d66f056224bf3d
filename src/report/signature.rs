//! Ed25519 signatures of reports, with the keys that `openssl genpkey -algorithm ed25519` makes.
//!
//! ```text
//! signed bytes   "kraft-bridge parity report 1" LF, then the report's canonical JSON (see `canonical`)
//! publicKey      Base64 of the DER SubjectPublicKeyInfo: what stands between the lines of a PUBLIC KEY file
//! value          Base64 of the 64 bytes
//! fingerprint    SHA-256 of the DER SubjectPublicKeyInfo, hexadecimal
//! ```
//!
//! Source: RFC 8032 (Ed25519), RFC 8410 (its keys in PKCS#8 and SubjectPublicKeyInfo).

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::pkcs8::{DecodePrivateKey, DecodePublicKey, EncodePublicKey};
use ed25519_dalek::{Signer, SigningKey, VerifyingKey};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Stands before the report in the signed bytes, so that no other signature of the same key can pass for one.
const CONTEXT: &str = "kraft-bridge parity report 1\n";
/// The only algorithm.
const ALGORITHM: &str = "Ed25519";

/// A signature as it stands beside its report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Signature {
    algorithm: String,
    public_key: String,
    value: String,
}

/// A key file that is of no use.
#[derive(Debug, thiserror::Error)]
pub(crate) enum KeyError {
    /// It cannot be read.
    #[error("{}: cannot be read: {source}", path.display())]
    Read { path: PathBuf, source: io::Error },
    /// It is protected by a passphrase.
    #[error(
        "{}: the key is encrypted, and no passphrase can be given: write it in the clear, for the time of signing, \
         with `openssl pkey -in {} -out KEY`",
        path.display(), path.display()
    )]
    Encrypted { path: PathBuf },
    /// It is no private key of Ed25519.
    #[error(
        "{}: is no Ed25519 private key in PKCS#8 PEM: make one with `openssl genpkey -algorithm ed25519 -out KEY`",
        path.display()
    )]
    NotPrivate { path: PathBuf },
    /// It is no public key of Ed25519.
    #[error(
        "{}: is no Ed25519 public key in PEM: get it from the private one with `openssl pkey -in KEY -pubout`",
        path.display()
    )]
    NotPublic { path: PathBuf },
}

/// Why a signature does not hold.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Broken {
    /// Made in a way that is not known here.
    #[error("the signature's algorithm is {0:?}, and only Ed25519 is known")]
    Algorithm(String),
    /// It holds no key or no signature.
    #[error("the signature's {0} is damaged")]
    Damaged(&'static str),
    /// It is not the signature of this report.
    #[error("the signature does not match: the report, or the signature, was changed after signing")]
    Mismatch,
}

/// A private key that signs.
pub(crate) struct PrivateKey(SigningKey);

impl std::fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PrivateKey([redacted])")
    }
}

impl PrivateKey {
    /// Reads a PKCS#8 PEM file.
    ///
    /// # Errors
    ///
    /// [`KeyError`].
    pub(crate) fn read(path: &Path) -> Result<PrivateKey, KeyError> {
        let pem = read_text(path)?;
        if pem.contains("ENCRYPTED") {
            return Err(KeyError::Encrypted {
                path: path.to_owned(),
            });
        }
        let key = SigningKey::from_pkcs8_pem(&pem);
        let key = key.map_err(|_| KeyError::NotPrivate {
            path: path.to_owned(),
        })?;
        Ok(PrivateKey(key))
    }

    /// Signs the canonical text of a report.
    pub(super) fn sign(&self, canonical: &str) -> Signature {
        let value = self.0.sign(&signed_bytes(canonical));
        Signature {
            algorithm: ALGORITHM.to_owned(),
            public_key: STANDARD.encode(PublicKey(self.0.verifying_key()).der()),
            value: STANDARD.encode(value.to_bytes()),
        }
    }
}

/// A public key that tells who signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PublicKey(VerifyingKey);

impl PublicKey {
    /// Reads a SubjectPublicKeyInfo PEM file.
    ///
    /// # Errors
    ///
    /// [`KeyError`].
    pub(crate) fn read(path: &Path) -> Result<PublicKey, KeyError> {
        let key = VerifyingKey::from_public_key_pem(&read_text(path)?);
        let key = key.map_err(|_| KeyError::NotPublic {
            path: path.to_owned(),
        })?;
        Ok(PublicKey(key))
    }

    /// SHA-256 of its SubjectPublicKeyInfo, hexadecimal: what `openssl pkey -pubout -outform DER | sha256sum` says.
    pub(crate) fn fingerprint(&self) -> String {
        let digest = Sha256::digest(self.der());
        digest.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    fn der(&self) -> Vec<u8> {
        let der = self.0.to_public_key_der();
        der.expect("44 bytes of a fixed form").into_vec()
    }
}

impl Signature {
    /// The key that it says it was made with.
    ///
    /// # Errors
    ///
    /// [`Broken`] if there is none.
    pub(crate) fn signer(&self) -> Result<PublicKey, Broken> {
        if self.algorithm != ALGORITHM {
            return Err(Broken::Algorithm(self.algorithm.clone()));
        }
        let der = STANDARD.decode(&self.public_key).ok();
        let key = der.and_then(|der| VerifyingKey::from_public_key_der(&der).ok());
        key.map(PublicKey).ok_or(Broken::Damaged("public key"))
    }

    /// Checks it against the canonical text of the report and returns who signed.
    ///
    /// # Errors
    ///
    /// [`Broken`] if it does not hold.
    pub(super) fn check(&self, canonical: &str) -> Result<PublicKey, Broken> {
        let signer = self.signer()?;
        let value = STANDARD.decode(&self.value).ok();
        let value = value.and_then(|value| ed25519_dalek::Signature::from_slice(&value).ok());
        let value = value.ok_or(Broken::Damaged("value"))?;
        // The strict check leaves no second signature or key that would pass for the same.
        let checked = signer.0.verify_strict(&signed_bytes(canonical), &value);
        checked.map(|()| signer).map_err(|_| Broken::Mismatch)
    }
}

fn signed_bytes(canonical: &str) -> Vec<u8> {
    [CONTEXT, canonical].concat().into_bytes()
}

fn read_text(path: &Path) -> Result<String, KeyError> {
    fs::read_to_string(path).map_err(|source| KeyError::Read {
        path: path.to_owned(),
        source,
    })
}

#[cfg(test)]
#[path = "signature_tests.rs"]
mod tests;
