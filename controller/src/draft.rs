//! A decision while it is made: each record changes the image at once, so that the next sees it.
//!
//! Nothing of it can be taken back: whoever pushes a record has checked before that all of them fit.

use kraft_bridge_metadata::image::MetadataImage;
use kraft_bridge_metadata::records::MetadataRecord;
use kraft_bridge_metadata::release::MetadataVersion;
use kraft_bridge_protocol::Offset;
use kraft_bridge_protocol::rpc::ErrorCode;

use crate::decision::Refusal;
use crate::settings::Settings;

/// Most records of a batch, and so of what is done as a whole.
pub(crate) const BATCH_RECORDS_MAX: usize = 10_000;

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

/// Whether so many records can be written as a whole.
pub(crate) fn check_size(records: usize) -> Result<(), Refusal> {
    if records <= BATCH_RECORDS_MAX {
        return Ok(());
    }
    Err(Refusal::new(
        ErrorCode::PolicyViolation,
        format!(
            "the request would take {records} records, of which {BATCH_RECORDS_MAX} can be written as a whole: \
             cut it into several"
        ),
    ))
}
