//! The commands, as a user types them.

mod crash;
mod format;
mod migrate;
mod support;
