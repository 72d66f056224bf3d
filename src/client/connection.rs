//! One connection to one server: encrypted and logged in as configured, one request at a time.
//!
//! ```text
//!  TCP ─▶ [TLS] ─▶ ApiVersions ─▶ [SaslHandshake, SaslAuthenticate …] ─▶ requests
//! ```

use std::collections::BTreeMap;
use std::time::Duration;

use kraft_bridge_protocol::rpc::{
    ApiVersionsRequest, ErrorCode, FetchSnapshotRequest, Request, decode_response, request_frame,
};
use kraft_bridge_raft::observer::Endpoint;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;

use super::error::ConnectionError;
use super::login::log_in;
use crate::config::{ClientConfig, Login};

/// Longest answer that is taken. A leader sends one batch whatever its length, and none is longer than 8 MiB.
const RESPONSE_BYTES_MAX: u32 = 32 * 1024 * 1024;
/// Version in which a server is asked what it speaks: every release with a quorum knows it.
const API_VERSIONS_VERSION: i16 = 3;
/// Content type of an alert, and major version: what a TLS server answers to clear text.
const TLS_ALERT: [u8; 2] = [0x15, 0x03];

/// How connections are opened.
#[derive(Clone)]
pub(super) struct Settings {
    pub(super) client_id: String,
    pub(super) request_timeout: Duration,
    pub(super) tls: Option<TlsConnector>,
    pub(super) login: Option<Login>,
}

impl Settings {
    pub(super) fn new(config: &ClientConfig, tls: Option<TlsConnector>) -> Settings {
        Settings {
            client_id: config.client_id.clone(),
            request_timeout: config.request_timeout,
            tls,
            login: config.login.clone(),
        }
    }
}

trait Stream: AsyncRead + AsyncWrite + Unpin {}

impl<T: AsyncRead + AsyncWrite + Unpin> Stream for T {}

/// A connection that requests can be sent on.
pub(super) struct Connection {
    stream: Box<dyn Stream>,
    client_id: String,
    request_timeout: Duration,
    correlation_id: i32,
    /// Lowest and highest version of each API that the server speaks.
    versions: BTreeMap<i16, (i16, i16)>,
}

impl Connection {
    /// Opens a connection, finds out what the server speaks, and logs in.
    ///
    /// # Errors
    ///
    /// [`ConnectionError`], which says what to do about it.
    pub(super) async fn open(server: &Endpoint, settings: &Settings) -> Result<Connection, ConnectionError> {
        within(settings.request_timeout, async {
            let mut connection = Connection {
                stream: open_stream(server, settings.tls.as_ref()).await?,
                client_id: settings.client_id.clone(),
                request_timeout: settings.request_timeout,
                correlation_id: 0,
                versions: BTreeMap::from([(18, (API_VERSIONS_VERSION, API_VERSIONS_VERSION))]),
            };
            connection.ask_for_versions().await?;
            if let Some(login) = &settings.login {
                log_in(&mut connection, login).await?;
            }
            if connection.version::<FetchSnapshotRequest>().is_err() {
                return Err(ConnectionError::NoController);
            }
            Ok(connection)
        })
        .await
    }

    async fn ask_for_versions(&mut self) -> Result<(), ConnectionError> {
        let request = ApiVersionsRequest {
            client_software_name: env!("CARGO_PKG_NAME").to_owned(),
            client_software_version: env!("CARGO_PKG_VERSION").to_owned(),
            ..Default::default()
        };
        let response = self.ask(&request).await?;
        if response.error_code != ErrorCode::None {
            return Err(ConnectionError::Versions(response.error_code));
        }
        self.versions = response
            .api_keys
            .iter()
            .map(|api| (api.api_key, (api.min_version, api.max_version)))
            .collect();
        Ok(())
    }

    /// Highest version of a request that both sides know.
    fn version<R: Request>(&self) -> Result<i16, ConnectionError> {
        let theirs = i16::try_from(R::KEY).ok().and_then(|key| self.versions.get(&key));
        let Some((lowest, highest)) = theirs else {
            return Err(ConnectionError::NoCommonVersion {
                api: R::NAME,
                theirs: "(none)".to_owned(),
            });
        };
        let version = *highest.min(R::VERSIONS.end());
        if version < *lowest.max(R::VERSIONS.start()) {
            return Err(ConnectionError::NoCommonVersion {
                api: R::NAME,
                theirs: format!("{lowest} to {highest}"),
            });
        }
        Ok(version)
    }

    /// Sends a request in the highest version that both sides know, and waits for its answer.
    ///
    /// # Errors
    ///
    /// [`ConnectionError`]; the connection is of no use afterwards.
    pub(super) async fn ask<R: Request>(&mut self, request: &R) -> Result<R::Response, ConnectionError> {
        let version = self.version::<R>()?;
        self.correlation_id = self.correlation_id.wrapping_add(1);
        let id = self.correlation_id;
        let frame = request_frame(request, version, id, Some(&self.client_id))?;
        let content = within(self.request_timeout, async {
            self.stream.write_all(&frame).await?;
            self.stream.flush().await?;
            read_frame(&mut self.stream).await
        })
        .await?;
        Ok(decode_response::<R>(&content, version, id)?)
    }
}

async fn within<T>(
    limit: Duration,
    work: impl Future<Output = Result<T, ConnectionError>>,
) -> Result<T, ConnectionError> {
    timeout(limit, work)
        .await
        .unwrap_or(Err(ConnectionError::Timeout(limit)))
}

async fn open_stream(
    server: &Endpoint,
    tls: Option<&TlsConnector>,
) -> Result<Box<dyn Stream>, ConnectionError> {
    let addresses: Vec<_> = lookup_host((server.host.as_str(), server.port))
        .await
        .map_err(ConnectionError::Name)?
        .collect();
    let socket = TcpStream::connect(&addresses[..])
        .await
        .map_err(ConnectionError::Connect)?;
    socket.set_nodelay(true)?;
    let Some(connector) = tls else {
        return Ok(Box::new(socket));
    };
    let name = ServerName::try_from(server.host.clone())
        .map_err(|error| ConnectionError::TlsName(error.to_string()))?;
    match connector.connect(name, socket).await {
        Ok(stream) => Ok(Box::new(stream)),
        Err(error) => Err(match ConnectionError::from(error) {
            ConnectionError::HungUp => ConnectionError::HungUpInHandshake,
            other => other,
        }),
    }
}

/// The content of the next frame. Memory grows with what arrives, not with what is announced.
async fn read_frame(stream: &mut (impl AsyncRead + Unpin)) -> Result<Vec<u8>, ConnectionError> {
    let mut prefix = [0; 4];
    stream.read_exact(&mut prefix).await?;
    if prefix[..2] == TLS_ALERT {
        return Err(ConnectionError::SpeaksTls);
    }
    let announced = i32::from_be_bytes(prefix);
    let length = u32::try_from(announced)
        .ok()
        .filter(|length| *length <= RESPONSE_BYTES_MAX)
        .ok_or(ConnectionError::Length(i64::from(announced)))?;
    let mut content = Vec::new();
    stream.take(u64::from(length)).read_to_end(&mut content).await?;
    if content.len() as u64 != u64::from(length) {
        return Err(ConnectionError::HungUp);
    }
    Ok(content)
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn read(bytes: &[u8]) -> Result<Vec<u8>, String> {
        read_frame(&mut &bytes[..])
            .await
            .map_err(|error| error.to_string())
    }

    #[tokio::test]
    async fn a_frame_is_what_its_length_says() {
        assert_eq!(read(&[0, 0, 0, 2, 7, 8, 9]).await.unwrap(), [7, 8]);
    }

    #[tokio::test]
    async fn a_length_that_no_controller_announces_is_refused() {
        for prefix in [*b"HTTP", [0xff; 4], [0x02, 0, 0, 1]] {
            let error = read(&prefix).await.unwrap_err();
            assert!(error.starts_with("announces "), "{error}");
        }
    }

    #[tokio::test]
    async fn an_answer_in_tls_is_known_as_such() {
        let error = read(&[0x15, 0x03, 0x03, 0x00, 0x02, 0x02, 0x50])
            .await
            .unwrap_err();
        assert_eq!(error, "answers in TLS: set security.protocol to SSL or SASL_SSL");
    }

    #[tokio::test]
    async fn a_server_that_hangs_up_is_told_apart_from_one_that_answers() {
        for cut in [&[0, 0][..], &[0, 0, 0, 2, 7]] {
            let error = read(cut).await.unwrap_err();
            assert!(error.starts_with("hung up: "), "{error}");
        }
    }
}
