//! `kraft-bridge random-uuid`

use std::fmt;

use anyhow::Context;
use clap::Args;
use kraft_bridge_protocol::Uuid;
use serde::Serialize;

use super::{Outcome, Output};

/// Print a new random uuid, as `format --cluster-id` takes it.
#[derive(Debug, Args)]
pub(crate) struct RandomUuid {}

#[derive(Serialize)]
struct Answer {
    uuid: Uuid,
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.uuid)
    }
}

impl RandomUuid {
    pub(crate) fn run(self, out: &mut Output) -> anyhow::Result<Outcome> {
        out.answer(&Answer { uuid: random_uuid()? })?;
        Ok(Outcome::Done)
    }
}

/// A new random uuid, as Kafka makes them.
///
/// # Errors
///
/// When the system gives no random bytes.
pub(crate) fn random_uuid() -> anyhow::Result<Uuid> {
    loop {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes).context("the system gives no random bytes")?;
        // A leading dash would look like an option to Kafka's tools.
        if let Some(uuid) = Uuid::version_4(bytes).without_leading_dash() {
            return Ok(uuid);
        }
    }
}
