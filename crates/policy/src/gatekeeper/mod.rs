//! Gatekeeper.

mod apply_to;
pub mod external_data;
pub mod matching;
pub mod mutation;
mod read;
mod schema;
