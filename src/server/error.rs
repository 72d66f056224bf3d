//! What can go wrong with a listener, and with one of its connections.

use std::io;
use std::time::Duration;

use kraft_bridge_protocol::messages::EncodeError;
use kraft_bridge_protocol::wire::WireError;
use tokio_rustls::rustls;

use crate::client::QuorumError;

/// Why a listener cannot be opened.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ServerError {
    /// The address is taken, or none of this host's.
    #[error("listener {listener}: can't listen on {address}: {source}")]
    Bind {
        /// Name of the listener.
        listener: String,
        /// As configured.
        address: String,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// A key store or trust store is of no use.
    #[error("listener {listener}: {source}")]
    Store {
        /// Name of the listener.
        listener: String,
        /// Which, and why.
        #[source]
        source: QuorumError,
    },
}

/// Why a connection was closed. Follows the caller's address.
#[derive(Debug, thiserror::Error)]
pub(super) enum Closed {
    #[error("hung up")]
    HungUp,
    #[error("sent nothing for {} ms (connections.max.idle.ms)", .0.as_millis())]
    Idle(Duration),
    #[error("can't be talked to any more ({0})")]
    Broken(#[source] io::Error),
    #[error("hung up in the middle of a request")]
    CutOff,
    #[error("did not log in within {} ms", .0.as_millis())]
    LoginTooSlow(Duration),
    #[error("took longer than {} ms to send a request", .0.as_millis())]
    RequestTooSlow(Duration),
    #[error("did not take an answer within {} ms", .0.as_millis())]
    AnswerNotTaken(Duration),
    #[error("speaks TLS, which this listener does not: is its security.protocol that of this listener?")]
    SpeaksTls,
    #[error(
        "announces {announced} bytes, of which at most {limit} are taken: is this a client of Kafka's, and does its \
             security.protocol suit this listener?"
    )]
    Length { announced: i64, limit: u32 },
    #[error("and we can't agree on TLS: {}", explain(.0))]
    Tls(#[source] rustls::Error),
    #[error("shows a certificate whose subject can't be read: {0}")]
    Subject(String),
    #[error("sent what is no request: {0}")]
    Malformed(#[from] WireError),
    #[error("asks for {api} version {version}, which is not served here")]
    NotServed { api: &'static str, version: i16 },
    #[error("asks for {api} before it has logged in")]
    LoginFirst { api: &'static str },
    #[error("can't log in: {0}")]
    Login(String),
    #[error("logged in by a delegation token that has ended")]
    TokenOver,
    #[error("can't be answered: {0}")]
    Answer(#[from] EncodeError),
}

/// What a failure of TLS means for who has to set what.
fn explain(error: &rustls::Error) -> String {
    use rustls::Error as E;
    let hint = match error {
        E::InvalidMessage(_) => ": does it speak TLS at all? Its security.protocol must be SSL or SASL_SSL",
        E::NoCertificatesPresented => {
            ": ssl.client.auth is required, so it must have an ssl.keystore.location"
        }
        E::InvalidCertificate(_) => ": who vouches for it? See ssl.truststore.location of this listener",
        E::AlertReceived(_) => {
            ": does it trust this node's certificate, which must name the host that it connects to?"
        }
        _ => "",
    };
    format!("{error}{hint}")
}

impl Closed {
    /// Whether it is how connections end that nothing is wrong with.
    pub(super) fn is_ordinary(&self) -> bool {
        matches!(self, Closed::HungUp | Closed::Idle(_))
    }
}

impl From<io::Error> for Closed {
    fn from(error: io::Error) -> Closed {
        let tls = error
            .get_ref()
            .and_then(|inner| inner.downcast_ref::<rustls::Error>());
        match (tls, error.kind()) {
            (Some(tls), _) => Closed::Tls(tls.clone()),
            (
                None,
                io::ErrorKind::UnexpectedEof
                | io::ErrorKind::ConnectionReset
                | io::ErrorKind::ConnectionAborted
                | io::ErrorKind::BrokenPipe,
            ) => Closed::HungUp,
            _ => Closed::Broken(error),
        }
    }
}
