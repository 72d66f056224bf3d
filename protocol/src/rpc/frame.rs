//! A frame: its length, a header, and the body of a request or response.

use super::{Api, ApiVersionsRequest, Request};
use crate::messages::{EncodeError, Message, read_tags};
use crate::wire::{Form, Reader, Wire, WireError, WireProblem};

/// The form of what a header holds apart from its tagged section.
const NOT_FLEXIBLE: Form = Form {
    version: 0,
    flexible: false,
};
/// A tagged section without fields.
const NO_TAGS: u8 = 0;

/// Header of a request (version 1, and 2 where the request is flexible).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestHeader {
    /// The API.
    pub api_key: i16,
    /// Version of the request, and of its answer.
    pub api_version: i16,
    /// Comes back in the answer.
    pub correlation_id: i32,
    /// Who asks, for logs and quotas.
    pub client_id: Option<String>,
}

impl RequestHeader {
    /// Reads the header at the start of a frame's content; the body follows. The reader is best one of
    /// [`Reader::of_frame`].
    ///
    /// # Errors
    ///
    /// [`WireError`] when the bytes are no header, or the API is none of [`APIS`](super::APIS).
    pub fn decode(reader: &mut Reader<'_>) -> Result<RequestHeader, WireError> {
        let header = RequestHeader {
            api_key: i16::read(reader, "api_key")?,
            api_version: i16::read(reader, "api_version")?,
            correlation_id: i32::read(reader, "correlation_id")?,
            client_id: Wire::read_in(NOT_FLEXIBLE, reader, "client_id")?,
        };
        let Some(api) = Api::of(header.api_key) else {
            return Err(reader.error(WireProblem::OutOfRange {
                field: "api_key",
                value: i64::from(header.api_key),
            }));
        };
        if header.api_version >= api.flexible_since {
            read_tags(reader, |_, _| Ok(false))?;
        }
        Ok(header)
    }
}

/// A whole frame with a request.
///
/// # Errors
///
/// [`EncodeError`] when the version lacks a field that is set, or the frame would be longer than 2 GiB.
pub fn request_frame<R: Request>(
    request: &R,
    version: i16,
    correlation_id: i32,
    client_id: Option<&str>,
) -> Result<Vec<u8>, EncodeError> {
    frame(|out| {
        i16::try_from(R::KEY).expect("keys of APIs are small").write(out);
        version.write(out);
        correlation_id.write(out);
        client_id.map(str::to_owned).write_in(NOT_FLEXIBLE, out)?;
        if R::form(version).flexible {
            out.push(NO_TAGS);
        }
        request.encode(version, out)
    })
}

/// A whole frame with the answer to a request of this version.
///
/// # Errors
///
/// As [`request_frame`].
pub fn response_frame<R: Request>(
    response: &R::Response,
    version: i16,
    correlation_id: i32,
) -> Result<Vec<u8>, EncodeError> {
    frame(|out| {
        correlation_id.write(out);
        if has_flexible_response_header::<R>(version) {
            out.push(NO_TAGS);
        }
        response.encode(version, out)
    })
}

/// A client that asks for versions does not know yet what the server speaks: the header stays as it always was.
fn has_flexible_response_header<R: Request>(version: i16) -> bool {
    R::form(version).flexible && R::KEY != ApiVersionsRequest::KEY
}

fn frame(content: impl FnOnce(&mut Vec<u8>) -> Result<(), EncodeError>) -> Result<Vec<u8>, EncodeError> {
    let mut out = vec![0; 4];
    content(&mut out)?;
    let length = out.len() - 4;
    let prefix = i32::try_from(length).map_err(|_| EncodeError::TooLong { length })?;
    out[..4].copy_from_slice(&prefix.to_be_bytes());
    Ok(out)
}

/// Why an answer cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ResponseError {
    /// It is none to the request.
    #[error("the answer is to request {found}, expected {expected}")]
    Correlation {
        /// As it was sent.
        expected: i32,
        /// As it came back.
        found: i32,
    },
    /// It is malformed.
    #[error("the answer is malformed {0}")]
    Wire(#[from] WireError),
}

/// The answer in a frame's content, to the request with this version and correlation id.
///
/// # Errors
///
/// [`ResponseError`] when the bytes are no such answer.
pub fn decode_response<R: Request>(
    bytes: &[u8],
    version: i16,
    correlation_id: i32,
) -> Result<R::Response, ResponseError> {
    let mut reader = Reader::new(bytes);
    let found = i32::read(&mut reader, "correlation_id")?;
    if found != correlation_id {
        return Err(ResponseError::Correlation {
            expected: correlation_id,
            found,
        });
    }
    if has_flexible_response_header::<R>(version) {
        read_tags(&mut reader, |_, _| Ok(false))?;
    }
    let response = R::Response::decode(version, &mut reader)?;
    reader.finish()?;
    Ok(response)
}
