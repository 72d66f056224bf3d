//! `--ignore FILE`: differences that the operator knows and does not want to be told of again.
//!
//! ```text
//! # why these are left alone
//! topics test-*
//! partitions orders-3, isr
//! ```
//!
//! A line is a kind and a pattern of the entity, or of entity and field as reports print them; `*` stands for
//! anything. What is ignored is still counted and listed, apart.

use std::path::{Path, PathBuf};

use wildmatch::WildMatch;

use super::{Kind, ParseKindError};
use crate::diff::Item;

/// The lines of such a file.
#[derive(Clone, Debug, Default)]
pub struct Ignore {
    lines: Vec<Line>,
}

#[derive(Clone, Debug)]
struct Line {
    kind: Kind,
    pattern: WildMatch,
    text: String,
}

/// Why a file of differences to ignore can't be used.
#[derive(Debug, thiserror::Error)]
pub enum IgnoreError {
    /// It can't be read.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A line begins with no kind.
    #[error("{}, line {line}: {error}", path.display())]
    Kind {
        /// The file.
        path: PathBuf,
        /// Line number, from 1.
        line: usize,
        /// What is wrong.
        error: ParseKindError,
    },
    /// A line has no pattern.
    #[error("{}, line {line}: a pattern must follow the kind; * stands for every entity", path.display())]
    Pattern {
        /// The file.
        path: PathBuf,
        /// Line number, from 1.
        line: usize,
    },
}

impl Ignore {
    /// Reads the lines of a file's text; `path` is for errors.
    ///
    /// # Errors
    ///
    /// [`IgnoreError`] naming the line.
    pub fn decode(path: &Path, text: &str) -> Result<Ignore, IgnoreError> {
        let mut lines = Vec::new();
        for (number, text) in (1..).zip(text.lines()) {
            let text = text.trim();
            if text.is_empty() || text.starts_with('#') {
                continue;
            }
            let path = || path.to_owned();
            let (kind, pattern) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
            let kind = kind.parse().map_err(|error| IgnoreError::Kind {
                path: path(),
                line: number,
                error,
            })?;
            let pattern = pattern.trim();
            if pattern.is_empty() {
                return Err(IgnoreError::Pattern {
                    path: path(),
                    line: number,
                });
            }
            lines.push(Line {
                kind,
                pattern: WildMatch::new(pattern),
                text: text.to_owned(),
            });
        }
        Ok(Ignore { lines })
    }

    /// Whether nothing is to be ignored.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// The line by which the difference is to be ignored, if there is one.
    pub fn line(&self, item: &Item) -> Option<&str> {
        let kind = item.entity.kind();
        let mut of_kind = self.lines.iter().filter(|line| line.kind == kind).peekable();
        of_kind.peek()?;
        let entity = item.entity.to_string();
        let with_field = item.field.map(|field| format!("{entity}, {field}"));
        let matches = |line: &&Line| {
            line.pattern.matches(&entity)
                || with_field
                    .as_deref()
                    .is_some_and(|text| line.pattern.matches(text))
        };
        of_kind.find(matches).map(|line| line.text.as_str())
    }
}
