//! Checkpoints, and what need not be kept: on both disks.

use std::io::Write;

use kraft_bridge_protocol::{Offset, Timestamp};

use super::support::{SMALL, append, at, both, bytes, checkpoint, fill, receive, write_checkpoint};
use crate::log::{FetchPosition, Log, LogConfig, LogError};

#[test]
fn a_checkpoint_is_written_while_records_are_appended() {
    for bed in both() {
        let mut log = bed.log();
        fill(&mut log, 1, 4);
        log.advance_high_watermark(Offset(4));

        let mut file = log.create_checkpoint(at(3, 1)).unwrap();
        append(&mut log, 1, &["meanwhile"]);
        write_checkpoint(&mut file, 77).unwrap();
        assert_eq!(log.newest_checkpoint(), None);
        log.freeze_checkpoint(&file).unwrap();

        let newest = *log.newest_checkpoint().unwrap();
        assert_eq!(
            (newest.id, newest.bytes, newest.last_contained),
            (at(3, 1), file.length(), Timestamp(77))
        );
        let mut content = vec![0; usize::try_from(newest.bytes).unwrap()];
        log.open_checkpoint(newest.id)
            .unwrap()
            .read_at(0, &mut content)
            .unwrap();
        assert_eq!(content, bed.file("00000000000000000003-0000000001.checkpoint"));
        assert_eq!(bed.log().newest_checkpoint(), Some(&newest));
    }
}

#[test]
fn a_checkpoint_ends_behind_a_committed_batch_of_its_epoch() {
    for bed in both() {
        let mut log = bed.log();
        append(&mut log, 1, &["a", "b"]);
        append(&mut log, 2, &["c", "d"]);
        append(&mut log, 2, &["e"]);
        log.advance_high_watermark(Offset(4));
        for (offset, epoch, problem) in [
            (0, 0, "between the start of the log and the high watermark"),
            (5, 2, "between the start of the log and the high watermark"),
            (2, 2, "of another epoch"),
            (3, 2, "within a batch"),
        ] {
            let refusal = log.create_checkpoint(at(offset, epoch)).unwrap_err().to_string();
            assert!(refusal.contains(problem), "{offset}-{epoch}: {refusal}");
        }
        checkpoint(&mut log, at(2, 1), 0);
        checkpoint(&mut log, at(4, 2), 0);
        let refusal = log.create_checkpoint(at(4, 2)).unwrap_err().to_string();
        assert!(refusal.contains("there already"), "{refusal}");
    }
}

#[test]
fn a_checkpoint_that_was_not_finished_is_removed_at_the_next_start() {
    for bed in both() {
        let mut log = bed.log();
        let mut file = log.receive_checkpoint(at(9, 1)).unwrap();
        file.write_all(b"half").unwrap();
        assert_eq!((file.length(), bed.files_of(".part").len()), (4, 1));
        let log = bed.log();
        assert_eq!((bed.files_of(".part").len(), log.newest_checkpoint()), (0, None));
    }
}

#[test]
fn what_does_not_begin_as_a_checkpoint_is_not_taken_into_service() {
    for bed in both() {
        let mut log = bed.log();
        let mut file = log.receive_checkpoint(at(9, 1)).unwrap();
        file.write_all(b"no checkpoint at all").unwrap();
        assert!(matches!(
            log.freeze_checkpoint(&file),
            Err(LogError::Checkpoint { .. })
        ));
        assert_eq!(bed.files_of(".part").len() + bed.files_of(".checkpoint").len(), 0);
        append(&mut log, 1, &["the log goes on"]);
    }
}

#[test]
fn a_fetched_checkpoint_replaces_the_log_before_it() {
    for bed in both() {
        let mut log = bed.log();
        fill(&mut log, 1, 7);
        log.advance_high_watermark(Offset(7));
        checkpoint(&mut log, at(5, 1), 0);
        assert!(matches!(
            log.truncate_to_checkpoint(at(5, 1)),
            Err(LogError::Checkpoint { .. })
        ));

        receive(&mut log, at(20, 3));
        log.truncate_to_checkpoint(at(20, 3)).unwrap();

        assert_eq!((log.start_offset(), log.end()), (Offset(20), at(20, 3)));
        assert_eq!(log.high_watermark(), Offset(20));
        assert_eq!(bed.files_of(".log"), ["00000000000000000020.log"]);
        assert_eq!(bed.files_of(".checkpoint").len(), 1);
        append(&mut log, 3, &["goes on"]);
        log.flush().unwrap();
        let log = bed.log();
        assert_eq!((log.start_offset(), log.end()), (Offset(20), at(21, 3)));
        assert_eq!(
            log.outline().fetch_position(Offset(20), at(20, 3).epoch),
            FetchPosition::Valid
        );
    }
}

#[test]
fn a_checkpoint_that_was_overtaken_while_it_was_written_is_not_taken_into_service() {
    for bed in both() {
        let mut log = bed.log();
        fill(&mut log, 1, 7);
        log.advance_high_watermark(Offset(7));
        let mut own = log.create_checkpoint(at(5, 1)).unwrap();
        receive(&mut log, at(20, 3));
        log.truncate_to_checkpoint(at(20, 3)).unwrap();

        write_checkpoint(&mut own, 0).unwrap();
        log.freeze_checkpoint(&own).unwrap();

        assert_eq!(log.outline().oldest_checkpoint, Some(at(20, 3)));
        assert_eq!(bed.files_of(".checkpoint").len(), 1);
        assert!(bed.files_of(".part").is_empty());
    }
}

#[test]
fn a_checkpoint_ahead_of_the_log_replaces_it_at_the_next_start() {
    for (offset, epoch) in [(20, 1), (2, 2)] {
        for bed in both() {
            let mut log = bed.log();
            fill(&mut log, 1, 7);
            receive(&mut log, at(offset, epoch));
            // The node stops before it truncates the log.
            let log = bed.log();
            assert_eq!(
                (log.start_offset(), log.end()),
                (Offset(offset), at(offset, epoch))
            );
            assert_eq!(bed.files_of(".log").len(), 1);
            assert_eq!(bed.log().end(), at(offset, epoch));
        }
    }
}

#[test]
fn a_damaged_segment_that_a_checkpoint_stands_for_is_removed() {
    for bed in both() {
        let mut log = bed.log();
        fill(&mut log, 1, 9);
        log.advance_high_watermark(Offset(9));
        let kept = log.read(Offset(6), Offset(9), 1000).unwrap();
        let mut damaged = bed.file("00000000000000000003.log");
        damaged[100] ^= 1;
        bed.put("00000000000000000003.log", &damaged);
        let refusal = bed.refusal();
        assert!(
            refusal.contains("00000000000000000003.log, byte 100, offset 4"),
            "{refusal}"
        );

        checkpoint(&mut log, at(6, 1), 0);

        let log = bed.log();
        assert_eq!((log.start_offset(), bytes(&log)), (Offset(6), kept));
        assert_eq!(bed.files_of(".log"), ["00000000000000000006.log"]);
    }
}

#[test]
fn segments_and_checkpoints_beyond_the_limits_are_removed_but_never_the_newest_checkpoint() {
    for bed in both() {
        let config = LogConfig {
            retention_bytes: 1000,
            ..SMALL
        };
        let mut log = Log::open(bed.disk.clone(), config).unwrap();
        fill(&mut log, 1, 12);
        log.advance_high_watermark(Offset(12));
        checkpoint(&mut log, at(2, 1), 10);
        assert!(!log.clean(Timestamp(10)).unwrap());
        checkpoint(&mut log, at(7, 1), 10);
        let kept = log.read(Offset(7), Offset(12), 1000).unwrap();

        assert!(log.clean(Timestamp(10)).unwrap());

        assert_eq!(log.start_offset(), Offset(7));
        assert_eq!(log.checkpoints().count(), 1);
        assert_eq!(
            bed.files_of(".log"),
            ["00000000000000000006.log", "00000000000000000009.log"]
        );
        assert_eq!(log.read(Offset(7), Offset(12), 1000).unwrap(), kept);
        assert!(matches!(
            log.read(Offset(6), Offset(12), 1000),
            Err(LogError::OutOfRange { .. })
        ));
        assert_eq!(bed.file("leader-epoch-checkpoint"), b"0\n1\n1 7\n");
        // The first segment that is left begins before the checkpoint.
        assert_eq!(bed.log().start_offset(), Offset(6));
    }
}

#[test]
fn an_old_checkpoint_is_removed_once_there_is_another() {
    for bed in both() {
        let mut log = bed.log();
        fill(&mut log, 1, 4);
        log.advance_high_watermark(Offset(4));
        checkpoint(&mut log, at(1, 1), 0);
        assert!(!log.clean(Timestamp(2_000_000)).unwrap());
        checkpoint(&mut log, at(3, 1), 0);
        assert!(!log.clean(Timestamp(1_000_000)).unwrap());
        assert!(log.clean(Timestamp(1_000_001)).unwrap());
        assert_eq!(log.start_offset(), Offset(3));
    }
}
