//! What the durable end that is noted beside the log says after a start was cut short, or a JVM had the log.

use kraft_bridge_protocol::{Offset, OffsetAndEpoch};

use super::support::{Bed, append, at, bytes, fill, receive, voted};
use crate::log::{Fault, MemoryDisk, Survivors};

const SEGMENT: &str = "00000000000000000000.log";

/// Starts that are cut short at each of their steps; whatever that leaves, the next finds the log ending here.
fn each_cut_start_is_followed_by_a_whole_one(disk: &MemoryDisk, end: OffsetAndEpoch) {
    for step in 0.. {
        let disk = disk.after_crash(Survivors::Everything);
        disk.fail_at(step, Fault::Stop);
        if Bed::on(&disk).open().is_ok() {
            assert!(step > 1, "a start that changes nothing shows nothing");
            return;
        }
        for survivors in Survivors::ALL {
            let opened = Bed::on(&disk.after_crash(survivors)).open();
            let log = opened.unwrap_or_else(|error| panic!("step {step}, {survivors:?}: {error}"));
            assert_eq!(log.end(), end, "step {step}, {survivors:?}");
        }
    }
}

/// As a JVM leaves the directory: the log with this many bytes, in a later epoch, with an index.
fn jvm_had_it(bed: &Bed, length: usize) {
    let log = bed.file(SEGMENT);
    bed.put(SEGMENT, &log[..length]);
    bed.put("00000000000000000000.index", &[0; 80]);
    bed.put("quorum-state", voted(2, 1).encode().as_bytes());
}

/// A log of three batches of 100 bytes in epoch 1, all durable.
fn three_batches(disk: &MemoryDisk) -> Bed {
    let bed = Bed::on(disk);
    let mut log = bed.log();
    log.write_quorum_state(voted(1, 1)).unwrap();
    fill(&mut log, 1, 3);
    // As the system does after a while.
    bed.disk.open("durable-end").unwrap().sync().unwrap();
    bed
}

#[test]
fn a_start_cut_short_while_a_checkpoint_replaces_the_log_is_no_loss() {
    let disk = MemoryDisk::default();
    let mut log = Bed::on(&disk).log();
    fill(&mut log, 1, 7);
    receive(&mut log, at(2, 2));
    each_cut_start_is_followed_by_a_whole_one(&disk, at(2, 2));
}

#[test]
fn a_log_that_a_jvm_cut_in_a_later_epoch_is_no_loss_even_if_the_start_after_it_is_cut_short() {
    let disk = MemoryDisk::default();
    let bed = three_batches(&disk);
    jvm_had_it(&bed, 100);
    bed.disk.sync().unwrap();
    each_cut_start_is_followed_by_a_whole_one(&disk, at(1, 1));
    // A whole one makes sure that nothing older comes back when the power is cut.
    bed.log().write_quorum_state(voted(3, 1)).unwrap();
    let found = Bed::on(&disk.after_crash(Survivors::Nothing)).log();
    assert_eq!(found.end(), at(1, 1));
}

#[test]
fn behind_what_a_jvm_may_have_flushed_a_hole_is_damage() {
    let disk = MemoryDisk::default();
    let bed = three_batches(&disk);
    let mut log = bed.log();
    log.truncate(Offset(1)).unwrap();
    append(&mut log, 1, &["a"]);
    append(&mut log, 1, &["b"]);
    let mut damaged = bed.file(SEGMENT);
    damaged[110] ^= 1;
    bed.put(SEGMENT, &damaged);
    assert_eq!(
        bytes(&Bed::on(&disk.after_crash(Survivors::Everything)).log()).len(),
        100
    );

    jvm_had_it(&bed, damaged.len());

    assert!(bed.refusal().contains("byte 100, offset 1"));
}

#[test]
fn what_this_log_closed_must_be_whole_in_the_same_epoch() {
    let bed = three_batches(&MemoryDisk::default());
    bed.log().close().unwrap();
    let sound = bed.file(SEGMENT);
    bed.put(SEGMENT, &sound[..200]);
    assert!(bed.refusal().contains("on disk up to offset 3"));
}
