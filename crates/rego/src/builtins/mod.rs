//! What policies can call: OPA's builtins, their signatures and their code.
//!
//! A builtin sees its operands and a [`Context`], nothing else. One that fails makes the call undefined, or ends
//! the evaluation in strict mode; that is the evaluator's choice. Those that cannot be done exactly as OPA does
//! them are [`Availability::Refused`]: a module that names one is not loaded.

#![expect(
    clippy::unnecessary_wraps,
    reason = "whoever answers a call gives an answer, whether that can be an error or not"
)]

mod aggregates;
mod arithmetic;
mod arrays;
mod bits;
mod caches;
mod comparison;
mod context;
mod conversions;
mod digests;
mod encoding;
mod error;
mod glob;
mod graph;
mod jwt;
mod language;
mod made;
mod net;
mod objects;
mod operands;
mod paths;
mod patterns;
mod sets;
mod signature;
mod sprintf;
mod strings;
mod time;
mod units;
mod urls;
mod versions;
mod yaml;

use std::{collections::HashMap, fmt, sync::LazyLock};

pub use caches::Caches;
pub use context::{Context, Host, NoHost};
pub use error::{BuiltinError, BuiltinErrorKind};
pub(crate) use made::Made;
pub use signature::Type;

use crate::Value;
use operands::Operands;

/// What a call gives: a value, nothing (undefined), or an error.
pub type Answer = Result<Option<Value>, BuiltinError>;

/// Code of a builtin.
type Function = fn(&mut Context<'_>, Operands<'_>) -> Answer;

/// A function that OPA has built in.
pub struct Builtin {
    /// Its name, with dots.
    pub name: &'static str,
    /// The operator it stands for.
    pub infix: Option<&'static str>,
    /// Types of the operands.
    pub parameters: &'static [Type],
    /// Type of any number of operands behind those.
    pub variadic: Option<Type>,
    /// Type of the result; `None` if a call has none, as `print`.
    pub result: Option<Type>,
    /// Whether equal operands give equal results, also in another evaluation.
    pub is_deterministic: bool,
    /// Whether version 1 of Rego has it no longer.
    pub is_deprecated: bool,
    /// Whether the result is a set of tuples that the call is unified with, one after the other.
    pub is_relation: bool,
    /// Who answers a call.
    pub availability: Availability,
}

/// Who answers a call of a builtin.
#[derive(Clone, Copy)]
pub enum Availability {
    /// [`Builtin::call`], always.
    Here(Code),
    /// [`Builtin::call`] by way of the [`Host`], if that allows it.
    Host,
    /// The evaluator: it is part of the language.
    Evaluator,
    /// Nobody, for this reason.
    Refused(&'static str),
}

/// Code of a builtin.
#[derive(Clone, Copy)]
pub struct Code(Function);

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Code")
    }
}

impl Builtin {
    const fn declared(
        name: &'static str,
        parameters: &'static [Type],
        result: Type,
        availability: Availability,
    ) -> Self {
        Self {
            name,
            infix: None,
            parameters,
            variadic: None,
            result: Some(result),
            is_deterministic: true,
            is_deprecated: false,
            is_relation: false,
            availability,
        }
    }

    const fn new(
        name: &'static str,
        parameters: &'static [Type],
        result: Type,
        function: Function,
    ) -> Self {
        Self::declared(name, parameters, result, Availability::Here(Code(function)))
    }

    const fn infix(self, infix: &'static str) -> Self {
        Self {
            infix: Some(infix),
            ..self
        }
    }

    const fn deprecated(self) -> Self {
        Self {
            is_deprecated: true,
            ..self
        }
    }

    /// How many operands a call has. One more takes the result in its last operand.
    pub const fn arity(&self) -> usize {
        self.parameters.len()
    }

    /// Answers a call. The operands are as many as [`Builtin::parameters`].
    #[inline]
    pub fn call(&self, context: &mut Context<'_>, operands: &[Value]) -> Answer {
        for operand in operands {
            if let Value::Number(number) = operand {
                context.spend_bits(number.bits())?;
            }
        }
        match self.availability {
            Availability::Here(Code(function)) => function(context, Operands(operands)),
            Availability::Host => context.host.call(self.name, operands),
            Availability::Evaluator => Err(BuiltinError::halt(format!(
                "{} is no call of its own",
                self.name
            ))),
            Availability::Refused(reason) => Err(BuiltinError::halt(reason)),
        }
    }
}

impl fmt::Debug for Builtin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// The builtins of each group.
const GROUPS: &[&[Builtin]] = &[
    aggregates::BUILTINS,
    arithmetic::BUILTINS,
    arrays::BUILTINS,
    bits::BUILTINS,
    comparison::BUILTINS,
    conversions::BUILTINS,
    jwt::BUILTINS,
    language::BUILTINS,
    digests::BUILTINS,
    encoding::BUILTINS,
    glob::BUILTINS,
    graph::BUILTINS,
    net::BUILTINS,
    paths::BUILTINS,
    time::BUILTINS,
    units::BUILTINS,
    urls::BUILTINS,
    versions::BUILTINS,
    yaml::BUILTINS,
    objects::BUILTINS,
    patterns::BUILTINS,
    sets::BUILTINS,
    strings::BUILTINS,
];

/// The builtin of a name; operators are found under their names, as `plus`.
pub fn lookup(name: &str) -> Option<&'static Builtin> {
    static BY_NAME: LazyLock<HashMap<&'static str, &'static Builtin>> =
        LazyLock::new(|| all().map(|builtin| (builtin.name, builtin)).collect());
    BY_NAME.get(name).copied()
}

/// All builtins, in no order of meaning.
pub fn all() -> impl Iterator<Item = &'static Builtin> {
    GROUPS.iter().copied().flatten()
}

fn boolean(value: bool) -> Answer {
    Ok(Some(Value::Bool(value)))
}

fn text(value: &str) -> Answer {
    Ok(Some(Value::from(value)))
}

/// Text of bytes. OPA's strings may hold any bytes, ours only UTF-8; what cannot be held ends the evaluation, as
/// another text in its place could turn a verdict.
fn text_of_bytes(bytes: Vec<u8>) -> Answer {
    match String::from_utf8(bytes) {
        Ok(text) => Ok(Some(Value::String(text.into()))),
        Err(_) => Err(BuiltinError::halt("the result is no text in UTF-8")),
    }
}

fn list(items: Vec<Value>) -> Answer {
    Ok(Some(Value::Array(items.into())))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn each_name_is_there_once() {
        let names: BTreeSet<&str> = all().map(|builtin| builtin.name).collect();
        assert_eq!(names.len(), all().count());
        // Those of OPA 1.22, `external_data` of Gatekeeper, and three of conftest.
        assert_eq!(names.len(), 206 + 1 + 3);
    }

    #[test]
    fn builtins_are_found_by_name() {
        let count = lookup("count").unwrap();
        assert_eq!(count.arity(), 1);
        assert_eq!(lookup("plus").unwrap().infix, Some("+"));
        assert!(lookup("re_match").unwrap().is_deprecated);
        assert!(lookup("walk").unwrap().is_relation);
        assert!(!lookup("time.now_ns").unwrap().is_deterministic);
        assert!(lookup("no.such").is_none());
    }
}
