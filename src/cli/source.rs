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
use kraft_bridge_migration::capture::{Capture, CaptureFile, DataDir, Summary, WithAclStore};
use kraft_bridge_migration::finding::Finding;
use kraft_bridge_migration::legacy::{Decoder, LegacyCluster};
use kraft_bridge_migration::parity::Observed;
use kraft_bridge_migration::parity::decisions::DecisionOptions;
use kraft_bridge_migration::zk::{ConnectOptions, EnsembleUri, JUTE_MAXBUFFER, LiveEnsemble, SCHEME};
use kraft_bridge_protocol::Timestamp;

use crate::config::{LegacyBroker, zookeeper_login};
use crate::progress::Progress;

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
    /// The JAAS file whose Client section the brokers log in to ZooKeeper with (DIGEST-MD5).
    #[arg(long, value_name = "FILE")]
    zookeeper_jaas: Option<PathBuf>,
    /// Read no more than so many znodes in a second from a live ensemble.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    znodes_per_second: Option<u32>,
    /// Ask a live ensemble for no more than so many bytes at once: its jute.maxbuffer.
    #[arg(long, value_name = "BYTES", default_value_t = JUTE_MAXBUFFER)]
    jute_maxbuffer: usize,
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
    /// The cluster, passwords of broker configs opened.
    pub(crate) cluster: LegacyCluster,
    /// What is odd about its znodes.
    pub(crate) findings: Vec<Finding>,
    /// What the reading was.
    pub(crate) summary: Summary,
    /// When the youngest znode was written.
    pub(crate) youngest: Timestamp,
    /// What a broker's configuration file knows, if one was given.
    pub(crate) legacy_broker: Option<LegacyBroker>,
    /// Whether ACLs that the authorizer keeps in another ensemble are in the cluster.
    pub(crate) acl_store_was_read: bool,
}

impl Captured {
    /// What the comparison looks at.
    pub(crate) fn observed(&self) -> Observed<'_> {
        Observed {
            cluster: &self.cluster,
            findings: &self.findings,
            summary: &self.summary,
            youngest: self.youngest,
        }
    }
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
        let encoder = legacy_broker
            .as_ref()
            .and_then(|broker| broker.password_encoder.clone());
        let mut decoder = Decoder::new().opening_passwords(encoder);
        let summary = Progress::reading(&mut decoder).follow(capture.as_mut())?;
        let youngest = Timestamp(decoder.last_modified());
        let (cluster, findings) = decoder.finish();
        Ok(Captured {
            cluster,
            findings,
            summary,
            youngest,
            acl_store_was_read: matches!(self.form()?, Form::Ensemble(_) | Form::BrokerConfig),
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
        Ok(match self.place(legacy_broker)? {
            Place::Still(capture) => capture,
            Place::Live { cluster, acls: None } => Box::new(LiveEnsemble::new(*cluster)),
            // The authorizer's own ensemble stands beside the cluster's.
            Place::Live {
                cluster,
                acls: Some(acls),
            } => Box::new(WithAclStore::new(
                Box::new(LiveEnsemble::new(*cluster)),
                Box::new(LiveEnsemble::new(*acls)),
            )),
        })
    }

    /// Where the source is, and what only a broker's configuration knows.
    ///
    /// # Errors
    ///
    /// As [`SourceArgs::open`].
    pub(crate) fn locate(&self) -> anyhow::Result<(Place, Option<LegacyBroker>)> {
        let legacy_broker = self.legacy_broker()?;
        Ok((self.place(legacy_broker.as_ref())?, legacy_broker))
    }

    /// Under which settings the brokers' authorizer decides, as far as a broker's configuration was given.
    ///
    /// # Errors
    ///
    /// When that file can't be used.
    pub(crate) fn decision_options(&self) -> anyhow::Result<DecisionOptions> {
        Ok(self
            .legacy_broker()?
            .map(|broker| broker.decision_options())
            .unwrap_or_default())
    }

    fn place(&self, legacy_broker: Option<&LegacyBroker>) -> anyhow::Result<Place> {
        let path = Path::new(&self.from);
        Ok(match self.form()? {
            Form::Ensemble(uri) => {
                let options = match legacy_broker {
                    Some(broker) => ConnectOptions {
                        servers: uri.servers,
                        chroot: uri.chroot,
                        ..broker.zookeeper.clone()
                    },
                    None => ConnectOptions::plain(uri),
                };
                self.live(options, legacy_broker)?
            }
            Form::BrokerConfig => {
                let broker = legacy_broker.context("a broker's file is both source and configuration")?;
                self.live(broker.zookeeper.clone(), legacy_broker)?
            }
            Form::DataDirectory => {
                let configured = legacy_broker.map(|broker| broker.zookeeper.chroot.as_str());
                let chroot = self.chroot.as_deref().or(configured);
                let log_dir = self.zookeeper_log_dir.as_deref();
                Place::Still(Box::new(DataDir::open(path, log_dir, chroot)?))
            }
            Form::CaptureFile => {
                let passphrase = self.passphrase_file.as_deref().map(passphrase).transpose()?;
                Place::Still(Box::new(CaptureFile::open(path, passphrase.as_deref())?))
            }
        })
    }

    fn form(&self) -> anyhow::Result<Form> {
        if self.from.starts_with(SCHEME) {
            return Ok(Form::Ensemble(self.from.parse()?));
        }
        let path = Path::new(&self.from);
        if path.is_dir() {
            return Ok(Form::DataDirectory);
        }
        if CaptureFile::is_one(path)? {
            return Ok(Form::CaptureFile);
        }
        if path
            .extension()
            .is_some_and(|extension| extension == "properties")
        {
            return Ok(Form::BrokerConfig);
        }
        bail!(
            "--from {}: is neither a ZooKeeper data directory, a file made by `kraft-bridge capture`, \
             a broker's server.properties nor of the form zk://host1:2181,host2:2181/chroot",
            self.from
        )
    }

    /// A live ensemble, with the authorizer's own one beside it if it has one.
    fn live(&self, options: ConnectOptions, legacy_broker: Option<&LegacyBroker>) -> anyhow::Result<Place> {
        let acls = legacy_broker.and_then(|broker| broker.acl_store.clone());
        Ok(Place::Live {
            cluster: Box::new(self.complete(options)?),
            acls: acls.map(|acls| self.complete(acls).map(Box::new)).transpose()?,
        })
    }

    fn complete(&self, mut options: ConnectOptions) -> anyhow::Result<ConnectOptions> {
        if let Some(file) = &self.zookeeper_jaas {
            options.digest = Some(zookeeper_login(file)?);
        }
        options.znodes_per_second = self.znodes_per_second;
        options.jute_maxbuffer = self.jute_maxbuffer;
        Ok(options)
    }

    /// The configuration file of a ZooKeeper-mode broker: the source itself, or the one beside it.
    fn legacy_broker(&self) -> anyhow::Result<Option<LegacyBroker>> {
        let file = match (&self.old_config, self.form()?) {
            (Some(_), Form::BrokerConfig) => {
                bail!(
                    "--from {} is a broker's file already: leave out --old-config",
                    self.from
                )
            }
            (Some(file), _) => file.as_path(),
            (None, Form::BrokerConfig) => Path::new(&self.from),
            (None, _) => return Ok(None),
        };
        Ok(Some(LegacyBroker::load(file)?))
    }
}

/// Where a source is.
pub(crate) enum Place {
    /// An ensemble that runs.
    Live {
        /// The cluster's own.
        cluster: Box<ConnectOptions>,
        /// The authorizer's, if its ACLs are elsewhere.
        acls: Option<Box<ConnectOptions>>,
    },
    /// Files that stand still.
    Still(Box<dyn Capture>),
}

/// Which of the four a source is.
enum Form {
    /// `zk://…`
    Ensemble(EnsembleUri),
    /// A broker's `server.properties`, which names the ensemble.
    BrokerConfig,
    /// ZooKeeper's `dataDir`.
    DataDirectory,
    /// A file made by `capture`.
    CaptureFile,
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
