//! TLS towards ZooKeeper: the brokers' own key material, as the client takes it.

use super::options::TlsOptions;
use crate::key_material::{KeyMaterial, KeyMaterialError, own, system_authorities, trusted};

/// Why the connection can't be encrypted as the configuration wants it. Never says a password.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TlsError {
    /// A key store or trust store can't be opened.
    #[error(transparent)]
    Material(#[from] KeyMaterialError),
    /// No trust store is named, and the system has none.
    #[error("no trust store is named, and this host has no certificate authorities of its own: name one")]
    NoAuthorities,
    /// The connection would not be safe.
    #[error(
        "the configuration switches host name verification off (zookeeper.ssl.endpoint.identification.algorithm), \
         which this program does not do: name the servers as their certificates do, in /etc/hosts if need be, and \
         switch it on in the configuration given here"
    )]
    NoHostNameVerification,
}

/// The client's TLS options for ours.
///
/// # Errors
///
/// [`TlsError`] naming the file.
pub(crate) fn client_options(tls: &TlsOptions) -> Result<zookeeper_client::TlsOptions, TlsError> {
    if !tls.verify_host_name {
        return Err(TlsError::NoHostNameVerification);
    }
    let options = zookeeper_client::TlsOptions::new();
    let options = match &tls.trust {
        Some(trust) => options
            .with_pem_ca(&trusted(trust)?)
            .map_err(|error| unusable(trust, format!("not usable as a trust store: {error}")))?,
        None => options
            .with_pem_ca(&system_authorities())
            .map_err(|_| TlsError::NoAuthorities)?,
    };
    match &tls.identity {
        Some(identity) => {
            let (certificates, key) = own(identity)?;
            options
                .with_pem_identity(&certificates, &key)
                .map_err(|error| unusable(identity, format!("not usable as a key store: {error}")))
        }
        None => Ok(options),
    }
}

fn unusable(material: &KeyMaterial, problem: String) -> TlsError {
    TlsError::Material(KeyMaterialError::Unusable {
        path: material.path.clone(),
        problem,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn host_names_are_always_verified() {
        let tls = TlsOptions {
            trust: None,
            identity: None,
            verify_host_name: false,
        };
        assert!(matches!(
            client_options(&tls),
            Err(TlsError::NoHostNameVerification)
        ));
    }
}
