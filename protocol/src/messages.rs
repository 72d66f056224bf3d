//! `messages!`: a message is a table of fields; struct, default, codec and JSON follow from it.
//!
//! ```text
//! messages! {
//!     /// What it is.
//!     PartitionRecord (key 3, versions 0..=2) {
//!         /// What the field is.
//!         replicas: Vec<NodeId>, since 0;
//!         /// Left off the wire at its default, in the tagged section otherwise.
//!         recovery: LeaderRecovery = LeaderRecovery::Recovered, since 0, tag 0;
//!     }
//! }
//! ```
//!
//! Fields stand in wire order, tagged ones in the order of their tags. Elements of arrays are messages without a
//! key, at the version of the message around them or the nearest that their table knows. Tags that a table does not
//! know are kept and written back.
//!
//! A field that a version dropped says so with `since 0, until 14`. A field that is set where the version has no
//! place for it is an error, since its loss would change what is said; `since 17 or dropped` is for those whose loss
//! does not, so that who writes them needs not know the version. Requests whose first versions are not flexible
//! say since when they are, `(key 36, versions 0..=2, flexible since 2)`, or `flexible since never`.
//!
//! Source: KIP-482 for the layout; the message schemas that Kafka publishes in its jars for the tables.

use std::ops::RangeInclusive;

use crate::wire::{Form, Reader, WireError, WireProblem, write_unsigned_varint};

/// A message declared with [`messages!`](crate::messages!).
pub trait Message: Sized + Default {
    /// Name of the schema.
    const NAME: &'static str;
    /// Api key or record type, 0 for a message that has none.
    const KEY: u32;
    /// Versions that the table knows.
    const VERSIONS: RangeInclusive<i16>;

    /// First version that is flexible (KIP-482); [`i16::MAX`] if none is.
    const FLEXIBLE_SINCE: i16;

    /// Appends the body in this form.
    ///
    /// # Errors
    ///
    /// [`EncodeError`] when the form lacks a field that is set.
    fn encode_in(&self, form: Form, out: &mut Vec<u8>) -> Result<(), EncodeError>;

    /// Reads the body in this form.
    ///
    /// # Errors
    ///
    /// [`WireError`] when the bytes are not such a body.
    fn decode_in(form: Form, reader: &mut Reader<'_>) -> Result<Self, WireError>;

    /// Appends the body at `version`.
    ///
    /// # Errors
    ///
    /// [`EncodeError`] when the version is unknown or lacks a field that is set.
    fn encode(&self, version: i16, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        Self::check_version(version)?;
        self.encode_in(Self::form(version), out)
    }

    /// Reads the body at `version`.
    ///
    /// # Errors
    ///
    /// [`WireError`] when the version is unknown or the bytes are not such a body.
    fn decode(version: i16, reader: &mut Reader<'_>) -> Result<Self, WireError> {
        Self::check_version(version).map_err(|problem| reader.error(problem))?;
        Self::decode_in(Self::form(version), reader)
    }

    /// The form of a version.
    fn form(version: i16) -> Form {
        Form {
            version,
            flexible: version >= Self::FLEXIBLE_SINCE,
        }
    }

    /// Fails unless the table knows `version`.
    ///
    /// # Errors
    ///
    /// [`WireProblem::Version`].
    fn check_version(version: i16) -> Result<(), WireProblem> {
        if Self::VERSIONS.contains(&version) {
            return Ok(());
        }
        Err(WireProblem::Version {
            message: Self::NAME,
            version: i64::from(version),
            lowest: *Self::VERSIONS.start(),
            highest: *Self::VERSIONS.end(),
        })
    }
}

/// Why a message cannot be written at a version.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EncodeError {
    /// The version is not in the table.
    #[error(transparent)]
    Version(#[from] WireProblem),
    /// The field is set, and the version has no place for it.
    #[error("{message} version {version} has no field {field}, which is set")]
    FieldNotInVersion {
        /// Message name.
        message: &'static str,
        /// The field.
        field: &'static str,
        /// The version asked for.
        version: i16,
    },
    /// A version that is not flexible has no room for so long a value.
    #[error("{length} bytes or elements are too many for a message that is not flexible")]
    TooLong {
        /// Bytes or elements.
        length: usize,
    },
}

/// A tagged field that the table does not know: its tag and its bytes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub struct UnknownTag {
    /// The tag.
    pub tag: u32,
    /// The bytes.
    pub bytes: crate::wire::Blob,
}

/// Tagged fields on their way out, ascending.
#[derive(Debug, Default)]
pub struct TagWriter(Vec<(u32, Vec<u8>)>);

impl TagWriter {
    /// Adds a field that is not at its default.
    ///
    /// # Errors
    ///
    /// [`EncodeError`] when the form has no place for the value.
    pub fn add(&mut self, tag: u32, value: &impl crate::wire::Wire, form: Form) -> Result<(), EncodeError> {
        let mut bytes = Vec::new();
        value.write_in(form, &mut bytes)?;
        self.0.push((tag, bytes));
        Ok(())
    }

    /// Appends the section: known and unknown tags together in ascending order.
    pub fn finish(mut self, unknown: &[UnknownTag], out: &mut Vec<u8>) {
        self.0
            .extend(unknown.iter().map(|tag| (tag.tag, tag.bytes.0.clone())));
        self.0.sort_by_key(|(tag, _)| *tag);
        write_unsigned_varint(out, self.0.len() as u64);
        for (tag, bytes) in &self.0 {
            write_unsigned_varint(out, u64::from(*tag));
            write_unsigned_varint(out, bytes.len() as u64);
            out.extend_from_slice(bytes);
        }
    }
}

/// Reads a tagged section: `known` takes the fields it knows and returns whether it did.
///
/// # Errors
///
/// [`WireProblem::Tag`] when tags do not ascend or a field is not as long as it says.
pub fn read_tags(
    reader: &mut Reader<'_>,
    mut known: impl FnMut(u32, &mut Reader<'_>) -> Result<bool, WireError>,
) -> Result<Vec<UnknownTag>, WireError> {
    let mut unknown = Vec::new();
    let mut next_tag = 0;
    let count = reader.unsigned_varint()?;
    for _ in 0..count {
        let tag = reader.unsigned_varint()?;
        if tag < next_tag {
            return Err(reader.error(WireProblem::Tag { tag }));
        }
        next_tag = tag.saturating_add(1);
        let size = reader.unsigned_varint()?;
        let start = reader.position();
        let bytes = reader.take(u64::from(size))?;
        let shift = |error: WireError| WireError {
            position: start + error.position,
            ..error
        };
        let (is_known, left) = reader.nested(bytes, |field| (known(tag, field), field.remaining()));
        if !is_known.map_err(shift)? {
            reader.claim::<u8>(bytes.len(), "unknown tags")?;
            reader.claim::<[UnknownTag; 3]>(1, "unknown tags")?;
            unknown.push(UnknownTag {
                tag,
                bytes: crate::wire::Blob(bytes.to_vec()),
            });
        } else if left > 0 {
            return Err(reader.error(WireProblem::Tag { tag }));
        }
    }
    Ok(unknown)
}

/// Declares messages as tables of fields; see the module's documentation.
#[macro_export]
macro_rules! messages {
    ($(
        $(#[$doc:meta])*
        $name:ident (
            $(key $key:literal,)? versions $low:literal..=$high:literal $(, flexible since $flexible:tt)?
        ) {
            $(
                $(#[$field_doc:meta])*
                $field:ident: $type:ty $(= $default:expr)?,
                since $since:literal $(, until $until:literal)? $(or $dropped:ident)? $(, tag $tag:literal)?;
            )*
        }
    )*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, serde::Serialize)]
        #[serde(rename_all = "camelCase")]
        pub struct $name {
            $( $(#[$field_doc])* pub $field: $type, )*
            /// Tagged fields of a newer schema, kept as they are.
            #[serde(skip_serializing_if = "Vec::is_empty")]
            pub unknown_tags: Vec<$crate::messages::UnknownTag>,
        }

        impl Default for $name {
            fn default() -> Self {
                $name {
                    $( $field: $crate::messages!(@default $type $(, $default)?), )*
                    unknown_tags: Vec::new(),
                }
            }
        }

        impl $crate::messages::Message for $name {
            const NAME: &'static str = stringify!($name);
            const KEY: u32 = 0 $(+ $key)?;
            const VERSIONS: std::ops::RangeInclusive<i16> = $low..=$high;

            const FLEXIBLE_SINCE: i16 = $crate::messages!(@flexible $($flexible)?);

            #[allow(unused_mut, unused_comparisons, unused_variables, reason = "a table may have no tags, and fields since 0")]
            fn encode_in(
                &self,
                form: $crate::wire::Form,
                out: &mut Vec<u8>,
            ) -> Result<(), $crate::messages::EncodeError> {
                let version = form.version;
                let lacks = |field| Err($crate::messages::EncodeError::FieldNotInVersion {
                    message: stringify!($name),
                    field,
                    version,
                });
                $(
                    if !$crate::messages!(@versions $since $(, $until)?).contains(&version) {
                        $crate::messages!(
                            @lacks lacks, self.$field, stringify!($field),
                            ($crate::messages!(@default $type $(, $default)?)), $type $(, $dropped)?
                        );
                    } else {
                        $crate::messages!(@write_plain self.$field, form, out $(, $tag)?);
                    }
                )*
                if !form.flexible {
                    return if self.unknown_tags.is_empty() { Ok(()) } else { lacks("unknown_tags") };
                }
                let mut tags = $crate::messages::TagWriter::default();
                $( $crate::messages!(
                    @write_tagged tags, form, $since, self.$field,
                    ($crate::messages!(@default $type $(, $default)?)), $type $(, $tag)?
                ); )*
                tags.finish(&self.unknown_tags, out);
                Ok(())
            }

            #[allow(unused_mut, unused_comparisons, unused_variables, reason = "as for encode")]
            fn decode_in(
                form: $crate::wire::Form,
                reader: &mut $crate::wire::Reader<'_>,
            ) -> Result<Self, $crate::wire::WireError> {
                let version = form.version;
                let mut message = <$name as Default>::default();
                $(
                    if $crate::messages!(@versions $since $(, $until)?).contains(&version) {
                        $crate::messages!(@read_plain message.$field, form, reader, stringify!($field) $(, $tag)?);
                    }
                )*
                if form.flexible {
                    message.unknown_tags = $crate::messages::read_tags(reader, |tag, reader| {
                        $( $crate::messages!(
                            @read_tagged tag, form, $since, message.$field, reader, stringify!($field) $(, $tag)?
                        ); )*
                        Ok(false)
                    })?;
                }
                Ok(message)
            }
        }

        impl $crate::wire::Wire for $name {
            fn write(&self, out: &mut Vec<u8>) {
                <Self as $crate::messages::Message>::encode(self, $high, out)
                    .expect("the highest version has every field");
            }

            fn read(
                reader: &mut $crate::wire::Reader<'_>,
                _field: &'static str,
            ) -> Result<Self, $crate::wire::WireError> {
                <Self as $crate::messages::Message>::decode($high, reader)
            }

            fn write_in(
                &self,
                form: $crate::wire::Form,
                out: &mut Vec<u8>,
            ) -> Result<(), $crate::messages::EncodeError> {
                let form = $crate::wire::Form { version: form.version.clamp($low, $high), ..form };
                <Self as $crate::messages::Message>::encode_in(self, form, out)
            }

            fn read_in(
                form: $crate::wire::Form,
                reader: &mut $crate::wire::Reader<'_>,
                _field: &'static str,
            ) -> Result<Self, $crate::wire::WireError> {
                let form = $crate::wire::Form { version: form.version.clamp($low, $high), ..form };
                <Self as $crate::messages::Message>::decode_in(form, reader)
            }
        }
    )*};

    (@versions $since:literal) => { ($since..) };
    (@versions $since:literal, $until:literal) => { ($since..=$until) };

    (@flexible) => { 0 };
    (@flexible never) => { i16::MAX };
    (@flexible $since:literal) => { $since };

    (@default $type:ty, $default:expr) => { $default };
    (@default $type:ty) => { <$type>::default() };

    (@lacks $lacks:ident, $value:expr, $field:expr, $default:expr, $type:ty, dropped) => {};
    (@lacks $lacks:ident, $value:expr, $field:expr, $default:expr, $type:ty) => {
        let default: $type = $default;
        if $value != default {
            return $lacks($field);
        }
    };

    (@write_plain $value:expr, $form:ident, $out:ident, $tag:literal) => {};
    (@write_plain $value:expr, $form:ident, $out:ident) => {
        $crate::wire::Wire::write_in(&$value, $form, $out)?
    };

    (@write_tagged $tags:ident, $form:ident, $since:literal, $value:expr, $default:expr, $type:ty, $tag:literal) => {
        let default: $type = $default;
        if $form.version >= $since && $value != default {
            $tags.add($tag, &$value, $form)?;
        }
    };
    (@write_tagged $tags:ident, $form:ident, $since:literal, $value:expr, $default:expr, $type:ty) => {};

    (@read_plain $value:expr, $form:ident, $reader:ident, $field:expr, $tag:literal) => {};
    (@read_plain $value:expr, $form:ident, $reader:ident, $field:expr) => {
        $value = $crate::wire::Wire::read_in($form, $reader, $field)?
    };

    (@read_tagged $found:ident, $form:ident, $since:literal, $value:expr, $reader:ident, $field:expr, $tag:literal) => {
        if $found == $tag && $form.version >= $since {
            $value = $crate::wire::Wire::read_in($form, $reader, $field)?;
            return Ok(true);
        }
    };
    (@read_tagged $found:ident, $form:ident, $since:literal, $value:expr, $reader:ident, $field:expr) => {};
}
