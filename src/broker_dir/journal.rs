//! The journal: what a log directory held before `--apply` changed it, in one file beside what was changed.
//!
//! `.kraft-bridge-undo` is JSON. For each file that is touched it says what is done to it, with the whole content
//! before and after where it is written (`meta.properties` and `partition.metadata` are a few lines each). It is
//! written before the first step. A second `--apply` adds to it and never forgets what was there at first.

use std::collections::BTreeMap;
use std::path::{Component, Path};

use serde::{Deserialize, Serialize};

use super::step::{Change, Step};

/// The journal's name in a log directory.
pub(crate) const FILE_NAME: &str = ".kraft-bridge-undo";
/// How the files that were set aside begin.
pub(crate) const ASIDE_PREFIX: &str = ".kraft-bridge-aside.";
const VERSION: u32 = 1;

/// What was done in one log directory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Journal {
    version: u32,
    /// Whether a KRaft broker has run on what was prepared, so that there is no way back.
    pub(crate) ran_in_kraft_mode: bool,
    /// By path inside the log directory.
    pub(crate) changes: BTreeMap<String, Change>,
}

/// Why a text is no journal.
#[derive(Debug, thiserror::Error)]
pub(crate) enum JournalError {
    /// Not the JSON that we write.
    #[error("not a journal of this tool: {0}")]
    Syntax(#[from] serde_json::Error),
    /// Another version wrote it.
    #[error("journal version {0} is not known: use the kraft-bridge that made it")]
    Version(u32),
    /// It names a file outside its log directory, or content that can't be decoded.
    #[error("the entry {0:?} is damaged")]
    Entry(String),
}

impl Default for Journal {
    fn default() -> Journal {
        Journal {
            version: VERSION,
            ran_in_kraft_mode: false,
            changes: BTreeMap::new(),
        }
    }
}

impl Journal {
    /// Reads a journal; every path in it lies inside the log directory then.
    ///
    /// # Errors
    ///
    /// [`JournalError`].
    pub(crate) fn decode(content: &[u8]) -> Result<Journal, JournalError> {
        let journal: Journal = serde_json::from_slice(content)?;
        if journal.version != VERSION {
            return Err(JournalError::Version(journal.version));
        }
        match journal
            .changes
            .iter()
            .find(|(file, change)| !is_sound(file, change))
        {
            Some((file, _)) => Err(JournalError::Entry(file.clone())),
            None => Ok(journal),
        }
    }

    /// The file's content.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut text = serde_json::to_vec_pretty(self).expect("strings and maps with string keys");
        text.push(b'\n');
        text
    }

    /// Notes steps that are about to be made. What a file was before the first of them stays.
    pub(crate) fn note(&mut self, steps: &[Step]) {
        for step in steps {
            let noted = self
                .changes
                .entry(step.file.clone())
                .or_insert_with(|| step.change.clone());
            if let (Change::Write { after: noted, .. }, Change::Write { after, .. }) = (noted, &step.change) {
                *noted = after.clone();
            }
        }
    }
}

/// A name for a file that is set aside, which none of the `taken` has.
pub(crate) fn name_aside(file: &str, taken: impl Fn(&str) -> bool) -> String {
    let name = format!("{ASIDE_PREFIX}{}", file.replace('/', "."));
    if !taken(&name) {
        return name;
    }
    (2..)
        .map(|attempt: u32| format!("{name}.{attempt}"))
        .find(|name| !taken(name))
        .expect("a directory has finitely many names")
}

fn is_sound(file: &str, change: &Change) -> bool {
    is_inside(file)
        && match change {
            Change::Write { before, after } => {
                after.bytes().is_some() && before.as_ref().is_none_or(|before| before.bytes().is_some())
            }
            Change::SetAside { to } => is_inside(to),
            Change::RemoveDirectory => true,
        }
}

fn is_inside(file: &str) -> bool {
    !file.is_empty()
        && Path::new(file)
            .components()
            .all(|component| matches!(component, Component::Normal(_)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_was_there_at_first_is_never_forgotten() {
        let mut journal = Journal::default();
        journal.note(&[Step::write("meta.properties", Some(b"first"), "second")]);
        journal.note(&[Step::write("meta.properties", Some(b"second"), "third")]);

        assert_eq!(
            journal.changes["meta.properties"],
            Step::write("meta.properties", Some(b"first"), "third").change
        );
    }

    #[test]
    fn a_journal_is_read_back() {
        let mut journal = Journal::default();
        journal.note(&[
            Step::write("orders-0/partition.metadata", None, "version: 0"),
            Step::write("meta.properties", Some(b"\xff"), "version=1"),
            Step {
                file: "bootstrap.checkpoint".to_owned(),
                change: Change::SetAside {
                    to: name_aside("bootstrap.checkpoint", |_| false),
                },
            },
        ]);

        assert_eq!(Journal::decode(&journal.encode()).unwrap(), journal);
    }

    #[test]
    fn a_journal_that_points_out_of_its_directory_is_refused() {
        for file in ["../other/meta.properties", "/etc/passwd", ""] {
            let mut journal = Journal::default();
            journal.note(&[Step::write(file, None, "x")]);
            assert!(matches!(
                Journal::decode(&journal.encode()),
                Err(JournalError::Entry(_))
            ));
        }
    }

    #[test]
    fn a_name_that_is_taken_is_not_used_again() {
        let taken = [".kraft-bridge-aside.a.b", ".kraft-bridge-aside.a.b.2"];
        assert_eq!(
            name_aside("a/b", |name| taken.contains(&name)),
            ".kraft-bridge-aside.a.b.3"
        );
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_journal_or_an_error(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _read = Journal::decode(&bytes);
        }
    }
}
