//! `kraft-bridge status`

use std::fmt;
use std::path::PathBuf;

use clap::Args;
use kraft_bridge_protocol::Timestamp;
use serde::Serialize;

use super::{Outcome, Output};
use crate::client::{self, QuorumStatus, QuorumUri, Replica, ReplicaEndpoint, Role};
use crate::config::ClientConfig;

/// Show how a quorum fares: who leads, who votes and observes, and how far each of them has come.
///
/// Shows what `kafka-metadata-quorum describe` does by --status and --replication. Any of the controllers will do from
/// Kafka 3.7 on, since they name each other; name all of them if the leader may be down.
///
/// Exit status 0: the leader has answered, however far the others are behind; 2: no leader was found.
#[derive(Debug, Args)]
pub(crate) struct Status {
    /// Listeners of the controllers: kafka://host:9093,host2:9093.
    #[arg(value_name = "QUORUM")]
    quorum: QuorumUri,
    /// Kafka's client properties, for a quorum that wants TLS or a login.
    #[arg(long, value_name = "FILE")]
    command_config: Option<PathBuf>,
}

impl Status {
    pub(crate) fn run(self, out: &mut Output) -> anyhow::Result<Outcome> {
        let config = self
            .command_config
            .as_deref()
            .map(ClientConfig::load)
            .transpose()?;
        let status = client::describe_quorum(&self.quorum, &config.unwrap_or_default())?;
        out.answer(&Answer(status))?;
        Ok(Outcome::Done)
    }
}

#[derive(Serialize)]
#[serde(transparent)]
struct Answer(QuorumStatus);

/// Columns, and whether their values stand at the right edge, as numbers do.
const COLUMNS: [(&str, bool); 8] = [
    ("NODE", true),
    ("ROLE", false),
    ("LOG END", true),
    ("LAG", true),
    ("FETCHED", true),
    ("CAUGHT UP", true),
    ("DIRECTORY", false),
    ("ENDPOINTS", false),
];

type Row = [String; COLUMNS.len()];

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let status = &self.0;
        let now = status.leaders_clock();
        let head = [
            ("cluster", or_dash(status.cluster_id.as_ref())),
            (
                "leader",
                format!("{} since epoch {}", status.leader_id, status.leader_epoch),
            ),
            ("high watermark", or_dash(status.high_watermark)),
            ("max follower lag", or_dash(status.max_follower_lag)),
            (
                "max follower lag time",
                or_dash(status.max_follower_lag_time_ms.map(span)),
            ),
            ("leader's clock", or_dash(now.and_then(instant))),
        ];
        for (name, value) in head {
            writeln!(f, "{name:<23}{value}")?;
        }
        writeln!(f)?;
        let replicas = status.voters.iter().chain(&status.observers);
        let mut rows = vec![COLUMNS.map(|(title, _)| title.to_owned())];
        rows.extend(replicas.map(|replica| row(replica, now)));
        table(f, &rows)
    }
}

/// A replica; times by how long ago they were when the leader answered.
fn row(replica: &Replica, now: Option<Timestamp>) -> Row {
    let ago = |then: Option<Timestamp>| {
        let age = now.zip(then).map(|(now, then)| now.0.saturating_sub(then.0));
        or_dash(age.map(|age| format!("{} ago", span(age))))
    };
    let role = match replica.role {
        Role::Leader => "leader",
        Role::Follower => "follower",
        Role::Observer => "observer",
    };
    let endpoints: Vec<String> = replica.endpoints.iter().map(ReplicaEndpoint::to_string).collect();
    [
        replica.node_id.to_string(),
        role.to_owned(),
        or_dash(replica.log_end_offset),
        or_dash(replica.lag),
        ago(replica.last_fetch_timestamp),
        ago(replica.last_caught_up_timestamp),
        or_dash(replica.directory_id),
        or_dash(Some(endpoints.join(",")).filter(|list| !list.is_empty())),
    ]
}

/// The rows below each other, columns as wide as they must be, without blanks at the ends of lines.
fn table(f: &mut fmt::Formatter<'_>, rows: &[Row]) -> fmt::Result {
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max();
    for row in rows {
        let cells = row.iter().enumerate().map(|(column, cell)| {
            let width = width(column).unwrap_or(0);
            match COLUMNS[column].1 {
                true => format!("{cell:>width$}"),
                false => format!("{cell:<width$}"),
            }
        });
        let line = cells.collect::<Vec<_>>().join("  ");
        writeln!(f, "{}", line.trim_end())?;
    }
    Ok(())
}

fn or_dash(value: Option<impl fmt::Display>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| value.to_string())
}

fn instant(timestamp: Timestamp) -> Option<jiff::Timestamp> {
    jiff::Timestamp::from_millisecond(timestamp.0).ok()
}

/// A time in the unit that suits it.
fn span(millis: i64) -> String {
    match millis {
        ..1_000 => format!("{millis} ms"),
        1_000..60_000 => format!("{}.{} s", millis / 1_000, millis / 100 % 10),
        60_000..3_600_000 => format!("{} min", millis / 60_000),
        3_600_000.. => format!("{} h", millis / 3_600_000),
    }
}

#[cfg(test)]
mod tests {
    use kraft_bridge_protocol::{Epoch, NodeId, Offset, Uuid};

    use super::*;

    fn replica(id: i32, role: Role, end: Option<i64>, age: i64) -> Replica {
        let then = end.map(|_| Timestamp(1_764_133_456_123 - age));
        Replica {
            node_id: NodeId(id),
            directory_id: Some(Uuid([7; 16])).filter(|_| role != Role::Observer),
            role,
            log_end_offset: end.map(Offset),
            lag: end.map(|end| 1_200 - end),
            last_fetch_timestamp: then,
            last_caught_up_timestamp: then,
            endpoints: vec![ReplicaEndpoint {
                listener: Some("CONTROLLER".to_owned()),
                host: "c1".to_owned(),
                port: 9093,
            }],
        }
    }

    fn status() -> QuorumStatus {
        QuorumStatus {
            cluster_id: Some("bXktY2x1c3Rlci1pZC0xMg".to_owned()),
            leader_id: NodeId(3001),
            leader_epoch: Epoch(5),
            high_watermark: Some(Offset(1_200)),
            max_follower_lag: None,
            max_follower_lag_time_ms: Some(3_450),
            voters: vec![
                replica(3000, Role::Follower, None, 0),
                replica(3001, Role::Leader, Some(1_200), 0),
            ],
            observers: vec![replica(9, Role::Observer, Some(1_163), 125_000)],
        }
    }

    #[test]
    fn the_text_stands_in_columns_and_says_what_is_not_known() {
        let expected = "\
cluster                bXktY2x1c3Rlci1pZC0xMg
leader                 3001 since epoch 5
high watermark         1200
max follower lag       -
max follower lag time  3.4 s
leader's clock         2025-11-26T05:04:16.123Z

NODE  ROLE      LOG END  LAG    FETCHED  CAUGHT UP  DIRECTORY               ENDPOINTS
3000  follower        -    -          -          -  BwcHBwcHBwcHBwcHBwcHBw  CONTROLLER://c1:9093
3001  leader       1200    0   0 ms ago   0 ms ago  BwcHBwcHBwcHBwcHBwcHBw  CONTROLLER://c1:9093
   9  observer     1163   37  2 min ago  2 min ago  -                       CONTROLLER://c1:9093
";
        assert_eq!(Answer(status()).to_string(), expected);
    }

    #[test]
    fn machines_read_every_number_as_it_was_answered() {
        let json = serde_json::to_value(Answer(status())).unwrap();
        assert_eq!(json["highWatermark"], 1_200);
        assert!(json["maxFollowerLag"].is_null());
        assert_eq!(json["observers"][0]["lastFetchTimestamp"], 1_764_133_331_123_i64);
        assert_eq!(json["voters"][1]["role"], "leader");
        assert_eq!(json["voters"][1]["endpoints"][0]["port"], 9093);
        assert_eq!(json["voters"][1]["directoryId"], "BwcHBwcHBwcHBwcHBwcHBw");
    }
}
