//! What nodes of a quorum send each other, and an observer that is answered by it.

use std::time::Duration;

use kraft_bridge_protocol::rpc::{AnyRequest, AnyResponse, Api, RequestHeader};
use kraft_bridge_protocol::wire::{Reader, WireError};
use kraft_bridge_raft::endpoint::Endpoint;
use kraft_bridge_raft::observer::{Observer, ObserverError, ObserverOptions};
use kraft_bridge_raft::reader::Entry;

use super::{ENCODED_BYTES_MAX, Outcome, of_wire};

/// What a frame begins with.
const FRAME_LENGTH_BYTES: usize = 4;

/// A request of any version, with its header. Written again, it reads the same.
///
/// # Errors
///
/// The reader's.
pub fn request(bytes: &[u8]) -> Outcome {
    let (header, request) = decode_request(bytes).map_err(of_wire)?;
    if bytes.len() > ENCODED_BYTES_MAX {
        return Ok(());
    }
    let frame = request
        .frame(
            header.api_version,
            header.correlation_id,
            header.client_id.as_deref(),
        )
        .unwrap();
    let again = decode_request(&frame[FRAME_LENGTH_BYTES..]).unwrap();
    assert_eq!(again, (header, request));
    Ok(())
}

fn decode_request(content: &[u8]) -> Result<(RequestHeader, AnyRequest), WireError> {
    let mut reader = Reader::of_frame(content);
    let header = RequestHeader::decode(&mut reader)?;
    let request = AnyRequest::decode(&header, &mut reader)?;
    Ok((header, request))
}

/// An answer without its header, behind two bytes: the API's key, and the version. Written again, it reads the same. An
/// observer takes those to Fetch and FetchSnapshot.
///
/// # Errors
///
/// The reader's, or the observer's.
pub fn answer(bytes: &[u8]) -> Outcome {
    let [to, version, body @ ..] = bytes else {
        return Err("an answer has an API and a version".to_owned());
    };
    let (to, version) = (i16::from(*to), i16::from(*version));
    let answer = AnyResponse::decode(to, version, &mut Reader::new(body)).map_err(of_wire)?;
    if body.len() <= ENCODED_BYTES_MAX {
        let frame = answer.frame(version, 0).unwrap();
        let body = &frame[FRAME_LENGTH_BYTES + answer_header_bytes(to, version)..];
        let again = AnyResponse::decode(to, version, &mut Reader::new(body)).unwrap();
        assert_eq!(again, answer);
    }
    observe(&answer)
}

/// Length of an answer's header without unknown tags: one to who asks for versions has never a tagged section.
pub(crate) fn answer_header_bytes(api_key: i16, version: i16) -> usize {
    let api = Api::of(api_key).unwrap();
    match version >= api.flexible_since && api.name != "ApiVersions" {
        true => 5,
        false => 4,
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
