//! Checkpoints that a host takes of its own state, slowly, while the log goes on.

use kraft_bridge_protocol::batch::Batch;
use kraft_bridge_protocol::control::{ControlRecord, Voter};
use kraft_bridge_protocol::{Offset, OffsetAndEpoch};
use kraft_bridge_raft::log::{CheckpointFile, Log, LogError};
use kraft_bridge_raft::node::{Node, NodeError};

use crate::batches::{StoredBatch, stored};
use crate::invariants::{Seen, Violation};
use crate::replica::Replica;
use crate::world::{Event, World};

/// A checkpoint that is being written.
#[derive(Debug)]
pub struct Draft {
    /// The host.
    pub at: usize,
    /// Its process.
    incarnation: u32,
    /// What it stands for.
    id: OffsetAndEpoch,
    file: CheckpointFile,
}

impl World {
    /// Begins a checkpoint of what a host has replayed.
    pub(crate) fn begin_checkpoint(&mut self, at: usize) -> Result<(), Violation> {
        let mean = self.scenario.checkpoint_millis;
        let delay = self.random.millis(mean / 2, mean * 2);
        self.after(delay, Event::Checkpoint(at));
        let host = &mut self.hosts[at];
        let incarnation = host.incarnation;
        let Some(running) = host
            .running
            .as_mut()
            .filter(|running| !running.is_taking_checkpoint)
        else {
            return Ok(());
        };
        let id = running.replica.end;
        let has_it = running
            .node
            .log()
            .checkpoints()
            .any(|checkpoint| checkpoint.id == id);
        let is_within = running.replica.metadata().open_transaction().is_some();
        if id.offset <= running.node.log().start_offset() || has_it || is_within {
            return Ok(());
        }
        let voters = voters_before(&running.node, id.offset);
        let begun = running.node.begin_checkpoint(id);
        let written = begun.map(|mut file| {
            let written = running.replica.write(voters, &mut file);
            written.map(|()| file).ok()
        });
        match written {
            Ok(Some(file)) => {
                running.is_taking_checkpoint = true;
                self.note(at, "checkpoint", || format!("begins checkpoint {id:?}"));
                let delay = self.random.skewed_millis(1000);
                let draft = Draft {
                    at,
                    incarnation,
                    id,
                    file,
                };
                self.after(delay, Event::CheckpointWritten(draft));
                Ok(())
            }
            // Writing it failed, which harms nothing that the log holds.
            Ok(None) => Ok(()),
            Err(error) => self.fail(at, &NodeError::from(error)),
        }
    }

    /// Takes a checkpoint into service.
    pub(crate) fn finish_checkpoint(&mut self, draft: Draft) -> Result<(), Violation> {
        let Draft {
            at,
            incarnation,
            id,
            file,
        } = draft;
        let host = &mut self.hosts[at];
        let now = host.clock.now(self.time);
        let Some(running) = host.running.as_mut().filter(|_| host.incarnation == incarnation) else {
            return Ok(());
        };
        running.is_taking_checkpoint = false;
        let taken = running.node.checkpoint_taken(now, &file);
        self.note(at, "checkpoint taken", || {
            format!("takes checkpoint {id:?} into service")
        });
        match taken {
            Ok(outgoing) => {
                self.see(at, &Seen::TookCheckpoint { id })?;
                self.take(at, outgoing)
            }
            Err(error) => self.fail(at, &error),
        }
    }
}

/// The voters that a checkpoint has to tell, if the log says who votes.
fn voters_before(node: &Node, end: Offset) -> Option<Vec<Voter>> {
    let (kraft_version, voters) = node.raft().voters().before(end);
    match voters.record() {
        ControlRecord::Voters(record) if kraft_version > 0 => Some(record.voters),
        _ => None,
    }
}

/// The state that a checkpoint holds.
///
/// # Errors
///
/// A sentence, when it cannot be read.
pub fn read_checkpoint(log: &Log, id: OffsetAndEpoch) -> Result<Replica, String> {
    let bytes = read_bytes(log, id).map_err(|error| error.to_string())?;
    let mut batches: Vec<StoredBatch> = Vec::new();
    let mut rest = &bytes[..];
    while !rest.is_empty() {
        let (batch, length) = Batch::decode(rest).map_err(|error| error.to_string())?;
        batches.push(stored(&batch, &rest[..length])?);
        rest = &rest[length..];
    }
    Ok(Replica::from_checkpoint(id, &batches))
}

fn read_bytes(log: &Log, id: OffsetAndEpoch) -> Result<Vec<u8>, LogError> {
    let file = log.open_checkpoint(id)?;
    let mut bytes = vec![0; usize::try_from(file.length()?).unwrap_or(usize::MAX)];
    file.read_at(0, &mut bytes)?;
    Ok(bytes)
}
