//! Primitive encodings of Kafka's flexible messages, and a reader that never trusts a length.
//!
//! | type | encoding |
//! |---|---|
//! | integers, float64 | big-endian |
//! | unsigned varint | 7 bits a byte, least significant first, high bit = more |
//! | varint, varlong | zig-zag, then as unsigned varint |
//! | compact string, bytes, array | length + 1 as unsigned varint, 0 for null |
//! | tagged section | count, then tag, size and payload of each, ascending |
//!
//! Messages that are not flexible differ in lengths alone, and have no tagged section: see [`Form`].
//!
//! Source: Kafka protocol guide; KIP-482.

mod values;

use crate::Uuid;
use crate::messages::EncodeError;

pub use values::Blob;

/// Why bytes could not be decoded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("at byte {position}: {problem}")]
pub struct WireError {
    /// Position within the value that was decoded.
    pub position: usize,
    /// What was wrong.
    pub problem: WireProblem,
}

/// What can be wrong with encoded bytes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WireProblem {
    /// The value ends before the field does.
    #[error("{needed} more bytes needed, {left} left")]
    Truncated {
        /// Bytes the field needs.
        needed: u64,
        /// Bytes there are.
        left: usize,
    },
    /// More than the greatest number of the type.
    #[error("variable-length number is too large")]
    VarintTooLong,
    /// A string that is not UTF-8.
    #[error("string is not UTF-8")]
    NotUtf8,
    /// Null where the schema has none.
    #[error("null in field {field}, which can't be null")]
    Null {
        /// The field.
        field: &'static str,
    },
    /// A number that means nothing here.
    #[error("{field} is {value}, which is out of range")]
    OutOfRange {
        /// The field.
        field: &'static str,
        /// Its value.
        value: i64,
    },
    /// A tagged field whose size is not that of its content, or tags out of order.
    #[error("tagged field {tag} has the wrong size or place")]
    Tag {
        /// The tag.
        tag: u32,
    },
    /// Arrays of parts that are small on the wire and large in memory.
    #[error("{field} has more elements than any message of Kafka's")]
    TooMany {
        /// The field.
        field: &'static str,
    },
    /// Bytes left over after the message.
    #[error("{0} bytes left over after the message")]
    Trailing(usize),
    /// No schema for this version.
    #[error("{message} version {version} is unknown (known: {lowest} to {highest})")]
    Version {
        /// Message name.
        message: &'static str,
        /// Version found.
        version: i64,
        /// Lowest known.
        lowest: i16,
        /// Highest known.
        highest: i16,
    },
}

/// How much more memory decoded values may take than their bytes on the wire.
const EXPANSION_BYTES_MAX: usize = 512 * 1024;
/// How many times its bytes on the wire a message may take beyond that, if it is a whole frame.
const FRAME_EXPANSION: usize = 8;

/// Reads primitives from a slice, in order.
///
/// What is decoded takes no more memory than the slice is long and half a mebibyte; of a frame, eight times as long.
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    bytes: &'a [u8],
    position: usize,
    /// Memory that decoded values may still take.
    budget: usize,
}

impl<'a> Reader<'a> {
    /// A reader at the start of `bytes`.
    pub fn new(bytes: &'a [u8]) -> Reader<'a> {
        Reader {
            bytes,
            position: 0,
            budget: bytes.len() + EXPANSION_BYTES_MAX,
        }
    }

    /// A reader at the start of a frame's content, whose elements are small and may be many.
    ///
    /// A broker that leads ten thousand partitions names all of them in one AlterPartition, at 40 bytes each on the wire
    /// and four times that in memory. The frame's own limit bounds the rest.
    pub fn of_frame(bytes: &'a [u8]) -> Reader<'a> {
        Reader {
            budget: bytes
                .len()
                .saturating_mul(FRAME_EXPANSION)
                .saturating_add(EXPANSION_BYTES_MAX),
            ..Reader::new(bytes)
        }
    }

    /// Reads `bytes`, a part of this reader's, with `read`, at the cost of this reader's memory.
    pub(crate) fn nested<T>(&mut self, bytes: &'a [u8], read: impl FnOnce(&mut Reader<'a>) -> T) -> T {
        let mut part = Reader {
            bytes,
            position: 0,
            budget: self.budget,
        };
        let result = read(&mut part);
        self.budget = part.budget;
        result
    }

    /// Takes memory for `count` values of `T` from what decoded values may take.
    ///
    /// # Errors
    ///
    /// [`WireProblem::TooMany`] if so much is not left.
    pub(crate) fn claim<T>(&mut self, count: usize, field: &'static str) -> Result<(), WireError> {
        let left = count
            .checked_mul(size_of::<T>())
            .and_then(|bytes| self.budget.checked_sub(bytes));
        self.budget = left.ok_or_else(|| self.error(WireProblem::TooMany { field }))?;
        Ok(())
    }

    /// Bytes not yet read.
    pub fn remaining(&self) -> usize {
        self.bytes.len() - self.position
    }

    /// Bytes read so far.
    pub fn position(&self) -> usize {
        self.position
    }

    /// An error at the present position.
    pub fn error(&self, problem: WireProblem) -> WireError {
        WireError {
            position: self.position,
            problem,
        }
    }

    /// The next `length` bytes.
    ///
    /// # Errors
    ///
    /// [`WireProblem::Truncated`] if fewer are left. The other readers fail alike.
    pub fn take(&mut self, length: u64) -> Result<&'a [u8], WireError> {
        let left = self.remaining();
        match usize::try_from(length) {
            Ok(count) if count <= left => {
                let taken = &self.bytes[self.position..self.position + count];
                self.position += count;
                Ok(taken)
            }
            _ => Err(self.error(WireProblem::Truncated { needed: length, left })),
        }
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], WireError> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N as u64)?);
        Ok(array)
    }

    /// An unsigned varint of at most 32 bits.
    ///
    /// # Errors
    ///
    /// [`WireProblem::VarintTooLong`] above 32 bits.
    pub fn unsigned_varint(&mut self) -> Result<u32, WireError> {
        let value = self.unsigned_varlong()?;
        u32::try_from(value).map_err(|_| self.error(WireProblem::VarintTooLong))
    }

    fn unsigned_varlong(&mut self) -> Result<u64, WireError> {
        let mut value = 0u64;
        for shift in (0..70).step_by(7) {
            let [byte] = self.array()?;
            let bits = u64::from(byte & 0x7f);
            if shift == 63 && bits > 1 {
                break;
            }
            value |= bits << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(self.error(WireProblem::VarintTooLong))
    }

    /// A zig-zag varint of at most 32 bits.
    ///
    /// # Errors
    ///
    /// As [`Reader::unsigned_varint`].
    pub fn varint(&mut self) -> Result<i32, WireError> {
        let raw = self.unsigned_varint()?;
        Ok((raw >> 1).cast_signed() ^ -(raw & 1).cast_signed())
    }

    /// A zig-zag varint of at most 64 bits.
    ///
    /// # Errors
    ///
    /// As [`Reader::unsigned_varint`].
    pub fn varlong(&mut self) -> Result<i64, WireError> {
        let raw = self.unsigned_varlong()?;
        Ok((raw >> 1).cast_signed() ^ -(raw & 1).cast_signed())
    }

    /// The length of a compact string, byte string or array: `None` for null.
    ///
    /// # Errors
    ///
    /// As [`Reader::unsigned_varint`].
    pub fn compact_length(&mut self) -> Result<Option<u32>, WireError> {
        Ok(self.unsigned_varint()?.checked_sub(1))
    }

    /// Fails unless everything was read.
    ///
    /// # Errors
    ///
    /// [`WireProblem::Trailing`] if bytes are left.
    pub fn finish(&self) -> Result<(), WireError> {
        match self.remaining() {
            0 => Ok(()),
            left => Err(self.error(WireProblem::Trailing(left))),
        }
    }
}

/// What the encoding of a field depends on besides its type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Form {
    /// Version of the message that the field stands in.
    pub version: i16,
    /// Whether that version is flexible (KIP-482).
    pub flexible: bool,
}

/// A value with an encoding of its own inside a message.
pub trait Wire: Sized {
    /// Appends the value as a flexible message has it.
    fn write(&self, out: &mut Vec<u8>);

    /// Reads a value; `field` names it in errors.
    ///
    /// # Errors
    ///
    /// [`WireError`] with the position and what was wrong.
    fn read(reader: &mut Reader<'_>, field: &'static str) -> Result<Self, WireError>;

    /// As [`Wire::write`], where a message of this form is written.
    ///
    /// # Errors
    ///
    /// [`EncodeError`] when the form has no place for the value.
    fn write_in(&self, _form: Form, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        self.write(out);
        Ok(())
    }

    /// As [`Wire::read`], where a message of this form is read.
    ///
    /// # Errors
    ///
    /// As [`Wire::read`].
    fn read_in(_form: Form, reader: &mut Reader<'_>, field: &'static str) -> Result<Self, WireError> {
        Self::read(reader, field)
    }
}

macro_rules! big_endian {
    ($($int:ty),*) => {$(
        impl Wire for $int {
            fn write(&self, out: &mut Vec<u8>) {
                out.extend_from_slice(&self.to_be_bytes());
            }

            fn read(reader: &mut Reader<'_>, _field: &'static str) -> Result<Self, WireError> {
                Ok(<$int>::from_be_bytes(reader.array()?))
            }
        }
    )*};
}

big_endian!(i8, i16, i32, i64, u16, f64);

impl Wire for bool {
    fn write(&self, out: &mut Vec<u8>) {
        out.push(u8::from(*self));
    }

    fn read(reader: &mut Reader<'_>, _field: &'static str) -> Result<Self, WireError> {
        let [byte] = reader.array()?;
        Ok(byte != 0)
    }
}

impl Wire for Uuid {
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.0);
    }

    fn read(reader: &mut Reader<'_>, _field: &'static str) -> Result<Self, WireError> {
        Ok(Uuid(reader.array()?))
    }
}

/// Appends an unsigned varint.
pub fn write_unsigned_varint(out: &mut Vec<u8>, value: u64) {
    let mut rest = value;
    while rest >= 0x80 {
        out.push((rest & 0x7f) as u8 | 0x80);
        rest >>= 7;
    }
    out.push((rest & 0x7f) as u8);
}

/// Appends a zig-zag varint; the same bytes serve 32 and 64 bits.
pub fn write_varint(out: &mut Vec<u8>, value: i64) {
    write_unsigned_varint(out, ((value << 1) ^ (value >> 63)).cast_unsigned());
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn numbers_are_zig_zag_varints_in_record_framing() {
        for (value, bytes) in [
            (0i32, &[0x00][..]),
            (-1, &[0x01]),
            (29, &[0x3a]),
            (96, &[0xc0, 0x01]),
            (-65, &[0x81, 0x01]),
        ] {
            let mut out = Vec::new();
            write_varint(&mut out, i64::from(value));
            assert_eq!(out, bytes);
            assert_eq!(Reader::new(bytes).varint(), Ok(value));
        }
    }

    #[test]
    fn an_array_longer_than_the_input_is_refused_before_anything_is_reserved() {
        let bytes = [0xff, 0xff, 0xff, 0xff, 0x0f];
        let error = Vec::<i32>::read(&mut Reader::new(&bytes), "replicas").unwrap_err();
        assert_eq!(
            error.problem,
            WireProblem::Truncated {
                needed: 0xffff_fffe,
                left: 0
            }
        );
    }

    #[test]
    fn small_elements_that_become_large_ones_are_refused_beyond_half_a_mebibyte() {
        let empty_strings = |count: usize| {
            let mut bytes = Vec::new();
            write_unsigned_varint(&mut bytes, count as u64 + 1);
            bytes.extend(vec![1; count]);
            Vec::<String>::read(&mut Reader::new(&bytes), "names")
        };
        assert_eq!(empty_strings(20_000).unwrap().len(), 20_000);
        let error = empty_strings(30_000).unwrap_err();
        assert_eq!(error.problem, WireProblem::TooMany { field: "names" });
    }

    #[test]
    fn a_string_that_is_not_utf8_is_refused() {
        let error = String::read(&mut Reader::new(&[2, 0xff]), "name").unwrap_err();
        assert_eq!(error.problem, WireProblem::NotUtf8);
    }

    proptest! {
        #[test]
        fn what_was_written_is_read_back(number: i64, text: Option<String>, ids: Option<Vec<i32>>) {
            let mut out = Vec::new();
            write_varint(&mut out, number);
            text.write(&mut out);
            ids.write(&mut out);
            let mut reader = Reader::new(&out);
            prop_assert_eq!(reader.varlong(), Ok(number));
            prop_assert_eq!(Wire::read(&mut reader, "text"), Ok(text));
            prop_assert_eq!(Wire::read(&mut reader, "ids"), Ok(ids));
            prop_assert_eq!(reader.finish(), Ok(()));
        }
    }
}
