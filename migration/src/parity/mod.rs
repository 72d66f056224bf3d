//! Parity: whether ZooKeeper and KRaft hold the same cluster, and where exactly they do not.

mod compare;
mod conditions;
pub mod decisions;
mod difference;
pub mod digest;
mod ignore;
mod kind;
mod report;
mod settle;
mod tally;

#[cfg(test)]
mod tests;

pub use compare::{Observed, Standing, Terms, Wanted, compare, rfc3339, standing, unexplained};
pub use difference::{Difference, What};
pub use ignore::{Ignore, IgnoreError};
pub use kind::{Kind, ParseKindError};
pub use report::{
    KraftSide, Notice, Relation, Report, RuleUse, SCHEMA_VERSION, Settling, Totals, Verdict, ZookeeperSide,
};
pub use settle::{Belief, Place, Settle};
