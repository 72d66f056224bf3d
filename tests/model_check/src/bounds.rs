//! How far is explored.

use clap::{Args, ValueEnum};

/// How much of everything there is. Within it every behaviour is explored.
#[derive(Args, Clone, Debug)]
pub struct Bounds {
    /// Nodes; each votes.
    #[arg(long, default_value_t = 3)]
    pub voters: usize,
    /// Epochs that begin.
    #[arg(long, default_value_t = 2)]
    pub epochs: i32,
    /// Times that nodes stand for election, or ask whether they would be elected.
    #[arg(long, default_value_t = 3)]
    pub stands: u8,
    /// Times that a node which knows no leader asks another for it and is heard.
    #[arg(long, default_value_t = 0)]
    pub lookups: u8,
    /// Records that clients append.
    #[arg(long, default_value_t = 1)]
    pub records: u8,
    /// Crashes, each with a start after it.
    #[arg(long, default_value_t = 0)]
    pub crashes: u8,
    /// Requests that are given up while they, or their answers, are still on the way; and broken connections.
    #[arg(long, default_value_t = 0)]
    pub losses: u8,
    /// Requests that arrive twice; and leaders that say again that they lead.
    #[arg(long, default_value_t = 0)]
    pub duplicates: u8,
    /// Leaders that resign because they want to.
    #[arg(long, default_value_t = 0)]
    pub resignations: u8,
    /// Nodes, the last ones, that know no pre-votes.
    #[arg(long, default_value_t = 0)]
    pub older: usize,
    /// Whether flushes take their time; else each is over before anything else happens.
    #[arg(long)]
    pub slow_flushes: bool,
    /// A fault that the nodes have, to see that it is found.
    #[arg(long)]
    pub flaw: Option<Flaw>,
}

/// A fault of the nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Flaw {
    /// Votes are not written down.
    ForgetsVotes,
    /// What is appended counts as flushed at once.
    CountsUnflushed,
}

impl Default for Bounds {
    /// One election after another, and one record.
    fn default() -> Bounds {
        Bounds {
            voters: 3,
            epochs: 2,
            stands: 3,
            lookups: 0,
            records: 1,
            crashes: 0,
            losses: 0,
            duplicates: 0,
            resignations: 0,
            older: 0,
            slow_flushes: false,
            flaw: None,
        }
    }
}
