//! UpdateFeatures: levels of the metadata are the controller's to decide upon, `kraft.version` is the quorum's.
//!
//! ```text
//!  whether the controller would ─▶ kraft.version raised ─▶ committed ─▶ the controller does
//! ```
//!
//! Source: KIP-584, KIP-853; Kafka 4.1, which raises both by one request.

use kraft_bridge_protocol::rpc::{
    AnyRequest, AnyResponse, ErrorCode, FeatureUpdate, UpdateFeaturesRequest, UpdateFeaturesResponse,
    UpdatedFeature,
};
use kraft_bridge_protocol::{Epoch, Offset};
use kraft_bridge_raft::quorum::NotUpgraded;
use tokio::sync::oneshot;

use super::answering::Answering;
use super::controlling::Reply;
use super::driver::Event;
use crate::server::{Caller, with_error};

/// The quorum's own feature.
pub(super) const KRAFT_VERSION: &str = "kraft.version";

impl Answering {
    /// Answers a request for other levels; nothing if the node stops before.
    pub(super) async fn update_features(
        &self,
        caller: &Caller,
        version: i16,
        request: UpdateFeaturesRequest,
    ) -> Option<Reply> {
        let updates = request.feature_updates.iter().cloned();
        let (of_quorum, of_metadata): (Vec<FeatureUpdate>, Vec<FeatureUpdate>) =
            updates.partition(|update| update.feature == KRAFT_VERSION);
        let metadata = |validate_only| UpdateFeaturesRequest {
            feature_updates: of_metadata.clone(),
            validate_only,
            ..request.clone()
        };
        let Some(update) = of_quorum.last() else {
            return self.decide(caller, version, request).await;
        };
        let trial = self.decide(caller, version, metadata(true)).await?;
        let Reply::Decided(AnyResponse::UpdateFeatures(UpdateFeaturesResponse {
            error_code: ErrorCode::None,
            ..
        })) = trial
        else {
            return Some(trial);
        };
        let Some(epoch) = self.status.borrow().leads(self.own) else {
            let refusal = with_error(&AnyRequest::UpdateFeatures(request), ErrorCode::NotController);
            return Some(Reply::NotController(refusal));
        };
        let level = update.max_version_level;
        if let Err(problem) = self.upgrade(epoch, level, request.validate_only).await? {
            return Some(Reply::Decided(AnyResponse::UpdateFeatures(
                UpdateFeaturesResponse {
                    error_code: ErrorCode::InvalidUpdateVersion,
                    error_message: Some(problem.to_string()),
                    ..Default::default()
                },
            )));
        }
        let done = self
            .decide(caller, version, metadata(request.validate_only))
            .await?;
        Some(with_result(done))
    }

    async fn decide(&self, caller: &Caller, version: i16, request: UpdateFeaturesRequest) -> Option<Reply> {
        let request = AnyRequest::UpdateFeatures(request);
        self.decisions
            .ask(Box::new(caller.clone()), version, request)
            .await
    }

    /// Raises `kraft.version`, and waits until that is committed or this node leads no more.
    async fn upgrade(
        &self,
        epoch: Epoch,
        version: i16,
        validate_only: bool,
    ) -> Option<Result<(), NotUpgraded>> {
        let (reply, outcome) = oneshot::channel();
        let event = Event::UpgradeKRaftVersion {
            epoch,
            version,
            validate_only,
            reply,
        };
        self.events.0.send(event).await.ok()?;
        let end: Offset = match outcome.await.ok()? {
            Ok((_, end)) => end,
            Err(problem) => return Some(Err(problem)),
        };
        let mut status = self.status.clone();
        let is_over = |leads: Option<Epoch>| leads != Some(epoch);
        let reached = status
            .wait_for(|status| status.high_watermark >= end || is_over(status.leads(self.own)))
            .await
            .ok()?;
        match reached.high_watermark >= end {
            true => Some(Ok(())),
            false => Some(Err(NotUpgraded::NotLeader)),
        }
    }
}

/// The same, with a word on `kraft.version` where each feature has one.
fn with_result(reply: Reply) -> Reply {
    match reply {
        Reply::Decided(AnyResponse::UpdateFeatures(mut response)) => {
            if response.error_code == ErrorCode::None {
                response.results.push(UpdatedFeature {
                    feature: KRAFT_VERSION.to_owned(),
                    ..Default::default()
                });
            }
            Reply::Decided(AnyResponse::UpdateFeatures(response))
        }
        other => other,
    }
}
