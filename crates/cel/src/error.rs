//! What can be wrong with an expression, and what can go wrong when it is evaluated.

use std::{
    fmt,
    ops::{Deref, DerefMut},
};

/// A piece of the expression's text, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    /// The first byte.
    pub start: u32,
    /// The byte after the last.
    pub end: u32,
}

impl Span {
    pub(crate) fn new(start: usize, end: usize) -> Self {
        Self {
            start: u32::try_from(start).unwrap_or(u32::MAX),
            end: u32::try_from(end).unwrap_or(u32::MAX),
        }
    }

    pub(crate) fn to(self, other: Self) -> Self {
        Self {
            start: self.start.min(other.start),
            end: self.end.max(other.end),
        }
    }
}

/// Why an expression was refused, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// What is wrong, in the words of the API server where it has some.
    pub message: String,
    /// The piece at fault.
    pub span: Span,
    /// The line of its first character, from 1.
    pub line: u32,
    /// The character of that line, from 1.
    pub column: u32,
}

impl Error {
    pub(crate) fn new(text: &str, span: Span, message: impl Into<String>) -> Self {
        let start = usize::try_from(span.start).unwrap_or(usize::MAX);
        let before = text
            .char_indices()
            .take_while(|(index, _)| *index < start)
            .map(|(_, character)| character);
        let (mut line, mut column) = (1, 1);
        for character in before {
            if character == '\n' {
                line += 1;
                column = 1;
            } else {
                column += 1;
            }
        }
        Self {
            message: message.into(),
            span,
            line,
            column,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.line, self.column, self.message)
    }
}

impl std::error::Error for Error {}

/// Why an evaluation gave no value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct EvalError {
    /// What kind of failure it is.
    pub kind: EvalErrorKind,
    /// What happened, in the words of the API server where it has some.
    pub message: String,
    /// The piece of the expression that failed, where it is known.
    pub span: Option<Span>,
}

/// What kind of failure an [`EvalError`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EvalErrorKind {
    /// A map has no such key.
    NoSuchKey,
    /// An object has no such field.
    NoSuchField,
    /// No function of this name takes values of these types.
    NoSuchOverload,
    /// A variable that was declared has no value.
    NoSuchVariable,
    /// A number left its range, or a division by zero.
    Arithmetic,
    /// An index outside of its list, or a value that a function does not take.
    Argument,
    /// This evaluation cost more than one expression may.
    CostLimit,
    /// The evaluations together cost more than the budget held.
    BudgetExhausted,
    /// The caller's interrupt said stop.
    Interrupted,
    /// A value would grow, or nest, beyond what is held in memory.
    TooLarge,
}

/// A failure on its way up; boxed, so that a result is no larger than its value.
#[derive(Clone, Debug)]
pub(crate) struct Fault(Box<EvalError>);

impl Fault {
    pub(crate) fn into_error(self) -> EvalError {
        *self.0
    }
}

impl Deref for Fault {
    type Target = EvalError;

    fn deref(&self) -> &EvalError {
        &self.0
    }
}

impl DerefMut for Fault {
    fn deref_mut(&mut self) -> &mut EvalError {
        &mut self.0
    }
}

impl EvalError {
    /// Whether nothing else can be evaluated: what the evaluations together may cost, or their time, is used up.
    pub fn ends_all(&self) -> bool {
        matches!(
            self.kind,
            EvalErrorKind::BudgetExhausted | EvalErrorKind::Interrupted
        )
    }

    pub(crate) fn fault(kind: EvalErrorKind, message: impl Into<String>) -> Fault {
        Fault(Box::new(Self {
            kind,
            message: message.into(),
            span: None,
        }))
    }

    pub(crate) fn argument(message: impl Into<String>) -> Fault {
        Self::fault(EvalErrorKind::Argument, message)
    }

    pub(crate) fn overload() -> Fault {
        Self::fault(EvalErrorKind::NoSuchOverload, "no such overload")
    }

    pub(crate) fn arithmetic(message: &str) -> Fault {
        Self::fault(EvalErrorKind::Arithmetic, message)
    }

    /// Whether the whole evaluation ends here: `||` and `&&` cannot absorb it.
    pub(crate) fn is_final(&self) -> bool {
        matches!(
            self.kind,
            EvalErrorKind::CostLimit
                | EvalErrorKind::BudgetExhausted
                | EvalErrorKind::Interrupted
                | EvalErrorKind::TooLarge
        )
    }
}
