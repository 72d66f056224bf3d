//! The metadata logs of all voters, file against file: the same bytes, batch by batch.
//!
//! Read here without any reader of our own: a batch begins with its base offset (8 bytes) and the number of bytes that
//! follow (4 bytes), and ends its offsets with `last_offset_delta` (4 bytes, 23 bytes in).

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Bytes before what `batch_length` counts.
const HEAD: usize = 12;

/// The batches of a log that stands still, by base offset.
pub(crate) struct LogBytes {
    path: PathBuf,
    batches: BTreeMap<i64, Vec<u8>>,
}

impl LogBytes {
    pub(crate) fn read(dir: &Path) -> LogBytes {
        let mut batches = BTreeMap::new();
        for segment in &files(dir, "log") {
            let bytes = fs::read(segment).unwrap();
            let mut rest = &bytes[..];
            while let Some(length) = whole_batch(rest) {
                let (batch, after) = rest.split_at(length);
                batches.insert(number(batch, 0), batch.to_vec());
                rest = after;
            }
        }
        LogBytes {
            path: dir.to_owned(),
            batches,
        }
    }

    /// Base offset of the first batch.
    pub(crate) fn start(&self) -> i64 {
        self.batches.keys().next().copied().unwrap_or(0)
    }

    /// The offset behind the last batch.
    pub(crate) fn end(&self) -> i64 {
        let last = self.batches.iter().next_back();
        last.map_or(0, |(base, batch)| base + i64::from(small(batch, 23)) + 1)
    }
}

/// Files of a directory with this ending, in order.
pub(crate) fn files(dir: &Path, ending: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> = entries
        .filter(|path| path.extension().is_some_and(|at| at == ending))
        .collect();
    files.sort();
    files
}

/// Length of the batch at the start; `None` where nothing was written (a segment may be longer than what it holds).
fn whole_batch(bytes: &[u8]) -> Option<usize> {
    if bytes.len() < HEAD {
        return None;
    }
    let length = HEAD + usize::try_from(small(bytes, 8)).unwrap();
    (length > HEAD && bytes.len() >= length).then_some(length)
}

fn number(bytes: &[u8], at: usize) -> i64 {
    i64::from_be_bytes(bytes[at..at + 8].try_into().unwrap())
}

fn small(bytes: &[u8], at: usize) -> i32 {
    i32::from_be_bytes(bytes[at..at + 4].try_into().unwrap())
}

/// Asserts that these logs hold the same bytes, from the highest of their starts up to the high watermark.
pub(crate) fn are_identical(dirs: &[PathBuf], high_watermark: i64) {
    let logs: Vec<LogBytes> = dirs.iter().map(|dir| LogBytes::read(dir)).collect();
    let start = logs.iter().map(LogBytes::start).max().unwrap();
    assert!(
        start < high_watermark,
        "nothing to compare: {start} to {high_watermark}"
    );
    let (first, others) = logs.split_first().unwrap();
    for other in others {
        let parts = parting(first, other, start, high_watermark);
        assert_eq!(
            parts,
            None,
            "{} and {} part at this offset",
            first.path.display(),
            other.path.display()
        );
    }
    for log in &logs {
        let end = log.end();
        assert!(
            end >= high_watermark,
            "{} ends at {end}, before {high_watermark}",
            log.path.display()
        );
    }
}

/// The base offset of the first batch from `start` on that is not the same in both, below the high watermark.
fn parting(a: &LogBytes, b: &LogBytes, start: i64, high_watermark: i64) -> Option<i64> {
    let range = start..high_watermark;
    let bases = a.batches.range(range.clone()).chain(b.batches.range(range));
    let bases: std::collections::BTreeSet<i64> = bases.map(|(base, _)| *base).collect();
    bases
        .into_iter()
        .find(|base| a.batches.get(base) != b.batches.get(base))
}
