//! One connection to one server: encrypted and logged in as configured, one request at a time.
//!
//! ```text
//!  TCP ─▶ [TLS] ─▶ ApiVersions ─▶ [SaslHandshake, SaslAuthenticate …] ─▶ requests
//! ```
//!
//! Nothing here has a limit in time: who asks sets it, by [`within`], and gives up the connection when it has passed.
//!
//! Source: the protocol guide; KIP-511 (ApiVersions and its fallback).

use std::collections::BTreeMap;
use std::time::Duration;

use kraft_bridge_protocol::messages::EncodeError;
use kraft_bridge_protocol::rpc::{
    AnyRequest, AnyResponse, ApiVersionsRequest, ApiVersionsResponse, ErrorCode, FetchSnapshotRequest,
    Request, decode_response, request_frame,
};
use kraft_bridge_raft::endpoint::Endpoint;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use super::error::{ConnectionError, QuorumError};
use super::login::log_in;
use super::stream::{BoxedStream, open_stream, read_frame};
use super::tls;
use crate::config::{ClientConfig, Login};

/// Version in which a server is asked first what it speaks. Only this one shows features whose lowest level is 0.
const API_VERSIONS_FIRST: i16 = 4;
/// What is asked again with, at least: every release with a quorum knows it.
const API_VERSIONS_LOWEST: i16 = 3;
const API_VERSIONS_KEY: i16 = 18;

/// How connections are opened.
#[derive(Clone)]
pub(super) struct Settings {
    pub(super) client_id: String,
    pub(super) request_timeout: Duration,
    tls: Option<TlsConnector>,
    login: Option<Login>,
}

impl Settings {
    /// Reads the stores that the configuration names.
    ///
    /// # Errors
    ///
    /// [`QuorumError`] naming the store that is of no use.
    pub(super) fn new(config: &ClientConfig) -> Result<Settings, QuorumError> {
        Ok(Settings {
            client_id: config.client_id.clone(),
            request_timeout: config.request_timeout,
            tls: config.tls.as_ref().map(tls::connector).transpose()?,
            login: config.login.clone(),
        })
    }
}

/// A connection that requests can be sent on.
pub(super) struct Connection {
    stream: BoxedStream,
    client_id: String,
    correlation_id: i32,
    /// What the server said of itself when the connection was opened.
    spoken: ApiVersionsResponse,
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
        let mut connection = Connection {
            stream: open_stream(server, settings.tls.as_ref()).await?,
            client_id: settings.client_id.clone(),
            correlation_id: 0,
            spoken: ApiVersionsResponse::default(),
            versions: BTreeMap::new(),
        };
        connection.ask_for_versions().await?;
        if let Some(login) = &settings.login {
            log_in(&mut connection, login).await?;
        }
        if !connection.versions.contains_key(&key::<FetchSnapshotRequest>()) {
            return Err(ConnectionError::NoController);
        }
        Ok(connection)
    }

    /// What the server said of itself when the connection was opened: its APIs and features.
    pub(super) fn spoken(&self) -> &ApiVersionsResponse {
        &self.spoken
    }

    async fn ask_for_versions(&mut self) -> Result<(), ConnectionError> {
        let response = match self.versions_in(API_VERSIONS_FIRST).await? {
            response if response.error_code == ErrorCode::UnsupportedVersion => {
                self.versions_in(fallback(&response)?).await?
            }
            response => response,
        };
        if response.error_code != ErrorCode::None {
            return Err(ConnectionError::Versions(response.error_code));
        }
        self.versions = response
            .api_keys
            .iter()
            .map(|api| (api.api_key, (api.min_version, api.max_version)))
            .collect();
        self.spoken = response;
        Ok(())
    }

    async fn versions_in(&mut self, version: i16) -> Result<ApiVersionsResponse, ConnectionError> {
        let request = ApiVersionsRequest {
            client_software_name: env!("CARGO_PKG_NAME").to_owned(),
            client_software_version: env!("CARGO_PKG_VERSION").to_owned(),
            ..Default::default()
        };
        let id = self.next_id();
        let frame = request_frame(&request, version, id, Some(&self.client_id))?;
        let content = self.exchange(&frame).await?;
        // A server that does not know the version says so in version 0, whatever it was asked in.
        match decode_response::<ApiVersionsRequest>(&content, 0, id) {
            Ok(response) if response.error_code == ErrorCode::UnsupportedVersion => Ok(response),
            _ => Ok(decode_response::<ApiVersionsRequest>(&content, version, id)?),
        }
    }

    /// Sends a request in the highest version that both sides know, and waits for its answer.
    ///
    /// # Errors
    ///
    /// [`ConnectionError`]; unless it [was not sent](ConnectionError::was_not_sent), the connection is of no use
    /// afterwards. It is of no use either when the answer is not waited for.
    pub(super) async fn ask<R: Request>(&mut self, request: &R) -> Result<R::Response, ConnectionError> {
        let version = self.version(R::NAME, key::<R>(), R::VERSIONS.into_inner())?;
        let id = self.next_id();
        let frame = request_frame(request, version, id, Some(&self.client_id))
            .map_err(|error| self.not_encoded(R::NAME, key::<R>(), error))?;
        let content = self.exchange(&frame).await?;
        Ok(decode_response::<R>(&content, version, id)?)
    }

    /// As [`Connection::ask`], whatever the request.
    ///
    /// # Errors
    ///
    /// As [`Connection::ask`].
    pub(super) async fn ask_any(&mut self, request: &AnyRequest) -> Result<AnyResponse, ConnectionError> {
        let api = request.api();
        let key = i16::try_from(api.key).expect("keys of APIs are small");
        let known = api.known.clone().expect("whatever can be built is known");
        let version = self.version(api.name, key, known.into_inner())?;
        let id = self.next_id();
        let frame = request
            .frame(version, id, Some(&self.client_id))
            .map_err(|error| self.not_encoded(api.name, key, error))?;
        let content = self.exchange(&frame).await?;
        Ok(request.decode_response(&content, version, id)?)
    }

    /// Highest version of an API that both sides know.
    fn version(&self, api: &'static str, key: i16, ours: (i16, i16)) -> Result<i16, ConnectionError> {
        let none = || ConnectionError::NoCommonVersion {
            api,
            theirs: self.range(key),
            lacks: None,
        };
        let (lowest, highest) = self.versions.get(&key).ok_or_else(none)?;
        let version = *highest.min(&ours.1);
        match version >= *lowest.max(&ours.0) {
            true => Ok(version),
            false => Err(none()),
        }
    }

    /// The versions of an API that the server speaks, in words.
    fn range(&self, key: i16) -> String {
        match self.versions.get(&key) {
            None => "(none)".to_owned(),
            Some((lowest, highest)) => format!("{lowest} to {highest}"),
        }
    }

    /// A field that may not be left out has no place in the version: it would take a newer one.
    fn not_encoded(&self, api: &'static str, key: i16, error: EncodeError) -> ConnectionError {
        match error {
            EncodeError::FieldNotInVersion { field, .. } => ConnectionError::NoCommonVersion {
                api,
                theirs: self.range(key),
                lacks: Some(field),
            },
            error => ConnectionError::Request(error),
        }
    }

    fn next_id(&mut self) -> i32 {
        self.correlation_id = self.correlation_id.wrapping_add(1);
        self.correlation_id
    }

    async fn exchange(&mut self, frame: &[u8]) -> Result<Vec<u8>, ConnectionError> {
        self.stream.write_all(frame).await?;
        self.stream.flush().await?;
        read_frame(&mut self.stream).await
    }

    /// Waits, while nothing is asked, until the connection breaks, and says how. May be given up at any moment.
    pub(super) async fn broken(&mut self) -> ConnectionError {
        let mut byte = [0];
        match self.stream.read(&mut byte).await {
            Ok(0) => ConnectionError::HungUp,
            Ok(_) => ConnectionError::Unasked,
            Err(error) => error.into(),
        }
    }
}

fn key<R: Request>() -> i16 {
    i16::try_from(R::KEY).expect("keys of APIs are small")
}

/// The version to ask again with, of those that a server listed which did not know the first.
fn fallback(response: &ApiVersionsResponse) -> Result<i16, ConnectionError> {
    let theirs = response
        .api_keys
        .iter()
        .find(|api| api.api_key == API_VERSIONS_KEY);
    let version = theirs.map(|api| api.max_version.min(API_VERSIONS_FIRST));
    version
        .filter(|version| (API_VERSIONS_LOWEST..API_VERSIONS_FIRST).contains(version))
        .ok_or(ConnectionError::Versions(ErrorCode::UnsupportedVersion))
}

/// What `work` comes to, if it does so in time.
///
/// # Errors
///
/// [`ConnectionError::Timeout`], or that of `work`.
pub(super) async fn within<T>(
    limit: Duration,
    work: impl Future<Output = Result<T, ConnectionError>>,
) -> Result<T, ConnectionError> {
    timeout(limit, work)
        .await
        .unwrap_or(Err(ConnectionError::Timeout(limit)))
}
