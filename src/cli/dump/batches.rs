//! Segments and checkpoints: a line per batch, then one per record.

use std::fmt;
use std::path::Path;

use anyhow::Context;
use kraft_bridge_metadata::records::MetadataRecord;
use kraft_bridge_protocol::control::ControlRecord;
use kraft_bridge_protocol::{Epoch, Offset, Timestamp};
use kraft_bridge_raft::reader::{BatchFile, Entry, Place};
use serde::Serialize;
use serde_json::Value;

use super::Lines;
use super::records::Shown;

pub(super) fn dump_segment(path: &Path, lines: &mut Lines) -> anyhow::Result<()> {
    let mut printer = Printer::new(path, lines);
    BatchFile::open(path)?.for_each(|place, entry| printer.entry(place, entry))
}

/// As a segment; a checkpoint without header or footer is damaged.
pub(super) fn dump_checkpoint(path: &Path, lines: &mut Lines) -> anyhow::Result<()> {
    let mut printer = Printer::new(path, lines);
    BatchFile::open(path)?.for_each_of_checkpoint(|place, entry| printer.entry(place, entry))
}

pub(super) struct Printer<'a> {
    path: &'a Path,
    lines: &'a mut Lines,
    /// Where the batch begins whose line came last.
    batch: Option<u64>,
}

impl<'a> Printer<'a> {
    pub(super) fn new(path: &'a Path, lines: &'a mut Lines) -> Printer<'a> {
        Printer {
            path,
            lines,
            batch: None,
        }
    }

    /// Shows what was printed until now.
    pub(super) fn flush(&mut self) -> anyhow::Result<()> {
        Ok(self.lines.flush()?)
    }

    pub(super) fn entry(&mut self, place: Place, entry: Entry<'_>) -> anyhow::Result<()> {
        if self.batch != Some(place.position) {
            self.batch = Some(place.position);
            self.lines.line(&BatchLine::new(&place))?;
        }
        match entry {
            Entry::Control(record) => self.control_record(place, &record),
            Entry::Data(bytes) => self.data_record(place, bytes),
        }
    }

    fn control_record(&mut self, place: Place, record: &ControlRecord) -> anyhow::Result<()> {
        // One key, the record's name.
        let Value::Object(named) = serde_json::to_value(record)? else {
            unreachable!("an enumeration's variant is an object");
        };
        for (name, data) in &named {
            self.lines.line(&RecordLine {
                kind: "control",
                offset: place.offset,
                epoch: place.epoch,
                name,
                version: 0,
                data,
            })?;
        }
        Ok(())
    }

    fn data_record(&mut self, place: Place, bytes: &[u8]) -> anyhow::Result<()> {
        let (record, version) = MetadataRecord::decode(bytes)
            .with_context(|| format!("{}, offset {}", self.path.display(), place.offset))?;
        self.lines.line(&RecordLine {
            kind: "record",
            offset: place.offset,
            epoch: place.epoch,
            name: record.name(),
            version,
            data: &Shown(&record),
        })?;
        Ok(())
    }
}

#[derive(Serialize)]
#[serde(tag = "kind", rename = "batch", rename_all = "camelCase")]
struct BatchLine {
    position: u64,
    length: u64,
    base_offset: Offset,
    last_offset: Offset,
    epoch: Epoch,
    timestamp: Timestamp,
    control: bool,
    count: i32,
    crc: String,
}

impl BatchLine {
    fn new(place: &Place) -> BatchLine {
        let batch = &place.batch;
        let base_offset = batch.header.base_offset;
        BatchLine {
            position: place.position,
            length: batch.length,
            base_offset,
            last_offset: Offset(base_offset.0 + i64::from(batch.count) - 1),
            epoch: place.epoch,
            timestamp: batch.header.timestamp,
            control: batch.header.control,
            count: batch.count,
            crc: format!("{:08x}", batch.crc),
        }
    }
}

impl fmt::Display for BatchLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = if self.control { "control" } else { "data" };
        write!(
            f,
            "batch at byte {}: {} bytes, offsets {} to {}, epoch {}, timestamp {}, {} {kind} record{}, crc {}",
            self.position,
            self.length,
            self.base_offset,
            self.last_offset,
            self.epoch,
            self.timestamp,
            self.count,
            if self.count == 1 { "" } else { "s" },
            self.crc,
        )
    }
}

#[derive(Serialize)]
struct RecordLine<'a, D> {
    kind: &'static str,
    offset: Offset,
    epoch: Epoch,
    #[serde(rename = "type")]
    name: &'a str,
    version: i16,
    data: &'a D,
}

impl<D: Serialize> fmt::Display for RecordLine<'_, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let data = serde_json::to_string(self.data).map_err(|_| fmt::Error)?;
        write!(
            f,
            "  offset {} epoch {} {} v{} {data}",
            self.offset, self.epoch, self.name, self.version
        )
    }
}
