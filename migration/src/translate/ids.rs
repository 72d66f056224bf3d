//! Ids that ZooKeeper mode does not know and KRaft needs: derived, never random.
//!
//! The same capture gives the same ids on every host and at every run, so that each controller's directory and
//! each broker's `partition.metadata` can be made on its own machine and still agree. An id is a version-4 uuid
//! cut from a SHA-256 over its kind and what it names, each part preceded by its length.

use kraft_bridge_protocol::{NodeId, Uuid};
use sha2::{Digest, Sha256};

use crate::legacy::{Acl, ResourcePattern, Topic};

/// Id of a topic: its own, or a derived one if the cluster never gave it any.
///
/// The czxid of its znode is part of it, so that a topic deleted and created anew under the same name is another.
pub fn topic_id(cluster_id: &str, name: &str, topic: &Topic) -> Uuid {
    topic.id.unwrap_or_else(|| {
        derive(
            "topic",
            &[
                cluster_id.as_bytes(),
                name.as_bytes(),
                &topic.czxid.0.to_be_bytes(),
            ],
        )
    })
}

/// Id of one ACL, derived from its content: Kafka makes these up at random in its own migration.
pub fn acl_id(cluster_id: &str, pattern: &ResourcePattern, acl: &Acl) -> Uuid {
    let codes = [
        (pattern.resource_type as i8).to_be_bytes(),
        (pattern.pattern_type as i8).to_be_bytes(),
        (acl.operation as i8).to_be_bytes(),
        (acl.permission as i8).to_be_bytes(),
    ];
    derive(
        "acl",
        &[
            cluster_id.as_bytes(),
            codes.as_flattened(),
            pattern.name.as_bytes(),
            acl.principal.as_bytes(),
            acl.host.as_bytes(),
        ],
    )
}

/// Id of one log directory of a node (`directory.id` in its `meta.properties`).
pub fn directory_id(cluster_id: &str, node: NodeId, log_dir: &str) -> Uuid {
    derive(
        "directory",
        &[cluster_id.as_bytes(), &node.0.to_be_bytes(), log_dir.as_bytes()],
    )
}

/// Incarnation id of a broker's placeholder registration, replaced when the broker itself registers.
pub fn incarnation_id(cluster_id: &str, broker: NodeId) -> Uuid {
    derive("incarnation", &[cluster_id.as_bytes(), &broker.0.to_be_bytes()])
}

fn derive(kind: &str, parts: &[&[u8]]) -> Uuid {
    (0u32..)
        .find_map(|attempt| digest(kind, parts, attempt).without_leading_dash())
        .expect("one digest in 64 begins with a dash, so some attempt does not")
}

fn digest(kind: &str, parts: &[&[u8]], attempt: u32) -> Uuid {
    let mut hash = Sha256::new();
    for part in [kind.as_bytes(), &attempt.to_be_bytes()].iter().chain(parts) {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash.finalize()[..16]);
    Uuid::version_4(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::znode::Zxid;

    fn topic(czxid: i64) -> Topic {
        Topic {
            czxid: Zxid(czxid),
            ..Topic::default()
        }
    }

    #[test]
    fn a_topic_keeps_the_id_it_has() {
        let known = Topic {
            id: Some(Uuid::LOST),
            ..topic(7)
        };
        assert_eq!(topic_id("cluster", "orders", &known), Uuid::LOST);
    }

    #[test]
    fn a_derived_id_depends_on_cluster_name_and_creation_only() {
        let id = topic_id("cluster", "orders", &topic(7));
        assert_eq!(id, topic_id("cluster", "orders", &topic(7)));
        assert_ne!(id, topic_id("other", "orders", &topic(7)));
        assert_ne!(id, topic_id("cluster", "audit", &topic(7)));
        assert_ne!(id, topic_id("cluster", "orders", &topic(8)));
    }

    #[test]
    fn parts_do_not_run_into_each_other() {
        assert_ne!(topic_id("ab", "c", &topic(1)), topic_id("a", "bc", &topic(1)));
    }

    #[test]
    fn derived_ids_never_change_between_versions_of_the_tool() {
        assert_eq!(
            directory_id("cluster", NodeId(1), "/data").to_string(),
            "Q8tPZh29SsKyHLQy40-yvQ"
        );
    }

    #[test]
    fn no_derived_id_begins_with_a_dash() {
        for node in 0..500 {
            assert!(
                !incarnation_id("cluster", NodeId(node))
                    .to_string()
                    .starts_with('-')
            );
        }
    }
}
