//! A live ensemble that stays open: read whole once, from then on only what has changed.
//!
//! ```text
//!  watch everything ─▶ walk ─▶ ┌─ sync ─▶ what the watch told, and what is asked for ─▶ read again ─┐
//!        ▲                     └────────────────────── each time ◀──────────────────────────────────┘
//!        └── the connection was lost: watch anew, walk, deliver what is not as it was
//! ```
//!
//! The watch stands before the first walk begins, so nothing that changes afterwards is missed; what the walk saw in
//! the middle of a change is read again. A watch does not outlive its connection, and what changes meanwhile is told to
//! nobody: then everything is walked again. Servers before 3.6 know no such watch, and are walked each time.

use std::collections::BTreeSet;
use std::time::Duration;

use tokio::runtime::Runtime;
use tokio::time::timeout;
use zookeeper_client::{EventType, PersistentWatcher};

use super::estimate::Estimate;
use super::live::runtime;
use super::options::ConnectOptions;
use super::outline::{Change, Comparison, Fingerprint, Outline};
use super::session::Session;
use super::walk::{Answer, Seen, Step};
use crate::capture::{CaptureError, SinkError, Summary, ZnodeSink};
use crate::znode::{Stat, Znode, Zxid};

/// An ensemble whose changes are followed.
pub struct FollowedEnsemble {
    options: ConnectOptions,
    runtime: Runtime,
    session: Session,
    /// Gone when the connection was lost, or if the servers know none.
    watch: Option<PersistentWatcher>,
    /// What the last walk saw.
    outline: Outline,
    /// Znodes read since, which the outline does not know as they are.
    since_walk: BTreeSet<String>,
    counters: Counters,
}

#[derive(Clone, Copy, Debug, Default)]
struct Counters {
    znodes: u64,
    data_bytes: u64,
    reread: u64,
    newest: Zxid,
}

impl Counters {
    fn see(&mut self, stat: &Stat) {
        self.newest = self.newest.max(stat.newest());
    }
}

impl std::fmt::Debug for FollowedEnsemble {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FollowedEnsemble")
            .field("servers", &self.options.servers)
            .finish_non_exhaustive()
    }
}

impl FollowedEnsemble {
    /// Opens a session. Must not be called from within an asynchronous runtime: it has its own.
    ///
    /// # Errors
    ///
    /// [`CaptureError`] when no server can be reached, or none lets us in.
    pub fn open(options: ConnectOptions) -> Result<FollowedEnsemble, CaptureError> {
        let runtime = runtime(&options)?;
        let session = runtime.block_on(Session::open(options.clone()))?;
        let (outline, counters) = (Outline::default(), Counters::default());
        Ok(FollowedEnsemble {
            options,
            runtime,
            session,
            watch: None,
            outline,
            since_walk: BTreeSet::new(),
            counters,
        })
    }

    /// Delivers every znode.
    ///
    /// # Errors
    ///
    /// [`CaptureError`] when the ensemble cannot be read to its end.
    pub fn read(&mut self, sink: &mut dyn ZnodeSink) -> Result<Summary, CaptureError> {
        self.walk(Some(Estimate::default()), sink)?;
        self.catch_up(&BTreeSet::new(), sink)
    }

    /// Delivers what has changed since, and reads the znodes at `again` once more, changed or not.
    ///
    /// Afterwards `sink` knows every transaction that was committed before the call.
    ///
    /// # Errors
    ///
    /// As [`FollowedEnsemble::read`].
    pub fn catch_up(
        &mut self,
        again: &BTreeSet<String>,
        sink: &mut dyn ZnodeSink,
    ) -> Result<Summary, CaptureError> {
        let before = self.counters.newest;
        if self.runtime.block_on(self.session.sync())? {
            self.drain_watch(again, sink)?;
        } else {
            self.watch = None;
        }
        if self.watch.is_none() {
            self.walk(None, sink)?;
        }
        Ok(self.summary(before))
    }

    /// Walks the whole tree under a new watch, and delivers what is not as the last walk saw it.
    fn walk(&mut self, estimate: Option<Estimate>, sink: &mut dyn ZnodeSink) -> Result<(), CaptureError> {
        let mut pass = Pass {
            comparison: Comparison::with(std::mem::take(&mut self.outline)),
            counters: Counters {
                newest: self.counters.newest,
                reread: self.counters.reread,
                ..Counters::default()
            },
            is_first: estimate.is_some(),
        };
        // A watch of the same path and mode takes the place of the one before.
        self.watch = None;
        self.runtime.block_on(async {
            self.watch = self.session.watch_all().await?;
            self.session
                .walk(estimate, sink, |step, sink| pass.take(step, sink))
                .await
        })?;
        self.outline = pass.comparison.end(|path| sink.gone(path))?;
        self.counters = pass.counters;
        // What came and went between two walks, neither of them saw.
        let paths = std::mem::take(&mut self.since_walk);
        self.deliver(paths.into_iter().collect(), sink)
    }

    fn drain_watch(
        &mut self,
        again: &BTreeSet<String>,
        sink: &mut dyn ZnodeSink,
    ) -> Result<(), CaptureError> {
        let Some(watch) = &mut self.watch else {
            return Ok(());
        };
        let mut paths = again.clone();
        if !self.runtime.block_on(changed_paths(watch, &mut paths)) {
            self.watch = None;
            return Ok(());
        }
        self.since_walk.extend(paths.iter().cloned());
        self.deliver(paths.into_iter().collect(), sink)
    }

    /// Reads these znodes and tells `sink` what is there.
    fn deliver(&mut self, paths: Vec<String>, sink: &mut dyn ZnodeSink) -> Result<(), CaptureError> {
        let answers = self.runtime.block_on(self.session.read(&paths))?;
        for (path, answer) in paths.iter().zip(answers) {
            self.counters.reread += 1;
            match answer {
                Answer::Read { data, stat, .. } => {
                    self.counters.see(&stat);
                    sink.znode(&Znode {
                        path,
                        data: &data,
                        stat,
                    })?;
                }
                Answer::Missing => sink.gone(path)?,
                Answer::Unreadable(reason) => sink.unreadable(path, &reason)?,
            }
        }
        Ok(())
    }

    fn summary(&self, before: Zxid) -> Summary {
        let Counters {
            znodes,
            data_bytes,
            reread,
            newest,
        } = self.counters;
        Summary {
            source: format!("zk://{}", self.options.servers),
            chroot: self.options.chroot.clone(),
            first_zxid: before,
            last_zxid: newest,
            consistent_cut: false,
            znodes,
            reread,
            data_bytes,
        }
    }

    /// Ends the session, so that the servers need not wait for it to expire.
    pub fn close(self) {
        drop(self.watch);
        self.runtime.block_on(self.session.close());
    }
}

/// Adds what the watch has told by now; `false` if it told of a lost connection, and so may not have told all.
async fn changed_paths(watch: &mut PersistentWatcher, paths: &mut BTreeSet<String>) -> bool {
    while let Ok(event) = timeout(Duration::ZERO, watch.changed()).await {
        if event.event_type == EventType::Session {
            return false;
        }
        if [EventType::NodeCreated, EventType::NodeDeleted].contains(&event.event_type) {
            // A recursive watch is silent about it, and only its stat knows the transaction of a deletion.
            paths.insert(parent(&event.path).to_owned());
        }
        paths.insert(event.path);
    }
    true
}

fn parent(path: &str) -> &str {
    match path.rsplit_once('/') {
        None | Some(("", _)) => "/",
        Some((parent, _)) => parent,
    }
}

/// A walk under way.
struct Pass {
    comparison: Comparison,
    counters: Counters,
    is_first: bool,
}

impl Pass {
    fn take(&mut self, step: &Step, sink: &mut dyn ZnodeSink) -> Result<(), SinkError> {
        let path = step.path.as_str();
        match &step.what {
            Seen::Znode { data, stat } => {
                self.counters.see(stat);
                self.counters.znodes += 1;
                self.counters.data_bytes += data.len() as u64;
                if self.is_news(path, Fingerprint::of(stat), sink)? {
                    sink.znode(&Znode {
                        path,
                        data,
                        stat: *stat,
                    })?;
                }
            }
            Seen::Unreadable(reason) => {
                if self.is_news(path, Fingerprint::UNREADABLE, sink)? {
                    sink.unreadable(path, reason)?;
                }
            }
            // It went after its parent was read, and the sink may know it from an earlier walk.
            Seen::Missing => sink.gone(path)?,
        }
        Ok(())
    }

    fn is_news(
        &mut self,
        path: &str,
        seen: Fingerprint,
        sink: &mut dyn ZnodeSink,
    ) -> Result<bool, SinkError> {
        let change = self.comparison.meet(path, seen, |path| sink.gone(path))?;
        let is_news = change != Change::Same;
        self.counters.reread += u64::from(is_news && !self.is_first);
        Ok(is_news)
    }
}
