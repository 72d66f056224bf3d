//! What the servers answer, and what follows from it.
//!
//! | answer | follows |
//! |---|---|
//! | records below the high watermark | they are given out |
//! | a checkpoint instead of records | it is fetched if nothing was read yet, else all is begun anew |
//! | a diverging epoch | all is begun anew |
//! | another leader, a newer epoch | that one is asked |
//! | `CLUSTER_AUTHORIZATION_FAILED`, `INCONSISTENT_CLUSTER_ID`, a request that is not served | an error |
//! | anything else | another server is asked |

use std::time::Duration;

use kraft_bridge_protocol::rpc::{
    ErrorCode, FetchPartitionResponse, FetchResponse, FetchSnapshotResponse, LeaderIdAndEpoch,
    METADATA_TOPIC_ID, SnapshotPartitionResponse,
};
use kraft_bridge_protocol::{Epoch, NodeId, Offset, OffsetAndEpoch};

use super::{Endpoint, Loss, Observer, ObserverError, Reading, StartOver, checkpoint_of, log_of};
use crate::reader::{Entry, Place, ReadError};
use crate::stream::{CheckpointStream, for_each_whole_batch};

impl Observer {
    /// Takes the answer to [`Question::Fetch`](super::Question::Fetch); each record in it that is committed and new
    /// goes to `each`.
    ///
    /// # Errors
    ///
    /// [`ObserverError`] when reading can't go on, or whatever `each` fails with.
    pub fn fetched<E: From<ObserverError>>(
        &mut self,
        now: Duration,
        server: &Endpoint,
        response: &FetchResponse,
        each: impl FnMut(Place, Entry<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        if !self.is_served(now, server, response.error_code)? {
            return Ok(());
        }
        let topic = response
            .responses
            .iter()
            .find(|topic| topic.topic_id == METADATA_TOPIC_ID);
        let Some(partition) = topic.and_then(|topic| topic.partitions.first()) else {
            return Err(unsound(server, "its answer lacks the metadata log").into());
        };
        let endpoints: Vec<_> = response
            .node_endpoints
            .iter()
            .filter_map(|node| endpoint(node.node_id, &node.host, node.port))
            .collect();
        let leader = &partition.current_leader;
        if !self.is_leaders(now, server, partition.error_code, leader, &endpoints)? {
            return Ok(());
        }
        if partition.diverging_epoch.epoch >= Epoch(0) {
            self.start_over = Some(StartOver::Diverged);
        } else if let Some(id) = partition.snapshot_id.id() {
            self.take_offer(server, id);
        } else {
            self.take_records(now, server, partition, each)?;
        }
        Ok(())
    }

    fn take_offer(&mut self, server: &Endpoint, id: OffsetAndEpoch) {
        self.servers.leads(server);
        if self.end == super::START {
            let stream = CheckpointStream::new(&checkpoint_of(server, id));
            self.reading = Reading::Checkpoint { id, stream };
        } else {
            self.start_over = Some(StartOver::LogStartsLater);
        }
    }

    fn take_records<E: From<ObserverError>>(
        &mut self,
        now: Duration,
        server: &Endpoint,
        partition: &FetchPartitionResponse,
        each: impl FnMut(Place, Entry<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let high_watermark = partition.high_watermark;
        if high_watermark < self.end.offset {
            let known = high_watermark.0.max(0);
            let reason = format!(
                "leads, but does not know yet that more than {known} records are committed: has it a majority?"
            );
            self.lost(now, server, passing(reason));
            return Ok(());
        }
        let before = self.end;
        let records = partition.records.as_ref().map_or(&[][..], |records| &records.0);
        self.give_out(server, records, high_watermark, each)?;
        self.high_watermark = high_watermark;
        let target = *self.target.get_or_insert(high_watermark);
        if self.end == before && self.end.offset < target {
            let reason = format!(
                "has no records from offset {} on, though it should",
                before.offset
            );
            self.lost(now, server, passing(reason));
        } else {
            self.servers.helped(now, server);
        }
        Ok(())
    }

    /// Gives out what is below the high watermark and not behind us.
    fn give_out<E: From<ObserverError>>(
        &mut self,
        server: &Endpoint,
        records: &[u8],
        high_watermark: Offset,
        mut each: impl FnMut(Place, Entry<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let from = self.end.offset;
        let mut end = self.end;
        let mut gap = None;
        let taken = for_each_whole_batch(
            &log_of(server),
            self.log_bytes,
            records,
            |batch| {
                if batch.end_offset() > high_watermark {
                    return false;
                }
                // A checkpoint may end within a batch.
                if batch.header.base_offset > end.offset || batch.end_offset() <= end.offset {
                    gap = Some(batch.header.base_offset);
                    return false;
                }
                end = OffsetAndEpoch {
                    epoch: batch.header.epoch,
                    offset: batch.end_offset(),
                };
                true
            },
            &mut |place, entry| match place.offset < from {
                true => Ok(()),
                false => each(place, entry).map_err(Given::Caller),
            },
        )
        .map_err(Given::into_error)?;
        if let Some(found) = gap {
            let expected = end.offset;
            return Err(unsound(server, format!("it sent offset {found} where {expected} follows")).into());
        }
        self.end = end;
        self.log_bytes += taken as u64;
        Ok(())
    }

    /// Takes the answer to [`Question::FetchSnapshot`](super::Question::FetchSnapshot); each record that is whole now
    /// goes to `each`.
    ///
    /// # Errors
    ///
    /// As [`Observer::fetched`].
    pub fn checkpoint_fetched<E: From<ObserverError>>(
        &mut self,
        now: Duration,
        server: &Endpoint,
        response: &FetchSnapshotResponse,
        each: impl FnMut(Place, Entry<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        if !self.is_served(now, server, response.error_code)? {
            return Ok(());
        }
        let topic = response.topics.first();
        let Some(partition) = topic.and_then(|topic| topic.partitions.first()) else {
            return Err(unsound(server, "its answer lacks the metadata log").into());
        };
        let endpoints: Vec<_> = response
            .node_endpoints
            .iter()
            .filter_map(|node| endpoint(node.node_id, &node.host, i32::from(node.port)))
            .collect();
        if matches!(
            partition.error_code,
            ErrorCode::SnapshotNotFound | ErrorCode::PositionOutOfRange
        ) {
            self.give_checkpoint_up();
            self.lost(now, server, passing("has its checkpoint no longer".to_owned()));
            return Ok(());
        }
        let epoch = self.servers.epoch();
        let leader = &partition.current_leader;
        if self.is_leaders(now, server, partition.error_code, leader, &endpoints)? {
            return self.take_piece(now, server, partition, each);
        }
        if self.servers.epoch() != epoch {
            // Another node's checkpoint of the same name need not have the same bytes.
            self.give_checkpoint_up();
        }
        Ok(())
    }

    fn give_checkpoint_up(&mut self) {
        if let Reading::Checkpoint { stream, .. } = &self.reading
            && stream.arrived() > 0
        {
            self.start_over = Some(StartOver::CheckpointGone);
        }
        self.reading = Reading::Log;
    }

    fn take_piece<E: From<ObserverError>>(
        &mut self,
        now: Duration,
        server: &Endpoint,
        partition: &SnapshotPartitionResponse,
        mut each: impl FnMut(Place, Entry<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let Reading::Checkpoint { id, stream } = &mut self.reading else {
            return Err(unsound(server, "it sent a checkpoint that was not asked for").into());
        };
        let piece = &partition.unaligned_records.0;
        let arrived = stream.arrived() + piece.len() as u64;
        let size = u64::try_from(partition.size).unwrap_or(0);
        if partition.snapshot_id.id() != Some(*id)
            || u64::try_from(partition.position) != Ok(stream.arrived())
            || piece.is_empty()
            || arrived > size
        {
            return Err(unsound(
                server,
                "it sent other bytes of the checkpoint than were asked for",
            )
            .into());
        }
        stream
            .push(piece, |place, entry| each(place, entry).map_err(Given::Caller))
            .map_err(Given::into_error)?;
        if arrived == size {
            stream.finish().map_err(ObserverError::from)?;
            self.end = *id;
            self.from_checkpoint = Some(*id);
            self.reading = Reading::Log;
        }
        self.servers.helped(now, server);
        Ok(())
    }

    /// Whether the server answers such requests of ours at all.
    fn is_served(
        &mut self,
        now: Duration,
        server: &Endpoint,
        error: ErrorCode,
    ) -> Result<bool, ObserverError> {
        let server = server.clone();
        match error {
            ErrorCode::None => Ok(true),
            ErrorCode::ClusterAuthorizationFailed => Err(ObserverError::NotAuthorized { server }),
            ErrorCode::InconsistentClusterId => Err(ObserverError::OtherCluster {
                server,
                expected: self.cluster_id.clone().unwrap_or_default(),
            }),
            ErrorCode::InvalidRequest
            | ErrorCode::UnsupportedVersion
            | ErrorCode::UnknownTopicId
            | ErrorCode::UnknownTopicOrPartition => Err(ObserverError::Refused { server, error }),
            other => {
                self.lost(now, &server, passing(format!("answers {other}")));
                Ok(false)
            }
        }
    }

    /// Whether the answer is the leader's; if not, what it says of the leader is remembered.
    fn is_leaders(
        &mut self,
        now: Duration,
        server: &Endpoint,
        error: ErrorCode,
        leader: &LeaderIdAndEpoch,
        endpoints: &[(NodeId, Endpoint)],
    ) -> Result<bool, ObserverError> {
        match error {
            ErrorCode::NotLeaderOrFollower | ErrorCode::FencedLeaderEpoch | ErrorCode::UnknownLeaderEpoch => {
                self.servers.learn(now, server, leader, endpoints);
                Ok(false)
            }
            error => self.is_served(now, server, error),
        }
    }
}

/// An error on its way through the reading of batches: theirs, or the caller's.
enum Given<E> {
    Read(ReadError),
    Caller(E),
}

impl<E> From<ReadError> for Given<E> {
    fn from(error: ReadError) -> Self {
        Given::Read(error)
    }
}

impl<E: From<ObserverError>> Given<E> {
    fn into_error(self) -> E {
        match self {
            Given::Read(error) => ObserverError::from(error).into(),
            Given::Caller(error) => error,
        }
    }
}

fn endpoint(node: NodeId, host: &str, port: i32) -> Option<(NodeId, Endpoint)> {
    let port = u16::try_from(port).ok().filter(|port| *port > 0)?;
    let host = host.to_owned();
    (!host.is_empty()).then_some((node, Endpoint { host, port }))
}

fn passing(reason: String) -> Loss {
    Loss {
        reason,
        is_final: false,
    }
}

fn unsound(server: &Endpoint, problem: impl Into<String>) -> ObserverError {
    ObserverError::Unsound {
        server: server.clone(),
        problem: problem.into(),
    }
}
