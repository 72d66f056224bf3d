//! Which kind of file it is: by what it begins with if that is unmistakable, else by its name, else by a look inside.

use std::fs::{self, File};
use std::io::Read;
use std::path::Path;

use anyhow::Context;
use kraft_bridge_raft::names;

/// Bytes from which a kind can be told: the first batch of a checkpoint, which may list voters, fits.
const START_BYTES: u64 = 16 * 1024;
/// Where a batch has its magic.
const BATCH_MAGIC_AT: usize = 16;
/// Most names that an error lists.
const NAMES_MAX: usize = 20;

/// A kind of file that can be dumped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Segment of a metadata log.
    Segment,
    /// Checkpoint of a metadata log, or bootstrap checkpoint.
    Checkpoint,
    /// Election state of a node.
    QuorumState,
    /// Identity of a log directory.
    MetaProperties,
    /// Our own file of znodes.
    Capture,
    /// Snapshot of a ZooKeeper server.
    ZookeeperSnapshot,
    /// Transaction log of a ZooKeeper server.
    ZookeeperLog,
}

impl Kind {
    /// The kind of the file at `path`.
    ///
    /// # Errors
    ///
    /// When it cannot be read, is of no kind that is known, or is a directory: then the files in it are named.
    pub(super) fn of(path: &Path) -> anyhow::Result<Kind> {
        if path.is_dir() {
            return Err(which_file(path));
        }
        let mut start = Vec::new();
        File::open(path)
            .and_then(|file| file.take(START_BYTES).read_to_end(&mut start))
            .with_context(|| path.display().to_string())?;
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        Kind::by_magic(&start)
            .or_else(|| Kind::by_name(&name))
            .or_else(|| Kind::by_content(&start))
            .with_context(|| {
                format!(
                    "{}: neither name nor content is that of a metadata log, a checkpoint, quorum-state, \
                     meta.properties, a capture, or a ZooKeeper snapshot or log",
                    path.display()
                )
            })
    }

    fn by_magic(start: &[u8]) -> Option<Kind> {
        const MAGICS: [(&[u8], Kind); 5] = [
            (b"KBCAPTUR", Kind::Capture),
            (b"ZKSN", Kind::ZookeeperSnapshot),
            (b"ZKLG", Kind::ZookeeperLog),
            // A compressed snapshot: snappy-java's stream, gzip.
            (b"\x82SNAPPY\0", Kind::ZookeeperSnapshot),
            (b"\x1f\x8b", Kind::ZookeeperSnapshot),
        ];
        let found = MAGICS.into_iter().find(|(magic, _)| start.starts_with(magic));
        found.map(|(_, kind)| kind)
    }

    fn by_name(name: &str) -> Option<Kind> {
        if name == names::QUORUM_STATE {
            Some(Kind::QuorumState)
        } else if name == names::META_PROPERTIES {
            Some(Kind::MetaProperties)
        } else if names::parse_segment(name).is_some() {
            Some(Kind::Segment)
        } else if name == names::BOOTSTRAP_CHECKPOINT || names::parse_checkpoint(name).is_some() {
            Some(Kind::Checkpoint)
        } else if is_named_after_zxid(name, "snapshot.") {
            Some(Kind::ZookeeperSnapshot)
        } else if is_named_after_zxid(name, "log.") {
            Some(Kind::ZookeeperLog)
        } else {
            None
        }
    }

    /// A file that was renamed.
    fn by_content(start: &[u8]) -> Option<Kind> {
        if start.get(BATCH_MAGIC_AT) == Some(&2) && start.starts_with(&[0]) {
            // Only a checkpoint begins with the record type of a snapshot's header.
            let is_header = kraft_bridge_protocol::batch::Batch::decode(start)
                .ok()
                .and_then(|(batch, _)| batch.records().next()?.ok()?.key)
                .is_some_and(|key| key.ends_with(&[0, 3]));
            return Some(if is_header {
                Kind::Checkpoint
            } else {
                Kind::Segment
            });
        }
        let text = str::from_utf8(start).ok()?;
        let has_key = |key: &str| text.lines().any(|line| line.trim_start().starts_with(key));
        if text.starts_with('{') && text.contains("\"data_version\"") {
            Some(Kind::QuorumState)
        } else if has_key("node.id=") || has_key("broker.id=") {
            Some(Kind::MetaProperties)
        } else {
            None
        }
    }
}

/// `snapshot.1f`, `log.100000001`, `snapshot.1f.gz`
fn is_named_after_zxid(name: &str, prefix: &str) -> bool {
    let digits = name.strip_prefix(prefix).and_then(|rest| rest.split('.').next());
    digits.is_some_and(|digits| i64::from_str_radix(digits, 16).is_ok())
}

/// The error for a directory: which files in it, and in the directories that ours and ZooKeeper's have, to name.
fn which_file(directory: &Path) -> anyhow::Error {
    let mut found = Vec::new();
    for inner in ["", names::METADATA_PARTITION, "version-2"] {
        let Ok(entries) = fs::read_dir(directory.join(inner)) else {
            continue;
        };
        let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        let known = names.filter(|name| Kind::by_name(name).is_some());
        found.extend(known.map(|name| Path::new(inner).join(name).display().to_string()));
    }
    found.sort();
    let path = directory.display();
    if found.is_empty() {
        return anyhow::anyhow!("{path} is a directory, and nothing in it can be dumped: name a file");
    }
    let more = found.len().saturating_sub(NAMES_MAX);
    let others = if more > 0 {
        format!(" and {more} more")
    } else {
        String::new()
    };
    found.truncate(NAMES_MAX);
    anyhow::anyhow!(
        "{path} is a directory: name a file in it, one of {}{others}",
        found.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_says_what_a_file_is() {
        for (name, kind) in [
            ("00000000000000000123.log", Some(Kind::Segment)),
            (
                "00000000000000000123-0000000004.checkpoint",
                Some(Kind::Checkpoint),
            ),
            ("bootstrap.checkpoint", Some(Kind::Checkpoint)),
            ("quorum-state", Some(Kind::QuorumState)),
            ("meta.properties", Some(Kind::MetaProperties)),
            ("snapshot.1f.snappy", Some(Kind::ZookeeperSnapshot)),
            ("log.100000001", Some(Kind::ZookeeperLog)),
            ("log.cleaner", None),
            ("123.log", None),
            ("leader-epoch-checkpoint", None),
        ] {
            assert_eq!(Kind::by_name(name), kind, "{name}");
        }
    }

    #[test]
    fn a_renamed_file_is_known_by_its_content() {
        for (content, kind) in [
            (&b"KBCAPTUR\0\0\0\x01"[..], Kind::Capture),
            (b"{\"leaderId\":-1,\"data_version\":1}", Kind::QuorumState),
            (b"#made up\nversion=1\nnode.id=3\n", Kind::MetaProperties),
        ] {
            assert_eq!(
                Kind::by_magic(content).or_else(|| Kind::by_content(content)),
                Some(kind)
            );
        }
        assert_eq!(Kind::by_content(b"listeners=PLAINTEXT://:9092\n"), None);
    }
}
