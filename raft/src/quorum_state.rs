//! `quorum-state`: what a node knows of the election, one line of JSON.
//!
//! Version 0 belongs to static voters and lists them; version 1 belongs to voters that the log lists (KIP-853).
//! All keys of a version must be there; Kafka 3.8 and newer do not start otherwise. A JVM reads the first line only,
//! so a second one that repeats it can tell a state that was damaged from one that was written.
//!
//! Source: `QuorumStateData.json`, Kafka 3.9.

use kraft_bridge_protocol::{Epoch, NodeId, Uuid};
use serde_json::{Value, json};

/// Content of a `quorum-state` file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuorumState {
    /// Epoch the node is in.
    pub leader_epoch: Epoch,
    /// Leader of that epoch, if known.
    pub leader: Option<NodeId>,
    /// Candidate that it voted for in that epoch.
    pub voted: Option<NodeId>,
    /// Which version the file is of, with what only that version has.
    pub form: Form,
}

/// The two versions of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Form {
    /// Version 0.
    StaticVoters(
        /// Ids of the configured voters; may be empty for "not recorded".
        Vec<NodeId>,
    ),
    /// Version 1.
    DynamicVoters {
        /// Directory of the candidate voted for, zero for none.
        voted_directory: Uuid,
    },
}

/// Far more than any such file has; what a longer one holds is never looked at.
const CONTENT_BYTES_MAX: usize = 16 * 1024;

/// Why a text is no `quorum-state`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum QuorumStateError {
    /// No such file is that long.
    #[error("{0} bytes are too many for this file")]
    TooLong(usize),
    /// The second line does not repeat the first.
    #[error("its two lines differ: the file is damaged")]
    LinesDiffer,
    /// Not JSON.
    #[error("not one line of JSON: {0}")]
    Syntax(String),
    /// A key is missing or its value is not valid.
    #[error("{0} is missing or not valid")]
    Key(&'static str),
    /// A version that is not known.
    #[error("data_version {0} is unknown (known: 0, 1)")]
    Version(i64),
}

impl QuorumState {
    /// Reads the file's content.
    ///
    /// # Errors
    ///
    /// [`QuorumStateError`] when it is not such a file.
    pub fn decode(content: &str) -> Result<QuorumState, QuorumStateError> {
        if content.len() > CONTENT_BYTES_MAX {
            return Err(QuorumStateError::TooLong(content.len()));
        }
        let (line, again) = content.split_once('\n').unwrap_or((content, ""));
        if !again.is_empty() && again.trim_end() != line.trim_end() {
            return Err(QuorumStateError::LinesDiffer);
        }
        let value: Value =
            serde_json::from_str(line).map_err(|error| QuorumStateError::Syntax(error.to_string()))?;
        let form = match value["data_version"].as_i64() {
            Some(0) => Form::StaticVoters(voters(&value["currentVoters"])?),
            Some(1) => Form::DynamicVoters {
                voted_directory: value["votedDirectoryId"]
                    .as_str()
                    .and_then(|text| text.parse().ok())
                    .ok_or(QuorumStateError::Key("votedDirectoryId"))?,
            },
            Some(other) => return Err(QuorumStateError::Version(other)),
            None => return Err(QuorumStateError::Key("data_version")),
        };
        Ok(QuorumState {
            leader_epoch: Epoch(int(&value["leaderEpoch"]).ok_or(QuorumStateError::Key("leaderEpoch"))?),
            leader: node(&value["leaderId"]).ok_or(QuorumStateError::Key("leaderId"))?,
            voted: node(&value["votedId"]).ok_or(QuorumStateError::Key("votedId"))?,
            form,
        })
    }

    /// The file's content with a second line that repeats the first: what is damaged of it [`QuorumState::decode`]
    /// notices, so that no vote is forgotten or taken for another.
    pub fn encode_twice(&self) -> String {
        format!("{}\n", self.encode()).repeat(2)
    }

    /// The file's content, without an end of line, as a JVM writes it.
    pub fn encode(&self) -> String {
        let leader = self.leader.unwrap_or(NodeId(-1));
        let voted = self.voted.unwrap_or(NodeId(-1));
        let epoch = self.leader_epoch;
        match &self.form {
            Form::StaticVoters(voters) => {
                let voters: Vec<Value> = voters.iter().map(|voter| json!({ "voterId": voter })).collect();
                let voters = Value::from(voters);
                format!(
                    r#"{{"clusterId":"","leaderId":{leader},"leaderEpoch":{epoch},"votedId":{voted},"appliedOffset":0,"currentVoters":{voters},"data_version":0}}"#
                )
            }
            Form::DynamicVoters { voted_directory } => format!(
                r#"{{"leaderId":{leader},"leaderEpoch":{epoch},"votedId":{voted},"votedDirectoryId":"{voted_directory}","data_version":1}}"#
            ),
        }
    }
}

fn int(value: &Value) -> Option<i32> {
    value.as_i64().and_then(|number| number.try_into().ok())
}

fn node(value: &Value) -> Option<Option<NodeId>> {
    match int(value)? {
        -1 => Some(None),
        id => (id >= 0).then_some(Some(NodeId(id))),
    }
}

fn voters(value: &Value) -> Result<Vec<NodeId>, QuorumStateError> {
    let error = QuorumStateError::Key("currentVoters");
    match value {
        Value::Null => Ok(Vec::new()),
        Value::Array(voters) => {
            let ids = voters.iter().map(|voter| node(&voter["voterId"]).flatten());
            ids.collect::<Option<Vec<_>>>().ok_or(error)
        }
        _ => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn both_versions_are_the_jvms_text() {
        for (text, form) in [
            (
                r#"{"clusterId":"","leaderId":-1,"leaderEpoch":1,"votedId":-1,"appliedOffset":0,"currentVoters":[{"voterId":3000}],"data_version":0}"#,
                Form::StaticVoters(vec![NodeId(3000)]),
            ),
            (
                r#"{"leaderId":-1,"leaderEpoch":1,"votedId":-1,"votedDirectoryId":"AAAAAAAAAAAAAAAAAAAAAA","data_version":1}"#,
                Form::DynamicVoters {
                    voted_directory: Uuid::ZERO,
                },
            ),
        ] {
            let state = QuorumState {
                leader_epoch: Epoch(1),
                leader: None,
                voted: None,
                form,
            };
            assert_eq!(state.encode(), text);
            assert_eq!(QuorumState::decode(text), Ok(state));
        }
    }

    #[test]
    fn a_second_line_must_repeat_the_first() {
        let state = QuorumState {
            leader_epoch: Epoch(7),
            leader: Some(NodeId(2)),
            voted: None,
            form: Form::StaticVoters(vec![NodeId(1), NodeId(2)]),
        };
        let twice = state.encode_twice();
        assert_eq!(QuorumState::decode(&twice), Ok(state));
        let other = twice.replacen(":7", ":6", 1);
        assert_eq!(QuorumState::decode(&other), Err(QuorumStateError::LinesDiffer));
    }

    #[test]
    fn a_missing_key_is_named() {
        let text =
            r#"{"leaderId":-1,"leaderEpoch":1,"votedDirectoryId":"AAAAAAAAAAAAAAAAAAAAAA","data_version":1}"#;
        assert_eq!(QuorumState::decode(text), Err(QuorumStateError::Key("votedId")));
    }

    #[test]
    fn a_file_that_is_far_too_long_is_an_error() {
        let long = " ".repeat(16 * 1024 + 1);
        assert_eq!(QuorumState::decode(&long), Err(QuorumStateError::TooLong(16_385)));
    }

    proptest! {
        #[test]
        fn any_text_is_a_state_or_an_error(text in "\\PC{0,100}") {
            let _read = QuorumState::decode(&text);
        }
    }
}
