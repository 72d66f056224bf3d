//! TLS towards callers: a listener's stores and checks, for rustls.

use std::path::Path;
use std::sync::Arc;

use kraft_bridge_migration::key_material::own;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::server::danger::ClientCertVerifier;
use tokio_rustls::rustls::version::{TLS12, TLS13};
use tokio_rustls::rustls::{ServerConfig, SupportedProtocolVersion};

use crate::client::QuorumError;
use crate::client::tls::{certificates_of, roots, unusable};
use crate::config::{ClientAuth, ServerTls, TlsVersion};

/// Takes connections as the configuration wants them encrypted.
///
/// # Errors
///
/// [`QuorumError`] naming the store that is of no use.
pub(super) fn acceptor(tls: &ServerTls) -> Result<TlsAcceptor, QuorumError> {
    let path = &tls.identity.path;
    let (certificates, key) = own(&tls.identity)?;
    let chain = certificates_of(path, &certificates)?;
    let key = PrivateKeyDer::from_pem_slice(key.as_bytes())
        .map_err(|error| unusable(path, &format!("its private key: {error}")))?;
    let versions = tls.versions.iter().map(|version| match version {
        TlsVersion::V1_2 => &TLS12,
        TlsVersion::V1_3 => &TLS13,
    });
    let versions: Vec<&SupportedProtocolVersion> = versions.collect();
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_protocol_versions(&versions)
        .map_err(|error| unusable(path, &error))?
        .with_client_cert_verifier(verifier(tls)?)
        .with_single_cert(chain, key)
        .map_err(|error| unusable(path, &error))?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}

fn verifier(tls: &ServerTls) -> Result<Arc<dyn ClientCertVerifier>, QuorumError> {
    if tls.client_auth == ClientAuth::None {
        return Ok(WebPkiClientVerifier::no_client_auth());
    }
    let place = tls
        .trust
        .as_ref()
        .map_or(Path::new("the host's authorities"), |trust| &trust.path);
    let provider = Arc::new(aws_lc_rs::default_provider());
    let builder = WebPkiClientVerifier::builder_with_provider(Arc::new(roots(tls.trust.as_ref())?), provider);
    let builder = match tls.client_auth {
        ClientAuth::Required => builder,
        ClientAuth::None | ClientAuth::Requested => builder.allow_unauthenticated(),
    };
    builder.build().map_err(|error| unusable(place, &error))
}
