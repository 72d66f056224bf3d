//! A consistent capture of something that never stands still: walk until a walk sees nothing change.
//!
//! ```text
//!  pass 1   delivers everything
//!  pass 2…  delivers what is new or changed, takes back what is gone; until none is, or PASSES_MAX are through
//! ```
//!
//! Why a pass that sees no change makes a consistent cut: let T be the moment at which it begins. Every znode has been
//! read before T, and is read again after T with the same stat. A transaction that touches a znode, or the names of
//! its children, leaves its own zxid or a higher version in the stat, and none takes it back. So between its two
//! readings, and so at T, each znode was what was delivered; and as the list of children was read after the first stat
//! and before T, it too is what it was at T. What is read only ever gets newer (`live.rs` syncs after each
//! reconnect), so all this is one state of the ensemble: that of the newest transaction in any stat, as later
//! ones before T touched nothing here.
//!
//! If the last pass did see a change, the capture still holds all transactions up to the newest one seen before that
//! pass began, and some of those up to the newest one seen since; it says that it is no consistent cut.

use super::outline::{Change, Comparison, Fingerprint, Outline};
use super::walk::{Seen, Step};
use crate::capture::{SinkError, Summary, ZnodeSink};
use crate::znode::{Znode, Zxid};

/// After so many the capture is taken as it is.
pub(crate) const PASSES_MAX: u32 = 5;

/// The passes of one capture.
#[derive(Debug, Default)]
pub(crate) struct Passes {
    comparison: Comparison,
    /// Passes that have ended.
    ended: u32,
    /// Newest transaction seen before the present pass began.
    before: Zxid,
    newest: Zxid,
    changes: u64,
    reread: u64,
    znodes: u64,
    data_bytes: u64,
}

impl Passes {
    /// Takes the next step of the present pass, and tells `sink` what it does not know yet.
    ///
    /// # Errors
    ///
    /// Those of `sink`.
    pub(crate) fn take(&mut self, step: &Step, sink: &mut dyn ZnodeSink) -> Result<(), SinkError> {
        let path = step.path.as_str();
        match &step.what {
            Seen::Znode { data, stat } => {
                self.newest = self.newest.max(stat.newest());
                self.znodes += 1;
                self.data_bytes += data.len() as u64;
                if self.compare(path, Fingerprint::of(stat), sink)? {
                    sink.znode(&Znode {
                        path,
                        data,
                        stat: *stat,
                    })?;
                }
            }
            Seen::Unreadable(reason) => {
                if self.compare(path, Fingerprint::UNREADABLE, sink)? {
                    sink.unreadable(path, reason)?;
                }
            }
            // It went after its parent was read; the next pass sees the parent without it.
            Seen::Missing => self.changes += 1,
        }
        Ok(())
    }

    /// Whether `sink` does not know this version.
    fn compare(
        &mut self,
        path: &str,
        fingerprint: Fingerprint,
        sink: &mut dyn ZnodeSink,
    ) -> Result<bool, SinkError> {
        let changes = &mut self.changes;
        let change = self.comparison.meet(path, fingerprint, |path| {
            *changes += 1;
            sink.gone(path)
        })?;
        let is_news = change != Change::Same;
        self.changes += u64::from(is_news);
        self.reread += u64::from(is_news && self.ended > 0);
        Ok(is_news)
    }

    /// Ends the present pass; if another one is due, `None`, and it begins.
    ///
    /// # Errors
    ///
    /// Those of `sink`.
    pub(crate) fn end_pass(
        &mut self,
        source: &str,
        chroot: &str,
        sink: &mut dyn ZnodeSink,
    ) -> Result<Option<Summary>, SinkError> {
        let changes = &mut self.changes;
        let seen: Outline = std::mem::take(&mut self.comparison).end(|path| {
            *changes += 1;
            sink.gone(path)
        })?;
        self.ended += 1;
        let is_first = self.ended == 1;
        let is_consistent = !is_first && self.changes == 0;
        if is_consistent || self.ended == PASSES_MAX {
            return Ok(Some(Summary {
                source: source.to_owned(),
                chroot: chroot.to_owned(),
                first_zxid: self.before,
                last_zxid: self.newest,
                consistent_cut: is_consistent,
                znodes: self.znodes,
                reread: self.reread,
                data_bytes: self.data_bytes,
            }));
        }
        if is_first {
            tracing::info!(
                znodes = self.znodes,
                "all is read: reading again, to see whether it changed"
            );
        } else {
            tracing::info!(changes = self.changes, "changed while it was read: reading again");
        }
        *self = Passes {
            comparison: Comparison::with(seen),
            ended: self.ended,
            before: self.newest,
            newest: self.newest,
            reread: self.reread,
            ..Passes::default()
        };
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::znode::Stat;

    /// What a sink was told, one word and path each.
    #[derive(Default)]
    struct Told(Vec<String>);

    impl ZnodeSink for Told {
        fn znode(&mut self, znode: &Znode<'_>) -> Result<(), SinkError> {
            self.0.push(format!("znode {}", znode.path));
            Ok(())
        }

        fn gone(&mut self, path: &str) -> Result<(), SinkError> {
            self.0.push(format!("gone {path}"));
            Ok(())
        }

        fn unreadable(&mut self, path: &str, _: &str) -> Result<(), SinkError> {
            self.0.push(format!("unreadable {path}"));
            Ok(())
        }
    }

    fn znode(path: &str, mzxid: i64) -> Step {
        let stat = Stat {
            mzxid: Zxid(mzxid),
            ..Stat::default()
        };
        Step {
            path: path.to_owned(),
            what: Seen::Znode {
                data: vec![0; 10],
                stat,
            },
        }
    }

    fn step(path: &str, what: Seen) -> Step {
        Step {
            path: path.to_owned(),
            what,
        }
    }

    fn run(passes: &mut Passes, steps: &[Step]) -> (Vec<String>, Option<Summary>) {
        let mut told = Told::default();
        steps
            .iter()
            .for_each(|step| passes.take(step, &mut told).unwrap());
        let summary = passes.end_pass("zk://x", "/", &mut told).unwrap();
        (told.0, summary)
    }

    #[test]
    fn a_second_pass_that_sees_nothing_change_is_a_consistent_cut() {
        let mut passes = Passes::default();
        let steps = [
            znode("/", 3),
            znode("/a", 9),
            step("/b", Seen::Unreadable("denied".to_owned())),
        ];
        let (told, summary) = run(&mut passes, &steps);
        assert_eq!(told, ["znode /", "znode /a", "unreadable /b"]);
        assert_eq!(summary, None);
        let (told, summary) = run(&mut passes, &steps);
        assert_eq!(told, Vec::<String>::new());
        let summary = summary.unwrap();
        assert!(summary.consistent_cut);
        assert_eq!((summary.first_zxid, summary.last_zxid), (Zxid(9), Zxid(9)));
        assert_eq!((summary.znodes, summary.reread, summary.data_bytes), (2, 0, 20));
    }

    #[test]
    fn what_changed_is_delivered_anew_until_nothing_changes() {
        let mut passes = Passes::default();
        run(&mut passes, &[znode("/", 1), znode("/a", 2), znode("/b", 3)]);
        let (told, summary) = run(&mut passes, &[znode("/", 5), znode("/b", 4)]);
        assert_eq!(told, ["znode /", "gone /a", "znode /b"]);
        assert_eq!(summary, None);
        let (told, summary) = run(&mut passes, &[znode("/", 5), znode("/b", 4)]);
        assert_eq!(told, Vec::<String>::new());
        let summary = summary.unwrap();
        assert!(summary.consistent_cut);
        assert_eq!(
            (summary.znodes, summary.reread, summary.last_zxid),
            (2, 2, Zxid(5))
        );
    }

    #[test]
    fn a_znode_that_goes_between_its_parent_and_its_own_reading_is_a_change() {
        let mut passes = Passes::default();
        run(&mut passes, &[znode("/", 1)]);
        let (_, summary) = run(&mut passes, &[znode("/", 1), step("/a", Seen::Missing)]);
        assert_eq!(summary, None);
    }

    #[test]
    fn what_never_stands_still_is_no_consistent_cut_and_says_between_which_transactions_it_lies() {
        let mut passes = Passes::default();
        for pass in 1..i64::from(PASSES_MAX) {
            assert_eq!(run(&mut passes, &[znode("/", pass)]).1, None);
        }
        let summary = run(&mut passes, &[znode("/", 100)]).1.unwrap();
        assert!(!summary.consistent_cut);
        assert_eq!((summary.first_zxid, summary.last_zxid), (Zxid(4), Zxid(100)));
        assert_eq!(summary.reread, u64::from(PASSES_MAX) - 1);
    }
}
