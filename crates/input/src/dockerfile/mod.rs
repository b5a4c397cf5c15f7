//! Dockerfiles.

use crate::Diagnostic;

/// A Dockerfile.
#[derive(Debug, Default)]
pub struct Dockerfile {}

/// Reads a Dockerfile.
pub fn parse(_text: &str) -> (Dockerfile, Vec<Diagnostic>) {
    (Dockerfile {}, Vec::new())
}
