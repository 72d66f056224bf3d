//! A capture file: a line per znode, and the summary at its end.

use std::fmt;
use std::path::Path;

use kraft_bridge_migration::capture::{Capture, CaptureFile, SinkError, Summary, ZnodeSink};
use kraft_bridge_migration::znode::Znode;
use serde::Serialize;

use super::Lines;
use super::payload::{Payload, ZnodeLine};
use crate::cli::capture::SummaryText;
use crate::cli::source::passphrase;

pub(super) fn dump(path: &Path, passphrase_file: Option<&Path>, lines: &mut Lines) -> anyhow::Result<()> {
    let passphrase = passphrase_file.map(passphrase).transpose()?;
    let mut capture = CaptureFile::open(path, passphrase.as_deref())?;
    let summary = capture.read(&mut Printer(lines))?;
    lines.line(&SummaryLine {
        lacks_secrets: capture.lacks_secrets(),
        summary,
    })?;
    Ok(())
}

struct Printer<'a>(&'a mut Lines);

impl Printer<'_> {
    fn line(&mut self, line: &(impl Serialize + fmt::Display)) -> Result<(), SinkError> {
        self.0.line(line).map_err(|error| SinkError(Box::new(error)))
    }
}

impl ZnodeSink for Printer<'_> {
    fn znode(&mut self, znode: &Znode<'_>) -> Result<(), SinkError> {
        self.line(&ZnodeLine {
            position: None,
            path: znode.path,
            payload: Payload::new(znode.path, znode.data),
            stat: znode.stat,
        })
    }

    fn gone(&mut self, path: &str) -> Result<(), SinkError> {
        self.line(&Change::Gone { path })
    }

    fn unreadable(&mut self, path: &str, reason: &str) -> Result<(), SinkError> {
        self.line(&Change::Unreadable { path, reason })
    }
}

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "camelCase")]
enum Change<'a> {
    Gone { path: &'a str },
    Unreadable { path: &'a str, reason: &'a str },
}

impl fmt::Display for Change<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Change::Gone { path } => write!(f, "{path} gone, with all below it"),
            Change::Unreadable { path, reason } => write!(f, "{path} unreadable: {reason}"),
        }
    }
}

#[derive(Serialize)]
#[serde(tag = "kind", rename = "summary", rename_all = "camelCase")]
struct SummaryLine {
    lacks_secrets: bool,
    #[serde(flatten)]
    summary: Summary,
}

impl fmt::Display for SummaryLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        SummaryText(&self.summary).fmt(f)?;
        if self.lacks_secrets {
            f.write_str("; secrets were left out")?;
        }
        Ok(())
    }
}
