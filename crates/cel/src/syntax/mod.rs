//! Text to tree: tokens, literals, grammar, macros. Knows neither types nor functions.

pub(crate) mod ast;
mod lexer;
mod literal;
mod macros;
mod parser;

pub(crate) use macros::MacroGroup;
pub(crate) use parser::{RESERVED, parse};
