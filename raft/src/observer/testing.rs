//! Answers as leaders, followers and strangers give them, and an observer that takes them.

use kraft_bridge_protocol::batch::{BatchBuilder, BatchHeader};
use kraft_bridge_protocol::control::{ControlRecord, SnapshotFooter, SnapshotHeader};
use kraft_bridge_protocol::rpc::{
    FetchPartitionResponse, FetchResponse, FetchSnapshotResponse, FetchTopicResponse, LeaderIdAndEpoch,
    NodeEndpoint, SnapshotPartitionResponse, SnapshotTopicResponse,
};
use kraft_bridge_protocol::wire::Blob;
use kraft_bridge_protocol::{NodeId, Timestamp};

use super::*;
use crate::reader::Entry;

pub(super) const NOW: Duration = Duration::from_secs(1_000);
pub(super) const PATIENCE: Duration = Duration::from_secs(5);

pub(super) fn server(host: &str) -> Endpoint {
    Endpoint {
        host: host.to_owned(),
        port: 9093,
    }
}

pub(super) fn observer(servers: &[&str]) -> Observer {
    let mut observer = Observer::new(ObserverOptions {
        servers: servers.iter().map(|host| server(host)).collect(),
        cluster_id: Some("c".to_owned()),
        patience: PATIENCE,
    });
    observer.begin(NOW);
    observer
}

pub(super) fn at(epoch: i32, offset: i64) -> OffsetAndEpoch {
    OffsetAndEpoch {
        epoch: Epoch(epoch),
        offset: Offset(offset),
    }
}

/// A batch of data records whose values are their offsets.
pub(super) fn batch(epoch: i32, offsets: std::ops::Range<i64>) -> Vec<u8> {
    let mut builder = BatchBuilder::default();
    let base_offset = Offset(offsets.start);
    for offset in offsets {
        builder.push(None, offset.to_string().as_bytes());
    }
    builder.finish(header(epoch, base_offset, false))
}

pub(super) fn header(epoch: i32, base_offset: Offset, control: bool) -> BatchHeader {
    BatchHeader {
        base_offset,
        epoch: Epoch(epoch),
        timestamp: Timestamp(0),
        control,
    }
}

/// A checkpoint with these values between header and footer.
pub(super) fn checkpoint(values: &[&str]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut builder = BatchBuilder::default();
    let (key, value) = ControlRecord::SnapshotHeader(SnapshotHeader::default()).encode();
    builder.push(Some(&key), &value);
    bytes.extend(builder.finish(header(1, Offset(0), true)));
    for (at, text) in values.iter().enumerate() {
        builder.push(None, text.as_bytes());
        bytes.extend(builder.finish(header(1, Offset(1 + i64::try_from(at).unwrap()), false)));
    }
    let (key, value) = ControlRecord::SnapshotFooter(SnapshotFooter::default()).encode();
    builder.push(Some(&key), &value);
    let last = Offset(1 + i64::try_from(values.len()).unwrap());
    bytes.extend(builder.finish(header(1, last, true)));
    bytes
}

pub(super) fn fetched(partition: FetchPartitionResponse) -> FetchResponse {
    FetchResponse {
        responses: FetchTopicResponse::metadata_log(partition),
        ..Default::default()
    }
}

pub(super) fn records(high_watermark: i64, batches: &[Vec<u8>]) -> FetchResponse {
    fetched(FetchPartitionResponse {
        high_watermark: Offset(high_watermark),
        records: Some(Blob(batches.concat())),
        ..Default::default()
    })
}

/// An answer of somebody that does not lead; nodes are named by their hosts, `c1` is node 1.
pub(super) fn elsewhere(error_code: ErrorCode, leader: Option<i32>, epoch: i32) -> FetchResponse {
    let mut response = fetched(FetchPartitionResponse {
        error_code,
        high_watermark: Offset(-1),
        current_leader: LeaderIdAndEpoch {
            leader_id: leader.map(NodeId),
            leader_epoch: Epoch(epoch),
            ..Default::default()
        },
        ..Default::default()
    });
    response.node_endpoints.extend(leader.map(|id| NodeEndpoint {
        node_id: NodeId(id),
        host: format!("c{id}"),
        port: 9093,
        ..Default::default()
    }));
    response
}

pub(super) fn offer(id: OffsetAndEpoch) -> FetchResponse {
    fetched(FetchPartitionResponse {
        high_watermark: Offset(id.offset.0 + 2),
        snapshot_id: id.into(),
        ..Default::default()
    })
}

pub(super) fn piece(
    id: OffsetAndEpoch,
    whole: &[u8],
    range: std::ops::Range<usize>,
) -> FetchSnapshotResponse {
    snapshot(SnapshotPartitionResponse {
        snapshot_id: id.into(),
        size: i64::try_from(whole.len()).unwrap(),
        position: i64::try_from(range.start).unwrap(),
        unaligned_records: Blob(whole[range].to_vec()),
        ..Default::default()
    })
}

pub(super) fn snapshot(partition: SnapshotPartitionResponse) -> FetchSnapshotResponse {
    FetchSnapshotResponse {
        topics: vec![SnapshotTopicResponse {
            partitions: vec![partition],
            ..Default::default()
        }],
        ..Default::default()
    }
}

/// What was given out: values of data records, `-` for control records.
pub(super) fn give(
    observer: &mut Observer,
    from: &str,
    response: &FetchResponse,
) -> Result<Vec<String>, ObserverError> {
    let mut given = Vec::new();
    observer.fetched(NOW, &server(from), response, |_, entry| {
        given.push(text(entry));
        Ok::<_, ObserverError>(())
    })?;
    Ok(given)
}

pub(super) fn give_piece(
    observer: &mut Observer,
    from: &str,
    response: &FetchSnapshotResponse,
) -> Result<Vec<String>, ObserverError> {
    let mut given = Vec::new();
    observer.checkpoint_fetched(NOW, &server(from), response, |_, entry| {
        given.push(text(entry));
        Ok::<_, ObserverError>(())
    })?;
    Ok(given)
}

pub(super) fn text(entry: Entry<'_>) -> String {
    match entry {
        Entry::Data(value) => String::from_utf8(value.to_vec()).unwrap(),
        Entry::Control(_) => "-".to_owned(),
    }
}

/// Whom the observer asks next, with its epoch, and from which offset and epoch, or position of a checkpoint, on.
pub(super) fn asks(observer: &mut Observer) -> String {
    match observer.next(NOW + Duration::from_millis(300)).unwrap() {
        Step::Ask(server, Question::Fetch(request)) => {
            let it = &request.topics[0].partitions[0];
            format!(
                "{} at {}: {} after {}",
                server.host, it.current_leader_epoch, it.fetch_offset, it.last_fetched_epoch
            )
        }
        Step::Ask(server, Question::FetchSnapshot(request)) => {
            let it = &request.topics[0].partitions[0];
            format!(
                "{} at {}: checkpoint {} from {}",
                server.host, it.current_leader_epoch, it.snapshot_id.end_offset, it.position
            )
        }
        other => format!("{other:?}"),
    }
}

/// An observer whose leader is c1 in epoch 3.
pub(super) fn following() -> Observer {
    let mut observer = observer(&["c1", "c2"]);
    let answer = elsewhere(ErrorCode::FencedLeaderEpoch, Some(1), 3);
    give(&mut observer, "c1", &answer).unwrap();
    observer
}

pub(super) fn reset() -> Loss {
    Loss {
        reason: "hung up".to_owned(),
        is_final: false,
    }
}
