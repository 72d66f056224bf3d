//! A decision while it is made: each record changes the image at once, so that the next sees it.
//!
//! Nothing of it can be taken back: whoever pushes a record has checked before that all of them fit.

use std::iter::Sum;

use kraft_bridge_metadata::image::MetadataImage;
use kraft_bridge_metadata::records::MetadataRecord;
use kraft_bridge_metadata::release::MetadataVersion;
use kraft_bridge_protocol::Offset;
use kraft_bridge_protocol::rpc::ErrorCode;

use crate::decision::Refusal;
use crate::settings::Settings;

/// Most records of a batch, and so of what is done as a whole.
pub(crate) const BATCH_RECORDS_MAX: usize = 10_000;
/// Most bytes of the records of a batch; a batch of the log holds a mebibyte more.
pub(crate) const BATCH_BYTES_MAX: usize = 7 * 1024 * 1024;
/// More than all that a record holds besides texts and lists.
const RECORD_BYTES: usize = 100;

/// What is decided so far.
pub(crate) struct Draft<'a> {
    pub(crate) settings: &'a Settings,
    /// The image with everything decided so far.
    pub(crate) image: &'a mut MetadataImage,
    start: Offset,
    records: Vec<Vec<u8>>,
}

impl<'a> Draft<'a> {
    /// A draft upon an image, whose first record gets this offset.
    pub(crate) fn new(settings: &'a Settings, image: &'a mut MetadataImage, start: Offset) -> Draft<'a> {
        Draft {
            settings,
            image,
            start,
            records: Vec::new(),
        }
    }

    /// Decides upon a record.
    pub(crate) fn push(&mut self, record: impl Into<MetadataRecord>) {
        let record = record.into();
        let encoded = self.level().encode(&record);
        self.records
            .push(encoded.expect("no field is set that the level lacks"));
        self.image.replay(record).expect("it was decided upon this image");
    }

    /// Level that records are written at.
    pub(crate) fn level(&self) -> MetadataVersion {
        self.image
            .features
            .metadata_version()
            .unwrap_or(MetadataVersion::UNTOLD)
    }

    /// Offset that the next record gets.
    pub(crate) fn next_offset(&self) -> Offset {
        Offset(self.start.0 + i64::try_from(self.records.len()).expect("they are in memory"))
    }

    /// What was decided.
    pub(crate) fn finish(self) -> Vec<Vec<u8>> {
        self.records
    }
}

/// What is to be written as a whole.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Size {
    /// Records.
    pub(crate) records: usize,
    /// Their bytes, roughly.
    pub(crate) bytes: usize,
}

impl Size {
    /// One record of at most so many bytes.
    pub(crate) fn record(bytes: usize) -> Size {
        Size {
            records: 1,
            bytes: bytes + RECORD_BYTES,
        }
    }

    /// Whether it fits into one batch.
    pub(crate) fn check(self) -> Result<(), Refusal> {
        if self.records <= BATCH_RECORDS_MAX && self.bytes <= BATCH_BYTES_MAX {
            return Ok(());
        }
        Err(Refusal::new(
            ErrorCode::PolicyViolation,
            format!(
                "the request would take {} records of about {} bytes, and {BATCH_RECORDS_MAX} records of \
                 {BATCH_BYTES_MAX} bytes can be written as a whole: cut it into several",
                self.records, self.bytes
            ),
        ))
    }
}

impl Sum for Size {
    fn sum<I: Iterator<Item = Size>>(sizes: I) -> Size {
        sizes.fold(Size::default(), |all, size| Size {
            records: all.records + size.records,
            bytes: all.bytes + size.bytes,
        })
    }
}
