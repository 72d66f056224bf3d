//! Location, type and password of a key store or trust store, in a properties file.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use kraft_bridge_migration::key_material::{KeyMaterial, KeyMaterialKind};
use kraft_bridge_migration::legacy::Secret;

use super::{ConfigError, Properties};

/// What a Java key store of the old kind begins with.
pub(super) const JKS_MAGIC: [u8; 4] = [0xFE, 0xED, 0xFE, 0xED];

/// Keys of Kafka's that give certificates in a way that is not followed here, with what to write instead.
pub(super) const STORES_NOT_FOLLOWED: [(&str, &str); 4] = [
    (
        "ssl.truststore.certificates",
        "write them to a file, name it as ssl.truststore.location and set ssl.truststore.type=PEM",
    ),
    (
        "ssl.keystore.certificate.chain",
        "write it and the key to a file, name it as ssl.keystore.location and set ssl.keystore.type=PEM",
    ),
    (
        "ssl.keystore.key",
        "write it and the certificates to a file, name it as ssl.keystore.location and set ssl.keystore.type=PEM",
    ),
    (
        "ssl.engine.factory.class",
        "Java classes can't be run here: give the stores as files",
    ),
];

/// The keys of one store.
#[derive(Clone, Copy, Debug)]
pub(super) struct StoreKeys {
    /// Its file.
    pub(super) location: &'static str,
    /// Its form.
    pub(super) kind: &'static str,
    /// What opens it.
    pub(super) password: &'static str,
}

/// What form a store has whose type is not named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum KindByDefault {
    /// What the file's ending says, as for ZooKeeper's client.
    ByEnding,
    /// One of the two that Java reads as `JKS`, as for Kafka.
    Jks,
}

/// The store that the keys describe, if its file is named.
///
/// # Errors
///
/// [`ConfigError`] if the store is of a form that Java alone reads, or of none that is known.
pub(super) fn key_material(
    properties: &Properties,
    keys: StoreKeys,
    by_default: KindByDefault,
) -> Result<Option<KeyMaterial>, ConfigError> {
    let Some(path) = properties.plain(keys.location)?.map(PathBuf::from) else {
        return Ok(None);
    };
    let password = properties.plain(keys.password)?;
    Ok(Some(KeyMaterial {
        kind: kind(properties, keys, by_default, &path)?,
        path,
        password: password.map(|text| Secret(text.to_owned())),
    }))
}

/// The form of a key store.
fn kind(
    properties: &Properties,
    keys: StoreKeys,
    by_default: KindByDefault,
    path: &Path,
) -> Result<KeyMaterialKind, ConfigError> {
    let ending = path.extension().and_then(|ending| ending.to_str());
    let (named_by, name) = match (properties.plain(keys.kind)?, by_default) {
        (Some(name), _) => (keys.kind, name),
        (None, KindByDefault::ByEnding) => (keys.location, ending.unwrap_or("")),
        (None, KindByDefault::Jks) => (keys.location, "JKS"),
    };
    match name.to_ascii_uppercase().as_str() {
        "PEM" => Ok(KeyMaterialKind::Pem),
        "PKCS12" | "P12" | "PFX" => Ok(KeyMaterialKind::Pkcs12),
        // Java reads both forms under this name, and has written the newer one since Java 9.
        "JKS" if !is_jks(path)? => Ok(KeyMaterialKind::Pkcs12),
        "JKS" => Err(properties.invalid(keys.location, {
            let path = path.display();
            format!(
                "only Java reads a JKS store: convert it with `keytool -importkeystore -srckeystore {path} \
                 -srcstoretype JKS -destkeystore {path}.p12 -deststoretype PKCS12`, and name {path}.p12 in a copy \
                 of this file"
            )
        })),
        _ => Err(properties.invalid(
            named_by,
            format!(
                "no form of key store is known by {name:?}: set {} to PEM or PKCS12",
                keys.kind
            ),
        )),
    }
}

/// Whether the file is a Java key store of the old kind.
fn is_jks(path: &Path) -> Result<bool, ConfigError> {
    let mut magic = [0; 4];
    File::open(path)
        .and_then(|mut file| file.read_exact(&mut magic))
        .map_err(|source| ConfigError::Io {
            path: path.to_owned(),
            source,
        })?;
    Ok(magic == JKS_MAGIC)
}
