//! `kraft-bridge capture`

use std::fmt;
use std::path::PathBuf;

use anyhow::Context;
use clap::Args;
use kraft_bridge_migration::capture::Summary;
use kraft_bridge_migration::capture::file::{CaptureFileWriter, Secrets};
use serde::Serialize;

use super::source::{SourceArgs, passphrase};
use super::{Outcome, Output};
use crate::progress::Progress;

/// Read a ZooKeeper-mode cluster into a file, from which every command works on any machine.
#[derive(Debug, Args)]
pub(crate) struct Capture {
    #[command(flatten)]
    source: SourceArgs,
    /// The file to make; must not exist.
    #[arg(long, value_name = "FILE")]
    output: PathBuf,
    /// Leave out SCRAM credentials and passwords: the file shows everything else, and can't be migrated.
    #[arg(long, conflicts_with = "seal_with")]
    without_secrets: bool,
    /// Encrypt the file with the passphrase in the first line of this file.
    #[arg(long, value_name = "FILE")]
    seal_with: Option<PathBuf>,
}

#[derive(Serialize)]
struct Answer {
    file: PathBuf,
    bytes: u64,
    secrets: &'static str,
    #[serde(flatten)]
    summary: Summary,
}

impl Capture {
    pub(crate) fn run(self, out: &mut Output) -> anyhow::Result<Outcome> {
        let seal_with = self.seal_with.as_deref().map(passphrase).transpose()?;
        let (secrets, described) = match &seal_with {
            Some(passphrase) => {
                let mut salt = [0; 16];
                getrandom::fill(&mut salt).context("the system gives no random bytes")?;
                (Secrets::Sealed { passphrase, salt }, "sealed")
            }
            None if self.without_secrets => (Secrets::LeftOut, "left out"),
            None => (Secrets::Included, "included"),
        };
        let mut capture = self.source.open()?;
        let mut writer = CaptureFileWriter::create(&self.output, secrets)?;
        let summary = Progress::reading(&mut writer).follow(capture.as_mut())?;
        writer.finish(&summary)?;
        let bytes = std::fs::metadata(&self.output)
            .with_context(|| self.output.display().to_string())?
            .len();
        out.answer(&Answer {
            file: self.output,
            bytes,
            secrets: described,
            summary,
        })?;
        Ok(Outcome::Done)
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Answer {
            file,
            bytes,
            secrets,
            summary,
        } = self;
        writeln!(f, "{}", SummaryText(summary))?;
        writeln!(
            f,
            "written to {} ({bytes} bytes, secrets {secrets})",
            file.display()
        )
    }
}

/// A capture's summary in a sentence or two.
pub(crate) struct SummaryText<'a>(pub(crate) &'a Summary);

impl fmt::Display for SummaryText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Summary {
            source,
            chroot,
            first_zxid,
            last_zxid,
            consistent_cut,
            znodes,
            reread,
            data_bytes,
        } = self.0;
        write!(
            f,
            "read {znodes} znodes ({data_bytes} bytes) below {chroot} of {source}: "
        )?;
        if *consistent_cut {
            write!(f, "one consistent state, as of zxid {last_zxid}")?;
        } else {
            write!(
                f,
                "NOT one consistent state: something wrote between zxid {first_zxid} and {last_zxid}"
            )?;
        }
        if *reread > 0 {
            write!(f, "; {reread} znodes changed underneath and were read again")?;
        }
        Ok(())
    }
}
