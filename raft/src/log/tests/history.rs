//! Any history of a log against a list of batches.

use kraft_bridge_protocol::Offset;
use proptest::prelude::*;

use super::support::{Bed, append, batches, bytes};
use crate::log::{Log, MemoryDisk, Survivors};

/// Something that happens to a log.
#[derive(Clone, Debug)]
enum Event {
    /// As many records of this length, in the same epoch or the next.
    Append {
        records: usize,
        length: usize,
        next_epoch: bool,
    },
    /// At this part of the log, in percent.
    Truncate(i64),
    Flush,
    /// The process is killed and started again.
    Reopen,
    /// The power is cut, and this is left of what was not synced.
    Crash(Survivors),
    Read {
        from: i64,
        bytes_max: usize,
    },
}

fn any_event() -> impl Strategy<Value = Event> {
    prop_oneof![
        4 => (1..6usize, 1..200usize, any::<bool>())
            .prop_map(|(records, length, next_epoch)| Event::Append { records, length, next_epoch }),
        1 => (0..100i64).prop_map(Event::Truncate),
        1 => Just(Event::Flush),
        1 => Just(Event::Reopen),
        1 => proptest::sample::select(&Survivors::ALL[..]).prop_map(Event::Crash),
        2 => (0..100i64, 1..600usize).prop_map(|(from, bytes_max)| Event::Read { from, bytes_max }),
    ]
}

/// What the log must hold.
#[derive(Default)]
struct Model {
    epoch: i32,
    /// End offset and bytes of each batch.
    batches: Vec<(Offset, Vec<u8>)>,
}

impl Model {
    fn end(&self) -> Offset {
        self.batches.last().map_or(Offset(0), |(end, _)| *end)
    }

    fn bytes(&self) -> Vec<u8> {
        self.batches.iter().flat_map(|(_, bytes)| bytes.clone()).collect()
    }

    fn append(&mut self, log: &mut Log, values: &[&str]) {
        let appended = append(log, self.epoch, values);
        let stored = log.read(appended.base_offset, appended.end_offset, 1).unwrap();
        assert_eq!(stored.len(), appended.bytes);
        self.batches.push((appended.end_offset, stored));
    }

    fn truncate(&mut self, log: &mut Log, end: Offset) {
        self.batches.retain(|(batch_end, _)| *batch_end <= end);
        assert_eq!(log.truncate(end).unwrap(), self.end());
    }

    /// Takes what a start found after a crash: a prefix that holds all that was durable.
    fn found(&mut self, log: &Log, durable_end: Offset) {
        let end = log.end().offset;
        assert!(end >= durable_end && end <= self.end());
        self.batches.retain(|(batch_end, _)| *batch_end <= end);
        assert_eq!(bytes(log), self.bytes());
    }

    fn read(&self, log: &Log, from: Offset, bytes_max: usize) {
        let read = log.read(from, self.end(), bytes_max).unwrap();
        let behind: Vec<u8> = self
            .batches
            .iter()
            .filter(|(end, _)| *end > from)
            .flat_map(|(_, bytes)| bytes.clone())
            .collect();
        assert!(behind.starts_with(&read));
        assert_eq!(read.is_empty(), behind.is_empty());
        assert!(read.len() <= bytes_max || batches(&read).len() == 1);
    }
}

proptest! {
    #[test]
    fn a_log_holds_what_was_appended_and_not_truncated(events in proptest::collection::vec(any_event(), 1..40)) {
        let mut disk = MemoryDisk::default();
        let mut log = Bed::on(&disk).log();
        let mut model = Model { epoch: 1, ..Model::default() };
        for event in events {
            let part = |percent| Offset(model.end().0 * percent / 100);
            match event {
                Event::Append { records, length, next_epoch } => {
                    model.epoch += i32::from(next_epoch);
                    let value = "x".repeat(length);
                    model.append(&mut log, &vec![value.as_str(); records]);
                }
                Event::Truncate(percent) => { let end = part(percent); model.truncate(&mut log, end) }
                Event::Flush => prop_assert_eq!(log.flush().unwrap(), model.end()),
                Event::Reopen => log = Bed::on(&disk).log(),
                Event::Crash(survivors) => {
                    disk = disk.after_crash(survivors);
                    let durable_end = log.durable_end();
                    log = Bed::on(&disk).log();
                    model.found(&log, durable_end);
                }
                Event::Read { from, bytes_max } => model.read(&log, part(from), bytes_max),
            }
            prop_assert_eq!(log.end().offset, model.end());
        }
        prop_assert_eq!(bytes(&log), model.bytes());
        let epochs = log.outline().epochs;
        prop_assert_eq!(Bed::on(&disk).log().outline().epochs, epochs);
    }

    #[test]
    fn any_bytes_in_a_segment_open_or_are_refused(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let bed = Bed::on(&MemoryDisk::default());
        bed.put("00000000000000000000.log", &bytes);
        bed.put("00000000000000000000.index", &bytes);
        prop_assert_eq!(bed.log().end().offset, Offset(0));
    }

    #[test]
    fn any_bytes_that_are_fetched_are_appended_or_refused(bytes in proptest::collection::vec(any::<u8>(), 1..300)) {
        let bed = Bed::on(&MemoryDisk::default());
        prop_assert!(bed.log().append_fetched(&bytes).is_err());
    }
}
