//! Which checkpoint the log may start from: by the size of everything, and by age.
//!
//! The newest checkpoint always stays, and with it every record behind it. Source: KIP-630.

use kraft_bridge_protocol::{Offset, Timestamp};

use super::LogConfig;
use super::checkpoints::Checkpoint;

/// Where the log shall start: the end of the oldest checkpoint that is kept. `None` if all are.
///
/// `log_bytes` tells how long the segments are that hold anything from an offset on.
pub(super) fn new_start(
    config: &LogConfig,
    checkpoints: &[Checkpoint],
    log_bytes: impl Fn(Offset) -> u64,
    start: Offset,
    now: Timestamp,
) -> Option<Offset> {
    let mut new_start = None;
    let mut kept = checkpoints;
    while let [oldest, rest @ ..] = kept
        && let [next, ..] = rest
    {
        let checkpoint_bytes: u64 = kept.iter().map(|checkpoint| checkpoint.bytes).sum();
        let bytes = checkpoint_bytes + log_bytes(new_start.unwrap_or(start));
        let too_many = bytes > config.retention_bytes;
        let too_old = now.0.saturating_sub(oldest.last_contained.0) > config.retention_ms;
        if !too_many && !too_old {
            break;
        }
        new_start = Some(next.id.offset);
        kept = rest;
    }
    new_start
}

#[cfg(test)]
mod tests {
    use kraft_bridge_protocol::{Epoch, OffsetAndEpoch};

    use super::*;

    fn checkpoint(end: i64, bytes: u64, last_contained: i64) -> Checkpoint {
        Checkpoint {
            id: OffsetAndEpoch {
                epoch: Epoch(1),
                offset: Offset(end),
            },
            bytes,
            last_contained: Timestamp(last_contained),
        }
    }

    fn start_of(checkpoints: &[Checkpoint], log_bytes: u64) -> Option<i64> {
        let config = LogConfig {
            retention_bytes: 100,
            retention_ms: 1000,
            ..LogConfig::default()
        };
        let start = new_start(&config, checkpoints, |_| log_bytes, Offset(0), Timestamp(5000));
        start.map(|start| start.0)
    }

    #[test]
    fn the_oldest_checkpoints_go_until_the_rest_is_small_enough() {
        let checkpoints = [10, 20, 30].map(|end| checkpoint(end, 30, 5000));
        assert_eq!(start_of(&checkpoints, 10), None);
        assert_eq!(start_of(&checkpoints, 20), Some(20));
        assert_eq!(start_of(&checkpoints, 50), Some(30));
    }

    #[test]
    fn an_old_checkpoint_goes_when_there_is_a_newer_one() {
        assert_eq!(
            start_of(&[checkpoint(10, 1, 3999), checkpoint(20, 1, 4000)], 1),
            Some(20)
        );
        assert_eq!(
            start_of(&[checkpoint(10, 1, 4000), checkpoint(20, 1, 4000)], 1),
            None
        );
    }

    #[test]
    fn the_newest_checkpoint_stays_however_large_and_old() {
        assert_eq!(start_of(&[checkpoint(10, 1000, 0)], 1000), None);
    }
}
