//! A made-up cluster of any size as a data directory, for benchmarks: a snapshot of 3.8's form and a log.
//!
//! Topics of ten partitions on five brokers, three replicas each, all in sync, and every tenth topic with a
//! config. The same number of partitions gives the same bytes.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;

use super::{snapshot, txn_log};

const BROKERS: u32 = 5;
const PARTITIONS_PER_TOPIC: u32 = 10;
/// 2024-01-01 in milliseconds since 1970.
const CREATED: i64 = 1_704_067_200_000;

/// Writes a data directory of a cluster with `partitions` partitions into `dir`, which need not exist.
///
/// # Errors
///
/// Those of the file system.
pub fn write_synthetic(dir: &Path, partitions: u32) -> io::Result<()> {
    let version_dir = dir.join("version-2");
    fs::create_dir_all(&version_dir)?;
    // Every znode is a transaction, none has more than four per partition.
    let zxid = u64::from(partitions) * 4 + 1000;
    let file = File::create(version_dir.join(format!("snapshot.{zxid:x}")))?;
    let mut writer = SnapshotWriter {
        file: BufWriter::with_capacity(1 << 20, file),
        entry: Vec::new(),
        adler: simd_adler32::Adler32::new(),
        zxid: 0,
    };
    writer.header()?;
    write_tree(&mut writer, partitions)?;
    writer.finish()?;
    let mut log = File::create(version_dir.join(format!("log.{:x}", zxid + 1)))?;
    log.write_all(&[txn_log::MAGIC.as_slice(), &[0, 0, 0, 2], &[0; 8]].concat())
}

fn write_tree(writer: &mut SnapshotWriter, partitions: u32) -> io::Result<()> {
    let topics = partitions.div_ceil(PARTITIONS_PER_TOPIC);
    for path in ["", "/zookeeper", "/zookeeper/quota", "/cluster"] {
        writer.znode(path, b"", 1)?;
    }
    writer.znode(
        "/cluster/id",
        br#"{"version":"1","id":"bWFkZS11cC1jbHVzdGVyLQ"}"#,
        0,
    )?;
    writer.znode("/controller_epoch", b"1", 0)?;
    writer.znode("/brokers", b"", 2)?;
    writer.znode("/brokers/ids", b"", 0)?;
    writer.znode("/brokers/topics", b"", topics)?;
    for topic in 0..topics {
        let last = partitions - topic * PARTITIONS_PER_TOPIC;
        write_topic(writer, topic, last.min(PARTITIONS_PER_TOPIC))?;
    }
    writer.znode("/config", b"", 1)?;
    writer.znode("/config/topics", b"", topics.div_ceil(10))?;
    for topic in (0..topics).step_by(10) {
        writer.znode(
            &format!("/config/topics/topic-{topic:07}"),
            br#"{"version":1,"config":{"retention.ms":"86400000","min.insync.replicas":"2"}}"#,
            0,
        )?;
    }
    Ok(())
}

fn write_topic(writer: &mut SnapshotWriter, topic: u32, partitions: u32) -> io::Result<()> {
    let replicas = |partition: u32| {
        let replica = |place: u32| (topic + partition + place) % BROKERS;
        format!("{},{},{}", replica(0), replica(1), replica(2))
    };
    let assigned: Vec<String> = (0..partitions)
        .map(|p| format!(r#""{p}":[{}]"#, replicas(p)))
        .collect();
    // 22 characters of Kafka's base64, never the reserved ids.
    let data = format!(
        r#"{{"partitions":{{{}}},"topic_id":"topicid{topic:013}AQ","adding_replicas":{{}},"removing_replicas":{{}},"version":3}}"#,
        assigned.join(",")
    );
    let base = format!("/brokers/topics/topic-{topic:07}");
    writer.znode(&base, data.as_bytes(), 1)?;
    writer.znode(&format!("{base}/partitions"), b"", partitions)?;
    for partition in 0..partitions {
        let leader = (topic + partition) % BROKERS;
        let state = format!(
            r#"{{"controller_epoch":1,"leader":{leader},"version":1,"leader_epoch":0,"isr":[{}]}}"#,
            replicas(partition)
        );
        writer.znode(&format!("{base}/partitions/{partition}"), b"", 1)?;
        writer.znode(
            &format!("{base}/partitions/{partition}/state"),
            state.as_bytes(),
            0,
        )?;
    }
    Ok(())
}

/// Writes what [`super::SnapshotReader`] reads.
struct SnapshotWriter {
    file: BufWriter<File>,
    entry: Vec<u8>,
    adler: simd_adler32::Adler32,
    zxid: i64,
}

impl SnapshotWriter {
    fn header(&mut self) -> io::Result<()> {
        self.entry.extend(snapshot::MAGIC);
        self.entry.extend(2_i32.to_be_bytes());
        self.entry.extend((-1_i64).to_be_bytes());
        // No sessions, no access control lists.
        self.entry.extend([0; 8]);
        self.write_entry()
    }

    fn znode(&mut self, path: &str, data: &[u8], children: u32) -> io::Result<()> {
        self.zxid += 1;
        self.bytes(path.as_bytes())?;
        self.bytes(data)?;
        // Everybody may do everything.
        self.entry.extend((-1_i64).to_be_bytes());
        for long in [self.zxid, self.zxid, CREATED, CREATED] {
            self.entry.extend(long.to_be_bytes());
        }
        self.entry.extend(0_i32.to_be_bytes());
        self.entry.extend(children.to_be_bytes());
        self.entry.extend(0_i32.to_be_bytes());
        for long in [0, self.zxid] {
            self.entry.extend(long.to_be_bytes());
        }
        self.write_entry()
    }

    /// End of the tree, checksum, an empty digest, checksum.
    fn finish(mut self) -> io::Result<()> {
        self.bytes(b"/")?;
        self.write_entry()?;
        self.seal()?;
        self.entry.extend(0_i64.to_be_bytes());
        self.entry.extend(2_i32.to_be_bytes());
        self.entry.extend(0_i64.to_be_bytes());
        self.write_entry()?;
        self.seal()?;
        self.file.flush()
    }

    fn seal(&mut self) -> io::Result<()> {
        let checksum = self.adler.finish();
        self.entry.extend(u64::from(checksum).to_be_bytes());
        self.bytes(b"/")?;
        self.write_entry()
    }

    fn bytes(&mut self, bytes: &[u8]) -> io::Result<()> {
        let length = i32::try_from(bytes.len()).map_err(io::Error::other)?;
        self.entry.extend(length.to_be_bytes());
        self.entry.extend(bytes);
        Ok(())
    }

    fn write_entry(&mut self) -> io::Result<()> {
        self.adler.write(&self.entry);
        self.file.write_all(&self.entry)?;
        self.entry.clear();
        Ok(())
    }
}
