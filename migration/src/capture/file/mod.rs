//! A capture in a file: the same on every machine, complete or refused.
//!
//! ```text
//!  header, 49 bytes              all integers big-endian
//!     0   8  "KBCAPTUR"
//!     8   4  format version      1
//!    12   1  secrets             0 included, 1 left out, 2 sealed
//!    13  16  salt                of the passphrase's key; 0 unless sealed
//!    29  16  key check           tells a wrong passphrase from damage; 0 unless sealed
//!    45   4  CRC-32 of bytes 0 to 44
//!  frames, the trailer last
//!     0   1  kind                1 events, 2 events (zstd), 3 trailer
//!     1   4  events' length      as bincode, before compression
//!     5   4  body's length
//!     9   4  CRC-32 of kind, lengths and body
//!    13   n  body
//! ```
//!
//! Events that zstd would make smaller by more than 512 KiB stay uncompressed, so that no reader needs more memory
//! than twice the file and a mebibyte. Events (znode, gone, unreadable) and the trailer are bincode 2's standard configuration (little-endian
//! varints). The trailer holds the capture's summary and the SHA-256 of all bytes before it, so that a file
//! that was cut off, or put together from two, is noticed.
//!
//! Sealed, every body is ChaCha20-Poly1305 under a key that Argon2id (19 MiB, 2 passes, 1 lane) makes of the
//! passphrase and the salt; the nonce is the frame's number (12 bytes), and the frame's kind and events' length
//! are authenticated with it. The key check is the tag of nothing under the nonce of all ones.
//! Left out, [`crate::secrets::LEFT_OUT`] stands where a secret was.

mod frame;
mod reader;
mod seal;
mod writer;

#[cfg(test)]
mod tests;

use bincode::{BorrowDecode, Encode};

pub use reader::CaptureFile;
pub use writer::{CaptureFileError, CaptureFileWriter};

use super::Summary;
use crate::znode::{Stat, Zxid};

/// How a capture file begins.
pub(crate) const MAGIC: [u8; 8] = *b"KBCAPTUR";
const FORMAT_VERSION: u32 = 1;
const HEADER_BYTES: usize = 49;

/// What becomes of the secrets in a capture file.
#[derive(Clone, Copy)]
pub enum Secrets<'a> {
    /// They are in it, readable by everybody.
    Included,
    /// They are not in it; such a capture shows everything but can't be migrated with its users.
    LeftOut,
    /// The whole capture is encrypted.
    Sealed {
        /// Opens it again.
        passphrase: &'a str,
        /// Random, and never used twice with one passphrase.
        salt: [u8; 16],
    },
}

impl std::fmt::Debug for Secrets<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Secrets::Included => "Included",
            Secrets::LeftOut => "LeftOut",
            Secrets::Sealed { .. } => "Sealed",
        })
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum SecretsKind {
    Included = 0,
    LeftOut = 1,
    Sealed = 2,
}

/// One call of a [`super::ZnodeSink`].
#[derive(Debug, Encode, BorrowDecode)]
enum Event<'a> {
    Znode {
        path: &'a str,
        data: &'a [u8],
        stat: StoredStat,
    },
    Gone {
        path: &'a str,
    },
    Unreadable {
        path: &'a str,
        reason: &'a str,
    },
}

#[derive(Debug, Encode, BorrowDecode)]
struct StoredStat {
    zxids: [i64; 3],
    times: [i64; 2],
    versions: [i32; 3],
    ephemeral_owner: i64,
}

impl From<&Stat> for StoredStat {
    fn from(stat: &Stat) -> StoredStat {
        StoredStat {
            zxids: [stat.czxid.0, stat.mzxid.0, stat.pzxid.0],
            times: [stat.ctime, stat.mtime],
            versions: [stat.version, stat.cversion, stat.aversion],
            ephemeral_owner: stat.ephemeral_owner,
        }
    }
}

impl From<StoredStat> for Stat {
    fn from(stored: StoredStat) -> Stat {
        let [czxid, mzxid, pzxid] = stored.zxids.map(Zxid);
        let [ctime, mtime] = stored.times;
        let [version, cversion, aversion] = stored.versions;
        let ephemeral_owner = stored.ephemeral_owner;
        Stat {
            czxid,
            mzxid,
            pzxid,
            ctime,
            mtime,
            version,
            cversion,
            aversion,
            ephemeral_owner,
        }
    }
}

/// Lengths beyond what a frame can hold are refused before anything else looks at them.
fn bincode_config() -> impl bincode::config::Config {
    bincode::config::standard().with_limit::<{ frame::EVENTS_BYTES_MAX }>()
}

#[derive(Debug, Encode, BorrowDecode)]
struct Trailer<'a> {
    source: &'a str,
    chroot: &'a str,
    first_zxid: i64,
    last_zxid: i64,
    consistent_cut: bool,
    znodes: u64,
    reread: u64,
    data_bytes: u64,
    sha256: [u8; 32],
}

impl<'a> Trailer<'a> {
    fn new(summary: &'a Summary, sha256: [u8; 32]) -> Trailer<'a> {
        Trailer {
            source: &summary.source,
            chroot: &summary.chroot,
            first_zxid: summary.first_zxid.0,
            last_zxid: summary.last_zxid.0,
            consistent_cut: summary.consistent_cut,
            znodes: summary.znodes,
            reread: summary.reread,
            data_bytes: summary.data_bytes,
            sha256,
        }
    }

    fn summary(&self) -> Summary {
        Summary {
            source: self.source.to_owned(),
            chroot: self.chroot.to_owned(),
            first_zxid: Zxid(self.first_zxid),
            last_zxid: Zxid(self.last_zxid),
            consistent_cut: self.consistent_cut,
            znodes: self.znodes,
            reread: self.reread,
            data_bytes: self.data_bytes,
        }
    }
}
