//! A workload that stops before each of its steps on disk, with whatever a crash may leave of what was not synced.
//!
//! A ledger of what the log promised is held against what is found afterwards: all that was durable is there
//! byte for byte, and what is there beyond that is a prefix of what was appended.

use kraft_bridge_protocol::{Offset, OffsetAndEpoch, Timestamp};

use super::support::{Bed, append, at, batches, bytes, checkpoint, try_append, voted, write_checkpoint};
use crate::log::{Fault, Log, LogError, MemoryDisk, Survivors};
use crate::quorum_state::QuorumState;

/// What the log promised.
#[derive(Clone, Debug, Default)]
struct Ledger {
    /// All batches that were appended and not truncated, from offset 0 on; nothing behind a checkpoint that
    /// replaced them.
    appended: Vec<u8>,
    /// Where `appended` begins: behind a checkpoint that replaced what came before.
    base: Offset,
    /// What a change that may or may not be done yet makes of `base` and `appended`.
    underway: Option<(Offset, Vec<u8>)>,
    /// All below is durable.
    durable_end: Offset,
    /// The log may have dropped what is below.
    start_max: Offset,
    /// The state that was written last, and the one that may be there in its place.
    voted: [Option<QuorumState>; 2],
    /// At least this one is in service.
    checkpoint: Option<OffsetAndEpoch>,
}

/// One node's life: votes, appends, segments rolled, fetched batches, a truncation, checkpoints, cleaning, a
/// fetched checkpoint; it ends at the first error.
fn live(bed: &Bed, ledger: &mut Ledger) -> Result<(), LogError> {
    let mut log = bed.open()?;
    vote(&mut log, ledger, voted(1, 1))?;
    for values in [&["a", "b"][..], &["c"], &["d"]] {
        lead(&mut log, ledger, 1, values)?;
    }
    flush(&mut log, ledger)?;
    follow(&mut log, ledger, 1, 7)?;
    flush(&mut log, ledger)?;
    vote(&mut log, ledger, voted(3, 2))?;
    follow(&mut log, ledger, 3, 4)?;
    truncate(&mut log, ledger, 8)?;
    lead(&mut log, ledger, 3, &["e", "f"])?;
    flush(&mut log, ledger)?;
    log.advance_high_watermark(Offset(10));
    keep(&mut log, ledger, at(5, 1), 0)?;
    keep(&mut log, ledger, at(10, 3), 3_000_000)?;
    follow(&mut log, ledger, 3, 2)?;
    clean(&mut log, ledger)?;
    flush(&mut log, ledger)?;
    replace(&mut log, ledger, at(30, 3))?;
    follow(&mut log, ledger, 3, 5)?;
    flush(&mut log, ledger)?;
    log.close()
}

fn vote(log: &mut Log, ledger: &mut Ledger, state: QuorumState) -> Result<(), LogError> {
    ledger.voted[1] = Some(state.clone());
    log.write_quorum_state(state)?;
    ledger.voted[0] = ledger.voted[1].clone();
    Ok(())
}

/// What the log would append: taken from a log that goes on alike, on another disk.
fn expected(ledger: &Ledger, epoch: i32, groups: &[Vec<String>]) -> Vec<u8> {
    let bed = Bed::on(&MemoryDisk::default());
    let mut other = bed.log();
    if ledger.base > Offset(0) {
        super::support::receive(&mut other, at(ledger.base.0, 3));
        other.truncate_to_checkpoint(at(ledger.base.0, 3)).unwrap();
    }
    other.append_fetched(&ledger.appended).unwrap();
    for values in groups {
        let values: Vec<&str> = values.iter().map(String::as_str).collect();
        append(&mut other, epoch, &values);
    }
    bytes(&other)
}

fn lead(log: &mut Log, ledger: &mut Ledger, epoch: i32, values: &[&str]) -> Result<(), LogError> {
    let values_owned = values.iter().map(|value| (*value).to_owned()).collect();
    ledger.appended = expected(ledger, epoch, &[values_owned]);
    try_append(log, epoch, values).map(|_| ())
}

/// Appends batches of one record each as a leader sent them.
fn follow(log: &mut Log, ledger: &mut Ledger, epoch: i32, count: usize) -> Result<(), LogError> {
    let groups: Vec<Vec<String>> = (0..count).map(|number| vec![format!("{number:032}")]).collect();
    let after = expected(ledger, epoch, &groups);
    let fetched = after[ledger.appended.len()..].to_vec();
    ledger.appended = after;
    log.append_fetched(&fetched).map(|_| ())
}

fn flush(log: &mut Log, ledger: &mut Ledger) -> Result<(), LogError> {
    ledger.durable_end = log.flush()?;
    Ok(())
}

fn truncate(log: &mut Log, ledger: &mut Ledger, end: i64) -> Result<(), LogError> {
    let cut = batches_until(&ledger.appended, Offset(end));
    ledger.durable_end = ledger.durable_end.min(Offset(end));
    ledger.underway = Some((ledger.base, cut));
    log.truncate(Offset(end))?;
    settle(ledger);
    Ok(())
}

/// The underway change is done: what was before cannot come back.
fn settle(ledger: &mut Ledger) {
    if let Some((base, appended)) = ledger.underway.take() {
        (ledger.base, ledger.appended) = (base, appended);
    }
}

fn keep(log: &mut Log, ledger: &mut Ledger, id: OffsetAndEpoch, time: i64) -> Result<(), LogError> {
    let mut file = log.create_checkpoint(id)?;
    let written = write_checkpoint(&mut file, time);
    written.map_err(|error| {
        LogError::File(crate::durable::FileError::at("checkpoint".as_ref(), "write")(
            error,
        ))
    })?;
    log.freeze_checkpoint(&file)?;
    ledger.checkpoint = Some(id);
    Ok(())
}

fn clean(log: &mut Log, ledger: &mut Ledger) -> Result<(), LogError> {
    ledger.start_max = Offset(10);
    assert!(
        log.clean(Timestamp(3_000_000))?,
        "the first checkpoint is too old"
    );
    Ok(())
}

fn replace(log: &mut Log, ledger: &mut Ledger, id: OffsetAndEpoch) -> Result<(), LogError> {
    let mut file = log.receive_checkpoint(id)?;
    // From the moment that it is in service a start may truncate the log to it.
    ledger.underway = Some((id.offset, Vec::new()));
    let written = write_checkpoint(&mut file, 0);
    written.map_err(|error| {
        LogError::File(crate::durable::FileError::at("checkpoint".as_ref(), "write")(
            error,
        ))
    })?;
    log.freeze_checkpoint(&file)?;
    ledger.checkpoint = Some(id);
    log.truncate_to_checkpoint(id)?;
    settle(ledger);
    (ledger.durable_end, ledger.start_max) = (id.offset, id.offset);
    Ok(())
}

fn batches_until(bytes: &[u8], end: Offset) -> Vec<u8> {
    let whole = batches(bytes)
        .iter()
        .filter(|(_, batch_end)| *batch_end <= end)
        .count();
    let mut length = 0;
    for _ in 0..whole {
        length += kraft_bridge_protocol::batch::Batch::decode(&bytes[length..])
            .unwrap()
            .1;
    }
    bytes[..length].to_vec()
}

/// Holds what is found against what was promised.
fn check(ledger: &Ledger, log: &Log) {
    let now = (ledger.base, ledger.appended.clone());
    let possible: Vec<(Offset, Vec<u8>)> = std::iter::once(now).chain(ledger.underway.clone()).collect();
    let found = (log.start_offset(), bytes(log));
    let matching = possible.iter().any(|(base, appended)| {
        let dropped = batches_until(appended, found.0).len();
        let floor = ledger.durable_end.max(*base);
        found.0 >= *base
            && found.0 <= ledger.start_max.max(*base)
            && appended[dropped..].starts_with(&found.1)
            && log.end().offset >= floor
    });
    let ends = (log.start_offset(), log.end().offset);
    assert!(matching, "found {ends:?}, promised {ledger:?}");
    let state = log.quorum_state().cloned();
    assert!(ledger.voted.contains(&state), "found {state:?}");
    let newest = log.newest_checkpoint().map(|newest| newest.id);
    assert!(newest >= ledger.checkpoint, "found {newest:?}");
}

/// That a log that was found can be used: it takes a vote and a batch, and has them at the next start.
fn goes_on(bed: &Bed, mut log: Log) {
    log.write_quorum_state(voted(9, 3)).unwrap();
    append(&mut log, 9, &["goes on"]);
    log.flush().unwrap();
    let (end, all) = (log.end(), bytes(&log));
    let log = bed.log();
    assert_eq!((log.end(), bytes(&log)), (end, all));
    assert_eq!(log.quorum_state(), Some(&voted(9, 3)));
}

/// How many steps the workload takes.
fn steps() -> u64 {
    let disk = MemoryDisk::default();
    let mut ledger = Ledger::default();
    live(&Bed::on(&disk), &mut ledger).unwrap();
    let steps = disk.steps();
    check(&ledger, &Bed::on(&disk).log());
    steps
}

/// Runs the workload until something goes wrong at a step.
fn live_until(step: u64, fault: Fault) -> (MemoryDisk, Ledger) {
    let disk = MemoryDisk::default();
    let mut ledger = Ledger::default();
    disk.fail_at(step, fault);
    let error = live(&Bed::on(&disk), &mut ledger);
    assert!(
        matches!(error, Err(LogError::File(_) | LogError::Broken { .. })),
        "step {step}: {error:?}"
    );
    (disk, ledger)
}

#[test]
fn a_crash_at_any_step_loses_nothing_that_was_durable() {
    for step in 0..steps() {
        let (disk, ledger) = live_until(step, Fault::Stop);
        for survivors in Survivors::ALL {
            let bed = Bed::on(&disk.after_crash(survivors));
            let log = bed.open();
            let log = log.unwrap_or_else(|error| panic!("step {step}, {survivors:?}: {error}"));
            check(&ledger, &log);
            goes_on(&bed, log);
        }
    }
}

#[test]
fn a_second_crash_while_the_first_is_mended_loses_nothing_either() {
    for step in 0..steps() {
        let (disk, ledger) = live_until(step, Fault::Stop);
        let crashed = disk.after_crash(Survivors::TornWrite);
        for second in 0.. {
            let disk = crashed.after_crash(Survivors::Everything);
            disk.fail_at(second, Fault::Stop);
            if Bed::on(&disk).open().is_ok() {
                break;
            }
            for survivors in [Survivors::Nothing, Survivors::Everything, Survivors::Names] {
                check(&ledger, &Bed::on(&disk.after_crash(survivors)).log());
            }
        }
    }
}

#[test]
fn a_full_disk_or_a_failed_sync_ends_the_log_and_loses_nothing_that_was_durable() {
    for step in 0..steps() {
        for fault in [Fault::Full, Fault::SyncFails] {
            let disk = MemoryDisk::default();
            let mut ledger = Ledger::default();
            disk.fail_at(step, fault);
            if live(&Bed::on(&disk), &mut ledger).is_ok() {
                continue;
            }
            for survivors in [Survivors::Nothing, Survivors::Everything] {
                let bed = Bed::on(&disk.after_crash(survivors));
                let log = bed.log();
                check(&ledger, &log);
                goes_on(&bed, log);
            }
        }
    }
}

#[test]
fn what_a_start_calls_durable_outlives_a_power_cut() {
    for step in 0..steps() {
        // The process was killed, so that the system still holds what it was given, or a sync failed and the
        // process ended.
        for fault in [Fault::Stop, Fault::SyncFails] {
            let disk = MemoryDisk::default();
            let mut ledger = Ledger::default();
            disk.fail_at(step, fault);
            if live(&Bed::on(&disk), &mut ledger).is_ok() {
                continue;
            }
            disk.fail_at(u64::MAX, fault);
            let log = Bed::on(&disk).log();
            check(&ledger, &log);
            let durable_end = log.durable_end();

            let log = Bed::on(&disk.after_crash(Survivors::Nothing)).log();

            check(&ledger, &log);
            assert!(log.end().offset >= durable_end, "step {step}, {fault:?}");
        }
    }
}

#[test]
fn what_is_flushed_after_a_process_was_killed_outlives_a_power_cut() {
    for step in 0..steps() {
        let (disk, _) = live_until(step, Fault::Stop);
        disk.fail_at(u64::MAX, Fault::Stop);
        let mut log = Bed::on(&disk).log();
        // In the same epoch, so that as little as possible is synced besides.
        let epoch = log.end().epoch.0.max(1);
        append(&mut log, epoch, &["goes on"]);
        log.flush().unwrap();
        let (start, all) = (log.start_offset(), bytes(&log));

        let log = Bed::on(&disk.after_crash(Survivors::Nothing)).log();

        assert_eq!((log.start_offset(), bytes(&log)), (start, all), "step {step}");
    }
}

#[test]
fn a_flush_that_failed_is_not_forgotten_by_the_sync_that_ends_its_segment() {
    let disk = MemoryDisk::default();
    let mut log = Bed::on(&disk).log();
    append(&mut log, 1, &["a"]);
    let flush = log.begin_flush();
    disk.fail_at(disk.steps(), Fault::SyncFails);
    let flushed = flush.perform();

    let filled = (0..4).map(|_| try_append(&mut log, 1, &["as long as the records that fill a segment"]));
    assert!(
        filled
            .into_iter()
            .any(|appended| matches!(appended, Err(LogError::File(_))))
    );
    assert!(log.finish_flush(flushed).is_err());
    assert_eq!(log.durable_end(), Offset(0));
}

#[test]
fn a_log_whose_write_failed_takes_nothing_more() {
    for fault in [Fault::Full, Fault::SyncFails] {
        let disk = MemoryDisk::default();
        let mut log = Bed::on(&disk).log();
        append(&mut log, 1, &["a"]);
        log.flush().unwrap();
        disk.fail_at(disk.steps(), fault);
        let failed = match fault {
            Fault::SyncFails => log.flush().map(|_| ()),
            _ => try_append(&mut log, 1, &["b"]).map(|_| ()),
        };
        assert!(matches!(failed, Err(LogError::File(_))), "{fault:?}");

        disk.fail_at(u64::MAX, fault);
        for refused in [
            try_append(&mut log, 1, &["c"]).map(|_| ()),
            log.flush().map(|_| ()),
            log.write_quorum_state(voted(2, 1)),
            log.truncate(Offset(0)).map(|_| ()),
            log.receive_checkpoint(at(9, 1)).map(|_| ()),
        ] {
            assert!(
                matches!(refused, Err(LogError::Broken { .. })),
                "{fault:?}: {refused:?}"
            );
        }
        assert_eq!(log.durable_end(), Offset(1));
    }
}

#[test]
fn a_checkpoint_that_cannot_be_written_does_not_end_the_log() {
    let disk = MemoryDisk::default();
    let mut log = Bed::on(&disk).log();
    append(&mut log, 1, &["a"]);
    log.advance_high_watermark(Offset(1));
    let mut file = log.create_checkpoint(at(1, 1)).unwrap();
    disk.fail_at(disk.steps(), Fault::Full);
    let error = write_checkpoint(&mut file, 0).unwrap_err().to_string();
    assert!(
        error.contains("00000000000000000001-0000000001-1.checkpoint.part: cannot write"),
        "{error}"
    );

    disk.fail_at(u64::MAX, Fault::Full);
    append(&mut log, 1, &["b"]);
    checkpoint(&mut log, at(1, 1), 0);
}
