//! Templates in CEL: what a ValidatingAdmissionPolicy would be, with the constraint's parameters in a variable.

use std::sync::Arc;

use ringwall_cel::{
    Bindings, Budget, Environment, Error, EvalError, Program, Type,
    admission::{Variables, environment},
};
use ringwall_rego::Need;
use serde_json::{Value, json};

use super::{Hit, Settings, Source};
use crate::{
    gatekeeper::{EnforcementPoint, case::Case, constraint::Constraint, schema::Schema},
    manifest::{Manifest, Problem},
    pointer::of_steps,
};

/// Beginning of names that templates must not use.
const RESERVED_PREFIX: &str = "gatekeeper_internal_";

/// The constraint's parameters, or null: `variables.params`.
const PARAMS: &str = "gatekeeper_internal_params";

/// The object, on a deletion the one that goes: `variables.anyObject`.
const ANY_OBJECT: &str = "gatekeeper_internal_object";

/// Longest message that an expression makes, in bytes.
const MAX_MESSAGE: usize = 5 * 1024;

static NULL: Value = Value::Null;

/// Expressions of one template, compiled.
#[derive(Debug)]
pub(in crate::gatekeeper) struct CelCode {
    conditions: Vec<Program>,
    validations: Vec<Validation>,
    /// Whether an expression that fails forbids what it was asked about.
    fails_closed: bool,
    /// What the expressions look at of the object.
    looks_at: Need,
    /// Whether they look at who makes the request.
    asks_user: bool,
    /// Whether they look at the namespace around it.
    reads_namespace: bool,
}

#[derive(Debug)]
struct Validation {
    expression: Program,
    message: Option<String>,
    message_expression: Option<Program>,
}

impl CelCode {
    /// Compiles all expressions; with problems that are no warnings there is no code.
    pub(super) fn compile(
        manifest: &Manifest,
        source: &Source<'_>,
        settings: &Settings,
    ) -> (Option<Self>, Vec<Problem>) {
        let mut reader = Reader {
            manifest,
            pointer: &source.pointer,
            environment: environment(settings.kubernetes_minor, Variables::default()),
            problems: Vec::new(),
        };
        reader.declare("variables.params", PARAMS);
        reader.declare("variables.anyObject", ANY_OBJECT);
        reader.shape(source.written);
        let code = reader.code(source.written);
        let is_usable = reader.problems.iter().all(|problem| problem.is_warning);
        (code.filter(|_| is_usable), reader.problems)
    }

    /// What the expressions look at of the object.
    pub(super) const fn looks_at(&self) -> &Need {
        &self.looks_at
    }

    /// What the validations forbid about a request.
    pub(super) fn judge(&self, constraint: &Constraint, case: &Case<'_>) -> Vec<Hit> {
        let request = case.request;
        let mut bindings = Bindings::new();
        bindings
            .bind_json("object", or_null(request.object.as_ref()))
            .bind_json("oldObject", or_null(request.old_object.as_ref()))
            .bind_json("request", case.cel_request())
            .bind_json("namespaceObject", or_null(case.namespace_object()))
            .bind_json(PARAMS, or_null(constraint.parameters.as_ref()))
            .bind_json(ANY_OBJECT, or_null(case.object()));
        match self.applies(case, &bindings) {
            Applies::Yes => self.validate(case, &bindings),
            Applies::No => Vec::new(),
            Applies::Failed(message) => self.failed(message).into_iter().collect(),
            Applies::Unknown(message) => {
                // What is not forbidden anyway is not, whether the template is about it or not.
                let hits = self.validate(case, &bindings);
                hits.into_iter()
                    .take(1)
                    .filter_map(|_| self.not_known(case, message.clone()))
                    .collect()
            }
        }
    }

    /// What the validations forbid of a request that the template is about.
    fn validate<'a>(&'a self, case: &Case<'_>, bindings: &Bindings<'a>) -> Vec<Hit> {
        let is_stopped = || case.surroundings.deadline.is_over();
        // Gatekeeper gives all expressions of a template together what the API server gives each.
        let mut budget = Budget::new(Budget::PER_CALL).interrupted_by(&is_stopped);
        self.validations
            .iter()
            .filter_map(|validation| {
                let result = validation.expression.evaluate(bindings, &mut budget);
                let is_final = result.as_ref().is_err_and(EvalError::ends_all);
                if !is_final
                    && let Some(message) = self.unknown(&validation.expression, case, bindings)
                {
                    return self.not_known(case, message);
                }
                match result.map(|value| value.as_bool()) {
                    Ok(Some(true)) => None,
                    Ok(Some(false)) => {
                        let message = validation.message(bindings, &mut budget);
                        let mut hit = Hit {
                            message,
                            details: Value::Null,
                            paths: Vec::new(),
                            is_error: false,
                        };
                        if let Some(object) = case.object()
                            && case.surroundings.tells_paths
                        {
                            let mut budget =
                                Budget::new(Budget::PER_CALL).interrupted_by(&is_stopped);
                            let places =
                                validation.expression.places(bindings, object, &mut budget);
                            hit.paths = places.iter().map(|place| of_steps(place)).collect();
                        }
                        Some(hit)
                    }
                    Ok(None) => self.failed(format!(
                        "expression `{}` gives no boolean",
                        validation.expression.text()
                    )),
                    Err(error) => self.failed(format!(
                        "expression `{}` failed: {error}",
                        validation.expression.text()
                    )),
                }
            })
            .collect()
    }

    /// Whether all match conditions hold; one that is false counts more than one that fails.
    fn applies<'a>(&'a self, case: &Case<'_>, bindings: &Bindings<'a>) -> Applies {
        let is_stopped = || case.surroundings.deadline.is_over();
        let mut budget = Budget::new(Budget::MATCH_CONDITIONS).interrupted_by(&is_stopped);
        let (mut failure, mut unknown_one) = (None, None);
        for condition in &self.conditions {
            let result = condition.evaluate(bindings, &mut budget);
            let is_final = result.as_ref().is_err_and(EvalError::ends_all);
            if !is_final && let Some(message) = self.unknown(condition, case, bindings) {
                unknown_one.get_or_insert(message);
                continue;
            }
            let reason = match result {
                Ok(value) => match value.as_bool() {
                    Some(true) => continue,
                    Some(false) => return Applies::No,
                    None => "gives no boolean".to_owned(),
                },
                Err(error) => format!("failed: {error}"),
            };
            failure
                .get_or_insert_with(|| format!("match condition `{}` {reason}", condition.text()));
        }
        match (failure, unknown_one) {
            (Some(message), _) => Applies::Failed(message),
            (None, Some(message)) => Applies::Unknown(message),
            (None, None) => Applies::Yes,
        }
    }

    /// Why the value of an expression says nothing here: it rests on who makes the request, which in a scan nobody does,
    /// or on a namespace that is not known. Its failure is none of the policy's own.
    fn unknown<'a>(
        &self,
        expression: &'a Program,
        case: &Case<'_>,
        bindings: &Bindings<'a>,
    ) -> Option<String> {
        // A suite says all there is.
        if case.surroundings.point == EnforcementPoint::Gator {
            return None;
        }
        let (text, request) = (expression.text(), case.request);
        let mut budget = Budget::new(Budget::PER_CALL);
        if self.asks_user
            && request.user_info.is_nobody()
            && expression.rests_on(bindings, case.cel_request(), "userInfo", &mut budget)
        {
            return Some(format!(
                "expression `{text}` asks who makes the request, and here nobody does"
            ));
        }
        let is_unknown =
            self.reads_namespace && !request.namespace.is_empty() && !request.is_of_namespace();
        (is_unknown
            && case.namespace_object().is_none()
            && may_look_at(expression, &["namespaceObject"])
            // What is true or false without it does not rest on it.
            && expression
                .evaluate(&bindings.without("namespaceObject"), &mut budget)
                .is_err())
        .then(|| {
            let namespace = &request.namespace;
            format!("expression `{text}` asks about the namespace {namespace}, which is not known")
        })
    }

    /// What is said where nobody knows whether something is forbidden: to an API server, a template that is to ignore
    /// failures forbids nothing by it.
    fn not_known(&self, case: &Case<'_>, message: String) -> Option<Hit> {
        let is_asked = self.fails_closed || case.request.user_info.is_nobody();
        is_asked.then(|| Hit::error(message))
    }

    fn failed(&self, message: String) -> Option<Hit> {
        self.fails_closed.then(|| Hit::error(message))
    }
}

/// Whether a template is about a request.
enum Applies {
    Yes,
    No,
    /// A condition failed.
    Failed(String),
    /// A condition asks for what nobody here knows, and the others hold.
    Unknown(String),
}

impl Validation {
    fn message<'a>(&'a self, bindings: &Bindings<'a>, budget: &mut Budget<'_>) -> String {
        let made = self.message_expression.as_ref().and_then(|expression| {
            let value = expression.evaluate(bindings, budget).ok()?;
            let text = value.as_str()?.trim();
            let is_usable =
                !text.is_empty() && text.len() <= MAX_MESSAGE && !text.contains(['\n', '\r']);
            is_usable.then(|| text.to_owned())
        });
        made.or_else(|| self.message.clone())
            .unwrap_or_else(|| format!("failed expression: {}", self.expression.text().trim()))
    }
}

fn looks_at(conditions: &[Program], validations: &[Validation]) -> Need {
    let of_validations = validations
        .iter()
        .flat_map(|one| [Some(&one.expression), one.message_expression.as_ref()]);
    let mut need = Need::default();
    for program in conditions.iter().chain(of_validations.flatten()) {
        for (path, is_whole) in program.looks_at() {
            if let Some((Some(variable), path)) = path.split_first()
                && ["object", ANY_OBJECT].contains(&&**variable)
            {
                need.add_path(path, is_whole);
            }
        }
    }
    need
}

fn any_looks_at(conditions: &[Program], validations: &[Validation], wanted: &[&str]) -> bool {
    let of_validations = validations.iter().map(|one| &one.expression);
    let mut all = conditions.iter().chain(of_validations);
    all.any(|program| may_look_at(program, wanted))
}

/// Whether an expression may look at a member of a variable, or at what is inside of it.
fn may_look_at(program: &Program, wanted: &[&str]) -> bool {
    program.looks_at().into_iter().any(|(path, _)| {
        let mut steps = path.iter().zip(wanted);
        steps.all(|(step, wanted)| step.as_deref().is_none_or(|step| step == *wanted))
    })
}

fn or_null(value: Option<&Value>) -> &Value {
    value.unwrap_or(&NULL)
}

struct Reader<'a> {
    manifest: &'a Manifest,
    /// Where the source stands.
    pointer: &'a str,
    environment: Environment,
    problems: Vec<Problem>,
}

impl Reader<'_> {
    /// Makes a variable known that has the value of one which expressions of templates cannot name.
    fn declare(&mut self, name: &str, of: &str) {
        let inner = self.environment.clone().variable(of, Type::Dyn);
        match inner.compile(of) {
            Ok(program) => {
                let environment = self.environment.clone();
                self.environment = environment.lazy_variable(name, Arc::new(program));
            }
            Err(errors) => errors.iter().for_each(|error| self.refuse("", error)),
        }
    }

    /// Fields that nobody knows are told; Gatekeeper passes them over.
    fn shape(&mut self, written: &Value) {
        let text = json!({"type": "string"});
        let list = |fields: Value| json!({"type": "array", "items": {"type": "object", "properties": fields}});
        let named = list(json!({"name": text, "expression": text}));
        let (schema, _) = Schema::parse(
            &json!({
                "type": "object",
                "properties": {
                    "validations": list(json!({
                        "expression": text,
                        "message": text,
                        "messageExpression": text,
                    })),
                    "failurePolicy": text,
                    "matchCondition": named,
                    "variables": named,
                    "generateVAP": {"type": "boolean"},
                },
            }),
            "",
            false,
        );
        for fault in schema.validate(written, self.pointer) {
            let mut problem = Problem::new(self.manifest, &fault.pointer, fault.message);
            problem.is_warning = fault.is_unknown_field;
            self.problems.push(problem);
        }
    }

    fn code(&mut self, written: &Value) -> Option<CelCode> {
        let fails_closed = match text(written, "failurePolicy") {
            None | Some("" | "Fail") => true,
            Some("Ignore") => false,
            Some(other) => {
                let message = format!("unknown failurePolicy `{other}`; it is Fail or Ignore");
                self.fault("/failurePolicy", message);
                return None;
            }
        };
        for (index, variable) in items(written, "variables").enumerate() {
            self.variable(variable, index);
        }
        let mut conditions = Vec::new();
        for (index, condition) in items(written, "matchCondition").enumerate() {
            let at = format!("/matchCondition/{index}");
            let name = text(condition, "name").unwrap_or("");
            if name.starts_with(RESERVED_PREFIX) {
                let message = format!("names must not begin with {RESERVED_PREFIX}");
                self.fault(&format!("{at}/name"), message);
            }
            conditions.extend(self.expression(condition, "expression", &at, &Type::Bool));
        }
        let mut validations = Vec::new();
        for (index, validation) in items(written, "validations").enumerate() {
            let at = format!("/validations/{index}");
            let expression = self.expression(validation, "expression", &at, &Type::Bool);
            let message_expression = match text(validation, "messageExpression") {
                None | Some("") => None,
                Some(_) => self.expression(validation, "messageExpression", &at, &Type::String),
            };
            let message = text(validation, "message").filter(|message| !message.trim().is_empty());
            if let Some(expression) = expression {
                validations.push(Validation {
                    expression,
                    message: message.map(|message| message.trim().to_owned()),
                    message_expression,
                });
            }
        }
        if items(written, "validations").next().is_none() {
            self.fault("", "no validations: constraints would forbid nothing");
        }
        Some(CelCode {
            looks_at: looks_at(&conditions, &validations),
            asks_user: any_looks_at(&conditions, &validations, &["request", "userInfo"]),
            reads_namespace: any_looks_at(&conditions, &validations, &["namespaceObject"]),
            conditions,
            validations,
            fails_closed,
        })
    }

    /// Makes a variable known to what comes after it.
    fn variable(&mut self, written: &Value, index: usize) {
        let at = format!("/variables/{index}");
        let name = text(written, "name").unwrap_or("");
        let is_identifier = !name.is_empty()
            && !name.starts_with(|first: char| first.is_ascii_digit())
            && (name.chars()).all(|letter| letter.is_ascii_alphanumeric() || letter == '_');
        if !is_identifier {
            self.fault(&at, format!("`{name}` is no name of a variable"));
            return;
        }
        if name.starts_with(RESERVED_PREFIX) || name == "params" || name == "anyObject" {
            self.fault(&at, format!("the name `{name}` is reserved"));
            return;
        }
        if let Some(program) = self.expression(written, "expression", &at, &Type::Dyn) {
            let name = format!("variables.{name}");
            let environment = self.environment.clone();
            self.environment = environment.lazy_variable(&name, Arc::new(program));
        }
    }

    fn expression(
        &mut self,
        written: &Value,
        field: &str,
        at: &str,
        wanted: &Type,
    ) -> Option<Program> {
        let at = format!("{at}/{field}");
        let expression = text(written, field).unwrap_or("");
        match self.environment.compile(expression) {
            Ok(program) => {
                let output = program.output_type();
                if *wanted == Type::Dyn || output == wanted || *output == Type::Dyn {
                    return Some(program);
                }
                let message = format!("the expression must give {wanted}, not {output}");
                self.fault(&at, message);
                None
            }
            Err(errors) => {
                for error in errors {
                    self.refuse(&at, &error);
                }
                None
            }
        }
    }

    fn refuse(&mut self, at: &str, error: &Error) {
        let pointer = format!("{}{at}", self.pointer);
        let location = self.manifest.line_in_text(&pointer, error.line as usize);
        let problem = Problem::new(self.manifest, &pointer, error.to_string());
        self.problems.push(Problem {
            location,
            ..problem
        });
    }

    fn fault(&mut self, at: &str, message: impl Into<String>) {
        let pointer = format!("{}{at}", self.pointer);
        self.problems
            .push(Problem::new(self.manifest, &pointer, message));
    }
}

fn text<'a>(value: &'a Value, field: &str) -> Option<&'a str> {
    value.get(field).and_then(Value::as_str)
}

fn items<'a>(value: &'a Value, field: &str) -> impl Iterator<Item = &'a Value> {
    (value.get(field).and_then(Value::as_array))
        .into_iter()
        .flatten()
}
