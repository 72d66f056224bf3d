//! Verifying a migration: both sides are read, wherever they are, and compared.

mod target;

pub(crate) use target::Target;
