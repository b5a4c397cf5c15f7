//! Match conditions: the last word on whether a policy is about a request.

use ringwall_cel::{Bindings, Budget, Environment, Value};

use super::{
    expression::{Expression, Failure, OfNobody, Wanted},
    spec::{FailurePolicy, NamedExpression},
};

/// The conditions of one policy.
#[derive(Debug)]
pub(crate) struct MatchConditions(Vec<(String, Expression)>);

/// What the conditions say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Matched {
    Yes,
    No,
    /// A condition failed, and the failure policy is to refuse.
    Error(String),
    /// A condition asks for what nobody here knows, and the others hold.
    Unknown(String),
}

impl MatchConditions {
    pub(crate) fn compile(environment: &Environment, conditions: &[NamedExpression]) -> Self {
        let compile = |condition: &NamedExpression| {
            let expression = Expression::compile(environment, &condition.expression, Wanted::Bool);
            (condition.name.clone(), expression)
        };
        Self(conditions.iter().map(compile).collect())
    }

    /// Every condition that cannot be used, and why.
    pub(crate) fn problems(&self) -> impl Iterator<Item = String> {
        self.0.iter().filter_map(|(name, expression)| {
            Some(format!("match condition {name}: {}", expression.problem()?))
        })
    }

    /// One condition that is false ends it, whatever has failed before.
    pub(crate) fn evaluate<'a>(
        &'a self,
        of_nobody: OfNobody<'_>,
        bindings: &Bindings<'a>,
        interrupt: &dyn Fn() -> bool,
        failure_policy: FailurePolicy,
    ) -> Matched {
        let mut budget = Budget::new(Budget::MATCH_CONDITIONS).interrupted_by(interrupt);
        let mut errors = Vec::new();
        let mut unknown = Vec::new();
        for (_, expression) in &self.0 {
            match expression.evaluate_of(of_nobody, bindings, &mut budget) {
                Ok(Value::Bool(false)) => return Matched::No,
                Ok(_) => {}
                Err(Failure::Own(message)) => errors.push(message),
                Err(Failure::Unknown(message)) => unknown.push(message),
                Err(Failure::Whole(message)) => {
                    errors = vec![message];
                    break;
                }
            }
        }
        match (errors.is_empty(), failure_policy) {
            (true, _) if unknown.is_empty() => Matched::Yes,
            (true, _) => Matched::Unknown(joined(&unknown)),
            (false, FailurePolicy::Ignore) => Matched::No,
            (false, FailurePolicy::Fail) => Matched::Error(joined(&errors)),
        }
    }
}

/// Messages in the form of the API server.
fn joined(messages: &[String]) -> String {
    match messages {
        [only] => only.clone(),
        several => format!("[{}]", several.join(", ")),
    }
}
