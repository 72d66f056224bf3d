//! Any bytes at all, given to everything that reads bytes from outside.
//!
//! ```text
//!  fuzz/fuzz_targets/*    any bytes          ─┐
//!  tests/any_bytes        any bytes           ├─ KINDS ─▶ feed: the reader must answer or fail, and name the place
//!  tests/any_bytes        real files, damaged ┤
//!  tests/any_bytes        the worst we know  ─┘
//! ```
//!
//! A [`Kind`] is one kind of input. What its `feed` demands of every input: no panic, and an error that names the file
//! with the place in it, or the znode. How much memory it may take is measured by `tests/any_bytes`.
//!
//! Damage rarely gets past a checksum, so `mend` makes the checksums right again where the damaged structure still
//! lets them be found.

#![expect(
    clippy::unwrap_used,
    reason = "this crate is part of the tests, which fail by panicking"
)]

pub mod feed;
pub mod mend;
pub mod paths;
pub mod seeds;

/// One kind of input from outside.
#[derive(Clone, Copy, Debug)]
pub struct Kind {
    /// Name of its fuzz target and of its corpus.
    pub name: &'static str,
    /// Reads the bytes to their end; the text of the error if they are not what they should be.
    pub feed: fn(&[u8]) -> Result<(), String>,
    /// Makes the checksums right.
    pub mend: fn(&mut [u8]),
    /// Inputs that are sound, most of them written by real servers.
    pub seeds: fn() -> Vec<Vec<u8>>,
}

impl Kind {
    /// Feeds the bytes as they are, and once more with their checksums mended.
    pub fn feed_twice(&self, bytes: &[u8]) {
        let _as_it_is = (self.feed)(bytes);
        let mut mended = bytes.to_vec();
        (self.mend)(&mut mended);
        if mended != bytes {
            let _mended = (self.feed)(&mended);
        }
    }
}

/// Every kind of input.
pub const KINDS: [Kind; 15] = [
    CAPTURE,
    SEALED_CAPTURE,
    SNAPSHOT,
    TXN_LOG,
    DATA_DIR,
    ZNODE,
    SEGMENT,
    CHECKPOINT,
    BATCH,
    CONTROL_RECORD,
    METADATA_RECORD,
    QUORUM_STATE,
    META_PROPERTIES,
    REQUEST,
    ANSWER,
];

macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident = $name:ident, $mend:ident;)*) => {$(
        $(#[$doc])*
        pub const $kind: Kind = Kind {
            name: stringify!($name),
            feed: feed::$name,
            mend: mend::$mend,
            seeds: seeds::$name,
        };
    )*};
}

kinds! {
    /// A capture file, plain or compressed.
    CAPTURE = capture, capture;
    /// A capture file whose passphrase is known.
    SEALED_CAPTURE = sealed_capture, capture;
    /// A ZooKeeper snapshot, plain or compressed.
    SNAPSHOT = snapshot, snapshot;
    /// A file of ZooKeeper's transaction log.
    TXN_LOG = txn_log, txn_log;
    /// A ZooKeeper data directory, as [`feed::files`] makes one of bytes.
    DATA_DIR = data_dir, data_dir;
    /// A znode's payload at one of [`paths::PATHS`] or at a path of its own, as [`feed::znode`] splits it.
    ZNODE = znode, nothing;
    /// A segment of the metadata log.
    SEGMENT = segment, batches;
    /// A checkpoint.
    CHECKPOINT = checkpoint, batches;
    /// A record batch.
    BATCH = batch, batches;
    /// A control record: four bytes of key, then the value.
    CONTROL_RECORD = control_record, nothing;
    /// A metadata record with its frame.
    METADATA_RECORD = metadata_record, nothing;
    /// The content of `quorum-state`.
    QUORUM_STATE = quorum_state, nothing;
    /// The content of `meta.properties`.
    META_PROPERTIES = meta_properties, nothing;
    /// A request to a node of the quorum, with its header.
    REQUEST = request, nothing;
    /// A node's answer, behind two bytes that say to which request, as [`feed::answer`] splits it.
    ANSWER = answer, nothing;
}
