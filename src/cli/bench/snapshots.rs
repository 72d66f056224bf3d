//! How fast a leader serves its checkpoint to many observers at once.

use anyhow::{Context, bail};
use kraft_bridge_metadata::image::Replay as Image;
use kraft_bridge_metadata::release::MetadataVersion;
use kraft_bridge_protocol::rpc::{
    AnyRequest, AnyResponse, ErrorCode, FetchSnapshotRequest, QuorumTopic, SnapshotPartition, SnapshotTopic,
};
use kraft_bridge_protocol::{Epoch, OffsetAndEpoch, Timestamp};
use kraft_bridge_raft::checkpoint::{CheckpointHeader, CheckpointWriter};
use kraft_bridge_raft::endpoint::Endpoint;
use kraft_bridge_raft::log::Log;
use tokio::task::JoinSet;

use super::nodes::{Formatted, Quorum};
use super::report::{Snapshots, rate};
use crate::client::Peers;
use crate::clock::Clock;
use crate::config::ClientConfig;

/// What an observer of Kafka 4.3 asks for at once.
const PIECE_BYTES: i32 = 1024 * 1024;

/// Writes a checkpoint of the image that the log adds up to.
pub(super) fn checkpoint(
    log: &mut Log,
    image: &Image,
    level: MetadataVersion,
) -> anyhow::Result<OffsetAndEpoch> {
    let id = log.end();
    log.advance_high_watermark(id.offset);
    let header = CheckpointHeader {
        epoch: id.epoch,
        timestamp: Timestamp(0),
        last_contained_log_timestamp: Timestamp(0),
        voters: None,
    };
    let mut writer = CheckpointWriter::new(log.create_checkpoint(id)?, header)?;
    for record in image.image().records() {
        writer.push(&level.encode(&record)?)?;
    }
    let (_, file) = writer.finish()?;
    log.freeze_checkpoint(&file)?;
    Ok(id)
}

/// `formatted` is one node whose log has the checkpoint.
pub(super) async fn measure(
    formatted: &Formatted,
    id: OffsetAndEpoch,
    observers: u32,
) -> anyhow::Result<Snapshots> {
    let quorum = Quorum::of(formatted).await?;
    let (epoch, _) = quorum.leader().await?;
    let leader = Endpoint {
        host: "127.0.0.1".to_owned(),
        port: formatted.ports[0],
    };
    let clock = Clock::start();
    let mut fetching = JoinSet::new();
    for _ in 0..observers {
        fetching.spawn(fetch(leader.clone(), id, epoch));
    }
    let mut bytes = 0;
    while let Some(fetched) = fetching.join_next().await {
        bytes = fetched??;
    }
    let taken = clock.elapsed();
    quorum.stop().await?;
    let all = f64::from(u32::try_from(bytes).context("a checkpoint above 4 GiB")?) * f64::from(observers);
    Ok(Snapshots {
        observers,
        bytes,
        served: rate(all, taken),
    })
}

/// Fetches the checkpoint from its start to its end; returns its bytes.
async fn fetch(leader: Endpoint, id: OffsetAndEpoch, epoch: Epoch) -> anyhow::Result<u64> {
    let (peers, _lost) = Peers::new(&ClientConfig::default())?;
    let mut position = 0;
    loop {
        let response = match peers.ask(&leader, request(id, epoch, position)).await? {
            AnyResponse::FetchSnapshot(response) => response,
            other => bail!("an answer to another request: {other:?}"),
        };
        let partition = &response.topics.first().context("no topic")?.partitions[0];
        if partition.error_code != ErrorCode::None {
            bail!("the checkpoint is not served: {}", partition.error_code);
        }
        position += i64::try_from(partition.unaligned_records.0.len())?;
        if position >= partition.size {
            return Ok(u64::try_from(position)?);
        }
    }
}

fn request(id: OffsetAndEpoch, epoch: Epoch, position: i64) -> AnyRequest {
    let partition = SnapshotPartition {
        current_leader_epoch: epoch,
        snapshot_id: id.into(),
        position,
        ..Default::default()
    };
    AnyRequest::FetchSnapshot(FetchSnapshotRequest {
        max_bytes: PIECE_BYTES,
        topics: SnapshotTopic::metadata_log(partition),
        ..Default::default()
    })
}
