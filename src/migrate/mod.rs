//! The one-shot migration: a captured cluster becomes the directories of its controllers.
//!
//! ```text
//! configuration files ─nodes─▶ NodeFormat ─┐
//! Captured ─translate─▶ records ─tally─────┴─▶ format ─▶ directories ─read_back─▶ the same records, or a failure
//!     └──────────────────── verified: the same cluster, or a failure ◀────────────────────┘
//! ```

mod generated;
mod nodes;
mod read_back;
mod tally;
mod verified;

pub(crate) use generated::Generated;
pub(crate) use nodes::{bootstrap_records, check_dynamic_voters, controllers, log_dir_paths};
pub(crate) use read_back::read_back;
pub(crate) use tally::Tally;
pub(crate) use verified::verified;
