//! TLS towards Kafka: a client's stores and checks, for rustls.

use std::path::Path;
use std::sync::Arc;

use kraft_bridge_migration::key_material::{KeyMaterial, own, system_authorities, trusted};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::client::WebPkiServerVerifier;
use tokio_rustls::rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use tokio_rustls::rustls::crypto::{CryptoProvider, aws_lc_rs};
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use tokio_rustls::rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
};

use super::QuorumError;
use crate::config::ClientTls;

/// Opens connections as the configuration wants them encrypted.
///
/// # Errors
///
/// [`QuorumError`] naming the store that is of no use.
pub(crate) fn connector(tls: &ClientTls) -> Result<TlsConnector, QuorumError> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let place = tls
        .trust
        .as_ref()
        .map_or(Path::new("the host's authorities"), |trust| &trust.path);
    let roots = Arc::new(roots(tls.trust.as_ref())?);
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| unusable(place, &error))?;
    let verifier = WebPkiServerVerifier::builder_with_provider(roots, Arc::clone(&provider))
        .build()
        .map_err(|error| unusable(place, &error))?;
    let verifier: Arc<dyn ServerCertVerifier> = match tls.verify_host_name {
        true => verifier,
        false => Arc::new(AnyName { verifier, provider }),
    };
    let builder = builder.dangerous().with_custom_certificate_verifier(verifier);
    let config = match &tls.identity {
        None => builder.with_no_client_auth(),
        Some(identity) => {
            let (certificates, key) = own(identity)?;
            let chain = certificates_of(&identity.path, &certificates)?;
            let key = PrivateKeyDer::from_pem_slice(key.as_bytes())
                .map_err(|error| unusable(&identity.path, &format!("its private key: {error}")))?;
            builder
                .with_client_auth_cert(chain, key)
                .map_err(|error| unusable(&identity.path, &error))?
        }
    };
    Ok(TlsConnector::from(Arc::new(config)))
}

/// The authorities in a trust store; the host's own if none is named.
///
/// # Errors
///
/// [`QuorumError`] naming the store that is of no use.
pub(crate) fn roots(trust: Option<&KeyMaterial>) -> Result<RootCertStore, QuorumError> {
    let mut roots = RootCertStore::empty();
    match trust {
        Some(material) => {
            for certificate in certificates_of(&material.path, &trusted(material)?)? {
                roots
                    .add(certificate)
                    .map_err(|error| unusable(&material.path, &error))?;
            }
        }
        None => {
            let system = certificates_of(Path::new("the host's authorities"), &system_authorities())?;
            // Some hosts carry authorities of kinds that nobody uses any more.
            roots.add_parsable_certificates(system);
            if roots.is_empty() {
                return Err(QuorumError::NoAuthorities);
            }
        }
    }
    match (trust, roots.is_empty()) {
        (Some(material), true) => Err(unusable(&material.path, &"it holds no certificate")),
        _ => Ok(roots),
    }
}

/// The certificates in PEM from this file.
///
/// # Errors
///
/// As [`roots`].
pub(crate) fn certificates_of(path: &Path, pem: &str) -> Result<Vec<CertificateDer<'static>>, QuorumError> {
    CertificateDer::pem_slice_iter(pem.as_bytes())
        .collect::<Result<_, _>>()
        .map_err(|error| unusable(path, &error))
}

/// What is said of a store that TLS can't use.
pub(crate) fn unusable(path: &Path, problem: &impl ToString) -> QuorumError {
    QuorumError::Unusable {
        path: path.to_owned(),
        problem: problem.to_string(),
    }
}

/// Takes a server's certificate for any name, as an empty `ssl.endpoint.identification.algorithm` asks for; who vouches
/// for it, until when, and the server's signature are checked all the same.
#[derive(Debug)]
struct AnyName {
    verifier: Arc<WebPkiServerVerifier>,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for AnyName {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        // The name is looked at last.
        match self
            .verifier
            .verify_server_cert(certificate, intermediates, name, ocsp_response, now)
        {
            Err(Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) => Ok(ServerCertVerified::assertion()),
            verified => verified,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.verifier.verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.verifier.verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}
