//! Verifying a migration: both sides are read, wherever they are, kept up to date, and compared.
//!
//! ```text
//!  --from ─ Zookeeper ─┐           ┌─ scopes touched ─▶ unexplained ─▶ Settle ─┐
//!                      ├─ catch up ┤                                           ├─ until all stays or is gone ─▶ Report
//!  --with ─ Kraft ─────┘           └──────────── read again ◀──────────────────┘
//! ```

mod kraft;
mod pass;
mod target;
mod zookeeper;

pub(crate) use kraft::{Kraft, Source};
pub(crate) use pass::Verification;
pub(crate) use target::{Target, TargetError};
pub(crate) use zookeeper::Zookeeper;
