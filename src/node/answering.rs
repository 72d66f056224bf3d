//! What the node answers to those that call its listeners.

use std::sync::{Arc, PoisonError, RwLockReadGuard};

use kraft_bridge_metadata::authorizer::Authorizer;
use kraft_bridge_metadata::image::ScramCredential;
use kraft_bridge_metadata::records::ScramMechanism;
use kraft_bridge_metadata::release::Release;
use kraft_bridge_protocol::rpc::{
    APIS, AnyRequest, AnyResponse, ApiVersion, FinalizedFeature, SupportedFeature,
};
use tokio::sync::oneshot;

use super::driver::{Event, Events};
use super::replaying::{Image, Published};
use crate::server::{Caller, Features, Handler};

/// APIs that are answered, besides those that the listener itself answers: what `Raft::serves`.
const SERVED: [&str; 9] = [
    "Fetch",
    "Vote",
    "BeginQuorumEpoch",
    "EndQuorumEpoch",
    "DescribeQuorum",
    "FetchSnapshot",
    "AddRaftVoter",
    "RemoveRaftVoter",
    "UpdateRaftVoter",
];

/// Hands requests to the node.
pub(super) struct Answering {
    events: Events,
    image: Image,
}

impl Answering {
    /// For a node, and what it has replayed.
    pub(super) fn new(events: Events, image: Image) -> Answering {
        Answering { events, image }
    }

    fn published(&self) -> RwLockReadGuard<'_, Published> {
        self.image.read().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Handler for Answering {
    fn apis(&self) -> Vec<ApiVersion> {
        let served = APIS.iter().filter(|api| SERVED.contains(&api.name));
        served.filter_map(|api| api.versions()).collect()
    }

    fn features(&self) -> Features {
        let published = self.published();
        let levels = &published.replay.image().features.levels;
        let finalized = levels.iter().map(|(name, level)| FinalizedFeature {
            name: name.clone(),
            min_version_level: *level,
            max_version_level: *level,
            ..Default::default()
        });
        Features {
            supported: supported_features(),
            finalized: finalized.collect(),
            finalized_epoch: published.end.map_or(-1, |end| end.offset.0 - 1),
        }
    }

    fn authorizer(&self) -> Option<Arc<Authorizer>> {
        self.published().authorizer.clone()
    }

    fn scram_credential(&self, mechanism: ScramMechanism, user: &str) -> Option<ScramCredential> {
        let published = self.published();
        let credentials = &published.replay.image().scram.0;
        credentials.get(&(user.to_owned(), mechanism)).cloned()
    }

    async fn handle(&self, caller: &Caller, version: i16, request: AnyRequest) -> AnyResponse {
        let Caller {
            listener,
            address,
            principal,
            client_id,
            ..
        } = caller;
        tracing::trace!(listener, %address, principal, ?client_id, version, ?request, "asked");
        let (reply, answer) = oneshot::channel();
        // A node that has stopped answers nothing: its listeners are closed, and this is dropped with them.
        if self.events.0.send(Event::Request(request, reply)).await.is_ok()
            && let Ok(response) = answer.await
        {
            return response;
        }
        std::future::pending().await
    }
}

/// Levels that this node reads and writes.
fn supported_features() -> Vec<SupportedFeature> {
    let (lowest, highest) = Release::NEWEST.accepted_metadata_versions();
    let mut features = vec![
        feature("kraft.version", 0, 1),
        feature("metadata.version", lowest.0, highest.0),
    ];
    let others = Release::NEWEST.default_features();
    features.extend(others.into_iter().map(|(name, level)| feature(name, 0, level)));
    features
}

fn feature(name: &str, min_version: i16, max_version: i16) -> SupportedFeature {
    SupportedFeature {
        name: name.to_owned(),
        min_version,
        max_version,
        ..Default::default()
    }
}
