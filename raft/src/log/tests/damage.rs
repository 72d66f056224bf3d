//! Bytes of the log that changed on disk: what was durable is there or its loss named, the rest is cut off.

use kraft_bridge_protocol::Offset;

use super::support::{Bed, append, at, batches, both, bytes, fill, voted};
use crate::log::{LogConfig, LogError, MemoryDisk};

const SEGMENT: &str = "00000000000000000000.log";
const SECTOR: usize = 512;

/// A log of three batches in one segment, with where the last begins; that one is not flushed.
fn three_batches() -> (Bed, Vec<u8>, usize) {
    let bed = Bed::on(&MemoryDisk::default());
    let mut log = bed.log();
    log.write_quorum_state(voted(4, 1)).unwrap();
    append(&mut log, 4, &["a", "b"]);
    append(&mut log, 4, &["c"]);
    log.flush().unwrap();
    let last = bytes(&log).len();
    append(&mut log, 4, &["d", "e"]);
    let all = bytes(&log);
    (bed, all, last)
}

/// As if the durable end had never been noted, and the last segment become whole.
fn forget_durable_end(bed: &Bed) {
    bed.disk.remove("durable-end").unwrap();
}

#[test]
fn a_flipped_bit_anywhere_in_a_batch_that_was_not_flushed_cuts_that_batch_off() {
    for known in [true, false] {
        let (bed, sound, last) = three_batches();
        for position in last..sound.len() {
            for bit in 0..8 {
                let mut damaged = sound.clone();
                damaged[position] ^= 1 << bit;
                bed.put(SEGMENT, &damaged);
                if !known {
                    forget_durable_end(&bed);
                }
                let log = bed.log();
                assert_eq!(bytes(&log), sound[..last], "byte {position}, bit {bit}");
                assert_eq!(log.end(), at(3, 4), "byte {position}, bit {bit}");
            }
        }
    }
}

#[test]
fn a_flipped_bit_in_a_batch_that_was_flushed_is_refused_with_its_place() {
    let (bed, sound, last) = three_batches();
    for position in 0..last {
        let mut damaged = sound.clone();
        damaged[position] ^= 1;
        bed.put(SEGMENT, &damaged);
        let (path, found, offset) = place(bed.open().unwrap_err());
        assert!(
            path.ends_with(SEGMENT) && found <= position as u64,
            "byte {position}"
        );
        assert!([Offset(0), Offset(2)].contains(&offset), "byte {position}");
        assert_eq!(bed.file(SEGMENT), damaged, "nothing is changed");
    }
}

/// File, position and offset that a refusal names.
fn place(error: LogError) -> (std::path::PathBuf, u64, Offset) {
    match error {
        LogError::Damaged {
            path,
            position,
            offset,
            ..
        }
        | LogError::Lost {
            path,
            position,
            offset,
            ..
        } => (path, position, offset),
        other => panic!("{other}"),
    }
}

#[test]
fn a_log_cut_anywhere_holds_the_batches_before_the_cut_or_names_what_was_durable() {
    let (bed, sound, last) = three_batches();
    for length in last..sound.len() {
        bed.put(SEGMENT, &sound[..length]);
        assert_eq!(bytes(&bed.log()), sound[..last], "cut at {length}");
        assert_eq!(bed.file(SEGMENT).len(), last);
    }
    for length in 0..last {
        bed.put(SEGMENT, &sound[..length]);
        let refusal = bed.refusal();
        assert!(
            refusal.contains("0.log, byte ") && refusal.contains("on disk up to offset 3"),
            "cut at {length}: {refusal}"
        );
        assert_eq!(bed.file(SEGMENT), sound[..length], "nothing is changed");
    }
}

#[test]
fn zeros_and_garbage_behind_the_last_batch_are_cut_off() {
    let (bed, sound, _) = three_batches();
    for behind in [vec![0; 5000], vec![0xa5; 600], sound.clone()] {
        let mut longer = sound.clone();
        longer.extend(behind);
        bed.put(SEGMENT, &longer);
        assert_eq!(bytes(&bed.log()), sound);
        assert_eq!(bed.file(SEGMENT), sound);
    }
}

/// What may become of a sector.
const DAMAGES: [fn(&mut [u8]); 3] = [
    |sector| sector.fill(0),
    |sector| {
        sector
            .iter_mut()
            .for_each(|byte| *byte = byte.wrapping_mul(31) ^ 0x5a)
    },
    |sector| sector[sector.len() / 2] ^= 4,
];

/// A log whose last segment has six batches of two sectors and a half, the last three of them not flushed;
/// returns the bytes of that segment and how many of them are durable.
fn long_tail(bed: &Bed) -> (String, Vec<u8>, usize) {
    let config = LogConfig {
        segment_bytes: 10_000,
        ..super::support::SMALL
    };
    let mut log = crate::log::Log::open(bed.disk.clone(), config).unwrap();
    log.write_quorum_state(voted(2, 1)).unwrap();
    fill(&mut log, 1, 100);
    let value = "x".repeat(300);
    let lead = |log: &mut crate::log::Log| {
        for _ in 0..3 {
            append(log, 2, &[value.as_str(); 4]);
        }
    };
    lead(&mut log);
    let committed = log.flush().unwrap();
    log.advance_high_watermark(committed);
    let name = bed.files_of(".log").pop().unwrap();
    assert_eq!(name, "00000000000000000100.log");
    let durable = bed.file(&name).len();
    lead(&mut log);
    (name.clone(), bed.file(&name), durable)
}

#[test]
fn each_damaged_sector_of_the_last_segment_is_cut_off_if_it_was_not_flushed_and_refused_by_place_if_it_was() {
    for bed in both() {
        let (name, sound, durable) = long_tail(&bed);
        let note = bed.file("durable-end");
        for (kind, damage) in DAMAGES.iter().enumerate() {
            for start in (0..sound.len()).step_by(SECTOR) {
                let end = sound.len().min(start + SECTOR);
                let mut damaged = sound.clone();
                damage(&mut damaged[start..end]);
                bed.put(&name, &damaged);
                bed.put("durable-end", &note);
                let first_changed = (start..end).find(|at| damaged[*at] != sound[*at]).unwrap();
                let what = format!("kind {kind}, sector at {start}");
                match bed.open() {
                    Ok(log) => {
                        assert!(first_changed >= durable, "{what}: committed records are gone");
                        let kept = bed.file(&name);
                        assert!(sound.starts_with(&kept) && kept.len() >= durable, "{what}");
                        assert!(kept.len() <= first_changed, "{what}");
                        assert!(log.end().offset >= Offset(100 + 12), "{what}");
                    }
                    Err(error) => {
                        let (path, position, offset) = place(error);
                        assert!(path.ends_with(&name), "{what}");
                        assert!(
                            position <= first_changed as u64 && first_changed < durable,
                            "{what}"
                        );
                        let sound = &sound[..usize::try_from(position).unwrap()];
                        let end = batches(sound).last().map_or(offset, |(_, end)| *end);
                        assert_eq!(offset, end, "{what}");
                        assert_eq!(bed.file(&name), damaged, "{what}: nothing is changed");
                    }
                }
            }
        }
    }
}

#[test]
fn a_hole_among_batches_is_damage_where_no_durable_end_is_known() {
    for bed in both() {
        let (name, mut sound, durable) = long_tail(&bed);
        sound[durable..durable + SECTOR].fill(0);
        bed.put(&name, &sound);
        forget_durable_end(&bed);
        let (path, position, offset) = place(bed.open().unwrap_err());
        assert!(path.ends_with(&name));
        assert_eq!((position, offset), (durable as u64, Offset(100 + 12)));
    }
}

#[test]
fn a_complete_segment_that_lost_its_end_is_refused() {
    let bed = Bed::on(&MemoryDisk::default());
    fill(&mut bed.log(), 1, 5);
    let sound = bed.file(SEGMENT);
    bed.put(SEGMENT, &sound[..sound.len() - 1]);
    let refusal = bed.refusal();
    assert!(
        refusal.contains("byte 200, offset 2: batch is cut off"),
        "{refusal}"
    );
}

#[test]
fn a_last_segment_that_is_gone_is_noticed() {
    for bed in both() {
        fill(&mut bed.log(), 1, 5);
        bed.disk.remove("00000000000000000003.log").unwrap();
        let refusal = bed.refusal();
        assert!(
            refusal.contains("byte 300, offset 3: ") && refusal.contains("on disk up to offset 5"),
            "{refusal}"
        );
    }
}

#[test]
fn a_quorum_state_cut_or_damaged_anywhere_is_refused_by_name_or_says_the_same() {
    for bed in both() {
        bed.log().write_quorum_state(voted(7, 2)).unwrap();
        let sound = bed.file("quorum-state");
        let cuts = (0..sound.len()).map(|length| sound[..length].to_vec());
        let flips = (0..sound.len() * 8).map(|bit| {
            let mut damaged = sound.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            damaged
        });
        let (mut refused, mut same) = (0, 0);
        for damaged in cuts.chain(flips) {
            bed.put("quorum-state", &damaged);
            let text = String::from_utf8_lossy(&damaged).into_owned();
            match bed.open() {
                Ok(log) => {
                    assert_eq!(log.quorum_state(), Some(&voted(7, 2)), "{text}");
                    same += 1;
                }
                Err(error) => {
                    assert!(error.to_string().contains("quorum-state: "), "{text}: {error}");
                    refused += 1;
                }
            }
        }
        // A state that lacks its second line, as a JVM leaves it, or only the end of that.
        assert!(same < 12 && refused > 8 * sound.len(), "{same} of {refused}");
    }
}
