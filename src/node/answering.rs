//! What the node answers to those that call its listeners.

use std::sync::{Arc, PoisonError, RwLockReadGuard};

use kraft_bridge_metadata::authorizer::Authorizer;
use kraft_bridge_metadata::image::ScramCredential;
use kraft_bridge_metadata::records::ScramMechanism;
use kraft_bridge_metadata::release::Release;
use kraft_bridge_protocol::rpc::{
    APIS, AnyRequest, AnyResponse, ApiVersion, FinalizedFeature, SupportedFeature,
};
use kraft_bridge_raft::quorum::KRAFT_VERSIONS;
use tokio::sync::{oneshot, watch};

use super::driver::{Event, Events};
use super::replaying::{Image, Published};
use super::status::Status;
use super::{describe_cluster, not_controller};
use crate::server::{Caller, Features, Handler};

/// APIs that are answered, besides those that the listener itself answers and [`not_controller::APIS`]: what
/// `Raft::serves`, and what the image tells.
const SERVED: [&str; 10] = [
    "DescribeCluster",
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

/// Hands requests to the node, or answers from what it has replayed.
pub(super) struct Answering {
    pub(super) cluster_id: String,
    pub(super) events: Events,
    pub(super) image: Image,
    pub(super) status: watch::Receiver<Status>,
}

impl Answering {
    fn published(&self) -> RwLockReadGuard<'_, Published> {
        self.image.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// The answer to a request that the quorum has no part in.
    fn answer(&self, caller: &Caller, version: i16, request: &AnyRequest) -> Option<AnyResponse> {
        if let AnyRequest::DescribeCluster(request) = request {
            let published = self.published();
            let cluster = describe_cluster::Cluster {
                id: &self.cluster_id,
                image: published.replay.image(),
                leader: self.status.borrow().leader.leader,
            };
            return Some(AnyResponse::DescribeCluster(
                cluster.describe(request, version, caller),
            ));
        }
        not_controller::answer(request)
    }
}

impl Handler for Answering {
    fn apis(&self) -> Vec<ApiVersion> {
        let is_served = |name| SERVED.contains(&name) || not_controller::APIS.contains(&name);
        let served = APIS.iter().filter(|api| is_served(api.name));
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
        if let Some(response) = self.answer(caller, version, &request) {
            return response;
        }
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
pub(super) fn supported_features() -> Vec<SupportedFeature> {
    let (lowest, highest) = Release::NEWEST.accepted_metadata_versions();
    let mut features = vec![
        SupportedFeature::new("kraft.version", KRAFT_VERSIONS.0, KRAFT_VERSIONS.1),
        SupportedFeature::new("metadata.version", lowest.0, highest.0),
    ];
    let others = Release::NEWEST.default_features();
    features.extend(
        others
            .into_iter()
            .map(|(name, level)| SupportedFeature::new(name, 0, level)),
    );
    features
}
