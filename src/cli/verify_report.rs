//! `kraft-bridge verify-report`

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;
use kraft_bridge_migration::parity::Report;
use serde::Serialize;

use super::{Outcome, Output};
use crate::report::{PublicKey, Read, Summary, Visible, data_of_page, is_page, page, write_page};

/// Check that a report is what was signed, and say by whom: JSON of `verify --json --sign` or a page of `verify --html`.
#[derive(Debug, Args)]
pub(crate) struct VerifyReport {
    /// The report: JSON or page.
    file: PathBuf,
    /// Public key (PEM) of whoever must have signed it.
    #[arg(long, value_name = "PUBLIC.pem")]
    key: Option<PathBuf>,
    /// Also write the report as one HTML page, its signature included; never one whose signature does not hold.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
}

/// What the signature proves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "result")]
enum Proof {
    /// Sound, and by the key that was given.
    Trusted { fingerprint: String },
    /// Sound, and nobody said whose key it should be.
    UnknownKey { fingerprint: String },
    /// Sound, but by another key than the one that was given.
    OtherKey { fingerprint: String, expected: String },
    /// There is no signature.
    NotSigned,
    /// The signature does not hold.
    Broken { problem: String },
}

/// Whether what a page shows is what its data says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Page {
    /// The data makes this very page.
    Matches,
    /// The data makes another page.
    Differs,
    /// Another version made it, whose pages look otherwise.
    OfAnotherVersion,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer<'a> {
    file: &'a Path,
    signature: Proof,
    #[serde(skip_serializing_if = "Option::is_none")]
    page: Option<Page>,
    report: &'a Report,
}

impl VerifyReport {
    pub(crate) fn run(self, out: &mut Output) -> anyhow::Result<Outcome> {
        let expected = self.key.as_deref().map(PublicKey::read).transpose()?;
        let file = self.file.display().to_string();
        let text = fs::read_to_string(&self.file).with_context(|| file.clone())?;
        let read = read(&text).with_context(|| file.clone())?;
        let signature = Proof::of(&read, expected);
        let page = is_page(&text).then(|| Page::of(&text, &read)).transpose()?;
        let holds = !matches!(signature, Proof::Broken { .. } | Proof::OtherKey { .. })
            && page != Some(Page::Differs);
        if let Some(path) = self.html.as_deref().filter(|_| holds) {
            write_page(path, &read.document())?;
        }
        let answer = Answer {
            file: &self.file,
            signature,
            page,
            report: &read.report,
        };
        out.answer(&answer)?;
        Ok(if holds && answer.signature != Proof::NotSigned {
            Outcome::Done
        } else {
            Outcome::Found
        })
    }
}

fn read(text: &str) -> anyhow::Result<Read> {
    if is_page(text) {
        let data = data_of_page(text).context("is a page, but holds no parity report")?;
        return Ok(Read::from_json(data)?);
    }
    Ok(Read::from_json(text)?)
}

impl Proof {
    fn of(read: &Read, expected: Option<PublicKey>) -> Proof {
        match (read.signer(), expected) {
            (Err(broken), _) => Proof::Broken {
                problem: broken.to_string(),
            },
            (Ok(None), _) => Proof::NotSigned,
            (Ok(Some(signer)), None) => Proof::UnknownKey {
                fingerprint: signer.fingerprint(),
            },
            (Ok(Some(signer)), Some(expected)) if signer == expected => Proof::Trusted {
                fingerprint: signer.fingerprint(),
            },
            (Ok(Some(signer)), Some(expected)) => Proof::OtherKey {
                fingerprint: signer.fingerprint(),
                expected: expected.fingerprint(),
            },
        }
    }
}

impl Page {
    fn of(text: &str, read: &Read) -> anyhow::Result<Page> {
        if read.report.tool_version != env!("CARGO_PKG_VERSION") {
            return Ok(Page::OfAnotherVersion);
        }
        Ok(if page(&read.document())? == text {
            Page::Matches
        } else {
            Page::Differs
        })
    }
}

impl fmt::Display for Answer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}: {}", self.file.display(), self.signature)?;
        match self.page {
            None => {}
            Some(Page::Matches) => writeln!(f, "page: shows what its data says")?,
            Some(Page::Differs) => writeln!(f, "page: NOT what its data makes: what it shows was changed")?,
            Some(Page::OfAnotherVersion) => writeln!(
                f,
                "page: made by kraft-bridge {}; its data was checked, what it shows was not",
                Visible(&self.report.tool_version)
            )?,
        }
        write!(f, "{}", Summary(self.report))
    }
}

impl fmt::Display for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Proof::Trusted { fingerprint } => write!(f, "valid, signed by the key given\nkey: {fingerprint}"),
            Proof::UnknownKey { fingerprint } => write!(
                f,
                "the signature is sound, but nothing says whose key it is: give --key, or compare the fingerprint\n\
                 key: {fingerprint}"
            ),
            Proof::OtherKey {
                fingerprint,
                expected,
            } => write!(
                f,
                "NOT VALID: signed by another key than the one given\nkey: {fingerprint}\ngiven: {expected}"
            ),
            Proof::NotSigned => write!(
                f,
                "not signed: nothing proves that the report is what was written"
            ),
            Proof::Broken { problem } => write!(f, "NOT VALID: {problem}"),
        }
    }
}
