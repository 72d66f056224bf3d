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
    /// Why it writes that.
    pub first: First,
}

/// What a controller does before all else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum First {
    /// Nothing: it goes on where the log ends.
    Nothing,
    /// It aborts the transaction that an earlier leader left open.
    AbortsTransaction,
    /// It writes the first records of an empty log.
    Bootstraps,
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
        let leaves_open = replay.open_transaction().is_some();
        let has_level = image.features.metadata_version().is_some();
        if !has_level && *image != MetadataImage::default() {
            return Err(NotBegun::NoMetadataVersion);
        }
        let mut controller = Controller::new(settings, image.clone(), end, now, seed);
        let mut first = First::Nothing;
        let mut batches = Vec::new();
        if leaves_open {
            first = First::AbortsTransaction;
            batches.extend(controller.abort_transaction());
        }
        if !has_level {
            first = First::Bootstraps;
            batches.extend(controller.bootstrap(bootstrap.to_vec()));
        }
        Ok(Begun {
            controller,
            batches,
            first,
        })
    }
}
