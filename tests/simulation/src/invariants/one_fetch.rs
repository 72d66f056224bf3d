//! A node has one Fetch or FetchSnapshot under way at most: an answer is always to the log as it was asked for.
//!
//! Source: KIP-595.

use kraft_bridge_protocol::rpc::AnyRequest;

use super::{Invariant, Seen, View};

#[derive(Debug)]
pub(super) struct OneFetch;

fn is_fetch(request: &AnyRequest) -> bool {
    matches!(request, AnyRequest::Fetch(_) | AnyRequest::FetchSnapshot(_))
}

impl Invariant for OneFetch {
    fn sentence(&self) -> &'static str {
        "one fetch is under way at most"
    }

    fn see(&mut self, view: &View<'_>, seen: &Seen<'_>) -> Result<(), String> {
        let Seen::Sends { request } = seen else {
            return Ok(());
        };
        let mut others = view.running().outstanding.values();
        match others.find(|asked| is_fetch(request) && is_fetch(&asked.request)) {
            Some(other) => Err(format!(
                "sends {request:?} while {:?} is under way",
                other.request
            )),
            None => Ok(()),
        }
    }
}
