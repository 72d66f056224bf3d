//! The report as a file: JSON, alone or in an envelope with its signature, or inside the page that shows it.
//!
//! ```text
//! verify --json                 {"schemaVersion": 1, …}
//! verify --json --sign KEY      {"report": {"schemaVersion": 1, …}, "signature": {…}}
//! verify --html PAGE            either of them, as the element that `html::DATA_BEGIN` opens
//! ```
//!
//! `docs/parity-report.md` describes it for its readers, `docs/parity-report.schema.json` for their programs.

use std::fmt;

use kraft_bridge_migration::parity::{Report, SCHEMA_VERSION};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::canonical::canonical;
use super::signature::{Broken, PrivateKey, PublicKey, Signature};
use super::text::ReportText;

/// A report on its way out, as JSON or as text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub(crate) enum Document<'a> {
    /// The report alone.
    Plain(&'a Report),
    /// The report with the signature of whoever made it.
    Signed {
        report: &'a Report,
        signature: Signature,
    },
}

impl<'a> Document<'a> {
    /// Signs the report, if there is a key to sign with.
    ///
    /// # Errors
    ///
    /// When it has no form as JSON.
    pub(super) fn new(
        report: &'a Report,
        key: Option<&PrivateKey>,
    ) -> Result<Document<'a>, serde_json::Error> {
        Ok(match key {
            None => Document::Plain(report),
            Some(key) => Document::Signed {
                report,
                signature: key.sign(&canonical(&serde_json::to_string(report)?)?),
            },
        })
    }

    /// Its report.
    pub(super) fn report(&self) -> &'a Report {
        match self {
            Document::Plain(report) | Document::Signed { report, .. } => report,
        }
    }

    /// Its signature.
    pub(super) fn signature(&self) -> Option<&Signature> {
        match self {
            Document::Plain(_) => None,
            Document::Signed { signature, .. } => Some(signature),
        }
    }
}

impl fmt::Display for Document<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        ReportText(self.report()).fmt(f)
    }
}

/// Why a text is no report.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReadError {
    /// It is no JSON, or not that of a report.
    #[error("is no parity report: {0}")]
    Json(#[from] serde_json::Error),
    /// It follows another schema.
    #[error(
        "follows version {version} of the schema, and this kraft-bridge reads version {SCHEMA_VERSION}: take \
         kraft-bridge {tool_version}, which wrote it"
    )]
    Schema { version: u64, tool_version: String },
}

/// A report that was read.
#[derive(Debug)]
pub(crate) struct Read {
    /// What it says.
    pub(crate) report: Report,
    /// The signature beside it.
    pub(crate) signature: Option<Signature>,
    canonical: String,
}

/// What tells an envelope from a bare report.
#[derive(Deserialize)]
struct Outline<'a> {
    #[serde(borrow)]
    report: Option<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Envelope<'a> {
    #[serde(borrow)]
    report: &'a RawValue,
    signature: Signature,
}

/// What every version of the schema has.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Version {
    schema_version: u64,
    #[serde(default)]
    tool_version: String,
}

impl Read {
    /// Reads the JSON of a report, alone or in an envelope.
    ///
    /// # Errors
    ///
    /// [`ReadError`].
    pub(crate) fn from_json(json: &str) -> Result<Read, ReadError> {
        let outline: Outline<'_> = serde_json::from_str(json)?;
        let (report, signature) = if outline.report.is_some() {
            let envelope: Envelope<'_> = serde_json::from_str(json)?;
            (envelope.report.get(), Some(envelope.signature))
        } else {
            (json, None)
        };
        let version: Version = serde_json::from_str(report)?;
        if version.schema_version != u64::from(SCHEMA_VERSION) {
            return Err(ReadError::Schema {
                version: version.schema_version,
                tool_version: version.tool_version,
            });
        }
        Ok(Read {
            report: serde_json::from_str(report)?,
            signature,
            canonical: canonical(report)?,
        })
    }

    /// Checks the signature, if there is one, and returns who signed.
    ///
    /// # Errors
    ///
    /// [`Broken`] if it does not hold.
    pub(crate) fn signer(&self) -> Result<Option<PublicKey>, Broken> {
        let checked = self.signature.as_ref().map(|it| it.check(&self.canonical));
        checked.transpose()
    }

    /// The report on its way out again.
    pub(crate) fn document(&self) -> Document<'_> {
        match &self.signature {
            None => Document::Plain(&self.report),
            Some(signature) => Document::Signed {
                report: &self.report,
                signature: signature.clone(),
            },
        }
    }
}

#[cfg(test)]
#[path = "document_tests.rs"]
mod tests;
