//! Znodes read and changed by hand, behind Kafka's back.

use anyhow::ensure;

use crate::tools::{Call, Tool, Tools, WITNESS};

/// The znodes below a connect string.
#[derive(Clone, Debug)]
pub struct Znodes {
    connect: String,
}

impl Znodes {
    /// The znodes of a server, below a chroot if the connect string names one.
    pub fn of(connect: impl Into<String>) -> Znodes {
        Znodes {
            connect: connect.into(),
        }
    }

    /// What a znode holds, as text; empty if it holds nothing.
    ///
    /// # Errors
    ///
    /// When it is not there.
    pub fn get(&self, path: &str) -> anyhow::Result<String> {
        Ok(self.run(&["get", path])?.trim_end_matches('\n').to_owned())
    }

    /// The names of its children, sorted.
    ///
    /// # Errors
    ///
    /// When it is not there.
    pub fn children(&self, path: &str) -> anyhow::Result<Vec<String>> {
        let printed = self.run(&["children", path])?;
        let names = printed.lines().filter(|name| !name.is_empty());
        Ok(names.map(str::to_owned).collect())
    }

    /// Topic, partition, leader, leader epoch and ISR of each partition, one a line, separated by tabs.
    ///
    /// # Errors
    ///
    /// When a state is missing or malformed.
    pub fn states(&self) -> anyhow::Result<String> {
        self.run(&["states"])
    }

    /// Creates a persistent znode that anybody may change, and its parents.
    ///
    /// # Errors
    ///
    /// When it is there already.
    pub fn create(&self, path: &str, text: &str) -> anyhow::Result<()> {
        self.run(&["create", path, text]).map(drop)
    }

    /// Writes over what a znode holds, whatever its version.
    ///
    /// # Errors
    ///
    /// When it is not there.
    pub fn set(&self, path: &str, text: &str) -> anyhow::Result<()> {
        self.run(&["set", path, text]).map(drop)
    }

    /// Replaces a piece of a znode's text, which must occur in it.
    ///
    /// # Errors
    ///
    /// When the znode is not there or lacks the piece: then the caller knows another layout than this cluster has.
    pub fn replace(&self, path: &str, from: &str, to: &str) -> anyhow::Result<()> {
        let text = self.get(path)?;
        ensure!(text.contains(from), "{path} holds no {from:?}: {text}");
        self.set(path, &text.replace(from, to))
    }

    /// Takes a znode away with all that is below it.
    ///
    /// # Errors
    ///
    /// When ZooKeeper refuses.
    pub fn delete(&self, path: &str) -> anyhow::Result<()> {
        self.run(&["delete", path]).map(drop)
    }

    fn run(&self, words: &[&str]) -> anyhow::Result<String> {
        let call = Call::new(Tool::Znodes, &self.connect);
        let call = words.iter().fold(call, |call, word| call.and(*word));
        Ok(Tools::of(WITNESS)?.run(&[call])?.concat())
    }
}
