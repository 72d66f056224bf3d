//! ControllerRegistration: the node tells the active controller who it is and where it listens, so that tools find it
//! among the controllers, and no feature is raised that it does not know.
//!
//! Source: KIP-919.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use kraft_bridge_controller::Requester;
use kraft_bridge_metadata::records::{AclOperation, ResourceType};
use kraft_bridge_metadata::release::MetadataVersion;
use kraft_bridge_protocol::rpc::{
    AnyRequest, AnyResponse, ControllerRegistrationRequest, ErrorCode, RegisteredListener,
};
use kraft_bridge_protocol::{NodeId, Uuid};
use kraft_bridge_raft::endpoint::Endpoint;
use tokio::sync::{oneshot, watch};
use tokio::time::sleep;

use super::answering::supported_features;
use super::controlling::{Decisions, Reply};
use super::driver::{Event, Events};
use super::replaying::Image;
use super::status::Status;
use crate::client::Peers;
use crate::config::{ConfigError, KafkaConfig};

/// 3.7-IV0: the first level at which controllers are registered.
pub(super) const CONTROLLER_REGISTRATIONS: MetadataVersion = MetadataVersion(15);
/// Between two attempts.
const RETRY: Duration = Duration::from_secs(1);

/// What a node may do with itself.
struct Everything;

impl Requester for Everything {
    fn may(&self, _: AclOperation, _: ResourceType, _: &str) -> bool {
        true
    }

    fn principal(&self) -> &str {
        "User:ANONYMOUS"
    }

    fn client_id(&self) -> Option<&str> {
        None
    }

    fn may_ask_for_tokens(&self) -> bool {
        false
    }
}

/// Registers this run of the node.
pub(super) struct Registration {
    pub(super) request: ControllerRegistrationRequest,
    pub(super) peers: Arc<Peers>,
    pub(super) image: Image,
    pub(super) events: Events,
    pub(super) decisions: Decisions,
    pub(super) status: watch::Receiver<Status>,
}

impl Registration {
    /// Runs until the node stops.
    pub(super) async fn run(mut self) {
        while self.status.changed().await.is_ok() {
            let status = *self.status.borrow_and_update();
            let Some(leader) = status.leader.leader else {
                continue;
            };
            if self.is_due() {
                self.register(leader).await;
                sleep(RETRY).await;
            }
        }
    }

    /// Whether the log says nothing of this run, and can.
    fn is_due(&self) -> bool {
        let published = self.image.read().unwrap_or_else(PoisonError::into_inner);
        let image = published.replay.image();
        let known = image.controllers.get(&self.request.controller_id);
        image.features.metadata_version() >= Some(CONTROLLER_REGISTRATIONS)
            && known.is_none_or(|known| known.incarnation_id != self.request.incarnation_id)
    }

    async fn register(&self, leader: NodeId) {
        let request = AnyRequest::ControllerRegistration(self.request.clone());
        let response = if leader == self.request.controller_id {
            match self.decisions.ask(Box::new(Everything), 0, request).await {
                Some(Reply::Decided(answer) | Reply::NotController(answer)) => Some(answer),
                None => None,
            }
        } else {
            self.ask(leader, request).await
        };
        match response {
            Some(AnyResponse::ControllerRegistration(response)) if response.error_code == ErrorCode::None => {
                tracing::info!(%leader, "registered with the active controller");
            }
            response => tracing::debug!(%leader, ?response, "not registered yet"),
        }
    }

    async fn ask(&self, leader: NodeId, request: AnyRequest) -> Option<AnyResponse> {
        let endpoint = self.endpoint(leader).await?;
        let answered = self.peers.ask(&endpoint, request).await;
        answered
            .inspect_err(|error| tracing::debug!(%leader, %error, "not registered yet"))
            .ok()
    }

    /// Where a voter is reached.
    async fn endpoint(&self, voter: NodeId) -> Option<Endpoint> {
        let (reply, endpoint) = oneshot::channel();
        self.events.0.send(Event::FindVoter(voter, reply)).await.ok()?;
        endpoint.await.ok().flatten()
    }
}

/// What this run of a node says of itself.
///
/// # Errors
///
/// [`ConfigError`] if a listener names no host that another node could connect to.
pub(super) fn request(
    config: &KafkaConfig,
    incarnation_id: Uuid,
) -> Result<ControllerRegistrationRequest, ConfigError> {
    let endpoints = config.controller_endpoints()?.into_iter();
    let listeners = endpoints.map(|endpoint| RegisteredListener {
        security_protocol: config.listeners.security[&endpoint.name].code(),
        name: endpoint.name,
        host: endpoint.host,
        port: endpoint.port,
        ..Default::default()
    });
    Ok(ControllerRegistrationRequest {
        controller_id: config.node_id,
        incarnation_id,
        zk_migration_ready: false,
        listeners: listeners.collect(),
        features: supported_features(),
        ..Default::default()
    })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::config::Properties;

    #[test]
    fn a_node_says_where_each_of_its_listeners_is_reached_and_how() {
        let text = "node.id=3000\nprocess.roles=controller\ncontroller.listener.names=A,B\n\
                    controller.quorum.voters=3000@c1:9093\nlisteners=A://:9093,B://c1:9094\n\
                    advertised.listeners=A://c1.example:9193,B://c1:9094\n\
                    listener.security.protocol.map=A:SASL_SSL,B:PLAINTEXT\nlog.dirs=/c\n";
        let config =
            KafkaConfig::decode(Properties::decode(Path::new("c.properties"), text.as_bytes()).unwrap());

        let request = request(&config.unwrap(), Uuid::from_u128(7)).unwrap();

        let mut listeners: Vec<_> = request
            .listeners
            .iter()
            .map(|at| (&*at.name, &*at.host, at.port, at.security_protocol))
            .collect();
        listeners.sort_unstable();
        assert_eq!(listeners, [("A", "c1.example", 9193, 3), ("B", "c1", 9094, 0)]);
        assert_eq!(
            (request.controller_id, request.incarnation_id),
            (NodeId(3000), Uuid::from_u128(7))
        );
        assert!(
            request
                .features
                .iter()
                .any(|feature| feature.name == "metadata.version")
        );
    }
}
