//! Parity: whether ZooKeeper and KRaft hold the same cluster, and where exactly they do not.

mod difference;
mod kind;
mod report;

pub use difference::{Difference, What};
pub use kind::{Kind, ParseKindError};
pub use report::{
    KraftSide, Notice, Relation, Report, SCHEMA_VERSION, Settling, Totals, Verdict, ZookeeperSide,
};
