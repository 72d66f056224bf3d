//! Kafka's 128-bit ids and their text: base64 with the URL alphabet, no padding, 22 characters.

use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::alphabet::URL_SAFE;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// As lenient as the JVM's decoder: padding is optional and spare low bits are ignored.
const TEXT: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new()
        .with_encode_padding(false)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// A topic id, directory id, incarnation id or ACL id.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Uuid(pub [u8; 16]);

impl Uuid {
    /// All zero: "no id"; as a directory id MIGRATING (replica exists, directory not yet known).
    pub const ZERO: Uuid = Uuid::from_u128(0);
    /// Topic id of `__cluster_metadata`; as a directory id UNASSIGNED.
    pub const ONE: Uuid = Uuid::from_u128(1);
    /// Directory id of a replica in an unknown offline directory (LOST).
    pub const LOST: Uuid = Uuid::from_u128(2);

    /// The id whose big-endian bytes are those of `value`.
    pub const fn from_u128(value: u128) -> Uuid {
        Uuid(value.to_be_bytes())
    }

    /// The version-4 uuid (RFC 9562) made of 122 of these bits.
    pub const fn version_4(mut bytes: [u8; 16]) -> Uuid {
        bytes[6] = bytes[6] & 0x0f | 0x40;
        bytes[8] = bytes[8] & 0x3f | 0x80;
        Uuid(bytes)
    }

    /// This id, unless its text begins with a dash, which command lines take for an option.
    pub fn without_leading_dash(self) -> Option<Uuid> {
        (!self.to_string().starts_with('-')).then_some(self)
    }

    /// Whether a directory id is one of the first hundred, which Kafka keeps for itself.
    pub fn is_reserved_directory(self) -> bool {
        u128::from_be_bytes(self.0) < 100
    }
}

impl fmt::Display for Uuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&TEXT.encode(self.0))
    }
}

impl fmt::Debug for Uuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl serde::Serialize for Uuid {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// The text is not a Kafka uuid.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not a Kafka uuid: expected 16 bytes in URL-safe base64, 22 characters")]
pub struct ParseUuidError {
    /// What was read.
    pub text: String,
}

impl FromStr for Uuid {
    type Err = ParseUuidError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let error = || ParseUuidError {
            text: text.to_owned(),
        };
        let bytes = TEXT.decode(text).map_err(|_| error())?;
        Ok(Uuid(bytes.try_into().map_err(|_| error())?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_url_safe_base64_without_padding() {
        for (text, value) in [
            (
                "AAECAwQFBgcICQoLDA0ODw",
                0x0001_0203_0405_0607_0809_0a0b_0c0d_0e0f,
            ),
            (
                "Yk3vWq1xTLa0hM6tPz8sCg",
                0x624d_ef5a_ad71_4cb6_b484_cead_3f3f_2c0a,
            ),
            ("AAAAAAAAAAAAAAAAAAAAAQ", 1),
        ] {
            assert_eq!(text.parse(), Ok(Uuid::from_u128(value)));
            assert_eq!(Uuid::from_u128(value).to_string(), text);
        }
    }

    #[test]
    fn a_leading_dash_and_padding_are_accepted() {
        assert!("-k3vWq1xTLa0hM6tPz8sCg".parse::<Uuid>().is_ok());
        assert_eq!("AAAAAAAAAAAAAAAAAAAAAQ==".parse(), Ok(Uuid::ONE));
    }

    #[test]
    fn anything_but_sixteen_bytes_is_refused() {
        for text in ["", "AAAA", "AAAAAAAAAAAAAAAAAAAAAAAA", "not base64 at all!!!!!"] {
            assert!(text.parse::<Uuid>().is_err(), "{text:?}");
        }
    }
}
