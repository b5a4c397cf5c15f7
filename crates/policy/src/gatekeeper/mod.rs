//! Gatekeeper.

pub mod matching;
mod schema;
