//! Text to documents with spans: YAML and JSON as kubectl reads them, Dockerfiles.
//!
//! Parsing never fails as a whole: every parser gives what it could read and [`Diagnostic`]s for the rest.
#![warn(clippy::disallowed_methods)]

mod diagnostic;
pub mod dockerfile;
pub mod image_reference;
pub mod kubernetes;
pub mod quantity;
pub mod schema;
pub mod yaml;

pub use diagnostic::Diagnostic;
