//! What a follower does with a leader's batches, and where two logs part: on both disks.

use kraft_bridge_protocol::batch::BatchBuilder;
use kraft_bridge_protocol::{Epoch, Offset, Timestamp};

use super::support::{Bed, append, at, both, bytes, checkpoint, fill, try_append, voted};
use crate::log::{FetchPosition, Log, LogConfig, LogError};

#[test]
fn a_follower_holds_the_leaders_bytes() {
    for (leader, follower) in both().into_iter().zip(both()) {
        let mut leader = leader.log();
        append(&mut leader, 1, &["a", "b"]);
        fill(&mut leader, 3, 10);
        let sent = bytes(&leader);

        let mut log = follower.log();
        let appended = log.append_fetched(&sent).unwrap();

        assert_eq!((appended.end_offset, appended.bytes), (Offset(12), sent.len()));
        assert_eq!(bytes(&log), sent);
        assert_eq!(log.end(), leader.end());
        log.flush().unwrap();
        assert_eq!(bytes(&follower.log()), sent);
        assert!(follower.files_of(".log").len() > 3);
    }
}

#[test]
fn a_last_batch_that_is_cut_off_is_left_out() {
    for (leader, follower) in both().into_iter().zip(both()) {
        let mut leader = leader.log();
        append(&mut leader, 1, &["a"]);
        append(&mut leader, 1, &["b"]);
        let sent = bytes(&leader);

        let mut log = follower.log();
        let appended = log.append_fetched(&sent[..sent.len() - 1]).unwrap();

        assert_eq!(appended.end_offset, Offset(1));
        let rest = &sent[appended.bytes..];
        assert_eq!(log.append_fetched(rest).unwrap().end_offset, Offset(2));
    }
}

#[test]
fn what_does_not_continue_the_log_is_refused_and_nothing_of_it_written() {
    for (leader, follower) in both().into_iter().zip(both()) {
        let mut leader = leader.log();
        fill(&mut leader, 2, 2);
        let sent = bytes(&leader);
        let second = sent.len() / 2;
        let mut log = follower.log();
        log.write_quorum_state(voted(2, 1)).unwrap();

        let mut damaged = sent.clone();
        *damaged.last_mut().unwrap() ^= 1;
        let mut later_epoch = sent.clone();
        later_epoch[second + 15] = 3;
        let mut older_epoch = sent.clone();
        older_epoch[second + 15] = 1;
        for (what, bytes, problem) in [
            ("damaged", &damaged[..], "batch at offset 1 refused: checksum"),
            ("gap", &sent[second..], "the batch begins at offset 1, expected 0"),
            (
                "later epoch",
                &later_epoch,
                "of epoch 3, which is not from 2 to 2",
            ),
            (
                "older epoch",
                &older_epoch,
                "of epoch 1, which is not from 2 to 2",
            ),
            ("cut off", &sent[..40], "batch is cut off"),
        ] {
            let refusal = log.append_fetched(bytes).unwrap_err().to_string();
            assert!(refusal.contains(problem), "{what}: {refusal}");
            assert_eq!(log.end().offset, Offset(0), "{what}");
        }
        log.append_fetched(&sent).unwrap();
    }
}

#[test]
fn a_leader_cannot_append_more_than_the_quorum_carries_or_in_an_epoch_that_is_not_on_disk() {
    for bed in both() {
        let mut log = bed.log();
        log.write_quorum_state(voted(2, 1)).unwrap();
        let mut long = BatchBuilder::default();
        long.push(None, &vec![0; 8 * 1024 * 1024]);
        let too_long = log.append(&mut long, Epoch(2), Timestamp(0), false);
        assert!(too_long.unwrap_err().to_string().contains("more than the 8 MiB"));
        assert!(matches!(
            try_append(&mut log, 3, &["a"]),
            Err(LogError::Refused { .. })
        ));
    }
}

#[test]
fn truncation_cuts_whole_batches_and_later_segments_for_good() {
    for bed in both() {
        let mut log = bed.log();
        append(&mut log, 1, &["a", "b", "c"]);
        fill(&mut log, 2, 8);
        let before = bytes(&log);

        assert_eq!(log.truncate(Offset(99)).unwrap(), Offset(11));
        assert_eq!(log.truncate(Offset(4)).unwrap(), Offset(4));
        assert_eq!((log.end(), log.durable_end()), (at(4, 2), Offset(4)));
        assert_eq!(log.truncate(Offset(2)).unwrap(), Offset(0));
        assert_eq!((log.end(), bytes(&log)), (at(0, 0), Vec::new()));

        assert_eq!(bed.files_of("index"), [""; 0]);
        assert_eq!(bed.file("leader-epoch-checkpoint"), b"0\n0\n");
        append(&mut log, 1, &["a", "b", "c"]);
        fill(&mut log, 2, 8);
        assert_eq!(bytes(&log), before);
        assert_eq!(bytes(&bed.log()), before);
    }
}

#[test]
fn a_long_segment_that_was_cut_is_like_one_that_never_was_longer() {
    for (bed, other) in both().into_iter().zip(both()) {
        let open = |bed: &Bed| Log::open(bed.disk.clone(), LogConfig::default()).unwrap();
        let (mut log, mut never) = (open(&bed), open(&other));
        fill(&mut log, 1, 500);
        fill(&mut never, 1, 321);
        assert_eq!(log.truncate(Offset(321)).unwrap(), Offset(321));
        for log in [&mut log, &mut never] {
            fill(log, 2, 200);
        }
        assert_eq!((log.end(), bytes(&log)), (never.end(), bytes(&never)));
        for log in [log, never] {
            log.close().unwrap();
        }
        for name in ["00000000000000000000.index", "00000000000000000000.timeindex"] {
            assert_eq!(bed.file(name), other.file(name), "{name}");
        }
        assert!(!bed.file("00000000000000000000.index").is_empty());
    }
}

#[test]
fn truncation_below_the_high_watermark_is_refused() {
    for bed in both() {
        let mut log = bed.log();
        append(&mut log, 1, &["a", "b"]);
        append(&mut log, 1, &["c", "d"]);
        log.advance_high_watermark(Offset(3));
        log.advance_high_watermark(Offset(1));
        for end in [2, 3] {
            assert!(matches!(
                log.truncate(Offset(end)),
                Err(LogError::BelowHighWatermark { .. })
            ));
        }
        assert_eq!(log.end().offset, Offset(4));
    }
}

#[test]
fn a_flush_that_began_before_a_truncation_says_nothing_of_what_came_after() {
    for bed in both() {
        let mut log = bed.log();
        append(&mut log, 1, &["a"]);
        append(&mut log, 1, &["b"]);
        let flush = log.begin_flush();
        log.truncate(Offset(0)).unwrap();
        append(&mut log, 2, &["c"]);
        assert_eq!(log.finish_flush(flush.perform()).unwrap(), Offset(0));
    }
}

#[test]
fn two_logs_find_where_they_part() {
    for (leader, follower) in both().into_iter().zip(both()) {
        let (mut leader, mut log) = (leader.log(), follower.log());
        for epochs in [&mut leader, &mut log] {
            append(epochs, 1, &["a", "b"]);
        }
        append(&mut log, 2, &["lost"]);
        append(&mut log, 2, &["lost too"]);
        append(&mut leader, 3, &["c"]);

        let position = leader.outline().fetch_position(log.end().offset, log.end().epoch);
        assert_eq!(position, FetchPosition::Diverging(at(2, 1)));
        let end = log.outline().diverging_end(at(2, 1));
        log.truncate(end).unwrap();
        assert_eq!(log.end(), at(2, 1));
        assert_eq!(
            leader.outline().fetch_position(log.end().offset, log.end().epoch),
            FetchPosition::Valid
        );
        // Behind the leader's end in an epoch that it does have.
        assert_eq!(
            leader.outline().fetch_position(Offset(9), Epoch(3)),
            FetchPosition::Diverging(at(3, 3))
        );
        assert_eq!(log.outline().diverging_end(at(1, 1)), Offset(1));
        assert_eq!(leader.outline().diverging_end(at(7, 2)), Offset(2));
    }
}

#[test]
fn a_replica_without_records_is_sent_to_the_newest_checkpoint() {
    for bed in both() {
        let mut log = bed.log();
        fill(&mut log, 1, 4);
        assert_eq!(
            log.outline().fetch_position(Offset(0), Epoch(0)),
            FetchPosition::Valid
        );
        log.advance_high_watermark(Offset(4));
        checkpoint(&mut log, at(2, 1), 0);
        checkpoint(&mut log, at(4, 1), 0);
        assert_eq!(
            log.outline().fetch_position(Offset(0), Epoch(0)),
            FetchPosition::Checkpoint(at(4, 1))
        );
        assert_eq!(
            log.outline().fetch_position(Offset(3), Epoch(1)),
            FetchPosition::Valid
        );
        assert_eq!(
            log.outline().fetch_position(Offset(3), Epoch(0)),
            FetchPosition::Checkpoint(at(4, 1))
        );
    }
}
