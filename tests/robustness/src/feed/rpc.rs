//! What nodes of a quorum send each other, and an observer that is answered by it.

use std::time::Duration;

use kraft_bridge_protocol::messages::Message;
use kraft_bridge_protocol::rpc::{
    ApiVersionsRequest, FetchRequest, FetchSnapshotRequest, Request, RequestHeader, SaslAuthenticateRequest,
    SaslHandshakeRequest,
};
use kraft_bridge_protocol::wire::{Reader, WireError};
use kraft_bridge_raft::observer::{Endpoint, Observer, ObserverError, ObserverOptions};
use kraft_bridge_raft::reader::Entry;

use super::{Outcome, of_wire};

/// A request with its header.
///
/// # Errors
///
/// The reader's.
pub fn request(bytes: &[u8]) -> Outcome {
    let mut reader = Reader::new(bytes);
    let header = RequestHeader::decode(&mut reader).map_err(of_wire)?;
    let version = header.api_version;
    match header.api_key {
        1 => body::<FetchRequest>(version, &mut reader),
        17 => body::<SaslHandshakeRequest>(version, &mut reader),
        18 => body::<ApiVersionsRequest>(version, &mut reader),
        36 => body::<SaslAuthenticateRequest>(version, &mut reader),
        _ => body::<FetchSnapshotRequest>(version, &mut reader),
    }
    .map_err(of_wire)
}

fn body<M: Message>(version: i16, reader: &mut Reader<'_>) -> Result<(), WireError> {
    M::decode(version, reader)?;
    reader.finish()
}

/// An answer without its header, behind a byte: 0 to Fetch, 1 to FetchSnapshot, else to the requests of a login. An
/// observer takes the first two.
///
/// # Errors
///
/// The reader's, or the observer's.
pub fn answer(bytes: &[u8]) -> Outcome {
    let (to, bytes) = bytes.split_first().unwrap_or((&0, &[]));
    let server = Endpoint {
        host: "c1".to_owned(),
        port: 9093,
    };
    let mut observer = Observer::new(ObserverOptions {
        servers: vec![server.clone()],
        cluster_id: None,
        patience: Duration::from_secs(1),
    });
    let now = Duration::ZERO;
    let each = |_, _: Entry<'_>| Ok::<_, ObserverError>(());
    let taken = match to {
        0 => observer.fetched(now, &server, &response::<FetchRequest>(bytes)?, each),
        1 => observer.checkpoint_fetched(now, &server, &response::<FetchSnapshotRequest>(bytes)?, each),
        2 => response::<ApiVersionsRequest>(bytes).map(|_| Ok(()))?,
        3 => response::<SaslHandshakeRequest>(bytes).map(|_| Ok(()))?,
        _ => response::<SaslAuthenticateRequest>(bytes).map(|_| Ok(()))?,
    };
    match taken.and_then(|()| observer.next(now).map(|_| ())) {
        Err(error @ (ObserverError::Read(_) | ObserverError::Unsound { .. })) => {
            let text = error.to_string();
            assert!(text.contains("c1:9093"), "{text:?} does not name the server");
            Err(text)
        }
        // A refusal is as sound an answer as any.
        Ok(()) | Err(_) => Ok(()),
    }
}

fn response<R: Request>(bytes: &[u8]) -> Result<R::Response, String> {
    let mut reader = Reader::new(bytes);
    let response = R::Response::decode(*R::VERSIONS.end(), &mut reader).map_err(of_wire)?;
    reader.finish().map_err(of_wire)?;
    Ok(response)
}
