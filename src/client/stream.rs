//! The bytes of a connection: TCP, TLS over it, and frames.

use kraft_bridge_raft::endpoint::Endpoint;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite};
use tokio::net::{TcpStream, lookup_host};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;

use super::error::ConnectionError;

/// Longest answer that is taken. A leader sends one batch whatever its length, and none is longer than 8 MiB.
const RESPONSE_BYTES_MAX: u32 = 32 * 1024 * 1024;
/// Content type of an alert, and major version: what a TLS server answers to clear text.
const TLS_ALERT: [u8; 2] = [0x15, 0x03];

/// A connection, encrypted or not.
pub(crate) type BoxedStream = Box<dyn Stream>;

/// What a connection reads and writes.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// Opens a connection that is encrypted if there is a connector.
///
/// # Errors
///
/// [`ConnectionError`], which tells what the listener is from what it was taken for.
pub(super) async fn open_stream(
    server: &Endpoint,
    tls: Option<&TlsConnector>,
) -> Result<BoxedStream, ConnectionError> {
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
///
/// # Errors
///
/// [`ConnectionError`] when it does not come, or is none.
pub(super) async fn read_frame(stream: &mut (impl AsyncRead + Unpin)) -> Result<Vec<u8>, ConnectionError> {
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
