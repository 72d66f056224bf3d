//! Brokers: who they are, whether they live, and what they may do.
//!
//! ```text
//!               registration                    wants to, and has caught up
//!  unknown ───────────────────▶ fenced ───────────────────────────────────▶ active
//!                                 ▲  ▲          asked for, or silent           │ │
//!                                 │  └─────────────────────────────────────────┘ │ wants to stop
//!                                 └──────────── may stop now ◀── shutting down ◀─┘
//! ```
//!
//! Source: KIP-631, KIP-841 (controlled shutdown in the log), KIP-858 (directories), KIP-966 (unclean shutdowns).

mod fencing;
mod heartbeat;
mod registration;
mod sessions;
mod unregistration;

use kraft_bridge_protocol::rpc::ErrorCode;
use kraft_bridge_protocol::{BrokerEpoch, NodeId};

pub(crate) use fencing::{fence, unfence};
pub(crate) use heartbeat::heartbeat;
pub(crate) use registration::register;
pub(crate) use sessions::Sessions;
pub(crate) use unregistration::unregister;

use crate::draft::Draft;

/// Whether the broker is registered, in this very run.
pub(crate) fn check_epoch(draft: &Draft<'_>, broker: NodeId, epoch: BrokerEpoch) -> Result<(), ErrorCode> {
    let registration = draft.image.brokers.get(&broker);
    let is_known =
        registration.is_some_and(|registration| registration.broker_epoch == epoch || mutant!(TakesOldRuns));
    is_known.then_some(()).ok_or(ErrorCode::StaleBrokerEpoch)
}
