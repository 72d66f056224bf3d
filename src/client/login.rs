//! The login: SASL by user and password, in Kafka's frames (KIP-43, KIP-152).

use kraft_bridge_protocol::rpc::{ErrorCode, SaslAuthenticateRequest, SaslHandshakeRequest};
use kraft_bridge_protocol::wire::Blob;
use rsasl::prelude::{Mechname, SASLClient, SASLConfig, State};

use super::connection::Connection;
use super::error::ConnectionError;
use crate::config::Login;

/// Logs in on a connection that has just been opened.
///
/// # Errors
///
/// [`ConnectionError`] when the server lacks the mechanism or refuses the login, or does not prove that it knows the
/// password as well (SCRAM).
pub(super) async fn log_in(connection: &mut Connection, login: &Login) -> Result<(), ConnectionError> {
    shake_hands(connection, login).await?;
    let mut session = session(login)?;
    let mut answer: Option<Vec<u8>> = None;
    loop {
        let mut word = Vec::new();
        let state = session
            .step(answer.as_deref(), &mut word)
            .map_err(|error| ConnectionError::Login(error.to_string()))?;
        if matches!(state, State::Finished(_)) && answer.is_some() && word.is_empty() {
            return Ok(());
        }
        answer = Some(say(connection, login, word).await?);
        if matches!(state, State::Finished(_)) {
            return Ok(());
        }
    }
}

async fn shake_hands(connection: &mut Connection, login: &Login) -> Result<(), ConnectionError> {
    let wanted = login.mechanism.name();
    let request = SaslHandshakeRequest {
        mechanism: wanted.to_owned(),
        ..Default::default()
    };
    let response = connection.ask(&request).await?;
    match response.error_code {
        ErrorCode::None => Ok(()),
        ErrorCode::UnsupportedSaslMechanism => Err(ConnectionError::Mechanism {
            wanted,
            offered: response.mechanisms.join(", "),
        }),
        ErrorCode::IllegalSaslState => Err(ConnectionError::Login(
            "it wants no login: set security.protocol to PLAINTEXT or SSL".to_owned(),
        )),
        error => Err(ConnectionError::Login(error.to_string())),
    }
}

fn session(login: &Login) -> Result<rsasl::prelude::Session, ConnectionError> {
    let failed = |error: &dyn std::error::Error| ConnectionError::Login(error.to_string());
    let config = SASLConfig::with_credentials(None, login.user.clone(), login.password.0.clone())
        .map_err(|error| failed(&error))?;
    let mechanism = Mechname::parse(login.mechanism.name().as_bytes()).map_err(|error| failed(&error))?;
    SASLClient::new(config)
        .start_suggested(&[mechanism])
        .map_err(|error| failed(&error))
}

/// Says one word of the login; returns the server's.
async fn say(connection: &mut Connection, login: &Login, word: Vec<u8>) -> Result<Vec<u8>, ConnectionError> {
    let request = SaslAuthenticateRequest {
        auth_bytes: Blob(word),
        ..Default::default()
    };
    let response = connection.ask(&request).await?;
    match response.error_code {
        ErrorCode::None => Ok(response.auth_bytes.0),
        error => Err(ConnectionError::LoginRefused {
            user: login.user.clone(),
            problem: response.error_message.unwrap_or_else(|| error.to_string()),
        }),
    }
}
