//! From static voters to dynamic ones: `kraft.version` is raised from 0 to 1.
//!
//! One batch holds the version and the voters with their directories, as they told this leader (see
//! `membership_own_entry.rs`); nothing is written until all have. From that record on the log says who votes, and the
//! configuration does not.
//!
//! Source: KIP-853; Kafka 4.1.

use std::fmt;

use kraft_bridge_protocol::control::{ControlRecord, KRaftVersion};
use kraft_bridge_protocol::{Epoch, NodeId};

use super::effects::{AppendId, Effect};
use super::leading::KRAFT_VERSIONS;
use super::roles::{Leader, Role};
use super::{Raft, Voter, VoterSet};

/// Why `kraft.version` is not raised.
#[derive(Clone, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum NotUpgraded {
    /// Another node leads, or another epoch.
    #[error("this node does not lead that epoch")]
    NotLeader,
    /// The epoch has committed nothing yet, or the voters are just being changed; try again later.
    #[error(
        "the leader has not committed anything in its epoch, or the voters are just being changed; try again"
    )]
    NotYet,
    /// There is no such level.
    #[error("kraft.version {version} is unknown (known: {} to {})", KRAFT_VERSIONS.0, KRAFT_VERSIONS.1)]
    Unknown {
        /// What was asked for.
        version: i16,
    },
    /// A lower level than the one in force.
    #[error("kraft.version is {current} and cannot be lowered to {version}")]
    Lower {
        /// What is in force.
        current: i16,
        /// What was asked for.
        version: i16,
    },
    /// Not every voter can follow.
    #[error("not every voter can follow to kraft.version {version}: {}", listed(lacking))]
    VotersLack {
        /// What was asked for.
        version: i16,
        /// Who cannot, and why; not empty.
        lacking: Vec<(NodeId, Lack)>,
    },
}

/// What is missing of a voter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Lack {
    /// It has not told this leader its directory: it does not run, began to follow just now, or is older than Kafka 4.
    NotReported,
    /// It supports only these levels.
    Supports(i16, i16),
}

impl fmt::Display for Lack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Lack::NotReported => f.write_str("has not reported its directory to this leader"),
            Lack::Supports(min, max) => write!(f, "supports {min} to {max}"),
        }
    }
}

fn listed(lacking: &[(NodeId, Lack)]) -> String {
    let each = lacking.iter().map(|(id, lack)| format!("voter {id} {lack}"));
    each.collect::<Vec<_>>().join(", ")
}

impl Raft {
    pub(super) fn handle_upgrade(&mut self, id: AppendId, epoch: Epoch, version: i16, validate_only: bool) {
        let outcome = self.judge_upgrade(epoch, version).map(|voters| {
            let base = self.log.end;
            if let Some(voters) = voters.filter(|_| !validate_only) {
                self.write_upgrade(version, &voters);
            }
            (base, self.log.end)
        });
        self.emit(Effect::KRaftVersionUpgraded { id, outcome });
    }

    /// The voters to be written; `None` if the level is in force already.
    fn judge_upgrade(&self, epoch: Epoch, version: i16) -> Result<Option<VoterSet>, NotUpgraded> {
        let Role::Leader(leader) = &self.role else {
            return Err(NotUpgraded::NotLeader);
        };
        if epoch != self.epoch || self.is_shutting_down {
            return Err(NotUpgraded::NotLeader);
        }
        let (lowest, highest) = KRAFT_VERSIONS;
        if !(lowest..=highest).contains(&version) {
            return Err(NotUpgraded::Unknown { version });
        }
        let current = self.voters.kraft_version();
        if version < current {
            return Err(NotUpgraded::Lower { current, version });
        }
        if version == current {
            return Ok(None);
        }
        self.check_no_change_pending().map_err(|_| NotUpgraded::NotYet)?;
        self.reported_voters(leader, version).map(Some)
    }

    fn reported_voters(&self, leader: &Leader, version: i16) -> Result<VoterSet, NotUpgraded> {
        let mut voters = VoterSet::default();
        let mut lacking = Vec::new();
        for id in self.voters.current().ids() {
            let reported: Option<Voter> = match id == self.own_id() {
                true => Some(self.own_entry()),
                false => leader.reported.get(&id).cloned(),
            };
            match reported {
                None => lacking.push((id, Lack::NotReported)),
                Some(voter) => {
                    let (min, max) = voter.kraft_versions;
                    if !(min..=max).contains(&version) {
                        lacking.push((id, Lack::Supports(min, max)));
                    }
                    voters = voters.with(id, voter);
                }
            }
        }
        if lacking.is_empty() {
            Ok(voters)
        } else {
            Err(NotUpgraded::VotersLack { version, lacking })
        }
    }

    fn write_upgrade(&mut self, kraft_version: i16, voters: &VoterSet) {
        tracing::info!(node = %self.own_id(), offset = %self.log.end, kraft_version, "raises kraft.version");
        let version = KRaftVersion {
            kraft_version,
            ..Default::default()
        };
        self.append_control(&[ControlRecord::KRaftVersion(version), voters.record()]);
    }
}
