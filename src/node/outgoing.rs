//! Requests of the node, on their way to the other nodes.

use std::collections::BTreeMap;
use std::sync::Arc;

use kraft_bridge_protocol::rpc::AnyRequest;
use kraft_bridge_raft::endpoint::Endpoint;
use kraft_bridge_raft::quorum::{NoAnswer, RequestId};
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio::task::AbortHandle;

use super::driver::{Event, Events, Sender};
use crate::client::{ConnectionError, ConnectionLost, Lane, Peers};

/// Sends on the runtime of the connections.
pub(super) struct Outgoing {
    peers: Arc<Peers>,
    runtime: Handle,
    events: Events,
    under_way: BTreeMap<RequestId, AbortHandle>,
}

impl Outgoing {
    /// Nothing under way yet. Connections that break are told to the node if they carry its fetches.
    pub(super) fn new(
        peers: Arc<Peers>,
        lost: mpsc::Receiver<ConnectionLost>,
        runtime: Handle,
        events: Events,
    ) -> Outgoing {
        runtime.spawn(tell_losses(lost, events.clone()));
        Outgoing {
            peers,
            runtime,
            events,
            under_way: BTreeMap::new(),
        }
    }
}

impl Sender for Outgoing {
    fn send(&mut self, id: RequestId, to: Endpoint, request: AnyRequest) {
        self.under_way.retain(|_, request| !request.is_finished());
        let (peers, events) = (Arc::clone(&self.peers), self.events.clone());
        let task = self.runtime.spawn(async move {
            let outcome = peers.ask(&to, request).await.map_err(|error| {
                tracing::debug!(peer = %to, %error, "no answer");
                no_answer(&error)
            });
            // A node that has stopped waits for nothing.
            drop(events.0.send(Event::Response(id, outcome)).await);
        });
        self.under_way.insert(id, task.abort_handle());
    }

    fn forget(&mut self, id: RequestId) {
        if let Some(request) = self.under_way.remove(&id) {
            request.abort();
        }
    }
}

async fn tell_losses(mut lost: mpsc::Receiver<ConnectionLost>, events: Events) {
    while let Some(ConnectionLost { peer, lane, .. }) = lost.recv().await {
        let event = Event::ConnectionLost(peer);
        if lane == Lane::Fetch && events.0.send(event).await.is_err() {
            return;
        }
    }
}

fn no_answer(error: &ConnectionError) -> NoAnswer {
    match error {
        ConnectionError::NoCommonVersion { .. } => NoAnswer::Unsupported,
        ConnectionError::Timeout(_) => NoAnswer::TimedOut,
        _ => NoAnswer::Disconnected,
    }
}
