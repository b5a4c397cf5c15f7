//! Expressions of a policy: compiled when it is loaded, evaluated within its budget.

use std::sync::Arc;

use ringwall_cel::{Bindings, Budget, Environment, EvalError, EvalErrorKind, Program, Type, Value};

use super::spec::NamedExpression;
use crate::{admission::access, pointer::of_steps};

/// The member of `request` that tells who makes it.
const USER: &str = "userInfo";

/// What an expression must give.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    Bool,
    String,
    StringOrNull,
    /// `Object{...}`.
    Object,
    /// A list of `JSONPatch{...}`.
    Patches,
    Anything,
}

/// An expression, or why it means nothing. The API server too finds that out when it is loaded and tells it
/// when it is used, by the failure policy.
#[derive(Debug)]
pub(crate) struct Expression {
    pub(crate) text: String,
    program: Result<Arc<Program>, String>,
}

/// Why an expression gave no value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// Of this expression alone.
    Own(String),
    /// Of the whole policy: its budget is used up, or time is.
    Whole(String),
    /// None of the expression: it asks for what the API server knows and nobody here does.
    Unknown(String),
}

impl Failure {
    pub(crate) fn message(&self) -> &str {
        match self {
            Self::Own(message) | Self::Whole(message) | Self::Unknown(message) => message,
        }
    }
}

/// The variable `request` where nobody makes the request, so that all its user is unknown: in scans and in the audit.
pub(crate) type OfNobody<'r> = Option<&'r serde_json::Value>;

impl Expression {
    pub(crate) fn compile(environment: &Environment, text: &str, wanted: Wanted) -> Self {
        let program = match environment.compile(text) {
            Ok(program) if wanted.allows(program.output_type()) => Ok(Arc::new(program)),
            Ok(program) => Err(format!(
                "must evaluate to {}, not {}",
                wanted.noun(),
                program.output_type()
            )),
            Err(errors) => {
                let errors: Vec<_> = errors.iter().map(ToString::to_string).collect();
                Err(format!("compilation failed: {}", errors.join("; ")))
            }
        };
        Self {
            text: text.to_owned(),
            program,
        }
    }

    /// Why it cannot be used.
    pub(crate) fn problem(&self) -> Option<&str> {
        self.program.as_ref().err().map(String::as_str)
    }

    pub(crate) fn evaluate<'a>(
        &'a self,
        bindings: &Bindings<'a>,
        budget: &mut Budget<'_>,
    ) -> Result<Value<'a>, Failure> {
        let program = self.program.as_ref().map_err(|problem| {
            Failure::Own(format!("expression '{}': {problem}", self.text.trim()))
        })?;
        program
            .evaluate(bindings, budget)
            .map_err(|error| self.failure(&error))
    }

    /// The same where the value may rest on who makes the request.
    pub(crate) fn evaluate_of<'a>(
        &'a self,
        of_nobody: OfNobody<'_>,
        bindings: &Bindings<'a>,
        budget: &mut Budget<'_>,
    ) -> Result<Value<'a>, Failure> {
        let result = self.evaluate(bindings, budget);
        let (Some(request), Ok(program)) = (of_nobody, &self.program) else {
            return result;
        };
        let mut of_trace = Budget::new(Budget::PER_CALL);
        let message = match &result {
            Err(Failure::Whole(_) | Failure::Unknown(_)) => return result,
            Err(Failure::Own(message)) if message.contains(access::OF_NOBODY) => message.clone(),
            _ if !program.rests_on(bindings, request, USER, &mut of_trace) => return result,
            Err(Failure::Own(message)) => message.clone(),
            Ok(_) => format!(
                "expression '{}' asks who makes the request, and here nobody does",
                self.text.trim()
            ),
        };
        Err(Failure::Unknown(message))
    }

    /// The places of a document that the value rests on, as JSON pointers; those first that say most.
    pub(crate) fn places<'a>(
        &'a self,
        bindings: &Bindings<'a>,
        document: &serde_json::Value,
        budget: &mut Budget<'_>,
    ) -> Vec<String> {
        let Ok(program) = &self.program else {
            return Vec::new();
        };
        let places = program.places(bindings, document, budget);
        places.iter().map(|place| of_steps(place)).collect()
    }

    fn failure(&self, error: &EvalError) -> Failure {
        match error.kind {
            EvalErrorKind::BudgetExhausted => Failure::Whole(
                "validation failed due to running out of cost budget, no further validation rules will be run"
                    .to_owned(),
            ),
            EvalErrorKind::Interrupted => {
                Failure::Whole("the request's time was up before all expressions were evaluated".to_owned())
            }
            EvalErrorKind::NoSuchVariable if error.message.contains("authorizer") => {
                Failure::Unknown(format!(
                    "expression '{}' asks what users may do, and nobody can be asked here; `ringwall serve --cluster` asks the API server",
                    self.text.trim()
                ))
            }
            _ => Failure::Own(format!(
                "expression '{}' resulted in error: {error}",
                self.text.trim()
            )),
        }
    }
}

impl Wanted {
    fn allows(self, output: &Type) -> bool {
        match (self, output) {
            (Self::Anything, _) | (_, Type::Dyn) => true,
            (Self::Bool, output) => *output == Type::Bool,
            (Self::String, output) => *output == Type::String,
            (Self::StringOrNull, output) => matches!(output, Type::String | Type::Null),
            (Self::Object, Type::Object(name)) => **name == *"Object",
            (Self::Patches, Type::List(item)) => match &**item {
                Type::Object(name) => **name == *"JSONPatch",
                // The empty list is one of no type.
                other => matches!(other, Type::Dyn | Type::Param(_)),
            },
            _ => false,
        }
    }

    const fn noun(self) -> &'static str {
        match self {
            Self::Bool => "bool",
            Self::String => "string",
            Self::StringOrNull => "string or null",
            Self::Object => "Object",
            Self::Patches => "list(JSONPatch)",
            Self::Anything => "anything",
        }
    }
}

/// The variables of a policy: compiled once, seen by whatever comes after them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Variables(Vec<(String, Arc<Program>)>);

impl Variables {
    /// Compiles each in an environment that has those before it.
    ///
    /// One that cannot be compiled is left out, and its problem comes back: whatever uses it cannot be compiled
    /// either, and says so.
    pub(crate) fn compile(
        mut environment: Environment,
        variables: &[NamedExpression],
    ) -> (Self, Vec<String>) {
        let mut compiled = Self::default();
        let mut problems = Vec::new();
        for variable in variables {
            let expression =
                Expression::compile(&environment, &variable.expression, Wanted::Anything);
            match expression.program {
                Ok(program) => {
                    let name = format!("variables.{}", variable.name);
                    environment = environment.lazy_variable(&name, Arc::clone(&program));
                    compiled.0.push((name, program));
                }
                Err(problem) => problems.push(format!("variable {}: {problem}", variable.name)),
            }
        }
        (compiled, problems)
    }

    /// The same of types that are only there to be looked at: one that cannot be compiled may be anything.
    ///
    /// `looked` is called after each, with its place.
    pub(crate) fn typed(
        mut environment: Environment,
        variables: &[NamedExpression],
        mut looked: impl FnMut(usize),
    ) -> Self {
        let mut compiled = Self::default();
        for (index, variable) in variables.iter().enumerate() {
            let program = environment.compile(&variable.expression);
            let program = program.or_else(|_| environment.compile("dyn(null)"));
            looked(index);
            if let Ok(program) = program {
                let (name, program) = (format!("variables.{}", variable.name), Arc::new(program));
                environment = environment.lazy_variable(&name, Arc::clone(&program));
                compiled.0.push((name, program));
            }
        }
        compiled
    }

    /// The environment with all of them.
    pub(crate) fn within(&self, environment: Environment) -> Environment {
        self.0
            .iter()
            .fold(environment, |environment, (name, program)| {
                environment.lazy_variable(name, Arc::clone(program))
            })
    }
}
