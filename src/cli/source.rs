//! `--from`: the four forms of a source, and the reading of one into the legacy model.
//!
//! ```text
//! zk://host:2181/chroot          a live ensemble
//! server.properties              the same, as a ZooKeeper-mode broker is configured
//! a directory                    ZooKeeper's data directory
//! a file made by `capture`       a capture
//! ```
//!
//! From here on nothing can tell them apart.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::Args;
use kraft_bridge_migration::capture::{Capture, CaptureFile, DataDir, Summary};
use kraft_bridge_migration::finding::Finding;
use kraft_bridge_migration::legacy::{Decoder, LegacyCluster};
use kraft_bridge_migration::password_encoder::open_broker_passwords;
use kraft_bridge_protocol::Timestamp;

use super::progress::Progress;
use crate::config::LegacyBroker;

/// Where a ZooKeeper-mode cluster is read from.
#[derive(Debug, Args)]
pub(crate) struct SourceArgs {
    /// The ZooKeeper-mode cluster: zk://host1:2181,host2:2181/chroot, a broker's server.properties, a ZooKeeper
    /// data directory, or a file made by `capture`.
    #[arg(long, value_name = "SOURCE")]
    from: String,
    /// A ZooKeeper-mode broker's server.properties, for what the source itself can't know: the password encoder's
    /// secret, TLS settings, the chroot inside a data directory, static settings.
    #[arg(long, value_name = "FILE")]
    old_config: Option<PathBuf>,
    /// A file with the passphrase of a sealed capture in its first line.
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
    /// Kafka's chroot inside a data directory that holds several clusters.
    #[arg(long, value_name = "PATH")]
    chroot: Option<String>,
    /// The dataLogDir of the ZooKeeper server, if a data directory has one.
    #[arg(long, value_name = "DIR")]
    zookeeper_log_dir: Option<PathBuf>,
}

/// A source that has been read to its end.
pub(crate) struct Captured {
    /// The cluster.
    pub(crate) cluster: LegacyCluster,
    /// What is odd about its znodes.
    pub(crate) findings: Vec<Finding>,
    /// What the reading was.
    pub(crate) summary: Summary,
    /// When the youngest znode was written.
    pub(crate) youngest: Timestamp,
    /// What a broker's configuration file knows, if one was given.
    pub(crate) legacy_broker: Option<LegacyBroker>,
}

impl SourceArgs {
    /// Reads the whole source.
    ///
    /// # Errors
    ///
    /// When it can't be opened or read to its end.
    pub(crate) fn read(&self) -> anyhow::Result<Captured> {
        let legacy_broker = self.legacy_broker()?;
        let mut capture = self.open_with(legacy_broker.as_ref())?;
        let mut decoder = Decoder::new();
        let summary = Progress::reading(&mut decoder).follow(capture.as_mut())?;
        let youngest = Timestamp(decoder.last_modified());
        let (mut cluster, mut findings) = decoder.finish();
        let encoder = legacy_broker
            .as_ref()
            .and_then(|broker| broker.password_encoder.as_ref());
        findings.extend(open_broker_passwords(&mut cluster, encoder));
        Ok(Captured {
            cluster,
            findings,
            summary,
            youngest,
            legacy_broker,
        })
    }

    /// Opens the source, whichever form it has.
    ///
    /// # Errors
    ///
    /// When it is none of the four, or cannot be opened.
    pub(crate) fn open(&self) -> anyhow::Result<Box<dyn Capture>> {
        self.open_with(self.legacy_broker()?.as_ref())
    }

    fn open_with(&self, legacy_broker: Option<&LegacyBroker>) -> anyhow::Result<Box<dyn Capture>> {
        let path = Path::new(&self.from);
        if path.is_dir() {
            let configured = legacy_broker.map(|broker| broker.zookeeper.chroot.as_str());
            let chroot = self.chroot.as_deref().or(configured);
            let log_dir = self.zookeeper_log_dir.as_deref();
            return Ok(Box::new(DataDir::open(path, log_dir, chroot)?));
        }
        if CaptureFile::is_one(path)? {
            let passphrase = self.passphrase_file.as_deref().map(passphrase).transpose()?;
            return Ok(Box::new(CaptureFile::open(path, passphrase.as_deref())?));
        }
        bail!(
            "--from {}: is neither a ZooKeeper data directory, a file made by `kraft-bridge capture`, \
             a broker's server.properties nor of the form zk://host1:2181,host2:2181/chroot",
            self.from
        )
    }

    /// The configuration file of a ZooKeeper-mode broker: the source itself, or the one beside it.
    fn legacy_broker(&self) -> anyhow::Result<Option<LegacyBroker>> {
        Ok(self.old_config.as_deref().map(LegacyBroker::load).transpose()?)
    }
}

/// The first line of a file.
///
/// # Errors
///
/// When the file cannot be read or has none.
pub(crate) fn passphrase(path: &Path) -> anyhow::Result<String> {
    let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
    match text.lines().next() {
        Some(line) if !line.is_empty() => Ok(line.to_owned()),
        _ => bail!(
            "{}: the first line is empty: write the passphrase there",
            path.display()
        ),
    }
}
