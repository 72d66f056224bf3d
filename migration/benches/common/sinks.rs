//! Where a capture that is measured goes: nowhere, or into the legacy model.

use std::error::Error;

use kraft_bridge_migration::capture::{SinkError, ZnodeSink};
use kraft_bridge_migration::legacy::Decoder;
use kraft_bridge_migration::znode::Znode;

/// Takes and forgets.
struct Nowhere;

impl ZnodeSink for Nowhere {
    fn znode(&mut self, _: &Znode<'_>) -> Result<(), SinkError> {
        Ok(())
    }

    fn gone(&mut self, _: &str) -> Result<(), SinkError> {
        Ok(())
    }

    fn unreadable(&mut self, _: &str, _: &str) -> Result<(), SinkError> {
        Ok(())
    }
}

/// Has `measure` fill the sink that `what` means (`read` or `decode`), with what it is called.
pub(crate) fn filling(
    what: &str,
    measure: impl Fn(&str, &mut dyn ZnodeSink) -> Result<(), Box<dyn Error>>,
) -> Result<(), Box<dyn Error>> {
    match what {
        "read" => measure("read", &mut Nowhere),
        _ => measure("read and decode", &mut Decoder::new()),
    }
}
