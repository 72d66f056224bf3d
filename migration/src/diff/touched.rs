//! Keeps the legacy model up to date, and notes what has to be looked at again.

use std::collections::BTreeSet;

use super::Scope;
use crate::capture::{SinkError, ZnodeSink};
use crate::legacy::Decoder;
use crate::znode::Znode;

/// Decodes what has changed, and notes what was touched.
#[derive(Debug)]
pub struct Touched<'a> {
    decoder: &'a mut Decoder,
    scopes: &'a mut BTreeSet<Scope>,
}

impl<'a> Touched<'a> {
    /// A sink that passes all on to `decoder`, and adds to `scopes`.
    pub fn new(decoder: &'a mut Decoder, scopes: &'a mut BTreeSet<Scope>) -> Touched<'a> {
        Touched { decoder, scopes }
    }
}

impl ZnodeSink for Touched<'_> {
    fn znode(&mut self, znode: &Znode<'_>) -> Result<(), SinkError> {
        Scope::add_path(znode.path, self.scopes);
        self.decoder.znode(znode)
    }

    fn gone(&mut self, path: &str) -> Result<(), SinkError> {
        Scope::add_path(path, self.scopes);
        self.decoder.gone(path)
    }

    fn unreadable(&mut self, path: &str, reason: &str) -> Result<(), SinkError> {
        Scope::add_path(path, self.scopes);
        self.decoder.unreadable(path, reason)
    }
}
