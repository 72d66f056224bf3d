//! One connection, from its TLS handshake to its end.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use kraft_bridge_protocol::rpc::{
    AnyRequest, AnyResponse, Api, ApiVersion, ApiVersionsRequest, ErrorCode, RequestHeader,
    SaslAuthenticateResponse, SaslHandshakeRequest,
};
use kraft_bridge_protocol::wire::{Blob, Reader};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;

use super::authorization::refuse;
use super::budget::Budget;
use super::caller::{ANONYMOUS, Rights, Who};
use super::error::Closed;
use super::failure::with_error;
use super::frames::{Frame, Frames};
use super::login::{Login, Progress};
use super::subject::subject;
use super::{Caller, Handler, versions};
use crate::client::BoxedStream;
use crate::clock::wall;
use crate::config::ListenerConfig;

/// How long a caller may take to hear that the connection ends.
const FAREWELL: Duration = Duration::from_secs(1);
/// How much of a mechanism's name the log is told, which may be anything. SASL's own have no more.
const MECHANISM_CHARACTERS_SHOWN: usize = 20;
/// Length of a frame's prefix.
const PREFIX_BYTES: usize = 4;

/// What all connections of a listener share.
pub(super) struct Shared<H> {
    pub(super) config: ListenerConfig,
    pub(super) tls: Option<TlsAcceptor>,
    pub(super) handler: Arc<H>,
    pub(super) budget: Budget,
    /// Every API that is answered.
    pub(super) served: Vec<ApiVersion>,
}

/// Serves a connection until it ends; returns why it ended.
pub(super) async fn serve<H: Handler>(socket: TcpStream, peer: SocketAddr, shared: &Shared<H>) -> Closed {
    let login_time = shared.config.limits.login_time;
    let begun = timeout(login_time, begin(socket, peer, shared)).await;
    let mut connection = match begun.unwrap_or(Err(Closed::LoginTooSlow(login_time))) {
        Ok(connection) => connection,
        Err(closed) => return closed,
    };
    loop {
        if let Err(closed) = connection.serve_next().await {
            connection.frames.close(FAREWELL).await;
            return closed;
        }
    }
}

/// A connection whose caller is known.
async fn begin<H: Handler>(
    socket: TcpStream,
    peer: SocketAddr,
    shared: &Shared<H>,
) -> Result<Connection<'_, H>, Closed> {
    let (stream, principal) = open(socket, shared.tls.as_ref()).await?;
    let mut connection = Connection {
        shared,
        peer,
        frames: Frames::new(stream, shared.budget.clone()),
        who: shared.config.sasl.is_none().then(|| Who::principal(principal)),
    };
    connection.log_in().await?;
    Ok(connection)
}

/// The connection as a stream of clear bytes, and who its caller is as far as TLS tells.
async fn open(socket: TcpStream, tls: Option<&TlsAcceptor>) -> Result<(BoxedStream, String), Closed> {
    socket.set_nodelay(true)?;
    let Some(acceptor) = tls else {
        return Ok((Box::new(socket), ANONYMOUS.to_owned()));
    };
    let stream = acceptor.accept(socket).await?;
    let certificates = stream.get_ref().1.peer_certificates().unwrap_or(&[]);
    let principal = match certificates.first() {
        None => ANONYMOUS.to_owned(),
        Some(certificate) => format!("User:{}", subject(certificate).map_err(Closed::Subject)?),
    };
    Ok((Box::new(stream), principal))
}

struct Connection<'a, H> {
    shared: &'a Shared<H>,
    peer: SocketAddr,
    frames: Frames,
    /// Who the caller is; `None` until it has logged in.
    who: Option<Who>,
}

impl<H: Handler> Connection<'_, H> {
    /// Answers requests until the caller has logged in, if it has to.
    async fn log_in(&mut self) -> Result<(), Closed> {
        let mut login = Login::new();
        while self.who.is_none() {
            let limits = &self.shared.config.limits;
            let bytes_max = limits.login_bytes_max.min(limits.request_bytes_max);
            let frame = self
                .frames
                .next(bytes_max, limits.login_time, limits.login_time)
                .await?;
            if let Err(closed) = self.take_login(&frame.content, &mut login).await {
                self.frames.close(FAREWELL).await;
                return Err(closed);
            }
        }
        Ok(())
    }

    async fn take_login(&mut self, content: &[u8], login: &mut Login) -> Result<(), Closed> {
        if login.is_bare && login.has_mechanism() {
            return self.take_word(None, content, login).await;
        }
        let Some((header, request)) = self.decode(content).await? else {
            return Ok(());
        };
        match request {
            AnyRequest::ApiVersions(request) => self.tell_versions(&header, &request).await,
            AnyRequest::SaslHandshake(request) if !login.has_mechanism() => {
                self.shake_hands(&header, &request, login).await
            }
            AnyRequest::SaslAuthenticate(request) if login.has_mechanism() => {
                self.take_word(Some(&header), &request.auth_bytes.0, login).await
            }
            _ => Err(Closed::LoginFirst { api: name(&header) }),
        }
    }

    async fn shake_hands(
        &mut self,
        header: &RequestHeader,
        request: &SaslHandshakeRequest,
        login: &mut Login,
    ) -> Result<(), Closed> {
        let Some(sasl) = &self.shared.config.sasl else {
            return Ok(());
        };
        let response = login.shake_hands(request, header.api_version, sasl);
        self.answer(header, &AnyResponse::SaslHandshake(response)).await?;
        match login.has_mechanism() {
            true => Ok(()),
            false => {
                let wanted: String = request
                    .mechanism
                    .chars()
                    .take(MECHANISM_CHARACTERS_SHOWN)
                    .collect();
                Err(Closed::Login(format!(
                    "it wants to by {wanted:?}, which is none of sasl.enabled.mechanisms"
                )))
            }
        }
    }

    /// Takes a word of the login: in a frame of its own if there is no header.
    async fn take_word(
        &mut self,
        header: Option<&RequestHeader>,
        word: &[u8],
        login: &mut Login,
    ) -> Result<(), Closed> {
        let Some(sasl) = &self.shared.config.sasl else {
            return Ok(());
        };
        let progress = match login.take(word, sasl, &*self.shared.handler) {
            Progress::Done { who, .. } if who.is_over(wall()) => {
                Progress::Refused("its delegation token has ended".to_owned())
            }
            progress => progress,
        };
        match progress {
            Progress::GoOn(word) => self.say(header, word).await,
            Progress::Done { word, who } => {
                self.who = Some(who);
                self.say(header, word).await
            }
            Progress::Refused(problem) => {
                sleep(self.shared.config.limits.refusal_delay).await;
                if let Some(header) = header {
                    let response = SaslAuthenticateResponse {
                        error_code: ErrorCode::SaslAuthenticationFailed,
                        error_message: Some(login.refusal()),
                        ..Default::default()
                    };
                    self.answer(header, &AnyResponse::SaslAuthenticate(response))
                        .await?;
                }
                Err(Closed::Login(problem))
            }
        }
    }

    /// Says a word of the login.
    async fn say(&mut self, header: Option<&RequestHeader>, word: Vec<u8>) -> Result<(), Closed> {
        if let Some(header) = header {
            let response = SaslAuthenticateResponse {
                auth_bytes: Blob(word),
                ..Default::default()
            };
            return self
                .answer(header, &AnyResponse::SaslAuthenticate(response))
                .await;
        }
        let mut frame = Vec::with_capacity(PREFIX_BYTES + word.len());
        let length = i32::try_from(word.len()).expect("words of a login are short");
        frame.extend(length.to_be_bytes());
        frame.extend(word);
        self.frames
            .write(&frame, self.shared.config.limits.response_time)
            .await
    }

    /// Reads the next request and answers it.
    async fn serve_next(&mut self) -> Result<(), Closed> {
        let limits = &self.shared.config.limits;
        let Frame { content, share } = self
            .frames
            .next(limits.request_bytes_max, limits.idle_time, limits.request_time)
            .await?;
        let Some((header, request)) = self.decode(&content).await? else {
            return Ok(());
        };
        drop(content);
        if let AnyRequest::ApiVersions(request) = &request {
            return self.tell_versions(&header, request).await;
        }
        let response = match &request {
            AnyRequest::SaslHandshake(_) | AnyRequest::SaslAuthenticate(_) => {
                with_error(&request, ErrorCode::IllegalSaslState)
            }
            _ => self.handle(&header, request).await?,
        };
        drop(share);
        self.answer(&header, &response).await
    }

    /// Has a request handled, if its caller may make it, and as long as the caller waits for the answer.
    async fn handle(&mut self, header: &RequestHeader, request: AnyRequest) -> Result<AnyResponse, Closed> {
        let handler = &self.shared.handler;
        let anonymous = || Who::principal(ANONYMOUS.to_owned());
        let who = self.who.clone().unwrap_or_else(anonymous);
        if who.is_over(wall()) {
            return Err(Closed::TokenOver);
        }
        let caller = Caller {
            listener: self.shared.config.name.clone(),
            address: self.peer,
            is_authenticated: who.is_authenticated(),
            principal: who.principal,
            client_id: header.client_id.clone(),
            rights: handler.authorizer().map_or(Rights::Unlimited, Rights::Limited),
        };
        if let Some(refusal) = refuse(&caller, &request) {
            tracing::debug!(principal = caller.principal, api = name(header), "not allowed");
            return Ok(refusal);
        }
        tokio::select! {
            biased;
            response = handler.handle(&caller, header.api_version, request) => Ok(response),
            closed = self.frames.hung_up() => Err(closed),
        }
    }

    /// The request in a frame; `None` if it is answered already, since it asks for versions in one that is not known.
    async fn decode(&mut self, content: &[u8]) -> Result<Option<(RequestHeader, AnyRequest)>, Closed> {
        let mut reader = Reader::of_frame(content);
        let header = RequestHeader::decode(&mut reader)?;
        if let Some(refusal) = versions::refusal(&header) {
            let header = RequestHeader {
                api_version: 0,
                ..header
            };
            self.answer(&header, &refusal).await?;
            return Ok(None);
        }
        let is_served = self.shared.served.iter().any(|api| {
            api.api_key == header.api_key && (api.min_version..=api.max_version).contains(&header.api_version)
        });
        if !is_served {
            return Err(Closed::NotServed {
                api: name(&header),
                version: header.api_version,
            });
        }
        let request = AnyRequest::decode(&header, &mut reader)?;
        Ok(Some((header, request)))
    }

    async fn tell_versions(
        &mut self,
        header: &RequestHeader,
        request: &ApiVersionsRequest,
    ) -> Result<(), Closed> {
        let features = self.shared.handler.features();
        let response = versions::answer(request, header.api_version, &self.shared.served, features);
        self.answer(header, &AnyResponse::ApiVersions(response)).await
    }

    async fn answer(&mut self, header: &RequestHeader, response: &AnyResponse) -> Result<(), Closed> {
        let frame = response.frame(header.api_version, header.correlation_id)?;
        self.frames
            .write(&frame, self.shared.config.limits.response_time)
            .await
    }
}

/// The name of the API that a request is of.
fn name(header: &RequestHeader) -> &'static str {
    Api::of(header.api_key).map_or("an API that is not known", |api| api.name)
}
