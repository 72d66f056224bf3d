//! What comes of a request.

use kraft_bridge_protocol::rpc::{AnyResponse, ErrorCode};

/// What to append, and what to answer once it is committed.
#[derive(Debug, PartialEq)]
pub struct Decision {
    /// Records, encoded; each batch is appended as one, or not at all.
    pub batches: Vec<Vec<Vec<u8>>>,
    /// The answer. It may rest on what was decided before and is not committed yet.
    pub answer: AnyResponse,
}

/// Why one thing of several that a request asks for is not done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) error: ErrorCode,
    pub(crate) message: Option<String>,
}

impl Refusal {
    /// A refusal in words.
    pub(crate) fn new(error: ErrorCode, message: impl Into<String>) -> Refusal {
        Refusal {
            error,
            message: Some(message.into()),
        }
    }
}

impl From<ErrorCode> for Refusal {
    fn from(error: ErrorCode) -> Refusal {
        Refusal { error, message: None }
    }
}
