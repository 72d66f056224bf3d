//! Bytes of the log that changed on disk.

use kraft_bridge_protocol::Offset;

use super::support::{Bed, append, at, bytes, voted};
use crate::log::{LogError, MemoryDisk};

const SEGMENT: &str = "00000000000000000000.log";

/// A log of three batches in one segment, with where the last begins.
fn three_batches() -> (Bed, Vec<u8>, usize) {
    let bed = Bed::on(&MemoryDisk::default());
    let mut log = bed.log();
    log.write_quorum_state(voted(4, 1)).unwrap();
    append(&mut log, 4, &["a", "b"]);
    append(&mut log, 4, &["c"]);
    let last = bytes(&log).len();
    append(&mut log, 4, &["d", "e"]);
    log.flush().unwrap();
    let all = bytes(&log);
    (bed, all, last)
}

#[test]
fn a_flipped_bit_anywhere_in_the_last_batch_cuts_that_batch_off() {
    let (bed, sound, last) = three_batches();
    for position in last..sound.len() {
        for bit in 0..8 {
            let mut damaged = sound.clone();
            damaged[position] ^= 1 << bit;
            bed.put(SEGMENT, &damaged);
            let log = bed.log();
            assert_eq!(bytes(&log), sound[..last], "byte {position}, bit {bit}");
            assert_eq!(log.end(), at(3, 4), "byte {position}, bit {bit}");
        }
    }
}

#[test]
fn a_flipped_bit_in_an_earlier_batch_is_refused_with_its_place() {
    let (bed, sound, last) = three_batches();
    for position in 0..last {
        let mut damaged = sound.clone();
        damaged[position] ^= 1;
        bed.put(SEGMENT, &damaged);
        let Err(LogError::Damaged {
            path,
            position: found,
            offset,
            ..
        }) = bed.open()
        else {
            panic!("byte {position} is not noticed");
        };
        assert!(
            path.ends_with(SEGMENT) && found <= position as u64,
            "byte {position}"
        );
        assert!([Offset(0), Offset(2)].contains(&offset), "byte {position}");
        assert_eq!(bed.file(SEGMENT), damaged, "nothing is changed");
    }
}

#[test]
fn a_log_cut_anywhere_holds_the_batches_before_the_cut() {
    let (bed, sound, last) = three_batches();
    for length in last..sound.len() {
        bed.put(SEGMENT, &sound[..length]);
        assert_eq!(bytes(&bed.log()), sound[..last], "cut at {length}");
        assert_eq!(bed.file(SEGMENT).len(), last);
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

#[test]
fn each_lost_sector_of_a_long_last_batch_cuts_that_batch_off() {
    let bed = Bed::on(&MemoryDisk::default());
    let mut log = bed.log();
    append(&mut log, 1, &["a"]);
    let last = bytes(&log).len();
    append(&mut log, 1, &["x"; 1000]);
    log.flush().unwrap();
    let segments = bed.files_of(".log");
    let name = segments.last().unwrap();
    let sound = bed.file(name);
    for sector in 0..sound.len() / 512 {
        let mut damaged = sound.clone();
        damaged[sector * 512..(sector + 1) * 512].fill(0);
        bed.put(name, &damaged);
        assert_eq!(bytes(&bed.log()).len(), last, "sector {sector}");
    }
}

#[test]
fn a_complete_segment_that_lost_its_end_is_refused() {
    let bed = Bed::on(&MemoryDisk::default());
    super::support::fill(&mut bed.log(), 1, 5);
    let sound = bed.file(SEGMENT);
    bed.put(SEGMENT, &sound[..sound.len() - 1]);
    let refusal = bed.refusal();
    assert!(
        refusal.contains("byte 200, offset 2: batch is cut off"),
        "{refusal}"
    );
}
