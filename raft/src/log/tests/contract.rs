//! Appending, reading, rolling, recovering: on both disks.

use kraft_bridge_protocol::{Epoch, Offset, Timestamp};

use super::support::{Bed, append, at, batch, batches, both, bytes, fill, voted};
use crate::log::LogError;

const FIRST_SEGMENT: &str = "00000000000000000000.log";

#[test]
fn an_empty_directory_becomes_an_empty_log() {
    for bed in both() {
        let log = bed.log();
        assert_eq!((log.start_offset(), log.end()), (Offset(0), at(0, 0)));
        assert_eq!(
            bed.files(),
            [
                FIRST_SEGMENT,
                "durable-end",
                "leader-epoch-checkpoint",
                "partition.metadata"
            ]
        );
        assert_eq!(
            bed.file("partition.metadata"),
            b"version: 0\ntopic_id: AAAAAAAAAAAAAAAAAAAAAQ"
        );
        assert_eq!(bed.file("leader-epoch-checkpoint"), b"0\n0\n");
    }
}

#[test]
fn what_was_appended_is_there_after_reopening_byte_for_byte() {
    for bed in both() {
        let mut log = bed.log();
        append(&mut log, 1, &["a", "b"]);
        fill(&mut log, 2, 12);
        let before = bytes(&log);
        drop(log);

        let log = bed.log();

        assert_eq!(bytes(&log), before);
        assert_eq!(log.end(), at(14, 2));
        assert_eq!(log.durable_end(), Offset(14));
        assert_eq!(bed.file("leader-epoch-checkpoint"), b"0\n2\n1 0\n2 2\n");
    }
}

#[test]
fn nothing_is_durable_before_a_flush_and_one_flush_serves_all() {
    for bed in both() {
        let mut log = bed.log();
        append(&mut log, 1, &["a"]);
        append(&mut log, 1, &["b"]);
        assert_eq!(log.durable_end(), Offset(0));

        let flush = log.begin_flush();
        append(&mut log, 1, &["c"]);
        assert_eq!(log.finish_flush(flush.perform()).unwrap(), Offset(2));
        assert_eq!(log.flush().unwrap(), Offset(3));
    }
}

#[test]
fn a_read_gives_whole_batches_within_the_limit_but_at_least_one() {
    for bed in both() {
        let mut log = bed.log();
        append(&mut log, 1, &["a", "b", "c"]);
        append(&mut log, 1, &["d"]);
        append(&mut log, 1, &["e"]);
        let read = |from, end, bytes_max| {
            let read = log.read(Offset(from), Offset(end), bytes_max).unwrap();
            batches(&read)
                .into_iter()
                .map(|(base, end)| (base.0, end.0))
                .collect::<Vec<_>>()
        };
        assert_eq!(read(0, 5, 1000), [(0, 3), (3, 4), (4, 5)]);
        assert_eq!(read(1, 5, 1), [(0, 3)]);
        assert_eq!(read(3, 5, 140), [(3, 4), (4, 5)]);
        assert_eq!(read(0, 4, 1000), [(0, 3), (3, 4)]);
        assert_eq!(read(0, 2, 1000), []);
        assert_eq!(read(5, 5, 1000), []);
    }
}

#[test]
fn an_offset_before_the_start_or_behind_the_end_is_out_of_range() {
    for bed in both() {
        let mut log = bed.log();
        append(&mut log, 1, &["a"]);
        for offset in [-1, 2] {
            let read = log.read(Offset(offset), Offset(1), 100);
            assert!(matches!(read, Err(LogError::OutOfRange { .. })), "{offset}");
        }
    }
}

#[test]
fn a_full_segment_is_rolled_and_gets_its_indexes() {
    for bed in both() {
        let mut log = bed.log();
        fill(&mut log, 1, 9);
        assert_eq!(
            bed.files_of(".log"),
            [
                FIRST_SEGMENT,
                "00000000000000000003.log",
                "00000000000000000006.log"
            ]
        );
        assert_eq!(
            bed.files_of(".timeindex"),
            ["00000000000000000000.timeindex", "00000000000000000003.timeindex"]
        );
        log.close().unwrap();
        assert_eq!(bed.files_of(".index").len(), 3);

        // It grows again, so that its indexes would no longer be true.
        bed.log();
        assert_eq!(bed.files_of(".index").len(), 2);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn room_is_allocated_ahead_of_the_appends_and_given_back_with_a_segment_that_is_complete() {
    use std::os::unix::fs::MetadataExt;

    let [bed, _] = both();
    let mut log = bed.log();
    let size = |name: &str| {
        let metadata = std::fs::metadata(bed.disk.path().join(name)).unwrap();
        (metadata.len(), metadata.blocks() * 512)
    };
    fill(&mut log, 1, 3);
    let (length, room) = size(FIRST_SEGMENT);
    assert_eq!(length, 300, "a JVM that takes over finds batches up to the end");
    assert!(room >= 4 << 20, "{room}: the file system of /tmp can allocate");

    fill(&mut log, 1, 1);
    let (length, room) = size(FIRST_SEGMENT);
    assert!(length == 300 && room < 1 << 16, "{room}");
    log.close().unwrap();
    let (length, room) = size("00000000000000000003.log");
    assert!(length == 100 && room < 1 << 16, "{room}");
}

#[test]
fn a_segment_that_is_rolled_is_durable() {
    for bed in both() {
        let mut log = bed.log();
        for _ in 0..4 {
            append(&mut log, 1, &["x".repeat(30).as_str()]);
        }
        assert_eq!((log.end().offset, log.durable_end()), (Offset(4), Offset(3)));
    }
}

#[test]
fn an_old_segment_is_rolled() {
    for bed in both() {
        let mut log = bed.log();
        for time in [500, 1_000_500, 1_000_501] {
            let appended = log.append(&mut batch(&["a"]), Epoch(1), Timestamp(time), false);
            appended.unwrap();
        }
        assert_eq!(bed.files_of(".log"), [FIRST_SEGMENT, "00000000000000000002.log"]);
    }
}

#[test]
fn a_batch_longer_than_a_segment_gets_one_of_its_own() {
    for bed in both() {
        let mut log = bed.log();
        let long = "x".repeat(1000);
        append(&mut log, 1, &["a"]);
        append(&mut log, 1, &[&long]);
        append(&mut log, 1, &["b"]);
        assert_eq!(bed.files_of(".log").len(), 3);
        assert_eq!(batches(&log.read(Offset(1), Offset(3), 1).unwrap()).len(), 1);
    }
}

#[test]
fn the_election_state_is_there_after_reopening_and_never_goes_back() {
    for bed in both() {
        let mut log = bed.log();
        assert_eq!(log.quorum_state(), None);
        log.write_quorum_state(voted(3, 1)).unwrap();
        log.write_quorum_state(voted(4, 2)).unwrap();

        let mut log = bed.log();
        assert_eq!(log.quorum_state(), Some(&voted(4, 2)));

        let backwards = std::panic::AssertUnwindSafe(|| log.write_quorum_state(voted(3, 1)));
        assert!(std::panic::catch_unwind(backwards).is_err());
    }
}

#[test]
fn a_damaged_election_state_is_refused_by_name() {
    for bed in both() {
        bed.log().write_quorum_state(voted(3, 1)).unwrap();
        let mut content = bed.file("quorum-state");
        content.truncate(40);
        bed.put("quorum-state", &content);
        let refusal = bed.refusal();
        assert!(
            refusal.contains("quorum-state: not one line of JSON"),
            "{refusal}"
        );
    }
}

#[test]
fn what_a_jvm_leaves_beside_its_log_is_taken_over_or_removed() {
    for bed in both() {
        let mut log = bed.log();
        fill(&mut log, 1, 5);
        let before = bytes(&log);
        drop(log);
        // A JVM that was killed leaves indexes as long as they could become, and more.
        for name in [
            "00000000000000000000.index",
            "00000000000000000003.index",
            "00000000000000000003.timeindex",
            "00000000000000000009.index",
            "00000000000000000005.snapshot",
            "00000000000000000000.log.deleted",
            "00000000000000000005-0000000001-77.checkpoint.part",
            "quorum-state.tmp",
        ] {
            bed.put(name, &[0; 240]);
        }
        bed.put("leader-epoch-checkpoint", b"");

        let log = bed.log();

        assert_eq!(bytes(&log), before);
        assert_eq!(
            bed.files(),
            [
                "00000000000000000000.index",
                FIRST_SEGMENT,
                "00000000000000000000.timeindex",
                "00000000000000000003.log",
                "durable-end",
                "leader-epoch-checkpoint",
                "partition.metadata",
            ]
        );
        assert_eq!(bed.file("00000000000000000000.index"), b"");
        assert_eq!(bed.file("leader-epoch-checkpoint"), b"0\n1\n1 0\n");
    }
}

#[test]
fn the_directory_of_another_topic_is_refused() {
    for bed in both() {
        bed.put(
            "partition.metadata",
            b"version: 0\ntopic_id: _3vWq1xTLa0hM6tPz8sCgA\n",
        );
        assert!(
            bed.refusal()
                .contains("partition.metadata: is not of the metadata log")
        );
    }
}

#[test]
fn a_segment_that_is_missing_is_named_by_the_one_behind_it() {
    for bed in both() {
        fill(&mut bed.log(), 1, 9);
        bed.disk.remove("00000000000000000003.log").unwrap();
        let refusal = bed.refusal();
        assert!(
            refusal
                .contains("00000000000000000006.log: begins at offset 6, but the segment before ends at 3"),
            "{refusal}"
        );
    }
}

#[test]
fn a_log_whose_start_is_missing_is_refused() {
    for bed in both() {
        fill(&mut bed.log(), 1, 5);
        bed.disk.remove(FIRST_SEGMENT).unwrap();
        assert!(
            bed.refusal()
                .contains("begins at offset 3 and no checkpoint reaches it")
        );
    }
}

#[test]
fn indexes_lead_to_every_batch_of_a_long_segment() {
    for bed in both() {
        let config = crate::log::LogConfig::default();
        let mut log = crate::log::Log::open(bed.disk.clone(), config).unwrap();
        fill(&mut log, 1, 500);
        for offset in 0..500 {
            let read = log.read(Offset(offset), Offset(500), 1).unwrap();
            assert_eq!(batches(&read), [(Offset(offset), Offset(offset + 1))]);
        }
        log.close().unwrap();
        check_indexes(&bed);
    }
}

/// That the entries of the first segment's indexes name the last offsets of batches and where those begin.
fn check_indexes(bed: &Bed) {
    let log = bed.file(FIRST_SEGMENT);
    let length = log.len() / 500;
    let entries = bed.file("00000000000000000000.index");
    assert!(
        entries.len() / 8 >= log.len() / (4096 + 2 * length),
        "{}",
        entries.len()
    );
    for entry in entries.chunks(8) {
        let offset = usize::try_from(u32::from_be_bytes(entry[..4].try_into().unwrap())).unwrap();
        let position = usize::try_from(u32::from_be_bytes(entry[4..].try_into().unwrap())).unwrap();
        assert_eq!(position, offset * length);
    }
    // All batches bear the same time.
    assert_eq!(bed.file("00000000000000000000.timeindex"), [0; 12]);
}
