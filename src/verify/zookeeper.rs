//! The ZooKeeper side: read once, and kept up to date while its ensemble runs.

use std::collections::BTreeSet;

use kraft_bridge_migration::capture::{Capture, CaptureError, Part, Summary, ZnodeSink};
use kraft_bridge_migration::diff::{Scope, Touched};
use kraft_bridge_migration::finding::Finding;
use kraft_bridge_migration::legacy::Decoder;
use kraft_bridge_migration::parity::Observed;
use kraft_bridge_migration::zk::{ConnectOptions, FollowedEnsemble};
use kraft_bridge_protocol::Timestamp;

/// What ZooKeeper holds.
pub(crate) struct Zookeeper {
    decoder: Decoder,
    findings: Vec<Finding>,
    summary: Summary,
    live: Option<Live>,
}

/// Ensembles that run.
struct Live {
    cluster: FollowedEnsemble,
    /// The authorizer's own one, if its ACLs are elsewhere.
    acls: Option<FollowedEnsemble>,
}

impl Zookeeper {
    /// Reads what stands still.
    ///
    /// # Errors
    ///
    /// [`CaptureError`].
    pub(crate) fn still(
        mut decoder: Decoder,
        read: impl FnOnce(&mut dyn ZnodeSink) -> Result<Summary, CaptureError>,
    ) -> Result<Zookeeper, CaptureError> {
        let summary = read(&mut decoder)?;
        Ok(Zookeeper {
            findings: decoder.findings(),
            decoder,
            summary,
            live: None,
        })
    }

    /// Connects to ensembles that run, and reads them.
    ///
    /// # Errors
    ///
    /// [`CaptureError`].
    pub(crate) fn live(
        mut decoder: Decoder,
        cluster: ConnectOptions,
        acls: Option<ConnectOptions>,
        read: impl FnOnce(&mut dyn Capture, &mut dyn ZnodeSink) -> Result<Summary, CaptureError>,
    ) -> Result<Zookeeper, CaptureError> {
        let mut live = Live {
            cluster: FollowedEnsemble::open(cluster)?,
            acls: acls.map(FollowedEnsemble::open).transpose()?,
        };
        let summary = read(&mut live, &mut decoder)?;
        Ok(Zookeeper {
            findings: decoder.findings(),
            decoder,
            summary,
            live: Some(live),
        })
    }

    /// Whether it can change.
    pub(crate) fn is_live(&self) -> bool {
        self.live.is_some()
    }

    /// Reads what has changed, and the znodes at `again`; adds what was touched to `scopes`.
    ///
    /// # Errors
    ///
    /// [`CaptureError`]: then it must be read anew.
    pub(crate) fn catch_up(
        &mut self,
        again: &BTreeSet<String>,
        scopes: &mut BTreeSet<Scope>,
    ) -> Result<(), CaptureError> {
        let Some(live) = &mut self.live else { return Ok(()) };
        let mut touched = Touched::new(&mut self.decoder, scopes);
        self.summary = live.catch_up(again, &mut touched)?;
        if let Some(findings) = self.decoder.changed_findings() {
            self.findings = findings;
        }
        Ok(())
    }

    /// What the comparison looks at.
    pub(crate) fn observed(&self) -> Observed<'_> {
        Observed {
            cluster: self.decoder.cluster(),
            findings: &self.findings,
            summary: &self.summary,
            youngest: Timestamp(self.decoder.last_modified()),
        }
    }

    /// Ends what is open.
    pub(crate) fn close(self) {
        if let Some(Live { cluster, acls }) = self.live {
            cluster.close();
            acls.into_iter().for_each(FollowedEnsemble::close);
        }
    }
}

impl Capture for Live {
    fn read(&mut self, sink: &mut dyn ZnodeSink) -> Result<Summary, CaptureError> {
        let Some(acls) = &mut self.acls else {
            return self.cluster.read(sink);
        };
        let summary = self.cluster.read(&mut Part::new(sink, false))?;
        acls.read(&mut Part::new(sink, true))?;
        Ok(summary)
    }
}

impl Live {
    fn catch_up(
        &mut self,
        again: &BTreeSet<String>,
        sink: &mut dyn ZnodeSink,
    ) -> Result<Summary, CaptureError> {
        let Some(acls) = &mut self.acls else {
            return self.cluster.catch_up(again, sink);
        };
        let summary = self.cluster.catch_up(again, &mut Part::new(sink, false))?;
        acls.catch_up(again, &mut Part::new(sink, true))?;
        Ok(summary)
    }
}
