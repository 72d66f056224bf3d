//! `durable-end`: up to where the log was on disk, so that a start can tell damage from an interrupted write.
//!
//! ```text
//! offset       20 characters    all below it was synced
//! epoch        11 characters    of the election state at that time, -1 without one
//! the same line again
//! another note of the same form
//! ```
//!
//! One note is written after each flush, the other after the next, so that a power cut that tears the one leaves
//! the other; of two that are whole the higher end counts. They are not synced, so that a flush does not wait
//! twice: what a killed process wrote is there, after a power cut an older end may be. Either way no more is
//! claimed than holds, because before records are cut off both are lowered and synced. A note whose lines
//! differ says nothing.
//!
//! A JVM does not know the file, and may append and cut: [`Noted::known`] tells what it still says then.

use std::io::ErrorKind;
use std::sync::Arc;

use kraft_bridge_protocol::{Epoch, Offset};

use super::io::{self, Disk, DiskFile};
use crate::durable::FileError;

/// Name of the file, which means nothing to a JVM.
pub(super) const NAME: &str = "durable-end";

/// Length of a note in bytes.
const NOTE_BYTES: usize = 66;

/// What the file says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Noted {
    end: Offset,
    epoch: Option<Epoch>,
}

impl Noted {
    /// Reads the file, if there is one and it says anything.
    pub(super) fn read(disk: &dyn Disk) -> Result<Option<Noted>, FileError> {
        let content = io::read(disk, NAME)?;
        Ok(content.and_then(|content| highest(&content)))
    }

    /// All below was on disk. A log that was closed, by a JVM or this one, may have been cut since by a JVM, but
    /// not without an epoch that this one did not have.
    pub(super) fn known(self, is_closed: bool, epoch: Option<Epoch>) -> Option<Offset> {
        (!is_closed || self.epoch == epoch).then_some(self.end)
    }

    /// Nothing behind was told of, because only this log has appended since.
    pub(super) fn untold_from(self, is_closed: bool) -> Option<Offset> {
        (!is_closed).then_some(self.end)
    }
}

/// The file, open.
#[derive(Debug)]
pub(super) struct DurableEnd {
    file: Arc<dyn DiskFile>,
    /// Where the next note goes.
    position: usize,
}

impl DurableEnd {
    /// Opens the file, or makes one that says nothing yet.
    pub(super) fn open(disk: &dyn Disk) -> Result<DurableEnd, FileError> {
        let file = match disk.open(NAME) {
            Err(error) if error.source.kind() == ErrorKind::NotFound => disk.create(NAME)?,
            opened => opened?,
        };
        Ok(DurableEnd { file, position: 0 })
    }

    /// Takes note of what is durable now.
    pub(super) fn record(&mut self, end: Offset, epoch: Option<Epoch>) -> Result<(), FileError> {
        self.file
            .write_at(self.position as u64, encode(end, epoch).as_bytes())?;
        self.position = NOTE_BYTES - self.position;
        Ok(())
    }

    /// The same, so that what was said before cannot come back: it would not hold any more.
    pub(super) fn replace(&self, end: Offset, epoch: Option<Epoch>) -> Result<(), FileError> {
        let note = encode(end, epoch);
        self.file.write_at(0, note.repeat(2).as_bytes())?;
        self.file.sync()
    }
}

/// What the notes say that are whole.
fn highest(content: &[u8]) -> Option<Noted> {
    content.chunks(NOTE_BYTES).take(2).filter_map(decode).max()
}

/// Always as long, so that nothing of an earlier content is left.
fn encode(end: Offset, epoch: Option<Epoch>) -> String {
    let line = format!("{:20} {:11}\n", end.0, epoch.map_or(-1, |epoch| epoch.0));
    line.repeat(2)
}

fn decode(content: &[u8]) -> Option<Noted> {
    let text = std::str::from_utf8(content).ok()?;
    let mut numbers = text.split_whitespace();
    let end = Offset(numbers.next()?.parse().ok()?);
    let epoch = numbers.next()?.parse().ok()?;
    let epoch = Some(Epoch(epoch)).filter(|epoch| epoch.0 >= 0);
    (text == encode(end, epoch)).then_some(Noted { end, epoch })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noted(end: i64, epoch: i32) -> Noted {
        Noted {
            end: Offset(end),
            epoch: Some(Epoch(epoch)),
        }
    }

    /// The file with these notes.
    fn file(notes: [Noted; 2]) -> Vec<u8> {
        notes
            .map(|note| encode(note.end, note.epoch))
            .concat()
            .into_bytes()
    }

    #[test]
    fn the_higher_of_two_notes_counts() {
        let (lower, higher) = (noted(998, 7), noted(1000, 7));
        assert_eq!(highest(&file([lower, higher])), Some(higher));
        assert_eq!(highest(&file([higher, lower])), Some(higher));
        assert_eq!(highest(&file([noted(5, 8), noted(5, 7)])), Some(noted(5, 8)));
        assert_eq!(highest(b""), None);
    }

    #[test]
    fn a_note_that_is_damaged_or_cut_anywhere_leaves_the_other() {
        let (lower, higher) = (noted(1234, 7), noted(1235, 8));
        let sound = file([lower, higher]);
        assert_eq!(sound.len(), 2 * NOTE_BYTES);
        for at in 0..sound.len() {
            let left = if at < NOTE_BYTES { None } else { Some(lower) };
            assert_eq!(highest(&sound[..at]), left, "cut at {at}");
            let left = if at < NOTE_BYTES { higher } else { lower };
            for bit in 0..8 {
                let mut damaged = sound.clone();
                damaged[at] ^= 1 << bit;
                assert_eq!(highest(&damaged), Some(left), "byte {at}, bit {bit}");
            }
        }
    }

    #[test]
    fn of_a_log_that_a_jvm_may_have_had_it_says_only_what_it_said_in_the_same_epoch() {
        let noted = noted(5, 3);
        let (now, later) = (Some(Epoch(3)), Some(Epoch(4)));
        assert_eq!(noted.known(false, later), Some(Offset(5)));
        assert_eq!(noted.known(true, now), Some(Offset(5)));
        assert_eq!(noted.known(true, later), None);
        assert_eq!(noted.untold_from(false), Some(Offset(5)));
        assert_eq!(noted.untold_from(true), None);
    }
}
