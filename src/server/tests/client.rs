//! A caller that does as the tests please.

use std::net::SocketAddr;

use kraft_bridge_protocol::rpc::{
    DescribeClusterRequest, ErrorCode, Request, SaslAuthenticateRequest, SaslAuthenticateResponse,
    SaslHandshakeRequest, SaslHandshakeResponse, decode_response, request_frame,
};
use kraft_bridge_protocol::wire::Blob;
use rsasl::prelude::{Mechname, SASLClient, SASLConfig};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::rustls::pki_types::ServerName;

use super::soon;
use crate::client::BoxedStream;
use crate::client::tls::connector;
use crate::config::ClientTls;

const CORRELATION_ID: i32 = 77;

pub(super) struct Client {
    pub(super) stream: BoxedStream,
}

impl Client {
    pub(super) async fn connect(address: SocketAddr) -> Client {
        let stream = TcpStream::connect(address).await.unwrap();
        Client {
            stream: Box::new(stream),
        }
    }

    /// Connects by TLS.
    pub(super) async fn connect_tls(address: SocketAddr, tls: &ClientTls) -> std::io::Result<Client> {
        let socket = TcpStream::connect(address).await.unwrap();
        let name = ServerName::from(address.ip());
        let stream = connector(tls).unwrap().connect(name, socket).await?;
        Ok(Client {
            stream: Box::new(stream),
        })
    }

    /// Sends bytes. That the server has hung up shows when its answer does not come.
    pub(super) async fn send(&mut self, bytes: &[u8]) {
        if self.stream.write_all(bytes).await.is_ok() {
            drop(self.stream.flush().await);
        }
    }

    /// Reads until the server hangs up.
    pub(super) async fn wait_for_the_end(&mut self) {
        drop(soon(self.stream.read_to_end(&mut Vec::new())).await);
    }

    /// The content of the next frame; `None` if the server hangs up.
    pub(super) async fn receive(&mut self) -> Option<Vec<u8>> {
        soon(async {
            let length = self.stream.read_u32().await.ok()?;
            let mut content = vec![0; usize::try_from(length).unwrap()];
            self.stream.read_exact(&mut content).await.ok()?;
            Some(content)
        })
        .await
    }

    /// Sends a request, and receives its answer; `None` if the server hangs up.
    pub(super) async fn ask<R: Request>(&mut self, request: &R, version: i16) -> Option<R::Response> {
        self.send(&frame(request, version)).await;
        let content = self.receive().await?;
        Some(decode_response::<R>(&content, version, CORRELATION_ID).unwrap())
    }

    /// Who the server takes the caller for; `None` if it hangs up.
    pub(super) async fn principal(&mut self) -> Option<String> {
        let response = self.ask(&DescribeClusterRequest::default(), 1).await?;
        Some(response.cluster_id)
    }

    /// Whether the server takes the caller for one who may ask for delegation tokens.
    pub(super) async fn may_ask_for_tokens(&mut self) -> bool {
        let response = self.ask(&DescribeClusterRequest::default(), 1).await.unwrap();
        response.error_message.unwrap().ends_with("true")
    }

    pub(super) async fn shake_hands(
        &mut self,
        mechanism: &str,
        version: i16,
    ) -> Option<SaslHandshakeResponse> {
        let request = SaslHandshakeRequest {
            mechanism: mechanism.to_owned(),
            ..Default::default()
        };
        self.ask(&request, version).await
    }

    pub(super) async fn say(&mut self, word: &[u8], version: i16) -> Option<SaslAuthenticateResponse> {
        let request = SaslAuthenticateRequest {
            auth_bytes: Blob(word.to_vec()),
            ..Default::default()
        };
        self.ask(&request, version).await
    }

    /// Logs in, as far as it goes: how the server ended it.
    pub(super) async fn log_in(&mut self, mechanism: &str, user: &str, password: &str) -> ErrorCode {
        let response = self.shake_hands(mechanism, 1).await.unwrap();
        if response.error_code != ErrorCode::None {
            return response.error_code;
        }
        let config = SASLConfig::with_credentials(None, user.to_owned(), password.to_owned()).unwrap();
        let name = Mechname::parse(mechanism.as_bytes()).unwrap();
        let mut session = SASLClient::new(config).start_suggested(&[name]).unwrap();
        let mut heard: Option<Vec<u8>> = None;
        loop {
            let mut word = Vec::new();
            let state = session.step(heard.as_deref(), &mut word).unwrap();
            if !state.is_running() && word.is_empty() {
                return ErrorCode::None;
            }
            let response = self.say(&word, 2).await.unwrap();
            if response.error_code != ErrorCode::None {
                return response.error_code;
            }
            if !state.is_running() {
                return ErrorCode::None;
            }
            heard = Some(response.auth_bytes.0);
        }
    }
}

pub(super) fn frame<R: Request>(request: &R, version: i16) -> Vec<u8> {
    request_frame(request, version, CORRELATION_ID, Some("test")).unwrap()
}
