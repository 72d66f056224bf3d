//! What can go wrong between a client and a quorum. Each says what to do, and none a password.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use kraft_bridge_migration::key_material::KeyMaterialError;
use kraft_bridge_protocol::messages::EncodeError;
use kraft_bridge_protocol::rpc::{ErrorCode, ResponseError};
use kraft_bridge_raft::endpoint::Endpoint;
use kraft_bridge_raft::observer::{Loss, ObserverError};
use tokio_rustls::rustls;
use tokio_rustls::rustls::CertificateError;

/// Why a live quorum cannot be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum QuorumError {
    /// A key store or trust store cannot be opened.
    #[error(transparent)]
    KeyMaterial(#[from] KeyMaterialError),
    /// What a store holds is of no use for TLS.
    #[error("{}: TLS can't use it: {problem}", path.display())]
    Unusable {
        /// The store.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// No trust store is named, and the system has none.
    #[error(
        "no trust store is named, and this host has no certificate authorities of its own: set \
         ssl.truststore.location"
    )]
    NoAuthorities,
    /// The system gives no thread.
    #[error("no thread can be started: {0}")]
    Runtime(#[source] io::Error),
    /// The controllers have an authorizer, and we may not ask this.
    #[error(
        "{server}: {principal} may not {what} (CLUSTER_AUTHORIZATION_FAILED); grant it by `kafka-acls \
         --bootstrap-server BROKER:9092 --command-config ADMIN.properties --add --allow-principal '{principal}' \
         --operation {operation} --cluster`, or name it in super.users of the controllers"
    )]
    NotAuthorized {
        /// Who refused.
        server: Endpoint,
        /// Who we are there.
        principal: String,
        /// What was asked for.
        what: &'static str,
        /// The operation on the cluster that it takes.
        operation: &'static str,
    },
    /// Anything else that the servers answered, or did not.
    #[error(transparent)]
    Observer(ObserverError),
}

/// Why one server could not be asked. Follows the server's name.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConnectionError {
    #[error("can't be looked up ({0})")]
    Name(#[source] io::Error),
    #[error("takes no connections ({0})")]
    Connect(#[source] io::Error),
    #[error("gave no answer within {} ms (request.timeout.ms)", .0.as_millis())]
    Timeout(Duration),
    #[error("hung up: is security.protocol that of this listener, and is the server well?")]
    HungUp,
    #[error("can't be talked to any more ({0})")]
    Broken(#[source] io::Error),
    #[error("hung up in the TLS handshake: does this listener speak TLS at all?")]
    HungUpInHandshake,
    #[error("answers in TLS: set security.protocol to SSL or SASL_SSL")]
    SpeaksTls,
    #[error("can't be named in TLS: {0}")]
    TlsName(String),
    #[error("and we can't agree on TLS: {}", explain(.0))]
    Tls(rustls::Error),
    #[error(
        "announces {0} bytes at once, which no controller does: is this a listener of Kafka, and without TLS?"
    )]
    Length(i64),
    #[error("can't be understood: {0}")]
    Response(#[from] ResponseError),
    #[error("can't be asked: {0}")]
    Request(#[from] EncodeError),
    #[error("answers {0} when asked for its versions")]
    Versions(ErrorCode),
    /// The server can't be asked this at all, or not without losing what may not be lost.
    #[error(
        "speaks {api} in versions {theirs}, of which none {}",
        .lacks.map_or_else(|| "is known here".to_owned(), |field| format!("can say {field}"))
    )]
    NoCommonVersion {
        /// The request.
        api: &'static str,
        /// Versions of it that the server speaks.
        theirs: String,
        /// The field that is set and that none of them has; `None` if no version is known here.
        lacks: Option<&'static str>,
    },
    #[error("sends what nobody asked for: is this a listener of Kafka?")]
    Unasked,
    #[error("serves no checkpoints: name a listener of a controller, not of a broker")]
    NoController,
    #[error("takes no login by {wanted}, but by {offered}: set sasl.mechanism accordingly")]
    Mechanism { wanted: &'static str, offered: String },
    #[error("refuses the login of {user:?}: {problem}")]
    LoginRefused { user: String, problem: String },
    #[error("can't be logged in to: {0}")]
    Login(String),
}

impl ConnectionError {
    /// Whether the server has seen nothing of the request, so that the connection is as good as before.
    pub(super) fn was_not_sent(&self) -> bool {
        matches!(self, Self::NoCommonVersion { .. } | Self::Request(_))
    }

    /// Whether the other side ended a connection that stood: it has gone, or does not want us.
    pub(super) fn is_loss(&self) -> bool {
        matches!(self, Self::HungUp | Self::Broken(_))
    }

    /// What the observer makes of it.
    pub(super) fn loss(&self) -> Loss {
        use ConnectionError as E;
        let is_final = match self {
            E::HungUpInHandshake
            | E::SpeaksTls
            | E::TlsName(_)
            | E::Tls(_)
            | E::Length(_)
            | E::Unasked
            | E::Versions(_)
            | E::NoCommonVersion { .. }
            | E::NoController
            | E::Mechanism { .. }
            | E::LoginRefused { .. }
            | E::Login(_)
            | E::Request(_) => true,
            E::Name(_) | E::Connect(_) | E::Timeout(_) | E::HungUp | E::Broken(_) | E::Response(_) => false,
        };
        Loss {
            reason: self.to_string(),
            is_final,
        }
    }
}

impl From<io::Error> for ConnectionError {
    /// What a failed read or write means on a connection that stands.
    fn from(error: io::Error) -> ConnectionError {
        let tls = error
            .get_ref()
            .and_then(|inner| inner.downcast_ref::<rustls::Error>());
        match (tls, error.kind()) {
            (Some(tls), _) => ConnectionError::Tls(tls.clone()),
            (
                None,
                io::ErrorKind::UnexpectedEof
                | io::ErrorKind::ConnectionReset
                | io::ErrorKind::ConnectionAborted
                | io::ErrorKind::BrokenPipe,
            ) => ConnectionError::HungUp,
            _ => ConnectionError::Broken(error),
        }
    }
}

/// What a failure of TLS means for who has to set what.
fn explain(error: &rustls::Error) -> String {
    match error {
        // The second: there is an authority of that name, with another key.
        rustls::Error::InvalidCertificate(
            CertificateError::UnknownIssuer | CertificateError::BadSignature,
        ) => "nobody in our trust store vouches for its certificate: see ssl.truststore.location".to_owned(),
        rustls::Error::InvalidCertificate(
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
        ) => format!(
            "its certificate is another host's ({error}): name the server as its certificate does, or switch the \
             check off by an empty ssl.endpoint.identification.algorithm"
        ),
        rustls::Error::AlertReceived(_) => {
            format!(
                "it refuses ours ({error}): does it want a certificate (ssl.keystore.location) that it trusts?"
            )
        }
        rustls::Error::InvalidMessage(_) => format!("it does not speak TLS ({error}): see security.protocol"),
        error => error.to_string(),
    }
}
