//! What is wrong with modules beyond their grammar, and without knowing what their names mean.
//!
//! What names mean, and with it unknown functions, recursion, conflicts between rules and variables without values,
//! is the compiler's. Where a check is not exact, it lets pass: nothing that OPA accepts is refused.
//! Schemas in metadata are not read; types are checked without them.

mod builtins;
mod data;
mod imports;
mod names;
mod unused;

pub use data::data_conflicts;

use crate::{
    Error, ErrorCode, Span,
    ast::{Module, Version},
};

/// Checks modules, each on its own. `strict` asks of version 0 what version 1 asks, and of both that
/// nothing is unused: imports, parameters, assigned variables.
pub fn check(modules: &[Module], strict: bool) -> Vec<Error> {
    let mut errors = Vec::new();
    for module in modules {
        let mut checker = Checker {
            module,
            strict,
            errors: &mut errors,
        };
        if strict || module.version >= Version::V1 {
            checker.duplicate_imports();
            checker.overridden_roots();
            checker.deprecated_builtins(&imports::names_of(modules, module));
        } else {
            checker.hidden_roots();
        }
        if strict {
            checker.unused_imports();
        }
        checker.void_calls();
        checker.unused_variables();
    }
    errors
}

struct Checker<'a, 'e> {
    module: &'a Module,
    strict: bool,
    errors: &'e mut Vec<Error>,
}

impl Checker<'_, '_> {
    fn error(&mut self, code: ErrorCode, span: Span, message: impl Into<String>) {
        self.errors
            .push(Error::new(code, &self.module.source, span, message));
    }
}

#[cfg(test)]
mod tests;
