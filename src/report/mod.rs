//! stub
use crate::cli::Output;
use clap::Args;
use kraft_bridge_migration::parity::Report;
use std::path::PathBuf;
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct ReportArgs {
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
}
#[derive(Debug)]
pub(crate) struct Delivery {}
impl ReportArgs {
    pub(crate) fn prepare(self, _: &Output) -> anyhow::Result<Delivery> {
        Ok(Delivery {})
    }
}
#[derive(serde::Serialize)]
#[serde(transparent)]
struct Shown<'a>(&'a Report);
impl std::fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "{}", self.0.verdict)?;
        for difference in &self.0.differences {
            writeln!(f, "{difference}")?;
        }
        Ok(())
    }
}
impl Delivery {
    pub(crate) fn deliver(&self, report: &Report, out: &mut Output) -> anyhow::Result<()> {
        out.answer(&Shown(report))
    }
}
