//! YAML and JSON as kubectl reads them: one arena of nodes with byte spans, no copy of scalars.
//!
//! [`parse`] splits a file into documents the way kubectl does, so that one broken document does not
//! hide the others, and reads each into a [`Document`]. A [`Node`] is a small handle into it.
//! Scalars are resolved as the YAML library of Kubernetes resolves them (YAML 1.1 booleans, octal
//! integers); aliases are followed, merge keys are merged, and a repeated key counts with its last
//! value, as it does for the API server.

mod build;
pub mod edit;
mod events;
mod json_stream;
mod keys;
mod node;
mod old_breaks;
mod plain;
mod pointer;
mod quoted_lines;
mod scalar;
mod split;
mod tree;
mod untouched;

use std::sync::Arc;

use ringwall_model::Source;

use crate::Diagnostic;

pub use node::{Entries, Items, Node};
pub use pointer::{Around, Pointers, pointer, push_key};
pub use scalar::Value;
pub(crate) use tree::fingerprint;
pub use tree::{Comment, Document};
pub use untouched::is_untouched;

/// Deepest nesting of a document; `kubectl` refuses more than this long before.
pub const MAX_DEPTH: usize = 256;

/// Nodes that a document may have after its aliases are expanded.
pub const MAX_EXPANDED_NODES: u64 = 4_000_000;

/// Reads every document of a source. A document that cannot be read is a diagnostic; the others stand.
pub fn parse(source: &Arc<Source>) -> (Vec<Document>, Vec<Diagnostic>) {
    parse_with(source, Reader::Fastest)
}

/// What reads a document. For tests, which hold both against each other; the result is the same.
#[doc(hidden)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reader {
    /// The reader of the plain style, and the one of all of YAML for what it gives up at.
    Fastest,
    /// The reader of all of YAML.
    Full,
}

/// [`parse`] with a choice of reader, for tests.
#[doc(hidden)]
pub fn parse_with(source: &Arc<Source>, reader: Reader) -> (Vec<Document>, Vec<Diagnostic>) {
    let mut documents = Vec::new();
    let mut diagnostics = Vec::new();
    let comments = build::wants_comments(&source.text);
    for chunk in split::chunks(&source.text) {
        let before = documents.len();
        if reader == Reader::Fastest
            && let Some(document) = plain::read(source, chunk.clone(), comments)
        {
            documents.push(document);
        } else if let Err(diagnostic) =
            events::read(source, chunk.clone(), comments, &mut documents)
        {
            diagnostics.push(diagnostic);
        }
        if let Some(document) = documents.get_mut(before) {
            for (span, reason) in split::refused(&source.text, chunk, keys::MAX_REFUSED) {
                document.refuse(span, reason);
            }
        }
    }
    (documents, diagnostics)
}

#[cfg(test)]
mod readers;
#[cfg(test)]
mod tests;
