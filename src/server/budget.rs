//! Memory for requests on their way: what the long ones of a listener may take together.
//!
//! Short requests need none of it, so that elections and heartbeats go on whatever callers send.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Length in bytes up to which a request needs no share.
pub(super) const SHORT_BYTES_MAX: u32 = 64 * 1024;
/// What shares are counted in.
const UNIT_BYTES: u32 = 1024;

/// The memory of one listener.
#[derive(Clone, Debug)]
pub(super) struct Budget(Arc<Semaphore>);

/// A share, until it is dropped.
#[derive(Debug, Default)]
pub(super) struct Share(Option<OwnedSemaphorePermit>);

impl Budget {
    /// A budget of so many bytes.
    pub(super) fn new(bytes: u32) -> Budget {
        let units = usize::try_from(bytes.div_ceil(UNIT_BYTES)).unwrap_or(usize::MAX);
        Budget(Arc::new(Semaphore::new(units.min(Semaphore::MAX_PERMITS))))
    }

    /// Adds so many bytes to a share, as soon as there are so many.
    pub(super) async fn add(&self, bytes: u32, share: &mut Share) {
        let more = Arc::clone(&self.0).acquire_many_owned(bytes.div_ceil(UNIT_BYTES));
        let more = more.await.expect("the semaphore is never closed");
        match &mut share.0 {
            Some(share) => share.merge(more),
            none => *none = Some(more),
        }
    }
}
