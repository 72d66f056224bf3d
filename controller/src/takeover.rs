//! How a controller begins: with what was committed before its epoch, and with what it has to write first.

use std::time::Duration;

use kraft_bridge_metadata::image::{MetadataImage, Replay};
use kraft_bridge_metadata::records::MetadataRecord;
use kraft_bridge_protocol::Offset;

use crate::machine::Controller;
use crate::settings::Settings;

/// A controller that has just begun.
pub struct Begun {
    /// It.
    pub controller: Controller,
    /// What it writes before all else; batches as [`Decision::batches`](crate::Decision::batches) has them.
    pub batches: Vec<Vec<Vec<u8>>>,
    /// Whether that aborts the transaction that an earlier leader left open.
    pub aborts_transaction: bool,
    /// Whether that begins an empty log.
    pub bootstraps: bool,
}

/// Why there can be no controller for a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotBegun {
    /// It has records, and none says what they mean.
    #[error(
        "the log has records but no metadata.version, so that nothing says what they mean; have a controller of \
         Kafka 3.9 lead, and give it one by kafka-features"
    )]
    NoMetadataVersion,
}

impl Controller {
    /// Takes over where the log ends: `replay` is all of it, and everything before the leader's epoch must be in it.
    /// `bootstrap` is what an empty log begins with.
    ///
    /// # Errors
    ///
    /// [`NotBegun`]: the node must not go on leading.
    pub fn take_over(
        settings: Settings,
        replay: &Replay,
        end: Offset,
        bootstrap: &[MetadataRecord],
        now: Duration,
        seed: u64,
    ) -> Result<Begun, NotBegun> {
        let image = replay.image();
        let aborts_transaction = replay.open_transaction().is_some();
        let bootstraps = image.features.metadata_version().is_none();
        if bootstraps && *image != MetadataImage::default() {
            return Err(NotBegun::NoMetadataVersion);
        }
        let mut controller = Controller::new(settings, image.clone(), end, now, seed);
        let mut batches = Vec::new();
        if aborts_transaction {
            batches.extend(controller.abort_transaction());
        }
        if bootstraps {
            batches.extend(controller.bootstrap(bootstrap.to_vec()));
        }
        Ok(Begun {
            controller,
            batches,
            aborts_transaction,
            bootstraps,
        })
    }
}
