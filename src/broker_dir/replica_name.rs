//! Names of the directories that hold replicas.
//!
//! ```text
//! orders-3                                           the replica
//! orders-3.0123456789abcdef0123456789abcdef-future   its copy on the way to another log directory
//! orders-3.0123456789abcdef0123456789abcdef-delete   deleted, removed a minute after the next start
//! orders-3.0123456789abcdef0123456789abcdef-stray    of no topic that the cluster knew
//! ```
//!
//! The topic may contain dashes and dots, so a name is read from its end. In deleted and stray names a long topic is
//! cut off.

use kraft_bridge_protocol::PartitionId;

/// What a replica directory is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Form {
    /// The replica itself.
    Current,
    /// A copy that will take the replica's place.
    Future,
    /// Left over from a deletion.
    Deleted,
    /// Left over from a start that did not find its topic.
    Stray,
}

/// A replica directory's name, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ReplicaName {
    pub(crate) topic: String,
    pub(crate) partition: PartitionId,
    pub(crate) form: Form,
}

impl ReplicaName {
    /// Reads a name as Kafka does; `None` for one that Kafka does not take for a replica.
    pub(crate) fn parse(name: &str) -> Option<ReplicaName> {
        let suffixed = [
            ("-future", Form::Future),
            ("-delete", Form::Deleted),
            ("-stray", Form::Stray),
        ]
        .into_iter()
        .find_map(|(suffix, form)| Some((name.strip_suffix(suffix)?, form)));
        let (stem, form) = match suffixed {
            Some((unique, form)) => {
                let (stem, id) = unique.rsplit_once('.')?;
                (!id.is_empty()).then_some((stem, form))?
            }
            None => (name, Form::Current),
        };
        let (topic, partition) = stem.rsplit_once('-')?;
        if topic.is_empty() || !partition.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        Some(ReplicaName {
            topic: topic.to_owned(),
            partition: partition.parse().ok()?,
            form,
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parsed(name: &str) -> Option<(String, i32, Form)> {
        ReplicaName::parse(name).map(|name| (name.topic, name.partition.0, name.form))
    }

    #[test]
    fn the_partition_is_what_follows_the_last_dash() {
        assert_eq!(parsed("orders-3"), Some(("orders".to_owned(), 3, Form::Current)));
        assert_eq!(
            parsed("my-topic-7.eu-12"),
            Some(("my-topic-7.eu".to_owned(), 12, Form::Current))
        );
        assert_eq!(
            parsed("x-1.ab-delete-0"),
            Some(("x-1.ab-delete".to_owned(), 0, Form::Current))
        );
    }

    #[test]
    fn deleted_future_and_stray_replicas_carry_a_unique_id() {
        for (suffix, form) in [
            ("future", Form::Future),
            ("delete", Form::Deleted),
            ("stray", Form::Stray),
        ] {
            let name = format!("my.topic-a-3.0123456789abcdef0123456789abcdef-{suffix}");
            assert_eq!(parsed(&name), Some(("my.topic-a".to_owned(), 3, form)));
            assert_eq!(parsed(&format!("orders-3-{suffix}")), None);
        }
    }

    #[test]
    fn other_directories_are_no_replicas() {
        for name in [
            "lost+found",
            "orders",
            "-3",
            "orders-",
            "orders-x",
            "orders-99999999999",
            "",
        ] {
            assert_eq!(parsed(name), None, "{name}");
        }
    }

    proptest! {
        #[test]
        fn any_name_is_a_replica_or_none(name in ".{0,60}") {
            let _parsed = ReplicaName::parse(&name);
        }

        #[test]
        fn every_legal_topic_is_read_back(topic in "[a-zA-Z0-9._-]{1,80}", partition in 0..i32::MAX) {
            prop_assert_eq!(
                parsed(&format!("{topic}-{partition}")),
                Some((topic, partition, Form::Current))
            );
        }
    }
}
