//! `kraft-bridge offsets`

use std::fmt;

use clap::Args;
use kraft_bridge_migration::legacy::ConsumerOffset;
use serde::Serialize;

use super::source::SourceArgs;
use super::{Outcome, Output};

/// Print the offsets of the old high-level consumer (/consumers), which KRaft has no place for.
///
/// One group at a time they are the CSV that `kafka-consumer-groups --reset-offsets --from-file` takes; of several
/// groups each line begins with the group, which that tool takes with several --group options.
#[derive(Debug, Args)]
pub(crate) struct Offsets {
    #[command(flatten)]
    source: SourceArgs,
    /// Only this consumer group; can be given again.
    #[arg(long, value_name = "GROUP")]
    group: Vec<String>,
}

#[derive(Serialize)]
struct Answer {
    offsets: Vec<ConsumerOffset>,
    #[serde(skip)]
    several_groups: bool,
}

impl Offsets {
    pub(crate) fn run(self, out: &mut Output) -> anyhow::Result<Outcome> {
        let captured = self.source.read()?;
        let wanted = |offset: &ConsumerOffset| self.group.is_empty() || self.group.contains(&offset.group);
        let mut offsets: Vec<_> = captured
            .cluster
            .consumer_offsets
            .into_iter()
            .filter(wanted)
            .collect();
        offsets.sort();
        for finding in captured
            .findings
            .iter()
            .filter(|finding| finding.path.starts_with("/consumers/"))
        {
            tracing::warn!("{finding}");
        }
        let several_groups = offsets.iter().any(|offset| offset.group != offsets[0].group);
        out.answer(&Answer {
            offsets,
            several_groups,
        })?;
        Ok(Outcome::Done)
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for ConsumerOffset {
            group,
            topic,
            partition,
            offset,
        } in &self.offsets
        {
            if self.several_groups {
                write!(f, "{},", Field(group))?;
            }
            writeln!(f, "{},{partition},{offset}", Field(topic))?;
        }
        Ok(())
    }
}

/// A field of CSV, quoted where it must be (RFC 4180).
struct Field<'a>(&'a str);

impl fmt::Display for Field<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.contains(['"', ',', '\n', '\r']) {
            write!(f, "\"{}\"", self.0.replace('"', "\"\""))
        } else {
            f.write_str(self.0)
        }
    }
}

#[cfg(test)]
mod tests {
    use kraft_bridge_protocol::{Offset, PartitionId};

    use super::*;

    fn answer(groups: &[&str]) -> String {
        let offsets: Vec<_> = groups
            .iter()
            .map(|group| ConsumerOffset {
                group: (*group).to_owned(),
                topic: "orders".to_owned(),
                partition: PartitionId(0),
                offset: Offset(918_273),
            })
            .collect();
        let several_groups = groups.len() > 1;
        Answer {
            offsets,
            several_groups,
        }
        .to_string()
    }

    #[test]
    fn one_group_gives_topic_partition_and_offset() {
        assert_eq!(answer(&["g"]), "orders,0,918273\n");
    }

    #[test]
    fn several_groups_are_named_and_quoted_where_needed() {
        assert_eq!(
            answer(&["g", "a,b"]),
            "g,orders,0,918273\n\"a,b\",orders,0,918273\n"
        );
    }
}
