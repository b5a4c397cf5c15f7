//! Evaluates a `ValidatingAdmissionPolicy` over one request.

use ringwall_cel::{Bindings, Budget, Value};

use super::{
    conditions::{MatchConditions, Matched},
    environment::{self, reads_namespace},
    expression::{Expression, Failure, OfNobody, Variables, Wanted},
    spec::{FailurePolicy, MatchResources, Reason, ValidatingSpec},
    type_check::{self, Asked, Mistake},
};

/// Longest message that an expression may give, in bytes.
const MAX_MESSAGE: usize = 5 * 1024;

/// The expressions of a policy.
#[derive(Debug)]
pub(crate) struct Validator {
    failure_policy: FailurePolicy,
    conditions: MatchConditions,
    validations: Vec<Validation>,
    annotations: Vec<(String, Expression)>,
    /// Why a variable cannot be used.
    problems: Vec<String>,
    /// Whether any expression names `namespaceObject`.
    pub(crate) reads_namespace: bool,
    /// Whether any expression names `authorizer`.
    pub(crate) asks_access: bool,
    /// Whether any expression names `request.userInfo`.
    pub(crate) asks_user: bool,
}

#[derive(Debug)]
struct Validation {
    expression: Expression,
    message: String,
    message_expression: Option<Expression>,
    reason: Reason,
}

/// What a policy says about a request, for one binding and one set of parameters.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// What is refused.
    pub(crate) refusals: Vec<Refusal>,
    /// Annotations to publish, without the policy's name before the key.
    pub(crate) annotations: Vec<(String, String)>,
    /// Annotations that failed; they refuse whatever the binding's actions are.
    pub(crate) failed_annotations: Vec<String>,
}

/// One refusal.
#[derive(Debug)]
pub(crate) struct Refusal {
    /// The place of the validation in the policy; 0 where the whole policy failed.
    pub(crate) index: usize,
    pub(crate) message: String,
    /// `None` for an error.
    pub(crate) reason: Option<Reason>,
    /// The places of the object that it rests on, as JSON pointers.
    pub(crate) paths: Vec<String>,
    /// Whether the API server may well admit it: nobody here knows what the policy asks for, and its failure policy,
    /// which is about failures, is to ignore these. Such a request is not refused, and it is told.
    pub(crate) is_open: bool,
}

impl Refusal {
    /// A failure of a whole policy.
    pub(crate) const fn failure(message: String) -> Self {
        Self {
            index: 0,
            message,
            reason: None,
            paths: Vec::new(),
            is_open: false,
        }
    }
}

impl Validator {
    pub(crate) fn compile(spec: &ValidatingSpec) -> Self {
        let has_params = spec.param_kind.is_some();
        let with_authorizer = environment::validation(has_params, true);
        let (variables, problems) = Variables::compile(with_authorizer.clone(), &spec.variables);
        let full = variables.within(with_authorizer);
        let plain = variables.within(environment::validation(has_params, false));
        let validations = spec.validations.iter().map(|validation| Validation {
            expression: Expression::compile(&full, &validation.expression, Wanted::Bool),
            message: validation.message.clone(),
            message_expression: (!validation.message_expression.is_empty()).then(|| {
                Expression::compile(&plain, &validation.message_expression, Wanted::String)
            }),
            reason: validation.reason,
        });
        let annotations = spec.audit_annotations.iter().map(|annotation| {
            let expression =
                Expression::compile(&full, &annotation.value_expression, Wanted::StringOrNull);
            (annotation.key.clone(), expression)
        });
        Self {
            failure_policy: spec.failure_policy,
            conditions: MatchConditions::compile(&full, &spec.match_conditions),
            validations: validations.collect(),
            annotations: annotations.collect(),
            problems,
            reads_namespace: spec.expressions().any(reads_namespace),
            asks_access: spec.expressions().any(environment::asks_access),
            asks_user: spec.expressions().any(environment::asks_user),
        }
    }

    /// What is wrong with expressions for every object: fields that none has, calls that take no such value.
    pub(crate) fn mistakes(spec: &ValidatingSpec, of: &MatchResources) -> Vec<Mistake> {
        let environment = environment::validation(spec.param_kind.is_some(), true);
        let at = |pointer: String, text| Asked {
            pointer,
            text,
            environment: &environment,
        };
        let mut asked = Vec::new();
        for (index, condition) in spec.match_conditions.iter().enumerate() {
            let pointer = format!("/spec/matchConditions/{index}/expression");
            asked.push(at(pointer, condition.expression.as_str()));
        }
        for (index, validation) in spec.validations.iter().enumerate() {
            let texts = [
                ("expression", &validation.expression),
                ("messageExpression", &validation.message_expression),
            ];
            for (field, text) in texts {
                asked.push(at(
                    format!("/spec/validations/{index}/{field}"),
                    text.as_str(),
                ));
            }
        }
        for (index, annotation) in spec.audit_annotations.iter().enumerate() {
            let pointer = format!("/spec/auditAnnotations/{index}/valueExpression");
            asked.push(at(pointer, annotation.value_expression.as_str()));
        }
        type_check::mistakes(of, &spec.variables, &environment, &asked)
    }

    /// Every expression that cannot be used, and why.
    pub(crate) fn problems(&self) -> Vec<String> {
        let mut problems = self.problems.clone();
        problems.extend(self.conditions.problems());
        for (index, validation) in self.validations.iter().enumerate() {
            let message = validation.message_expression.as_ref();
            let both = [Some(&validation.expression), message];
            problems.extend(
                both.into_iter()
                    .flatten()
                    .filter_map(Expression::problem)
                    .map(|problem| format!("validation {index}: {problem}")),
            );
        }
        problems.extend(self.annotations.iter().filter_map(|(key, expression)| {
            Some(format!("audit annotation {key}: {}", expression.problem()?))
        }));
        problems
    }

    /// What is refused of a request. `object` is what the paths of refusals lead into; without it they have none.
    pub(crate) fn evaluate<'a>(
        &'a self,
        of_nobody: OfNobody<'_>,
        bindings: &Bindings<'a>,
        object: Option<&serde_json::Value>,
        interrupt: &dyn Fn() -> bool,
    ) -> Outcome {
        let of_nobody = of_nobody.filter(|_| self.asks_user || self.asks_access);
        let mut outcome = Outcome::default();
        let conditions = &self.conditions;
        match conditions.evaluate(of_nobody, bindings, interrupt, self.failure_policy) {
            Matched::Yes => self.validate(of_nobody, bindings, object, interrupt),
            Matched::No => outcome,
            Matched::Error(message) => {
                outcome.refusals.extend(self.error(0, message));
                outcome
            }
            Matched::Unknown(message) => {
                // What passes anyway passes whether the policy is about it or not.
                let asked = self.validate(of_nobody, bindings, None, interrupt);
                if !asked.refusals.is_empty() || !asked.failed_annotations.is_empty() {
                    outcome.refusals.push(self.unknown(0, message));
                }
                outcome
            }
        }
    }

    /// What the validations refuse of a request that the policy is about.
    fn validate<'a>(
        &'a self,
        of_nobody: OfNobody<'_>,
        bindings: &Bindings<'a>,
        object: Option<&serde_json::Value>,
        interrupt: &dyn Fn() -> bool,
    ) -> Outcome {
        let mut outcome = Outcome::default();
        let mut budget = Budget::new(Budget::POLICY).interrupted_by(interrupt);
        let mut results = Vec::with_capacity(self.validations.len());
        for validation in &self.validations {
            let expression = &validation.expression;
            match expression.evaluate_of(of_nobody, bindings, &mut budget) {
                Err(Failure::Whole(message)) => {
                    outcome.refusals.extend(self.error(0, message));
                    return outcome;
                }
                result => results.push(result),
            }
        }
        let messages = self.messages(bindings, &results, &mut budget);
        for (index, (validation, result)) in self.validations.iter().zip(results).enumerate() {
            let refusal = match (result, &messages) {
                (Err(Failure::Unknown(message)), _) => Some(self.unknown(index, message)),
                (Err(failure), _) => self.error(index, failure.message().to_owned()),
                (_, Err(message)) => {
                    self.error(index, format!("failed messageExpression: {message}"))
                }
                (Ok(Value::Bool(true)), _) => None,
                (Ok(_), Ok(messages)) => Some(Refusal {
                    index,
                    message: validation.message(messages.get(index).and_then(Option::as_deref)),
                    reason: Some(validation.reason),
                    paths: object.map_or_else(Vec::new, |object| {
                        let mut budget = Budget::new(Budget::PER_CALL).interrupted_by(interrupt);
                        validation.expression.places(bindings, object, &mut budget)
                    }),
                    is_open: false,
                }),
            };
            outcome.refusals.extend(refusal);
        }
        self.annotate(of_nobody, bindings, interrupt, &mut outcome);
        outcome
    }

    /// The messages that expressions give; an error if they use up the budget.
    fn messages<'a>(
        &'a self,
        bindings: &Bindings<'a>,
        results: &[Result<Value<'a>, Failure>],
        budget: &mut Budget<'_>,
    ) -> Result<Vec<Option<String>>, String> {
        let count = self
            .validations
            .iter()
            .filter(|validation| validation.message_expression.is_some())
            .count();
        // The API server evaluates them all. Those that nobody reads count only if they could use up the budget.
        let most = Budget::PER_CALL.saturating_mul(u64::try_from(count).unwrap_or(u64::MAX));
        let needs_all = budget.remaining() < most;
        let mut messages = Vec::with_capacity(results.len());
        for (validation, result) in self.validations.iter().zip(results) {
            let is_read = matches!(result, Ok(value) if value.as_bool() != Some(true));
            let expression = validation
                .message_expression
                .as_ref()
                .filter(|_| is_read || needs_all);
            let message = match expression.map(|expression| expression.evaluate(bindings, budget)) {
                Some(Ok(Value::String(text))) => Some(text.to_string()),
                Some(Err(Failure::Whole(message))) => return Err(message),
                _ => None,
            };
            messages.push(message);
        }
        Ok(messages)
    }

    fn annotate<'a>(
        &'a self,
        of_nobody: OfNobody<'_>,
        bindings: &Bindings<'a>,
        interrupt: &dyn Fn() -> bool,
        outcome: &mut Outcome,
    ) {
        let mut budget = Budget::new(Budget::POLICY).interrupted_by(interrupt);
        for (key, expression) in &self.annotations {
            let error = match expression.evaluate_of(of_nobody, bindings, &mut budget) {
                Ok(Value::Null) => continue,
                Ok(Value::String(text)) => {
                    let text = text.to_string();
                    if !text.trim().is_empty() {
                        outcome
                            .annotations
                            .push((key.clone(), text.trim().to_owned()));
                    }
                    continue;
                }
                Ok(other) => {
                    // A wrong type refuses under every failure policy.
                    outcome.failed_annotations.push(format!(
                        "valueExpression '{}' resulted in unsupported return type: {}. Return type must be either string or null.",
                        expression.text,
                        other.type_name()
                    ));
                    continue;
                }
                Err(Failure::Whole(message)) => {
                    outcome.refusals = self.error(0, message).into_iter().collect();
                    outcome.annotations.clear();
                    return;
                }
                // Nothing follows from who would be named.
                Err(Failure::Unknown(_)) if of_nobody.is_some() => continue,
                Err(Failure::Own(message) | Failure::Unknown(message)) => message,
            };
            if self.failure_policy == FailurePolicy::Fail {
                outcome.failed_annotations.push(error);
            }
        }
    }

    /// What nobody here knows, whatever the failure policy is.
    fn unknown(&self, index: usize, message: String) -> Refusal {
        Refusal {
            index,
            is_open: self.failure_policy == FailurePolicy::Ignore,
            ..Refusal::failure(message)
        }
    }

    /// An error as the failure policy has it.
    fn error(&self, index: usize, message: String) -> Option<Refusal> {
        (self.failure_policy == FailurePolicy::Fail).then(|| Refusal {
            index,
            ..Refusal::failure(message)
        })
    }
}

impl Validation {
    /// What its expression says, if that is one line of some length; else its text; else the expression itself.
    fn message(&self, evaluated: Option<&str>) -> String {
        let evaluated = evaluated.map(str::trim).filter(|message| {
            !message.is_empty() && message.len() <= MAX_MESSAGE && !message.contains('\n')
        });
        match evaluated.unwrap_or_else(|| self.message.trim()) {
            "" => format!("failed expression: {}", self.expression.text.trim()),
            message => message.to_owned(),
        }
    }
}
