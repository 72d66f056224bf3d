//! What a node does while it leads: so far it keeps the quorum alive, or hands over to one that decides for brokers too.

use std::sync::PoisonError;
use std::time::Duration;

use kraft_bridge_metadata::records::NoOpRecord;
use kraft_bridge_metadata::release::MetadataVersion;
use kraft_bridge_protocol::{Epoch, NodeId};
use tokio::sync::watch;
use tokio::time::sleep;

use super::driver::{Event, Events};
use super::replaying::Image;
use super::status::Status;

/// 3.3-IV1: the first level whose readers know a record that says nothing.
const NO_OPS: MetadataVersion = MetadataVersion(5);

/// Watches whether this node leads.
pub(super) struct Leadership {
    pub(super) own: NodeId,
    /// Whether it stays when it leads.
    pub(super) keeps: bool,
    /// How often it commits a record that says nothing.
    pub(super) idle: Option<Duration>,
    pub(super) image: Image,
    pub(super) events: Events,
    pub(super) status: watch::Receiver<Status>,
}

impl Leadership {
    /// Runs until the node stops.
    pub(super) async fn run(mut self) {
        loop {
            let status = *self.status.borrow_and_update();
            match status.leads(self.own) {
                Some(epoch) if !self.keeps => {
                    tracing::info!(%epoch, "hands over: nothing here decides for brokers yet");
                    drop(self.events.0.send(Event::Resign(epoch)).await);
                }
                Some(epoch) => {
                    if let Some(idle) = self.idle {
                        tokio::select! {
                            changed = self.leader_changes(epoch) => if !changed { return },
                            () = sleep(idle) => self.say_nothing(epoch).await,
                        }
                        continue;
                    }
                }
                None => {}
            }
            if self.status.changed().await.is_err() {
                return;
            }
        }
    }

    /// Waits until this node does not lead the epoch any more; returns whether the node still runs.
    async fn leader_changes(&mut self, epoch: Epoch) -> bool {
        let own = self.own;
        let is_over = |status: &Status| status.leader.epoch != epoch || status.leader.leader != Some(own);
        self.status.wait_for(is_over).await.is_ok()
    }

    /// Moves the high watermark on, which tells idle followers and observers that all is well. A log without a level
    /// stays as it is: Kafka writes its first records into empty logs only.
    async fn say_nothing(&self, epoch: Epoch) {
        let level = {
            let published = self.image.read().unwrap_or_else(PoisonError::into_inner);
            published.replay.image().features.metadata_version()
        };
        let Some(level) = level.filter(|level| *level >= NO_OPS) else {
            return;
        };
        let record = level
            .encode(&NoOpRecord::default().into())
            .expect("it has no field");
        if let Err(error) = self.events.append(epoch, vec![record]).await {
            tracing::debug!(%error, "a record that says nothing was not committed");
        }
    }
}
