//! Opens key stores and trust stores: a node's own key material, in the form that TLS libraries take (PEM).
//!
//! ```text
//!  PEM       ──────────────────────▶ certificates ─▶ trust
//!  PKCS#12   ── opened by password ─▶              └▶ identity ◀─ private key (decrypted if it is not yet)
//!  the system's authorities, if no trust store is named ─▶ trust
//! ```
//!
//! Source: Kafka's `ssl.keystore.*` and `ssl.truststore.*`, and ZooKeeper's `ssl.keyStore.*` and `ssl.trustStore.*`.

use std::path::{Path, PathBuf};

use p12_keystore::{Certificate, KeyStore, KeyStoreEntry};
use pkcs8::der::pem::{self, LineEnding};
use pkcs8::{EncryptedPrivateKeyInfo, SecretDocument};

use super::{KeyMaterial, KeyMaterialKind};

/// What a Java key store of the old kind begins with.
const JKS_MAGIC: [u8; 4] = [0xFE, 0xED, 0xFE, 0xED];

const ENCRYPTED_BEGIN: &str = "-----BEGIN ENCRYPTED PRIVATE KEY-----";
const ENCRYPTED_END: &str = "-----END ENCRYPTED PRIVATE KEY-----";

/// Why key material can't be used. Never says a password.
#[derive(Debug, thiserror::Error)]
pub enum KeyMaterialError {
    /// The file can't be read.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file is not what it should be, or its password is wrong.
    #[error("{path}: {problem}")]
    Unusable {
        /// The file.
        path: PathBuf,
        /// What is wrong and what to do.
        problem: String,
    },
}

/// Certificates of a trust store, in PEM.
///
/// # Errors
///
/// [`KeyMaterialError`] naming the file.
pub fn trusted(material: &KeyMaterial) -> Result<String, KeyMaterialError> {
    match material.kind {
        KeyMaterialKind::Pem => read_text(material),
        KeyMaterialKind::Pkcs12 => {
            let store = open_pkcs12(material)?;
            // As Java does: a certificate of our own counts as trusted as well.
            let certificates = store.entries().filter_map(|(_, entry)| match entry {
                KeyStoreEntry::Certificate(certificate) => Some(certificate),
                KeyStoreEntry::PrivateKeyChain(chain) => chain.chain().first(),
                KeyStoreEntry::Secret(_) => None,
            });
            let text = certificates_to_pem(certificates);
            if text.is_empty() {
                return Err(damaged(
                    &material.path,
                    "no trusted certificate is in it: import one with keytool -importcert -trustcacerts",
                ));
            }
            Ok(text)
        }
    }
}

/// Certificate chain and private key of a key store, each in PEM.
///
/// # Errors
///
/// [`KeyMaterialError`] naming the file.
pub fn own(material: &KeyMaterial) -> Result<(String, String), KeyMaterialError> {
    match material.kind {
        KeyMaterialKind::Pem => {
            let text = read_text(material)?;
            let key = decrypted(material, &text)?.unwrap_or_else(|| text.clone());
            Ok((text, key))
        }
        KeyMaterialKind::Pkcs12 => {
            let store = open_pkcs12(material)?;
            let (_, chain) = store
                .private_key_chain()
                .ok_or_else(|| damaged(&material.path, "no private key with its certificate is in it"))?;
            let certificates = certificates_to_pem(chain.chain());
            Ok((certificates, to_pem("PRIVATE KEY", chain.key())))
        }
    }
}

/// The private key of a PEM text, if it is encrypted there.
fn decrypted(material: &KeyMaterial, text: &str) -> Result<Option<String>, KeyMaterialError> {
    let path = &material.path;
    if text.contains("Proc-Type: 4,ENCRYPTED") {
        return Err(damaged(
            path,
            "its private key is encrypted in OpenSSL's old form: convert it with openssl pkcs8 -topk8",
        ));
    }
    let Some(begin) = text.find(ENCRYPTED_BEGIN) else {
        return Ok(None);
    };
    let end = text[begin..]
        .find(ENCRYPTED_END)
        .ok_or_else(|| damaged(path, "its private key is cut off"))?;
    let key = &text[begin..begin + end + ENCRYPTED_END.len()];
    let password = material
        .password
        .as_ref()
        .ok_or_else(|| damaged(path, "its private key is encrypted, and no password is given"))?;
    let (_, encrypted) =
        SecretDocument::from_pem(key).map_err(|error| damaged(path, format!("its private key: {error}")))?;
    let opened = EncryptedPrivateKeyInfo::try_from(encrypted.as_bytes())
        .and_then(|encrypted| encrypted.decrypt(password.0.as_bytes()))
        .map_err(|error| {
            damaged(
                path,
                format!("its private key can't be decrypted, is the password right? ({error})"),
            )
        })?;
    Ok(Some(to_pem("PRIVATE KEY", opened.as_bytes())))
}

fn open_pkcs12(material: &KeyMaterial) -> Result<KeyStore, KeyMaterialError> {
    let bytes = read(material)?;
    let password = material
        .password
        .as_ref()
        .map_or("", |password| password.0.as_str());
    KeyStore::from_pkcs12(&bytes, password).map_err(|error| match error {
        p12_keystore::error::Error::MacError(_) => damaged(&material.path, "the password does not open it"),
        error => damaged(
            &material.path,
            format!("not a PKCS#12 store that can be read: {error}"),
        ),
    })
}

fn read_text(material: &KeyMaterial) -> Result<String, KeyMaterialError> {
    String::from_utf8(read(material)?).map_err(|_| {
        damaged(
            &material.path,
            "this is no PEM file: name its type, PKCS12 say, beside it",
        )
    })
}

fn read(material: &KeyMaterial) -> Result<Vec<u8>, KeyMaterialError> {
    let path = &material.path;
    let bytes = std::fs::read(path).map_err(|source| KeyMaterialError::Io {
        path: path.clone(),
        source,
    })?;
    if bytes.starts_with(&JKS_MAGIC) {
        let file = path.display();
        return Err(damaged(
            path,
            format!(
                "a JKS key store, which Java alone reads: convert it with keytool -importkeystore \
                 -srckeystore {file} -destkeystore {file}.p12 -deststoretype PKCS12, and name that file"
            ),
        ));
    }
    Ok(bytes)
}

/// The certificate authorities of this host, in PEM; empty if it has none.
pub fn system_authorities() -> String {
    let found = rustls_native_certs::load_native_certs();
    for error in &found.errors {
        tracing::debug!(%error, "a certificate authority of this host is passed over");
    }
    found
        .certs
        .iter()
        .map(|certificate| to_pem("CERTIFICATE", certificate))
        .collect()
}

fn certificates_to_pem<'a>(certificates: impl IntoIterator<Item = &'a Certificate>) -> String {
    certificates
        .into_iter()
        .map(|certificate| to_pem("CERTIFICATE", certificate.as_der()))
        .collect()
}

fn to_pem(label: &'static str, der: &[u8]) -> String {
    pem::encode_string(label, LineEnding::LF, der).expect("the label is valid and the length fits the memory")
}

fn damaged(path: &Path, problem: impl Into<String>) -> KeyMaterialError {
    KeyMaterialError::Unusable {
        path: path.to_owned(),
        problem: problem.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::legacy::Secret;

    fn fixture(name: &str) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../fixtures/tls")
            .join(name)
    }

    fn pem(path: PathBuf, password: Option<&str>) -> KeyMaterial {
        KeyMaterial {
            path,
            kind: KeyMaterialKind::Pem,
            password: password.map(|text| Secret(text.to_owned())),
        }
    }

    #[test]
    fn an_encrypted_private_key_is_opened_by_its_password() {
        let (_, key) = own(&pem(fixture("encrypted-key.pem"), Some("test-password"))).unwrap();
        assert_eq!(key, std::fs::read_to_string(fixture("plain-key.pem")).unwrap());
    }

    #[test]
    fn a_wrong_or_missing_password_is_said_and_not_repeated() {
        let wrong = own(&pem(fixture("encrypted-key.pem"), Some("open-sesame")))
            .unwrap_err()
            .to_string();
        assert!(
            wrong.contains("is the password right?") && !wrong.contains("open-sesame"),
            "{wrong}"
        );
        let missing = own(&pem(fixture("encrypted-key.pem"), None))
            .unwrap_err()
            .to_string();
        assert!(missing.contains("no password is given"), "{missing}");
    }

    #[test]
    fn a_jks_store_is_refused_with_the_command_that_converts_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("trust.jks");
        std::fs::write(&path, [&JKS_MAGIC[..], &[0, 0, 0, 2]].concat()).unwrap();
        for kind in [KeyMaterialKind::Pem, KeyMaterialKind::Pkcs12] {
            let material = KeyMaterial {
                kind,
                ..pem(path.clone(), None)
            };
            let error = trusted(&material).unwrap_err().to_string();
            assert!(
                error.contains("keytool -importkeystore") && error.contains("PKCS12"),
                "{error}"
            );
        }
    }

    #[test]
    fn a_missing_file_is_named() {
        let error = trusted(&pem(PathBuf::from("/nowhere/trust.pem"), None)).unwrap_err();
        assert!(error.to_string().starts_with("/nowhere/trust.pem: "), "{error}");
    }

    #[test]
    fn a_pkcs12_store_taken_for_pem_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("trust.p12");
        std::fs::write(&path, [0x30, 0x82, 0xff]).unwrap();
        let error = trusted(&pem(path, None)).unwrap_err().to_string();
        assert!(error.contains("no PEM file"), "{error}");
    }
}
