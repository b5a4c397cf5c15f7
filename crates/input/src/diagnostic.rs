//! What a parser could not read.

use ringwall_model::Span;

/// A part of a text that could not be read, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Where reading failed.
    pub span: Span,
    /// One sentence without a dot at its end that says what is wrong and, if known, what to do.
    pub message: String,
}

impl Diagnostic {
    /// A diagnostic for a range of bytes.
    pub fn new(span: Span, message: impl Into<String>) -> Self {
        Self {
            span,
            message: message.into(),
        }
    }
}
