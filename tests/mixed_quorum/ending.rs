//! How every test ends: everybody in step, everybody stopped, the same bytes in all logs, and no fault in any.

use crate::broker::Broker;
use crate::faults::ALL;
use crate::quorum::Quorum;
use crate::{complaints, logs};

/// Stops the broker, if there is one, then the controllers, and asserts all that.
pub(crate) fn all_is_well(quorum: &mut Quorum, broker: Option<Broker>) {
    if let Some(broker) = broker {
        broker.stop();
    }
    let status = quorum.in_step(&ALL);
    quorum.stop_all();
    logs::are_identical(&quorum.log_dirs(), status.high_watermark);
    complaints::nobody_complains(quorum);
}
