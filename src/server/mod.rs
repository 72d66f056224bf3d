//! The listener of a controller: everything between a socket and whoever answers requests.
//!
//! ```text
//!  socket ─▶ places ─▶ [TLS] ─▶ frames ─▶ [login] ─▶ authorization ─▶ Handler ─▶ answer
//!            how many             bounded    SASL        ACLs           its future is dropped when the caller hangs up
//! ```
//!
//! One task per connection, and one request at a time in it: the next is read when the answer to the last is written.
//! Memory grows with the bytes that a caller sends, never with those that it announces. What is wrong with a connection
//! ends that connection and is told in one line of the log.
//!
//! Source: KIP-43, KIP-152 (SASL), KIP-511 (ApiVersions); the protocol guide.

mod authorization;
mod budget;
mod caller;
mod complaints;
mod connection;
mod error;
mod failure;
mod frames;
mod handler;
mod listen;
mod login;
mod places;
mod scram;
mod subject;
#[cfg(test)]
mod tests;
mod tls;
mod versions;

pub(crate) use authorization::refuse;
pub(crate) use caller::Caller;
#[cfg(test)]
pub(crate) use caller::Rights;
pub(crate) use error::ServerError;
pub(crate) use failure::with_error;
pub(crate) use handler::{Features, Handler, LoginToken};
pub(crate) use listen::Server;
