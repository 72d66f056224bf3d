//! Where answers go: text for people or JSON for machines, on stdout; errors on stderr.

use std::fmt::Display;
use std::io::{self, BufWriter, StdoutLock, Write};

use serde::Serialize;

/// The answer's way to the user.
#[derive(Debug)]
pub(crate) struct Output {
    json: bool,
}

impl Output {
    /// An output that answers in JSON, or in text.
    pub(crate) fn new(json: bool) -> Output {
        Output { json }
    }

    /// Whether answers are JSON.
    pub(crate) fn is_json(&self) -> bool {
        self.json
    }

    /// Gives the answer in the form that was asked for.
    ///
    /// # Errors
    ///
    /// When stdout cannot be written.
    pub(crate) fn answer(&mut self, answer: &(impl Serialize + Display)) -> anyhow::Result<()> {
        let mut stdout = io::stdout().lock();
        if self.json {
            serde_json::to_writer_pretty(&mut stdout, answer)?;
            writeln!(stdout)?;
        } else {
            write!(stdout, "{answer}")?;
        }
        stdout.flush()?;
        Ok(())
    }

    /// Begins an answer of any length, that never lies in memory as a whole.
    pub(crate) fn lines(&mut self) -> Lines {
        Lines {
            json: self.json,
            stdout: BufWriter::new(io::stdout().lock()),
        }
    }

    /// Says why the command failed, with every cause.
    pub(crate) fn error(&mut self, error: &anyhow::Error) {
        // Nobody is left to tell when stderr itself is closed.
        drop(writeln!(io::stderr().lock(), "error: {error:#}"));
    }
}

/// An answer given line by line: text for people, or one JSON object each.
#[derive(Debug)]
pub(crate) struct Lines {
    json: bool,
    stdout: BufWriter<StdoutLock<'static>>,
}

impl Lines {
    /// Shows the lines given until now.
    ///
    /// # Errors
    ///
    /// When stdout cannot be written.
    pub(crate) fn flush(&mut self) -> io::Result<()> {
        self.stdout.flush()
    }

    /// Gives one line.
    ///
    /// # Errors
    ///
    /// When stdout cannot be written.
    pub(crate) fn line(&mut self, line: &(impl Serialize + Display)) -> io::Result<()> {
        if self.json {
            serde_json::to_writer(&mut self.stdout, line)?;
            writeln!(self.stdout)
        } else {
            writeln!(self.stdout, "{line}")
        }
    }

    /// Ends the answer.
    ///
    /// # Errors
    ///
    /// When stdout cannot be written.
    pub(crate) fn finish(mut self) -> io::Result<()> {
        self.stdout.flush()
    }
}
