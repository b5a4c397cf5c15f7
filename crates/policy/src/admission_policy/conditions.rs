//! Match conditions: the last word on whether a policy is about a request.

use ringwall_cel::{Bindings, Budget, Environment, Value};

use super::{
    expression::{Expression, Failure, Wanted},
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
        bindings: &Bindings<'a>,
        interrupt: &dyn Fn() -> bool,
        failure_policy: FailurePolicy,
    ) -> Matched {
        let mut budget = Budget::new(Budget::MATCH_CONDITIONS).interrupted_by(interrupt);
        let mut errors = Vec::new();
        for (_, expression) in &self.0 {
            match expression.evaluate(bindings, &mut budget) {
                Ok(Value::Bool(false)) => return Matched::No,
                Ok(_) => {}
                Err(Failure::Own(message)) => errors.push(message),
                Err(Failure::Whole(message)) => {
                    errors = vec![message];
                    break;
                }
            }
        }
        match (errors.as_slice(), failure_policy) {
            ([], _) => Matched::Yes,
            (_, FailurePolicy::Ignore) => Matched::No,
            ([only], FailurePolicy::Fail) => Matched::Error(only.clone()),
            (several, FailurePolicy::Fail) => Matched::Error(format!("[{}]", several.join(", "))),
        }
    }
}
