//! Names of the files in a metadata log directory.

use kraft_bridge_protocol::{Epoch, Offset, OffsetAndEpoch};

/// Directory of the metadata log inside the metadata log directory.
pub const METADATA_PARTITION: &str = "__cluster_metadata-0";
/// Bootstrap records, in the metadata log directory itself.
pub const BOOTSTRAP_CHECKPOINT: &str = "bootstrap.checkpoint";
/// Identity of a log directory.
pub const META_PROPERTIES: &str = "meta.properties";
/// Election state, inside the metadata partition.
pub const QUORUM_STATE: &str = "quorum-state";
/// Where each epoch began, inside the metadata partition.
pub const LEADER_EPOCHS: &str = "leader-epoch-checkpoint";
/// Topic id of the partition.
pub const PARTITION_METADATA: &str = "partition.metadata";

/// `00000000000000000123-0000000004.checkpoint`
pub fn checkpoint(id: OffsetAndEpoch) -> String {
    format!("{:020}-{:010}.checkpoint", id.offset.0, id.epoch.0)
}

/// `00000000000000000123.log`
pub fn segment(base_offset: Offset) -> String {
    format!("{:020}.log", base_offset.0)
}

/// Name of a checkpoint that is being written or fetched; `number` tells several attempts apart.
pub fn unfinished_checkpoint(id: OffsetAndEpoch, number: u64) -> String {
    let OffsetAndEpoch { offset, epoch } = id;
    format!("{:020}-{:010}-{number}.checkpoint.part", offset.0, epoch.0)
}

/// Offset index and time index of a segment.
pub fn indexes(base_offset: Offset) -> [String; 2] {
    ["index", "timeindex"].map(|suffix| format!("{:020}.{suffix}", base_offset.0))
}

/// The id in a checkpoint's name, `None` when the name is not of that form.
pub fn parse_checkpoint(name: &str) -> Option<OffsetAndEpoch> {
    let (offset, epoch) = name.strip_suffix(".checkpoint")?.split_once('-')?;
    if offset.len() != 20 || epoch.len() != 10 {
        return None;
    }
    Some(OffsetAndEpoch {
        offset: Offset(digits(offset)?),
        epoch: Epoch(digits(epoch)?),
    })
}

/// The base offset in a segment's name, `None` when the name is not of that form.
pub fn parse_segment(name: &str) -> Option<Offset> {
    digits(name.strip_suffix(".log").filter(|stem| stem.len() == 20)?).map(Offset)
}

fn digits<T: std::str::FromStr>(text: &str) -> Option<T> {
    text.bytes()
        .all(|byte| byte.is_ascii_digit())
        .then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_hold_offset_and_epoch() {
        let id = OffsetAndEpoch {
            offset: Offset(123),
            epoch: Epoch(4),
        };
        assert_eq!(checkpoint(id), "00000000000000000123-0000000004.checkpoint");
        assert_eq!(parse_checkpoint(&checkpoint(id)), Some(id));
        assert_eq!(parse_segment(&segment(Offset(7))), Some(Offset(7)));
    }

    #[test]
    fn other_names_are_not_taken_for_them() {
        for name in [
            "bootstrap.checkpoint",
            "123-4.checkpoint",
            "+0000000000000000123-0000000004.checkpoint",
        ] {
            assert_eq!(parse_checkpoint(name), None, "{name}");
        }
        assert_eq!(parse_segment("leader.log"), None);
    }
}
