//! Where things stand in a module, and what is wrong there.

use std::{fmt, sync::Arc};

/// A range of bytes in the text of a [`Source`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// From the start of `self` to the end of `other`.
    #[must_use]
    pub const fn to(self, other: Self) -> Self {
        Self {
            start: self.start,
            end: other.end,
        }
    }
}

/// Line and column, both from 1; columns count characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
}

/// The text of one module and its name.
#[derive(Debug)]
pub struct Source {
    /// Name of the file, or what stands in its place.
    pub name: Arc<str>,
    /// The text.
    pub text: Box<str>,
}

impl Source {
    /// The line and column of a byte.
    pub fn position(&self, byte: u32) -> Position {
        let before = self.text.get(..byte as usize).unwrap_or(&self.text);
        let line = before.bytes().filter(|byte| *byte == b'\n').count();
        let column = before.rsplit('\n').next().unwrap_or("").chars().count();
        let from_one = |count: usize| u32::try_from(count).unwrap_or(u32::MAX).saturating_add(1);
        Position {
            line: from_one(line),
            column: from_one(column),
        }
    }

    /// The text of a span; empty if it lies outside.
    pub fn slice(&self, span: Span) -> &str {
        self.text
            .get(span.start as usize..span.end as usize)
            .unwrap_or("")
    }
}

/// The kind of an error, by the names that OPA gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ErrorCode {
    /// The text is no Rego.
    Parse,
    /// The module is Rego, but means nothing.
    Compile,
    /// A type does not fit.
    Type,
    /// A variable has no value.
    UnsafeVar,
    /// A rule refers to itself.
    Recursion,
    /// It is Rego, but ringwall does not support it.
    Unsupported,
    /// Two values for one thing while evaluating.
    Conflict,
    /// An operand of a builtin has the wrong type while evaluating, in strict mode.
    Operand,
    /// A builtin failed while evaluating, in strict mode.
    Builtin,
    /// A limit of steps, memory or time ended the evaluation.
    Limit,
    /// Anything else that went wrong while evaluating.
    Internal,
}

impl ErrorCode {
    /// The code as OPA writes it; `rego_unsupported_error` and `eval_limit_error` are ours.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Parse => "rego_parse_error",
            Self::Compile => "rego_compile_error",
            Self::Type => "rego_type_error",
            Self::UnsafeVar => "rego_unsafe_var_error",
            Self::Recursion => "rego_recursion_error",
            Self::Unsupported => "rego_unsupported_error",
            Self::Conflict => "eval_conflict_error",
            Self::Operand => "eval_type_error",
            Self::Builtin => "eval_builtin_error",
            Self::Limit => "eval_limit_error",
            Self::Internal => "eval_internal_error",
        }
    }
}

/// Something wrong in a module, or in its evaluation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// The kind.
    pub code: ErrorCode,
    /// What is wrong, in one sentence without a dot at its end.
    pub message: String,
    /// Name of the module.
    pub file: Arc<str>,
    /// Where it is.
    pub position: Position,
    /// The same place in bytes.
    pub span: Span,
}

impl Error {
    /// An error at a place of a module.
    pub fn new(code: ErrorCode, source: &Source, span: Span, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            file: Arc::clone(&source.name),
            position: source.position(span.start),
            span,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}:{}:{}: {}: {}",
            self.file,
            self.position.line,
            self.position.column,
            self.code.as_str(),
            self.message
        )
    }
}

impl std::error::Error for Error {}
