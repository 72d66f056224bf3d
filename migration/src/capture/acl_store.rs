//! ACLs from another ensemble: an authorizer may keep them apart from everything else (KIP-515).
//!
//! Everything is delivered as from the cluster's own ensemble but the ACLs, which come last, from theirs.

use super::{Capture, CaptureError, SinkError, Summary, ZnodeSink};
use crate::znode::Znode;

/// Two sources that are one cluster.
pub struct WithAclStore {
    /// The cluster's own ensemble.
    cluster: Box<dyn Capture>,
    /// The ensemble that the authorizer uses.
    acls: Box<dyn Capture>,
}

impl std::fmt::Debug for WithAclStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("WithAclStore")
    }
}

impl WithAclStore {
    /// `cluster` with the ACLs that `acls` holds in place of its own.
    pub fn new(cluster: Box<dyn Capture>, acls: Box<dyn Capture>) -> WithAclStore {
        WithAclStore { cluster, acls }
    }
}

impl Capture for WithAclStore {
    /// The bounds are those of the cluster's ensemble: the two count their transactions apart.
    fn read(&mut self, sink: &mut dyn ZnodeSink) -> Result<Summary, CaptureError> {
        let mut rest = Part::new(sink, false);
        let cluster = self.cluster.read(&mut rest)?;
        let counted = (rest.znodes, rest.data_bytes);
        let mut part = Part::new(sink, true);
        let acls = self.acls.read(&mut part)?;
        Ok(Summary {
            source: format!(
                "{}, with the ACLs of {} below {}",
                cluster.source, acls.source, acls.chroot
            ),
            consistent_cut: cluster.consistent_cut && acls.consistent_cut,
            znodes: counted.0 + part.znodes,
            reread: cluster.reread + acls.reread,
            data_bytes: counted.1 + part.data_bytes,
            ..cluster
        })
    }
}

/// A sink that lets through either the ACLs or everything else.
pub struct Part<'a> {
    sink: &'a mut dyn ZnodeSink,
    acls: bool,
    znodes: u64,
    data_bytes: u64,
}

impl std::fmt::Debug for Part<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Part")
            .field("acls", &self.acls)
            .finish_non_exhaustive()
    }
}

impl<'a> Part<'a> {
    /// Lets the ACLs through to `sink`, or what is none.
    pub fn new(sink: &'a mut dyn ZnodeSink, acls: bool) -> Part<'a> {
        Part {
            sink,
            acls,
            znodes: 0,
            data_bytes: 0,
        }
    }

    fn is_in(&self, path: &str) -> bool {
        let first = path.split('/').nth(1).unwrap_or_default();
        first.starts_with("kafka-acl") == self.acls
    }
}

impl ZnodeSink for Part<'_> {
    fn znode(&mut self, znode: &Znode<'_>) -> Result<(), SinkError> {
        if !self.is_in(znode.path) {
            return Ok(());
        }
        self.znodes += 1;
        self.data_bytes += znode.data.len() as u64;
        self.sink.znode(znode)
    }

    fn gone(&mut self, path: &str) -> Result<(), SinkError> {
        if self.is_in(path) {
            self.sink.gone(path)
        } else {
            Ok(())
        }
    }

    fn unreadable(&mut self, path: &str, reason: &str) -> Result<(), SinkError> {
        if self.is_in(path) {
            self.sink.unreadable(path, reason)
        } else {
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::legacy::Decoder;
    use crate::znode::{Stat, Zxid};

    struct Tree(&'static [(&'static str, &'static str)]);

    impl Capture for Tree {
        fn read(&mut self, sink: &mut dyn ZnodeSink) -> Result<Summary, CaptureError> {
            for (path, data) in self.0 {
                sink.znode(&Znode {
                    path,
                    data: data.as_bytes(),
                    stat: Stat::default(),
                })?;
            }
            Ok(Summary {
                source: "tree".to_owned(),
                chroot: "/".to_owned(),
                first_zxid: Zxid(1),
                last_zxid: Zxid(1),
                consistent_cut: true,
                znodes: self.0.len() as u64,
                reread: 0,
                data_bytes: 0,
            })
        }
    }

    const ACL: &str = r#"{"version":1,"acls":[{"principal":"User:a","permissionType":"Allow","operation":"Read","host":"*"}]}"#;

    #[test]
    fn t9_acls_are_taken_from_the_authorizers_ensemble_and_nothing_else_is() {
        let cluster = Tree(&[
            ("/brokers/topics/orders", r#"{"partitions":{"0":[1]}}"#),
            ("/kafka-acl/Topic/forgotten", ACL),
        ]);
        let acls = Tree(&[
            ("/brokers/topics/foreign", r#"{"partitions":{"0":[1]}}"#),
            ("/kafka-acl/Topic/orders", ACL),
        ]);
        let mut decoder = Decoder::new();
        let summary = WithAclStore::new(Box::new(cluster), Box::new(acls))
            .read(&mut decoder)
            .unwrap();
        let (cluster, _) = decoder.finish();
        assert_eq!(cluster.topics.keys().collect::<Vec<_>>(), ["orders"]);
        let resources: Vec<_> = cluster
            .acls
            .keys()
            .map(|resource| resource.name.as_str())
            .collect();
        assert_eq!(resources, ["orders"]);
        assert_eq!(summary.znodes, 2);
    }
}
