//! Why a call has no result.

use std::{borrow::Cow, fmt};

use crate::{ErrorCode, number::ArithmeticError};

/// A builtin refused its operands, or could not do what it was asked.
///
/// Outside strict mode OPA treats a call that fails as undefined, except for [`BuiltinErrorKind::Halt`],
/// which ends the evaluation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BuiltinError {
    /// The kind.
    pub kind: BuiltinErrorKind,
    /// What is wrong, without the builtin's name.
    pub message: Cow<'static, str>,
}

/// What kind of failure it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BuiltinErrorKind {
    /// An operand has the wrong type or a value out of its range: OPA's `eval_type_error`.
    Operand,
    /// Anything else: OPA's `eval_builtin_error`.
    Failed,
    /// A limit of steps or memory is reached, or somebody asked to stop; never to be taken as undefined.
    Halt,
}

impl BuiltinError {
    /// An operand that does not do.
    pub fn operand(message: impl Into<Cow<'static, str>>) -> Self {
        Self {
            kind: BuiltinErrorKind::Operand,
            message: message.into(),
        }
    }

    /// A failure that is not the type of an operand.
    pub fn failed(message: impl Into<Cow<'static, str>>) -> Self {
        Self {
            kind: BuiltinErrorKind::Failed,
            message: message.into(),
        }
    }

    /// The end of the evaluation.
    pub fn halt(message: impl Into<Cow<'static, str>>) -> Self {
        Self {
            kind: BuiltinErrorKind::Halt,
            message: message.into(),
        }
    }

    /// The code under which an evaluation reports it.
    pub const fn code(&self) -> ErrorCode {
        match self.kind {
            BuiltinErrorKind::Operand => ErrorCode::Operand,
            BuiltinErrorKind::Failed => ErrorCode::Builtin,
            BuiltinErrorKind::Halt => ErrorCode::Limit,
        }
    }
}

impl fmt::Display for BuiltinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for BuiltinError {}

impl From<ArithmeticError> for BuiltinError {
    fn from(error: ArithmeticError) -> Self {
        Self::failed(match error {
            ArithmeticError::DivideByZero => "divide by zero",
            ArithmeticError::ModuloByZero => "modulo by zero",
            ArithmeticError::ModuloOfFraction => "modulo on floating-point number",
        })
    }
}
