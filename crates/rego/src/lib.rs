//! Rego, versions 0 and 1, as the Open Policy Agent runs it.
//!
//! ```text
//! text ── parse ──▶ Module ── compile ──▶ Program ── evaluate(input, data) ──▶ Value or an error
//! ```
//!
//! A module with anything that is not supported is refused when it is read, with file and line;
//! nothing is ever silently undefined. An evaluation is bounded in steps, memory and time.
//! This crate reads no files, no clock and no network: what a builtin needs from outside is handed in.
#![warn(clippy::disallowed_methods)]

pub mod ast;
pub mod builtins;
mod check;
mod code;
mod compile;
mod data;
mod display;
mod eval;
mod index;
mod json;
mod need;
mod number;
mod parse;
mod program;
mod query;
mod references;
mod source;
mod value;
pub mod walk;

pub use ast::{Module, Version};
pub use check::{check, data_conflicts};
pub use compile::{Options, compile};
pub use data::Data;
pub use eval::{Derived, Evaluation, InputRead, Limits};
pub use json::{JsonError, JsonErrorReason, MAX_JSON_DEPTH};
pub use need::Need;
pub use number::{ArithmeticError, Number, ParseNumberError};
pub use parse::{MAX_DEPTH, MAX_TEXT_BYTES, parse, parse_query, parse_reference};
pub use program::Program;
pub use query::{Bindings, Query};
pub use references::Reference;
pub use source::{Error, ErrorCode, Position, Source, Span};
pub use value::{Object, Set, Value};
