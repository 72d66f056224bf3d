//! What a comparison reports, and what it does not.

mod catalogue;
mod equal_pairs;
mod mutations;
mod reports;
mod rules;
