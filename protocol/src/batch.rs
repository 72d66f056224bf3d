//! Record batches (magic 2): the unit Kafka appends, checksums and fetches.
//!
//! ```text
//!  at  bytes  field
//!   0      8  base offset              offset of the first record
//!   8      4  batch length             bytes that follow this field
//!  12      4  partition leader epoch   outside the checksum
//!  16      1  magic                    2
//!  17      4  crc                      CRC-32C of everything after it
//!  21      2  attributes               bits 0-2 compression, 5 control
//!  23      4  last offset delta        records − 1
//!  27      8  base timestamp
//!  35      8  max timestamp
//!  43      8  producer id              −1
//!  51      2  producer epoch           −1
//!  53      4  base sequence            −1
//!  57      4  record count
//!  61         records
//! ```
//!
//! Source: Kafka documentation, "Record Batch". The metadata log uses neither compression nor record headers, and
//! no timestamp but the batch's.

use crate::wire::{Reader, Wire, WireError, write_varint};
use crate::{Epoch, Offset, Timestamp};

/// Length of a batch's header, in bytes.
pub const HEADER_LENGTH: usize = 61;
/// Bytes before those that the batch length counts.
pub const LENGTH_OVERHEAD: usize = 12;
/// Longest batch that the metadata log's replication carries, header included.
pub const BATCH_BYTES_MAX: usize = 8 * 1024 * 1024;

const MAGIC: i8 = 2;
const CRC_AT: usize = 17;
const CHECKSUMMED_FROM: usize = 21;
const CONTROL: i16 = 1 << 5;
const COMPRESSION: i16 = 0b111;

/// Why bytes are not a batch of the metadata log.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BatchError {
    /// The bytes end before the batch does.
    #[error("batch is cut off: {needed} bytes needed, {left} there")]
    Truncated {
        /// Bytes from the batch's start to its end, as far as known.
        needed: u64,
        /// Bytes there are.
        left: u64,
    },
    /// A length that no batch can have.
    #[error("batch length {0} is impossible")]
    Length(i32),
    /// Another format.
    #[error("magic is {0}, expected 2")]
    Magic(i8),
    /// The content is damaged.
    #[error("checksum is {found:08x}, stored is {stored:08x}")]
    Checksum {
        /// As stored.
        stored: u32,
        /// As computed.
        found: u32,
    },
    /// Legal in Kafka, but never in the metadata log.
    #[error("{0}, which the metadata log never has")]
    Unsupported(&'static str),
    /// Header and records disagree.
    #[error("{0}")]
    Inconsistent(String),
    /// A record is malformed.
    #[error("record {index} {error}")]
    Record {
        /// Position in the batch, counted from 0.
        index: i32,
        /// What was wrong.
        error: WireError,
    },
}

/// A batch that is being filled.
#[derive(Debug)]
pub struct BatchBuilder {
    bytes: Vec<u8>,
    count: i32,
    record: Vec<u8>,
}

/// What a batch's header says besides its records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchHeader {
    /// Offset of the first record.
    pub base_offset: Offset,
    /// Epoch of the leader that wrote it.
    pub epoch: Epoch,
    /// When it was appended.
    pub timestamp: Timestamp,
    /// Whether it holds control records.
    pub control: bool,
}

impl Default for BatchBuilder {
    fn default() -> Self {
        BatchBuilder {
            bytes: vec![0; HEADER_LENGTH],
            count: 0,
            record: Vec::new(),
        }
    }
}

impl BatchBuilder {
    /// Records so far.
    pub fn count(&self) -> i32 {
        self.count
    }

    /// Bytes so far, header included.
    pub fn length(&self) -> usize {
        self.bytes.len()
    }

    /// Appends a record.
    pub fn push(&mut self, key: Option<&[u8]>, value: &[u8]) {
        let record = &mut self.record;
        record.clear();
        record.extend_from_slice(&[0, 0]); // attributes, timestamp delta
        write_varint(record, i64::from(self.count));
        match key {
            Some(key) => {
                write_varint(record, (key.len() as u64).cast_signed());
                record.extend_from_slice(key);
            }
            None => write_varint(record, -1),
        }
        write_varint(record, (value.len() as u64).cast_signed());
        record.extend_from_slice(value);
        record.push(0); // no headers
        write_varint(&mut self.bytes, (self.record.len() as u64).cast_signed());
        self.bytes.extend_from_slice(&self.record);
        self.count += 1;
    }

    /// The finished batch; the builder is empty again afterwards.
    ///
    /// # Panics
    ///
    /// If no record was pushed, or the batch is longer than 2 GiB: the caller bounds what it pushes.
    pub fn finish(&mut self, header: BatchHeader) -> Vec<u8> {
        assert!(self.count > 0, "a batch has at least one record");
        let mut bytes = std::mem::replace(&mut self.bytes, vec![0; HEADER_LENGTH]);
        let count = std::mem::take(&mut self.count);
        let length = i32::try_from(bytes.len() - LENGTH_OVERHEAD).expect("batches stay below 2 GiB");
        let mut fields = Vec::with_capacity(HEADER_LENGTH);
        header.base_offset.write(&mut fields);
        length.write(&mut fields);
        header.epoch.write(&mut fields);
        MAGIC.write(&mut fields);
        0i32.write(&mut fields); // the checksum, below
        (if header.control { CONTROL } else { 0 }).write(&mut fields);
        (count - 1).write(&mut fields);
        header.timestamp.write(&mut fields);
        header.timestamp.write(&mut fields);
        (-1i64).write(&mut fields); // producer id
        (-1i16).write(&mut fields); // producer epoch
        (-1i32).write(&mut fields); // base sequence
        count.write(&mut fields);
        bytes[..HEADER_LENGTH].copy_from_slice(&fields);
        let crc = crc32c::crc32c(&bytes[CHECKSUMMED_FROM..]);
        bytes[CRC_AT..CHECKSUMMED_FROM].copy_from_slice(&crc.to_be_bytes());
        bytes
    }
}

/// A whole batch, checked; its records are read as they are asked for.
#[derive(Clone, Debug)]
pub struct Batch<'a> {
    /// What its header says.
    pub header: BatchHeader,
    /// Number of records.
    pub count: i32,
    /// Stored checksum.
    pub crc: u32,
    records: &'a [u8],
}

/// One record of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record<'a> {
    /// Its offset.
    pub offset: Offset,
    /// Control records have one, data records of the metadata log none.
    pub key: Option<&'a [u8]>,
    /// Payload.
    pub value: &'a [u8],
}

/// Bytes from a batch's start to its end, as its first twelve bytes say.
///
/// # Errors
///
/// [`BatchError::Length`] when no batch can be that long.
pub fn batch_length(prefix: &[u8; LENGTH_OVERHEAD]) -> Result<usize, BatchError> {
    let [.., a, b, c, d] = *prefix;
    let length = i32::from_be_bytes([a, b, c, d]);
    match usize::try_from(length) {
        Ok(rest) if rest + LENGTH_OVERHEAD >= HEADER_LENGTH => Ok(rest + LENGTH_OVERHEAD),
        _ => Err(BatchError::Length(length)),
    }
}

impl<'a> Batch<'a> {
    /// Reads the batch at the start of `bytes`, checks it, and returns it with its length in bytes.
    ///
    /// # Errors
    ///
    /// [`BatchError`] when the bytes are no whole, sound batch.
    pub fn decode(bytes: &'a [u8]) -> Result<(Batch<'a>, usize), BatchError> {
        let left = bytes.len() as u64;
        let prefix = bytes.first_chunk().ok_or(BatchError::Truncated {
            needed: HEADER_LENGTH as u64,
            left,
        })?;
        let length = batch_length(prefix)?;
        let whole = bytes.get(..length).ok_or(BatchError::Truncated {
            needed: length as u64,
            left,
        })?;
        Ok((Batch::decode_whole(whole)?, length))
    }

    fn decode_whole(bytes: &'a [u8]) -> Result<Batch<'a>, BatchError> {
        let header_error = |error| BatchError::Record { index: -1, error };
        let mut fields = Reader::new(bytes);
        let mut read = || -> Result<_, WireError> {
            let fields = &mut fields;
            let base_offset = Offset::read(fields, "base offset")?;
            let _length = i32::read(fields, "batch length")?;
            let epoch = Epoch::read(fields, "partition leader epoch")?;
            let magic = i8::read(fields, "magic")?;
            let crc = i32::read(fields, "crc")?.cast_unsigned();
            let attributes = i16::read(fields, "attributes")?;
            let last_offset_delta = i32::read(fields, "last offset delta")?;
            let timestamp = Timestamp::read(fields, "base timestamp")?;
            fields.take(8 + 8 + 2 + 4)?; // max timestamp, producer id and epoch, base sequence
            let count = i32::read(fields, "record count")?;
            let control = attributes & CONTROL != 0;
            let header = BatchHeader {
                base_offset,
                epoch,
                timestamp,
                control,
            };
            Ok((header, magic, crc, attributes, last_offset_delta, count))
        };
        let (header, magic, crc, attributes, last_offset_delta, count) = read().map_err(header_error)?;
        if magic != MAGIC {
            return Err(BatchError::Magic(magic));
        }
        let found = crc32c::crc32c(&bytes[CHECKSUMMED_FROM..]);
        if found != crc {
            return Err(BatchError::Checksum { stored: crc, found });
        }
        if attributes & COMPRESSION != 0 {
            return Err(BatchError::Unsupported("the batch is compressed"));
        }
        if count < 1 || last_offset_delta != count - 1 {
            return Err(BatchError::Inconsistent(format!(
                "record count is {count}, last offset delta is {last_offset_delta}"
            )));
        }
        if header
            .base_offset
            .0
            .checked_add(i64::from(count))
            .is_none_or(|end| end < i64::from(count))
        {
            return Err(BatchError::Inconsistent(format!(
                "base offset is {}",
                header.base_offset
            )));
        }
        Ok(Batch {
            header,
            count,
            crc,
            records: &bytes[HEADER_LENGTH..],
        })
    }

    /// Bytes, header included.
    pub fn length(&self) -> usize {
        HEADER_LENGTH + self.records.len()
    }

    /// Offset of the record after the last one.
    pub fn end_offset(&self) -> Offset {
        Offset(self.header.base_offset.0 + i64::from(self.count))
    }

    /// The records, in order; the first malformed one ends them.
    pub fn records(&self) -> Records<'a> {
        Records {
            reader: Reader::new(self.records),
            header: self.header,
            count: self.count,
            index: 0,
        }
    }
}

/// Iterator over the records of a batch.
#[derive(Debug)]
pub struct Records<'a> {
    reader: Reader<'a>,
    header: BatchHeader,
    count: i32,
    index: i32,
}

impl<'a> Iterator for Records<'a> {
    type Item = Result<Record<'a>, BatchError>;

    fn next(&mut self) -> Option<Self::Item> {
        let index = self.index;
        if index > self.count {
            return None;
        }
        self.index += 1;
        if index == self.count {
            let error = self.reader.finish().err()?;
            return Some(Err(BatchError::Record { index, error }));
        }
        let record = self.record(index);
        if record.is_err() {
            self.index = self.count + 1;
        }
        Some(record)
    }
}

impl<'a> Records<'a> {
    fn record(&mut self, index: i32) -> Result<Record<'a>, BatchError> {
        let control = self.header.control;
        let base_offset = self.header.base_offset;
        let malformed = |error| BatchError::Record { index, error };
        let mut body = self.body().map_err(malformed)?;
        let (timestamp_delta, offset_delta, key, value, headers) =
            read_record(&mut body).map_err(malformed)?;
        body.finish().map_err(malformed)?;
        if offset_delta != index {
            return Err(BatchError::Inconsistent(format!(
                "record {index} has offset delta {offset_delta}"
            )));
        }
        if timestamp_delta != 0 {
            return Err(BatchError::Unsupported("a record has a timestamp of its own"));
        }
        if headers != 0 {
            return Err(BatchError::Unsupported("a record has headers"));
        }
        if key.is_some() != control {
            return Err(BatchError::Unsupported(
                "a data record has a key, or a control record none",
            ));
        }
        let value = value.filter(|value| !value.is_empty());
        let value = value.ok_or(BatchError::Unsupported("a record has no value"))?;
        Ok(Record {
            offset: Offset(base_offset.0 + i64::from(index)),
            key,
            value,
        })
    }

    fn body(&mut self) -> Result<Reader<'a>, WireError> {
        let length = self.reader.varint()?;
        let length = u64::try_from(length).unwrap_or(u64::MAX);
        Ok(Reader::new(self.reader.take(length)?))
    }
}

type RawRecord<'a> = (i64, i32, Option<&'a [u8]>, Option<&'a [u8]>, i32);

fn read_record<'a>(body: &mut Reader<'a>) -> Result<RawRecord<'a>, WireError> {
    let _attributes = i8::read(body, "attributes")?;
    let timestamp_delta = body.varlong()?;
    let offset_delta = body.varint()?;
    let key = read_nullable(body)?;
    let value = read_nullable(body)?;
    let headers = body.varint()?;
    Ok((timestamp_delta, offset_delta, key, value, headers))
}

fn read_nullable<'a>(body: &mut Reader<'a>) -> Result<Option<&'a [u8]>, WireError> {
    match body.varint()? {
        -1 => Ok(None),
        length => body.take(u64::try_from(length).unwrap_or(u64::MAX)).map(Some),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::NodeId;
    use crate::control::{ControlRecord, LeaderChange, LeaderChangeVoter};

    const HEADER: BatchHeader = BatchHeader {
        base_offset: Offset(0),
        epoch: Epoch(1),
        timestamp: Timestamp(1_700_000_000_000),
        control: true,
    };

    fn hex(text: &str) -> Vec<u8> {
        let digits: Vec<u8> = text.bytes().filter(|byte| byte.is_ascii_hexdigit()).collect();
        digits
            .chunks(2)
            .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
            .collect()
    }

    /// What a JVM's log writer emits for a leader change of node 3000, alone, in epoch 1.
    const LEADER_CHANGE: &str = "
        00000000000000000000004f0000000102e75949580020000000000000018bcfe568000000018bcfe56800ffffffffffff
        ffffffffffffffff000000013a0000000800000002260000 00000bb80200000bb8000200000bb8000000";

    #[test]
    fn a_leader_change_batch_is_the_jvms_byte_for_byte() {
        let voters = vec![LeaderChangeVoter {
            voter_id: NodeId(3000),
            ..Default::default()
        }];
        let change = LeaderChange {
            leader_id: NodeId(3000),
            voters: voters.clone(),
            granting_voters: voters,
            ..Default::default()
        };
        let (key, value) = ControlRecord::LeaderChange(change.clone()).encode();
        let mut builder = BatchBuilder::default();
        builder.push(Some(&key), &value);
        let bytes = builder.finish(HEADER);
        assert_eq!(bytes, hex(LEADER_CHANGE));

        let (batch, length) = Batch::decode(&bytes).unwrap();
        assert_eq!((batch.header, length), (HEADER, 91));
        let record = batch.records().next().unwrap().unwrap();
        assert_eq!(
            ControlRecord::decode(record.key.unwrap(), record.value),
            Ok(ControlRecord::LeaderChange(change))
        );
    }

    #[test]
    fn one_flipped_bit_anywhere_behind_the_checksum_is_noticed() {
        let sound = hex(LEADER_CHANGE);
        for at in CRC_AT..sound.len() {
            let mut damaged = sound.clone();
            damaged[at] ^= 1;
            assert!(
                matches!(Batch::decode(&damaged), Err(BatchError::Checksum { .. })),
                "byte {at}"
            );
        }
    }

    #[test]
    fn a_batch_cut_anywhere_is_truncated() {
        let sound = hex(LEADER_CHANGE);
        for end in 0..sound.len() {
            assert!(
                matches!(Batch::decode(&sound[..end]), Err(BatchError::Truncated { .. })),
                "cut at {end}"
            );
        }
    }

    proptest! {
        #[test]
        fn what_was_written_is_read_back(
            values in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 1..40), 1..20),
            base in 0i64..i64::MAX / 2,
            control: bool,
        ) {
            let header = BatchHeader { base_offset: Offset(base), control, ..HEADER };
            let mut builder = BatchBuilder::default();
            for value in &values {
                builder.push(control.then_some(&[0, 0, 0, 2][..]), value);
            }
            let bytes = builder.finish(header);
            let (batch, length) = Batch::decode(&bytes).unwrap();
            prop_assert_eq!(length, bytes.len());
            prop_assert_eq!(batch.header, header);
            let read: Vec<Vec<u8>> = batch.records().map(|record| record.unwrap().value.to_vec()).collect();
            prop_assert_eq!(read, values);
        }

        #[test]
        fn any_bytes_are_a_batch_or_an_error(mut bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            // With a sound checksum the records themselves are reached.
            if bytes.len() > HEADER_LENGTH {
                let length = i32::try_from(bytes.len() - LENGTH_OVERHEAD).unwrap();
                bytes[8..12].copy_from_slice(&length.to_be_bytes());
                bytes[16] = 2;
                bytes[21..23].copy_from_slice(&[0, 0]);
                bytes[23..27].copy_from_slice(&1i32.to_be_bytes());
                bytes[57..61].copy_from_slice(&2i32.to_be_bytes());
                let crc = crc32c::crc32c(&bytes[CHECKSUMMED_FROM..]);
                bytes[CRC_AT..CHECKSUMMED_FROM].copy_from_slice(&crc.to_be_bytes());
            }
            if let Ok((batch, _)) = Batch::decode(&bytes) {
                prop_assert!(batch.records().count() <= 3);
            }
        }
    }
}
