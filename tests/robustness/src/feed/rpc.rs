//! What nodes of a quorum send each other, and an observer that is answered by it.

use std::time::Duration;

use kraft_bridge_protocol::rpc::{AnyRequest, AnyResponse, Api, RequestHeader};
use kraft_bridge_protocol::wire::Reader;
use kraft_bridge_raft::observer::{Endpoint, Observer, ObserverError, ObserverOptions};
use kraft_bridge_raft::reader::Entry;

use super::{Outcome, of_wire};

/// A request with its header.
///
/// # Errors
///
/// The reader's.
pub fn request(bytes: &[u8]) -> Outcome {
    let mut reader = Reader::of_frame(bytes);
    let header = RequestHeader::decode(&mut reader).map_err(of_wire)?;
    AnyRequest::decode(&header, &mut reader).map_err(of_wire)?;
    Ok(())
}

/// An answer of the newest version without its header, behind a byte: the API's key. An observer takes those to Fetch
/// and FetchSnapshot.
///
/// # Errors
///
/// The reader's, or the observer's.
pub fn answer(bytes: &[u8]) -> Outcome {
    let (to, body) = bytes.split_first().unwrap_or((&0, &[]));
    let api = Api::of(i16::from(*to)).and_then(Api::versions);
    let Some(api) = api else {
        return Err(format!("no answer of API {to} is known"));
    };
    match AnyResponse::decode(api.api_key, api.max_version, &mut Reader::new(body)) {
        Ok(answer) => observe(&answer),
        Err(error) => Err(of_wire(error)),
    }
}

fn observe(answer: &AnyResponse) -> Outcome {
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
    let taken = match answer {
        AnyResponse::Fetch(answer) => observer.fetched(now, &server, answer, each),
        AnyResponse::FetchSnapshot(answer) => observer.checkpoint_fetched(now, &server, answer, each),
        _ => Ok(()),
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
