//! The KRaft side: a quorum that runs, or files; read once, and kept up to date.

use std::collections::BTreeSet;

use kraft_bridge_metadata::image::Replay;
use kraft_bridge_metadata::records::MetadataRecord;
use kraft_bridge_migration::diff::Scope;
use kraft_bridge_migration::parity::Wanted;
use kraft_bridge_protocol::{Epoch, Offset, OffsetAndEpoch};
use kraft_bridge_raft::reader::{Entry, Place};

use super::target::{Target, TargetError};
use crate::client::{LiveQuorum, Reading};
use crate::progress;

/// How often in a row a quorum may say that all that was read is void.
const STARTS_MAX: u32 = 5;

/// What KRaft says.
pub(crate) struct Kraft {
    source: Source,
    log: Log,
}

/// Where the log comes from.
pub(crate) enum Source {
    /// A quorum that runs, with its name.
    Live(Box<LiveQuorum>, String),
    /// Files.
    Files(Target),
}

/// A metadata log, as far as it has been read.
#[derive(Debug)]
pub(super) struct Log {
    pub(super) replay: Replay,
    /// What is read, as a person would name it.
    pub(super) name: String,
    /// Cluster id, if it is known.
    pub(super) cluster_id: Option<String>,
    /// Where the reading ended.
    pub(super) end: OffsetAndEpoch,
    /// What the records touched since this was last asked.
    pub(super) scopes: BTreeSet<Scope>,
}

impl Log {
    pub(super) fn new(name: String) -> Log {
        let end = OffsetAndEpoch {
            epoch: Epoch(0),
            offset: Offset(0),
        };
        Log {
            replay: Replay::default(),
            name,
            cluster_id: None,
            end,
            scopes: BTreeSet::from([Scope::All]),
        }
    }

    /// Takes the next entry of the log in.
    pub(super) fn push(&mut self, place: Place, entry: Entry<'_>) -> Result<(), TargetError> {
        self.end = OffsetAndEpoch {
            epoch: place.epoch,
            offset: Offset(place.offset.0 + 1),
        };
        let Entry::Data(bytes) = entry else { return Ok(()) };
        let offset = place.offset;
        let log = || self.name.clone();
        let (record, _) = MetadataRecord::decode(bytes).map_err(|error| TargetError::Record {
            log: log(),
            offset,
            error,
        })?;
        if !self.scopes.contains(&Scope::All) {
            Scope::add_record(&record, self.replay.image(), &mut self.scopes);
        }
        self.replay
            .push(offset, record)
            .map_err(|error| TargetError::Replay {
                log: log(),
                offset,
                error,
            })
    }
}

impl Kraft {
    /// Reads the source to its end.
    ///
    /// # Errors
    ///
    /// [`TargetError`].
    pub(crate) fn open(source: Source, cluster_id: Option<&str>) -> Result<Kraft, TargetError> {
        let name = match &source {
            Source::Live(_, name) => name.clone(),
            Source::Files(target) => target.name(),
        };
        let mut kraft = Kraft {
            source,
            log: Log::new(name),
        };
        if matches!(kraft.source, Source::Live(..)) {
            // The servers have been told it, and would have refused another one.
            kraft.log.cluster_id = cluster_id.map(str::to_owned);
        }
        kraft.read()?;
        Ok(kraft)
    }

    /// Whether it can change.
    pub(crate) fn is_live(&self) -> bool {
        matches!(self.source, Source::Live(..))
    }

    /// Reads what has been committed since; adds what was touched to `scopes`.
    ///
    /// # Errors
    ///
    /// [`TargetError`]: then it must be read anew.
    pub(crate) fn catch_up(&mut self, scopes: &mut BTreeSet<Scope>) -> Result<(), TargetError> {
        self.read()?;
        scopes.append(&mut self.log.scopes);
        Ok(())
    }

    fn read(&mut self) -> Result<(), TargetError> {
        match &mut self.source {
            Source::Files(target) => {
                let before = self.log.end;
                self.log = target.read()?;
                if before == self.log.end {
                    self.log.scopes.clear();
                }
            }
            Source::Live(quorum, _) => read_live(quorum, &mut self.log)?,
        }
        Ok(())
    }

    /// What the comparison looks at.
    pub(crate) fn wanted(&self) -> Wanted<'_> {
        Wanted {
            replay: &self.log.replay,
            target: &self.log.name,
            cluster_id: self.log.cluster_id.as_deref(),
            end: self.log.end,
        }
    }
}

fn read_live(quorum: &mut LiveQuorum, log: &mut Log) -> Result<(), TargetError> {
    for _ in 0..STARTS_MAX {
        let bar = progress::reading_log(None);
        let read = quorum.read(|place, entry| {
            bar.inc(1);
            log.push(place, entry)
        });
        bar.finish_and_clear();
        match read? {
            Reading::UpTo(up_to) => {
                log.end = up_to.end;
                return Ok(());
            }
            Reading::StartOver(reason) => {
                tracing::info!(?reason, "reading the metadata log from its start again");
                *log = Log {
                    cluster_id: log.cluster_id.take(),
                    ..Log::new(log.name.clone())
                };
            }
        }
    }
    Err(TargetError::Restless {
        log: log.name.clone(),
    })
}
