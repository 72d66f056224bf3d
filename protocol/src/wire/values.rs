//! Strings, byte strings and arrays: a length, then what it counts.
//!
//! | | flexible | not flexible | null |
//! |---|---|---|---|
//! | string | length + 1, unsigned varint | int16 | 0 or −1 |
//! | bytes, array | length + 1, unsigned varint | int32 | 0 or −1 |

use std::fmt;

use super::{Form, Reader, Wire, WireError, WireProblem, write_unsigned_varint};
use crate::messages::EncodeError;

/// The form of everything that is written without a message around it.
const FLEXIBLE: Form = Form {
    version: 0,
    flexible: true,
};

/// How wide a length is where it is no varint.
#[derive(Clone, Copy)]
enum Width {
    Short,
    Long,
}

fn write_length(
    form: Form,
    width: Width,
    length: Option<usize>,
    out: &mut Vec<u8>,
) -> Result<(), EncodeError> {
    if form.flexible {
        write_unsigned_varint(out, length.map_or(0, |length| length as u64 + 1));
        return Ok(());
    }
    let too_long = |length| move |_| EncodeError::TooLong { length };
    match (width, length) {
        (Width::Short, None) => (-1i16).write(out),
        (Width::Long, None) => (-1i32).write(out),
        (Width::Short, Some(length)) => i16::try_from(length).map_err(too_long(length))?.write(out),
        (Width::Long, Some(length)) => i32::try_from(length).map_err(too_long(length))?.write(out),
    }
    Ok(())
}

fn read_length(
    form: Form,
    width: Width,
    reader: &mut Reader<'_>,
    field: &'static str,
) -> Result<Option<u32>, WireError> {
    if form.flexible {
        return reader.compact_length();
    }
    let length = match width {
        Width::Short => i32::from(i16::read(reader, field)?),
        Width::Long => i32::read(reader, field)?,
    };
    match length {
        -1 => Ok(None),
        length => u32::try_from(length).map(Some).map_err(|_| {
            reader.error(WireProblem::OutOfRange {
                field,
                value: i64::from(length),
            })
        }),
    }
}

fn write_bytes(form: Form, width: Width, bytes: Option<&[u8]>, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    write_length(form, width, bytes.map(<[u8]>::len), out)?;
    out.extend_from_slice(bytes.unwrap_or_default());
    Ok(())
}

fn read_bytes<'a>(
    form: Form,
    width: Width,
    reader: &mut Reader<'a>,
    field: &'static str,
) -> Result<Option<&'a [u8]>, WireError> {
    let Some(length) = read_length(form, width, reader, field)? else {
        return Ok(None);
    };
    let bytes = reader.take(u64::from(length))?;
    reader.claim::<u8>(bytes.len(), field)?;
    Ok(Some(bytes))
}

fn write_flexible(value: &impl Wire, out: &mut Vec<u8>) {
    value
        .write_in(FLEXIBLE, out)
        .expect("a flexible message has room for any length");
}

fn not_null<T>(value: Option<T>, reader: &Reader<'_>, field: &'static str) -> Result<T, WireError> {
    value.ok_or_else(|| reader.error(WireProblem::Null { field }))
}

impl Wire for Option<String> {
    fn write(&self, out: &mut Vec<u8>) {
        write_flexible(self, out);
    }

    fn read(reader: &mut Reader<'_>, field: &'static str) -> Result<Self, WireError> {
        Self::read_in(FLEXIBLE, reader, field)
    }

    fn write_in(&self, form: Form, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        write_bytes(form, Width::Short, self.as_ref().map(String::as_bytes), out)
    }

    fn read_in(form: Form, reader: &mut Reader<'_>, field: &'static str) -> Result<Self, WireError> {
        let Some(bytes) = read_bytes(form, Width::Short, reader, field)? else {
            return Ok(None);
        };
        match std::str::from_utf8(bytes) {
            Ok(text) => Ok(Some(text.to_owned())),
            Err(_) => Err(reader.error(WireProblem::NotUtf8)),
        }
    }
}

impl Wire for String {
    fn write(&self, out: &mut Vec<u8>) {
        write_flexible(self, out);
    }

    fn read(reader: &mut Reader<'_>, field: &'static str) -> Result<Self, WireError> {
        Self::read_in(FLEXIBLE, reader, field)
    }

    fn write_in(&self, form: Form, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        write_bytes(form, Width::Short, Some(self.as_bytes()), out)
    }

    fn read_in(form: Form, reader: &mut Reader<'_>, field: &'static str) -> Result<Self, WireError> {
        not_null(Option::read_in(form, reader, field)?, reader, field)
    }
}

/// A byte string; `Vec<u8>` would be an array of int8.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Blob(pub Vec<u8>);

impl fmt::Debug for Blob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Blob({} bytes)", self.0.len())
    }
}

impl serde::Serialize for Blob {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use base64::Engine;
        serializer.serialize_str(&base64::engine::general_purpose::STANDARD.encode(&self.0))
    }
}

impl Wire for Option<Blob> {
    fn write(&self, out: &mut Vec<u8>) {
        write_flexible(self, out);
    }

    fn read(reader: &mut Reader<'_>, field: &'static str) -> Result<Self, WireError> {
        Self::read_in(FLEXIBLE, reader, field)
    }

    fn write_in(&self, form: Form, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        write_bytes(
            form,
            Width::Long,
            self.as_ref().map(|blob| blob.0.as_slice()),
            out,
        )
    }

    fn read_in(form: Form, reader: &mut Reader<'_>, field: &'static str) -> Result<Self, WireError> {
        Ok(read_bytes(form, Width::Long, reader, field)?.map(|bytes| Blob(bytes.to_vec())))
    }
}

impl Wire for Blob {
    fn write(&self, out: &mut Vec<u8>) {
        write_flexible(self, out);
    }

    fn read(reader: &mut Reader<'_>, field: &'static str) -> Result<Self, WireError> {
        Self::read_in(FLEXIBLE, reader, field)
    }

    fn write_in(&self, form: Form, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        write_bytes(form, Width::Long, Some(&self.0), out)
    }

    fn read_in(form: Form, reader: &mut Reader<'_>, field: &'static str) -> Result<Self, WireError> {
        not_null(Option::read_in(form, reader, field)?, reader, field)
    }
}

impl<T: Wire> Wire for Option<Vec<T>> {
    fn write(&self, out: &mut Vec<u8>) {
        write_flexible(self, out);
    }

    fn read(reader: &mut Reader<'_>, field: &'static str) -> Result<Self, WireError> {
        Self::read_in(FLEXIBLE, reader, field)
    }

    fn write_in(&self, form: Form, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        match self {
            Some(items) => items.write_in(form, out),
            None => write_length(form, Width::Long, None, out),
        }
    }

    fn read_in(form: Form, reader: &mut Reader<'_>, field: &'static str) -> Result<Self, WireError> {
        let Some(length) = read_length(form, Width::Long, reader, field)? else {
            return Ok(None);
        };
        let left = reader.remaining();
        // Every element takes at least one byte, so a longer array can't be there.
        let count = usize::try_from(length).unwrap_or(usize::MAX);
        if count > left {
            return Err(reader.error(WireProblem::Truncated {
                needed: u64::from(length),
                left,
            }));
        }
        reader.claim::<T>(count, field)?;
        let mut items = Vec::with_capacity(count);
        for _ in 0..count {
            items.push(T::read_in(form, reader, field)?);
        }
        Ok(Some(items))
    }
}

impl<T: Wire> Wire for Vec<T> {
    fn write(&self, out: &mut Vec<u8>) {
        write_flexible(self, out);
    }

    fn read(reader: &mut Reader<'_>, field: &'static str) -> Result<Self, WireError> {
        Self::read_in(FLEXIBLE, reader, field)
    }

    fn write_in(&self, form: Form, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        write_length(form, Width::Long, Some(self.len()), out)?;
        self.iter().try_for_each(|item| item.write_in(form, out))
    }

    fn read_in(form: Form, reader: &mut Reader<'_>, field: &'static str) -> Result<Self, WireError> {
        not_null(Option::read_in(form, reader, field)?, reader, field)
    }
}
