//! Evaluates `MutatingAdmissionPolicy`, one after another, each over what the ones before it made.

use ringwall_cel::{Bindings, Budget, Value as CelValue};
use ringwall_input::schema;
use serde_json::Value;

use super::{
    authorizer::Asked,
    conditions::{MatchConditions, Matched},
    conversion, custom_merge, environment,
    expression::{Expression, Failure, Variables, Wanted},
    json_patch::{self, Operation, PatchError},
    load::Policy,
    review::{AdmissionPolicies, Invocation},
    spec::{FailurePolicy, MatchResources, MutatingSpec, MutationSpec, Reason, ReinvocationPolicy},
    structured_merge,
    type_check::{self, Asked as AskedOfTypes, Mistake},
    variables,
};
use crate::admission::{
    Action, AdmissionRequest, ClusterView, Deadline, GroupVersionKind, Mutation, Source, Status,
    Violation,
    faults::{self, Fault},
};

/// The expressions of a policy.
#[derive(Debug)]
pub(crate) struct Mutator {
    failure_policy: FailurePolicy,
    reinvocation: ReinvocationPolicy,
    conditions: MatchConditions,
    mutations: Vec<(Form, Expression)>,
    /// Why a variable cannot be used.
    problems: Vec<String>,
    /// Whether any expression names `namespaceObject`.
    reads_namespace: bool,
    /// Whether any expression names `authorizer`.
    pub(super) asks_access: bool,
    /// Whether any expression names `request.userInfo`.
    asks_user: bool,
}

/// What an expression gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    ApplyConfiguration,
    JsonPatch,
}

impl Mutator {
    pub(crate) fn compile(spec: &MutatingSpec) -> Self {
        let has_params = spec.param_kind.is_some();
        let plain = environment::validation(has_params, true);
        let (variables, problems) = Variables::compile(plain.clone(), &spec.variables);
        let conditions = variables.within(plain);
        let full = variables.within(environment::mutation(has_params));
        let mutations = spec.mutations.iter().map(|mutation| match mutation {
            MutationSpec::ApplyConfiguration {
                apply_configuration: written,
            } => {
                let expression = Expression::compile(&full, &written.expression, Wanted::Object);
                (Form::ApplyConfiguration, expression)
            }
            MutationSpec::JsonPatch {
                json_patch: written,
            } => {
                let expression = Expression::compile(&full, &written.expression, Wanted::Patches);
                (Form::JsonPatch, expression)
            }
        });
        Self {
            failure_policy: spec.failure_policy,
            reinvocation: spec.reinvocation_policy,
            conditions: MatchConditions::compile(&conditions, &spec.match_conditions),
            mutations: mutations.collect(),
            problems,
            reads_namespace: spec.expressions().any(environment::reads_namespace),
            asks_access: spec.expressions().any(environment::asks_access),
            asks_user: spec.expressions().any(environment::asks_user),
        }
    }

    /// What is wrong with expressions for every object: fields that none has, calls that take no such value.
    pub(crate) fn mistakes(spec: &MutatingSpec, of: &MatchResources) -> Vec<Mistake> {
        let plain = environment::validation(spec.param_kind.is_some(), true);
        let full = environment::mutation(spec.param_kind.is_some());
        let conditions = spec.match_conditions.iter().enumerate();
        let mut asked: Vec<AskedOfTypes<'_>> = conditions
            .map(|(index, condition)| AskedOfTypes {
                pointer: format!("/spec/matchConditions/{index}/expression"),
                text: &condition.expression,
                environment: &plain,
            })
            .collect();
        let mutations = spec.mutations.iter().enumerate();
        asked.extend(mutations.map(|(index, mutation)| {
            let (field, written) = match mutation {
                MutationSpec::ApplyConfiguration {
                    apply_configuration: written,
                } => ("applyConfiguration", written),
                MutationSpec::JsonPatch {
                    json_patch: written,
                } => ("jsonPatch", written),
            };
            AskedOfTypes {
                pointer: format!("/spec/mutations/{index}/{field}/expression"),
                text: &written.expression,
                environment: &full,
            }
        }));
        type_check::mistakes(of, &spec.variables, &plain, &asked)
    }

    /// Every expression that cannot be used, and why.
    pub(crate) fn problems(&self) -> Vec<String> {
        let mut problems = self.problems.clone();
        problems.extend(self.conditions.problems());
        let expressions = self.mutations.iter().enumerate();
        problems.extend(expressions.filter_map(|(index, (_, expression))| {
            Some(format!("mutation {index}: {}", expression.problem()?))
        }));
        problems
    }
}

/// Runs every policy that is about the request, and those again that ask for it after others changed the object.
pub(super) fn run(
    policies: &AdmissionPolicies,
    request: &AdmissionRequest,
    cluster: &dyn ClusterView,
    deadline: &dyn Deadline,
) -> Mutation {
    let Some(original) = &request.object else {
        return Mutation::default();
    };
    let asked = Asked::new(request, cluster, deadline);
    let mut run = Run {
        request,
        cluster,
        deadline,
        asked: asked.as_ref(),
        object: original.clone(),
        violations: Vec::new(),
    };
    let mut all: Vec<(&Policy<Mutator>, Invocation<'_>)> = Vec::new();
    for policy in policies.mutating() {
        let (invocations, errors) =
            AdmissionPolicies::invocations(policy, request, cluster, conversion::is_kept);
        for error in errors {
            let binding = error.binding.map(|binding| binding.name.as_str());
            if error.is_unknown {
                run.tell_unknown(policy, binding, error.message);
            } else {
                run.refuse(policy, binding, error.message);
            }
        }
        all.extend(
            invocations
                .into_iter()
                .map(|invocation| (policy, invocation)),
        );
    }
    if all.is_empty() {
        return run.finish(original);
    }
    let namespace = match AdmissionPolicies::namespace(request, cluster) {
        Ok(namespace) => namespace,
        Err(_)
            if !all
                .iter()
                .any(|(policy, _)| policy.evaluator.reads_namespace) =>
        {
            Value::Null
        }
        Err(message) => {
            let mut violation =
                Violation::new(Source::MutatingAdmissionPolicy, "", Action::Deny, message);
            violation.is_error = true;
            run.violations.push(violation);
            return run.finish(original);
        }
    };
    all.retain(|(policy, invocation)| run.invoke(policy, invocation, &namespace));
    if run.object != *original {
        // The API server runs its mutating plugins a second time when an object has changed, and then asks those
        // policies again whose conditions held the first time.
        for (policy, invocation) in &all {
            if policy.evaluator.reinvocation == ReinvocationPolicy::IfNeeded {
                run.invoke(policy, invocation, &namespace);
            }
        }
    }
    run.finish(original)
}

struct Run<'r> {
    request: &'r AdmissionRequest,
    cluster: &'r dyn ClusterView,
    deadline: &'r dyn Deadline,
    asked: Option<&'r Asked<'r>>,
    object: Value,
    violations: Vec<Violation>,
}

impl Run<'_> {
    fn finish(self, original: &Value) -> Mutation {
        Mutation {
            object: (self.object != *original).then_some(self.object),
            violations: self.violations,
            audit_annotations: Vec::new(),
        }
    }

    /// An error, unless the failure policy is to ignore it.
    fn refuse(&mut self, policy: &Policy<Mutator>, binding: Option<&str>, message: String) {
        if !policy.fails_open {
            self.deny(policy, binding, message, Reason::Invalid.status());
        }
    }

    /// What nobody here knows; it is told whatever the failure policy is, and refuses as that has it.
    fn tell_unknown(&mut self, policy: &Policy<Mutator>, binding: Option<&str>, message: String) {
        self.deny(policy, binding, message, Reason::Invalid.status());
        if let Some(violation) = self.violations.last_mut().filter(|_| policy.fails_open) {
            violation.action = Action::Warn;
        }
    }

    /// An error that ends the request whatever the failure policy is.
    fn refuse_always(&mut self, policy: &Policy<Mutator>, binding: Option<&str>, message: String) {
        let status = Status {
            code: 500,
            reason: "InternalError",
        };
        self.deny(policy, binding, message, status);
    }

    fn deny(
        &mut self,
        policy: &Policy<Mutator>,
        binding: Option<&str>,
        message: String,
        status: Status,
    ) {
        let mut violation = Violation::new(
            Source::MutatingAdmissionPolicy,
            policy.name.as_str(),
            Action::Deny,
            message,
        );
        violation.binding = binding.map(str::to_owned);
        violation.is_error = true;
        violation.status = Some(status);
        self.violations.push(violation);
    }

    fn apply_configuration(&self, object: &Value, value: &CelValue<'_>) -> Result<Value, String> {
        let configuration = configuration(value)?;
        let kind = &self.request.kind;
        let of = schema::builtin().kind(&kind.api_version(), &kind.kind);
        let merged = if let Some(of) = of {
            structured_merge::apply(of, object, &configuration).map_err(|error| error.to_string())
        } else {
            let schema = custom_merge::schema_of(&self.request.resource, self.cluster);
            custom_merge::apply(schema.as_ref(), object, &configuration)
        };
        merged.map_err(|error| format!("error applying patch: {error}"))
    }

    /// Applies the mutations of a policy, and says whether it was about the object.
    fn invoke(
        &mut self,
        policy: &Policy<Mutator>,
        invocation: &Invocation<'_>,
        namespace: &Value,
    ) -> bool {
        let mutator = &policy.evaluator;
        let binding = Some(invocation.binding.name.as_str());
        let seen = variables::request(self.request, &invocation.resource);
        let interrupt = || self.deadline.is_over();
        let asked = self.asked;
        let old = self.request.old_object.as_ref().unwrap_or(&Value::Null);
        let params = invocation.params.as_deref().unwrap_or(&Value::Null);
        let before = self.object.clone();
        let mut bindings = Bindings::new();
        bindings
            .bind_json("object", &before)
            .bind_json("oldObject", old)
            .bind_json("request", &seen)
            .bind_json("namespaceObject", namespace)
            .bind_json("params", params);
        if let Some(asked) = asked {
            asked.bind(&mut bindings);
        }
        let of_nobody = self.request.user_info.is_nobody().then_some(&seen);
        let of_nobody = of_nobody.filter(|_| mutator.asks_user || mutator.asks_access);
        let conditions = &mutator.conditions;
        let unknown =
            match conditions.evaluate(of_nobody, &bindings, &interrupt, mutator.failure_policy) {
                Matched::Yes => None,
                Matched::No => return false,
                Matched::Error(message) => {
                    self.refuse(policy, binding, message);
                    return false;
                }
                Matched::Unknown(message) => Some(message),
            };
        let told = self.violations.len();
        for (form, expression) in &mutator.mutations {
            // Each sees what the one before it made.
            let before = self.object.clone();
            let mut bindings = Bindings::new();
            bindings
                .bind_json("object", &before)
                .bind_json("oldObject", old)
                .bind_json("request", &seen)
                .bind_json("namespaceObject", namespace)
                .bind_json("params", params);
            if let Some(asked) = asked {
                asked.bind(&mut bindings);
            }
            let mut budget = Budget::new(Budget::POLICY).interrupted_by(&interrupt);
            let changed = expression
                .evaluate_of(of_nobody, &bindings, &mut budget)
                .map_err(|failure| match failure {
                    Failure::Own(message) | Failure::Whole(message) => Unpatched::Failed(message),
                    Failure::Unknown(message) => Unpatched::Unknown(message),
                })
                .and_then(|value| match form {
                    Form::ApplyConfiguration => self
                        .apply_configuration(&before, &value)
                        .map_err(Unpatched::Failed),
                    Form::JsonPatch => apply_patch(&self.request.kind, &before, &value),
                });
            match changed {
                Ok(changed) => self.object = changed,
                Err(Unpatched::Failed(message)) => self.refuse(policy, binding, message),
                Err(Unpatched::Unknown(message)) => self.tell_unknown(policy, binding, message),
                Err(Unpatched::Unreadable(message)) => self.refuse_always(policy, binding, message),
            }
        }
        let Some(message) = unknown else {
            return true;
        };
        // What it changes nothing of stays the same whether it is about the object or not.
        if self.object != before || self.violations.len() > told {
            self.object = before;
            self.violations.truncate(told);
            self.tell_unknown(policy, binding, message);
        }
        false
    }
}

fn configuration(value: &CelValue<'_>) -> Result<Value, String> {
    check_names(value)?;
    let mut configuration = value
        .to_json()
        .map_err(|error| format!("invalid return type: {error}"))?;
    // It is of the object's kind, whatever it says.
    if let Some(fields) = configuration.as_object_mut() {
        fields.remove("apiVersion");
        fields.remove("kind");
    }
    Ok(configuration)
}

/// Why a patch came to nothing.
enum Unpatched {
    /// The expression failed, or does not fit the object: the failure policy says what follows.
    Failed(String),
    /// The expression asks for what nobody here knows.
    Unknown(String),
    /// What comes of it is no such object: an internal error of the API server, whatever the failure policy says.
    Unreadable(String),
}

fn apply_patch(
    kind: &GroupVersionKind,
    object: &Value,
    value: &CelValue<'_>,
) -> Result<Value, Unpatched> {
    let operations = operations(value).map_err(Unpatched::Failed)?;
    let mut changed = match json_patch::apply(object, &operations) {
        Ok(changed) => changed,
        // A test that fails is the way to say that nothing is to be done.
        Err(PatchError::TestFailed(_)) => return Ok(object.clone()),
        Err(error) => return Err(Unpatched::Failed(format!("JSON Patch: {error}"))),
    };
    let is_builtin = schema::builtin()
        .kind(&kind.api_version(), &kind.kind)
        .is_some();
    for field in ["apiVersion", "kind"] {
        let (before, after) = (object.get(field), changed.get(field));
        if before == after {
            continue;
        }
        if after.is_none() && is_builtin {
            // What does not say what it is, is read as what it was.
            if let (Some(fields), Some(before)) = (changed.as_object_mut(), before) {
                fields.insert(field.to_owned(), before.clone());
            }
            continue;
        }
        let after = after.unwrap_or(&Value::Null);
        let message = format!("JSON Patch: failed to convert object: its {field} became {after}");
        return Err(Unpatched::Unreadable(message));
    }
    // The API server reads what comes of it strictly.
    let undecodable = |fault: &Fault| fault.is_undecodable;
    match faults::new(kind, object, &changed)
        .into_iter()
        .find(undecodable)
    {
        Some(fault) => Err(Unpatched::Unreadable(format!(
            "JSON Patch: strict decoding error: {fault}"
        ))),
        None => Ok(changed),
    }
}

/// The operations that the value of an expression stands for.
fn operations(value: &CelValue<'_>) -> Result<Vec<Operation>, String> {
    let CelValue::List(list) = value else {
        return Err("type mismatch: JSONPatchType.expression should evaluate to array".to_owned());
    };
    let mut operations = Vec::new();
    for item in list.iter() {
        let CelValue::Object(patch) = &item else {
            return Err(
                "type mismatch: JSONPatchType.expression should evaluate to array of JSONPatch"
                    .to_owned(),
            );
        };
        let text = |name: &str| match patch.field(name) {
            Some(CelValue::String(text)) => Some(text.to_string()),
            _ => None,
        };
        let mut operation = Operation {
            op: text("op").unwrap_or_default(),
            path: text("path").unwrap_or_default(),
            from: text("from").filter(|from| !from.is_empty()),
            value: None,
        };
        if let Some(value) = patch.field("value") {
            check_names(value)?;
            let json = value.to_json().map_err(|error| {
                format!("JSONPath valueExpression evaluated to a type that could not marshal to JSON: {error}")
            })?;
            operation.value = Some(json);
        }
        operations.push(operation);
    }
    Ok(operations)
}

/// `Object.spec{...}` may stand only in the field `spec` of an `Object{...}`, and so on from whatever the root is.
fn check_names(value: &CelValue<'_>) -> Result<(), String> {
    match value {
        CelValue::Object(object) => check_names_below(value, &object.type_name),
        _ => Ok(()),
    }
}

fn check_names_below(value: &CelValue<'_>, path: &str) -> Result<(), String> {
    match value {
        CelValue::Object(object) if *object.type_name != *path => Err(format!(
            "type mismatch: unexpected type name \"{}\", expected \"{path}\", which matches field name path from root Object type",
            object.type_name
        )),
        CelValue::Object(object) => object
            .fields
            .iter()
            .try_for_each(|(name, value)| check_names_below(value, &format!("{path}.{name}"))),
        CelValue::List(list) => list
            .iter()
            .try_for_each(|item| check_names_below(&item, path)),
        CelValue::Map(map) => map
            .iter()
            .try_for_each(|(_, value)| check_names_below(&value, path)),
        _ => Ok(()),
    }
}
