//! The log's behaviour. `contract.rs`, `following.rs` and `keeping.rs` hold for the real directory and the
//! one in memory alike.

mod contract;
mod crash;
mod damage;
mod durable_end;
mod following;
mod history;
mod keeping;
mod support;
