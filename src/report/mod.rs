//! What becomes of a parity report once it is made: text, JSON, a page, and a signature that proves it later.
//!
//! ```text
//! Report ─▶ Document ─┬─▶ text      on a terminal
//!   ▲          ▲      ├─▶ JSON      for machines
//!   │      PrivateKey └─▶ html      one page, with the JSON inside
//!   └── Read ◀── signature checked ◀── JSON, or a page
//! ```

mod canonical;
mod document;
mod html;
mod next;
#[cfg(test)]
mod sample;
mod signature;
mod text;
mod visible;

use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;
use kraft_bridge_migration::parity::Report;
use kraft_bridge_raft::durable;

use crate::cli::Output;

pub(crate) use document::{Document, Read};
pub(crate) use html::{data_of_page, is_page, page};
pub(crate) use signature::{PrivateKey, PublicKey};
pub(crate) use text::Summary;
pub(crate) use visible::Visible;

/// What else a report becomes than the answer on stdout.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct ReportArgs {
    /// Also write the report as one HTML page, which loads nothing from anywhere.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Sign the report, in JSON and in the page, with this Ed25519 private key (PKCS#8 PEM).
    #[arg(long, value_name = "KEY")]
    sign: Option<PathBuf>,
}

/// Where a report goes, once it is made.
#[derive(Debug)]
pub(crate) struct Delivery {
    html: Option<PathBuf>,
    key: Option<PrivateKey>,
}

impl ReportArgs {
    /// Reads the key, so that a comparison of an hour does not end at a wrong one.
    ///
    /// # Errors
    ///
    /// When the key is of no use, or there is nothing that could carry a signature.
    pub(crate) fn prepare(self, out: &Output) -> anyhow::Result<Delivery> {
        if self.sign.is_some() && self.html.is_none() && !out.is_json() {
            anyhow::bail!("--sign needs something that carries the signature: add --json or --html FILE");
        }
        let key = self.sign.as_deref().map(PrivateKey::read).transpose()?;
        Ok(Delivery { html: self.html, key })
    }
}

impl Delivery {
    /// Signs the report, writes its page and gives it as the answer. May be called again, for the next report.
    ///
    /// # Errors
    ///
    /// When the page or stdout cannot be written. A page that was there stays whole then.
    pub(crate) fn deliver(&self, report: &Report, out: &mut Output) -> anyhow::Result<()> {
        let document = Document::new(report, self.key.as_ref())?;
        if let Some(path) = &self.html {
            write_page(path, &document)?;
        }
        out.answer(&document)
    }
}

/// Writes the page of a report: it is whole, or what it was before.
///
/// # Errors
///
/// When the file cannot be written.
pub(crate) fn write_page(path: &Path, document: &Document<'_>) -> anyhow::Result<()> {
    let page = page(document)?;
    durable::replace(path, page.as_bytes()).context("the page of the report")
}
