//! What the node answers to those that call its listeners.

use std::sync::{Arc, PoisonError, RwLockReadGuard};

use kraft_bridge_controller::{Controller, TokenSecret, describe_acls, list_reassignments};
use kraft_bridge_metadata::authorizer::Authorizer;
use kraft_bridge_metadata::image::ScramCredential;
use kraft_bridge_metadata::records::ScramMechanism;
use kraft_bridge_metadata::release::Release;
use kraft_bridge_protocol::NodeId;
use kraft_bridge_protocol::rpc::{
    APIS, AnyRequest, AnyResponse, ApiVersion, DescribeAclsRequest, DescribeAclsResponse,
    DescribeClusterRequest, DescribeClusterResponse, EnvelopeRequest, EnvelopeResponse, ErrorCode,
    FinalizedFeature, SupportedFeature,
};
use kraft_bridge_raft::quorum::KRAFT_VERSIONS;
use tokio::sync::{oneshot, watch};

use super::controlling::{Decisions, Reply};
use super::describe_cluster;
use super::describe_configs::Configs;
use super::driver::{Event, Events};
use super::envelope::{self, Opened};
use super::replaying::{Image, Published};
use super::status::Status;
use super::update_features::KRAFT_VERSION;
use crate::config::Properties;
use crate::server::{Caller, Features, Handler, LoginToken, refuse, with_error};

/// APIs that are answered, besides those that the listener itself answers and [`Controller::APIS`]: what
/// `Raft::serves`, and what the image tells.
const SERVED: [&str; 14] = [
    "DescribeCluster",
    "ListPartitionReassignments",
    "DescribeAcls",
    "DescribeConfigs",
    "Envelope",
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
    pub(super) own: NodeId,
    pub(super) cluster_id: String,
    /// The node's configuration file.
    pub(super) file: Properties,
    /// What delegation tokens' secrets follow from.
    pub(super) token_secret: Option<TokenSecret>,
    pub(super) events: Events,
    pub(super) decisions: Decisions,
    pub(super) image: Image,
    pub(super) status: watch::Receiver<Status>,
}

impl Answering {
    fn published(&self) -> RwLockReadGuard<'_, Published> {
        self.image.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn describe_cluster(
        &self,
        caller: &Caller,
        version: i16,
        request: &DescribeClusterRequest,
    ) -> DescribeClusterResponse {
        let published = self.published();
        let cluster = describe_cluster::Cluster {
            id: &self.cluster_id,
            image: published.replay.image(),
            leader: self.status.borrow().leader.leader,
        };
        cluster.describe(request, version, caller)
    }

    fn describe_acls(&self, request: &DescribeAclsRequest) -> DescribeAclsResponse {
        let published = self.published();
        match published.authorizer {
            Some(_) => describe_acls(published.replay.image(), request),
            None => DescribeAclsResponse {
                error_code: ErrorCode::SecurityDisabled,
                error_message: Some("No Authorizer is configured.".to_owned()),
                ..Default::default()
            },
        }
    }

    /// Answers a request that comes by itself or was in an envelope; nothing if the node stops before.
    async fn answer(&self, caller: &Caller, version: i16, request: AnyRequest) -> Option<Reply> {
        let answer = match request {
            AnyRequest::UpdateFeatures(request) => {
                return self.update_features(caller, version, request).await;
            }
            request @ (AnyRequest::CreateAcls(_) | AnyRequest::DeleteAcls(_))
                if self.published().authorizer.is_none() =>
            {
                with_error(&request, ErrorCode::SecurityDisabled)
            }
            request if Controller::APIS.contains(&request.api().name) => {
                return self
                    .decisions
                    .ask(Box::new(caller.clone()), version, request)
                    .await;
            }
            AnyRequest::DescribeCluster(request) => {
                AnyResponse::DescribeCluster(self.describe_cluster(caller, version, &request))
            }
            AnyRequest::ListPartitionReassignments(request) => {
                let listed = list_reassignments(self.published().replay.image(), &request);
                AnyResponse::ListPartitionReassignments(listed)
            }
            AnyRequest::DescribeConfigs(request) => {
                let published = self.published();
                let configs = Configs {
                    own: self.own,
                    image: published.replay.image(),
                    file: &self.file,
                };
                AnyResponse::DescribeConfigs(configs.describe(caller, &request))
            }
            AnyRequest::DescribeAcls(request) => AnyResponse::DescribeAcls(self.describe_acls(&request)),
            request => {
                let (reply, answer) = oneshot::channel();
                self.events.0.send(Event::Request(request, reply)).await.ok()?;
                answer.await.ok()?
            }
        };
        Some(Reply::Decided(answer))
    }

    /// Answers what is in an envelope, in the name of the client that the broker sends it for. That this node is not
    /// the active controller the envelope says itself, so that the broker looks for the one that is.
    async fn open(&self, broker: &Caller, envelope: &EnvelopeRequest) -> Option<EnvelopeResponse> {
        if self.status.borrow().leads(self.own).is_none() {
            return Some(envelope::failed(ErrorCode::NotController));
        }
        let Opened {
            caller,
            header,
            request,
        } = match envelope::open(broker, envelope) {
            Ok(opened) => opened,
            Err(error) => return Some(envelope::failed(error)),
        };
        if let Some(refusal) = refuse(&caller, &request) {
            return Some(envelope::seal(&header, &refusal));
        }
        Some(match self.answer(&caller, header.api_version, request).await? {
            Reply::Decided(answer) => envelope::seal(&header, &answer),
            Reply::NotController(_) => envelope::failed(ErrorCode::NotController),
        })
    }
}

impl Handler for Answering {
    fn apis(&self) -> Vec<ApiVersion> {
        let is_served = |name| SERVED.contains(&name) || Controller::APIS.contains(&name);
        let served = APIS.iter().filter(|api| is_served(api.name));
        served.filter_map(|api| api.versions()).collect()
    }

    fn features(&self) -> Features {
        let published = self.published();
        let levels = &published.replay.image().features.levels;
        let of_quorum = self.status.borrow().kraft_version;
        // What is at level 0 is not finalized.
        let of_quorum = (of_quorum > 0).then_some((KRAFT_VERSION, of_quorum));
        let levels = levels.iter().map(|(name, level)| (name.as_str(), *level));
        let finalized = levels.chain(of_quorum).map(|(name, level)| FinalizedFeature {
            name: name.to_owned(),
            min_version_level: level,
            max_version_level: level,
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

    fn login_token(&self, token_id: &str) -> Option<LoginToken> {
        let secret = self.token_secret.as_ref()?.of_token(token_id);
        let published = self.published();
        let token = published.replay.image().tokens.get(token_id)?;
        Some(LoginToken {
            owner: token.owner.clone(),
            secret,
            expires: token.expiration_timestamp,
        })
    }

    async fn handle(&self, caller: &Caller, version: i16, request: AnyRequest) -> AnyResponse {
        let Caller {
            listener,
            address,
            principal,
            client_id,
            ..
        } = caller;
        tracing::trace!(listener, %address, principal, ?client_id, version, api = request.api().name, "asked");
        let answer = match request {
            AnyRequest::Envelope(envelope) => self.open(caller, &envelope).await.map(AnyResponse::Envelope),
            request => match self.answer(caller, version, request).await {
                Some(Reply::Decided(answer) | Reply::NotController(answer)) => Some(answer),
                None => None,
            },
        };
        match answer {
            Some(answer) => answer,
            // A node that has stopped answers nothing: its listeners are closed, and this is dropped with them.
            None => std::future::pending().await,
        }
    }
}

/// Levels that this node reads and writes.
pub(super) fn supported_features() -> Vec<SupportedFeature> {
    let supported = Release::NEWEST.supported_features().into_iter();
    supported
        .chain([(KRAFT_VERSION, KRAFT_VERSIONS)])
        .map(|(name, (lowest, highest))| SupportedFeature::new(name, lowest, highest))
        .collect()
}
