//! Policies and bindings from manifests; one that is broken stops no other.

use std::collections::BTreeSet;

use ringwall_input::yaml::push_key;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{
    mutating::Mutator,
    spec::{
        BindingSpec, MatchResources, MutatingSpec, NamedRule, ParamKind, Scope, ValidatingSpec,
        ValidationAction,
    },
    type_check::Mistake,
    validating::Validator,
};
use crate::{
    manifest::{Manifest, Problem},
    unmatched::{self, Named},
};

/// The group of all of these kinds.
pub(crate) const GROUP: &str = "admissionregistration.k8s.io";

/// A policy, whatever it does, with the bindings that put it in force.
#[derive(Debug)]
pub(crate) struct Policy<E> {
    pub(crate) name: String,
    pub(crate) file: Option<String>,
    pub(crate) constraints: MatchResources,
    pub(crate) param_kind: Option<ParamKind>,
    pub(crate) fails_open: bool,
    pub(crate) evaluator: E,
    pub(crate) bindings: Vec<Binding>,
}

/// A binding.
#[derive(Debug)]
pub(crate) struct Binding {
    pub(crate) name: String,
    pub(crate) spec: BindingSpec,
    /// What is told of it where it has no parameters, and the policy is not asked for want of them.
    pub(crate) without_params: Problem,
}

/// What manifests hold of these kinds.
#[derive(Debug, Default)]
pub(crate) struct Loaded {
    pub(crate) validating: Vec<Policy<Validator>>,
    pub(crate) mutating: Vec<Policy<Mutator>>,
    pub(crate) problems: Vec<Problem>,
}

/// Whether a manifest is one of these kinds.
pub(crate) fn is_ours(manifest: &Manifest) -> bool {
    manifest.group() == GROUP
        && matches!(
            manifest.kind(),
            "ValidatingAdmissionPolicy"
                | "ValidatingAdmissionPolicyBinding"
                | "MutatingAdmissionPolicy"
                | "MutatingAdmissionPolicyBinding"
        )
}

/// Reads policies, then bindings; the order of manifests does not matter.
pub(crate) fn load(manifests: &[Manifest]) -> Loaded {
    let mut loaded = Loaded::default();
    let ours: Vec<_> = manifests
        .iter()
        .filter(|manifest| is_ours(manifest))
        .collect();
    for manifest in &ours {
        match manifest.kind() {
            "ValidatingAdmissionPolicy" => {
                let policy = spec::<ValidatingSpec>(manifest).and_then(validating);
                loaded.add(
                    manifest,
                    policy,
                    |loaded| &mut loaded.validating,
                    Validator::problems,
                );
            }
            "MutatingAdmissionPolicy" => {
                let policy = spec::<MutatingSpec>(manifest).and_then(mutating);
                loaded.add(
                    manifest,
                    policy,
                    |loaded| &mut loaded.mutating,
                    Mutator::problems,
                );
            }
            _ => {}
        }
    }
    loaded.validating.sort_by(|a, b| a.name.cmp(&b.name));
    loaded.mutating.sort_by(|a, b| a.name.cmp(&b.name));
    for manifest in ours {
        if manifest.kind().ends_with("Binding")
            && let Err((pointer, message)) = loaded.bind(manifest)
        {
            loaded
                .problems
                .push(Problem::new(manifest, &pointer, message));
        }
    }
    loaded.find_unbound(manifests);
    for policy in &mut loaded.validating {
        policy.bindings.sort_by(|a, b| a.name.cmp(&b.name));
    }
    for policy in &mut loaded.mutating {
        policy.bindings.sort_by(|a, b| a.name.cmp(&b.name));
    }
    loaded
}

/// What is wrong, and a JSON pointer to it.
type Fault = (String, String);

/// What every policy has besides its evaluator, and what is wrong with its expressions.
type Parts<E> = (MatchResources, Option<ParamKind>, bool, E, Vec<Mistake>);

fn validating(spec: ValidatingSpec) -> Result<Parts<Validator>, Fault> {
    if spec.validations.is_empty() && spec.audit_annotations.is_empty() {
        return Err((
            "/spec".to_owned(),
            "has neither validations nor auditAnnotations".to_owned(),
        ));
    }
    let evaluator = Validator::compile(&spec);
    let fails_open = spec.failure_policy == super::spec::FailurePolicy::Ignore;
    let constraints = constraints(spec.match_constraints.as_ref())?;
    let mistakes = Validator::mistakes(&spec, &constraints);
    Ok((
        constraints,
        spec.param_kind,
        fails_open,
        evaluator,
        mistakes,
    ))
}

fn mutating(spec: MutatingSpec) -> Result<Parts<Mutator>, Fault> {
    if spec.mutations.is_empty() {
        return Err(("/spec".to_owned(), "has no mutations".to_owned()));
    }
    let evaluator = Mutator::compile(&spec);
    let fails_open = spec.failure_policy == super::spec::FailurePolicy::Ignore;
    let constraints = constraints(spec.match_constraints.as_ref())?;
    let mistakes = Mutator::mistakes(&spec, &constraints);
    Ok((
        constraints,
        spec.param_kind,
        fails_open,
        evaluator,
        mistakes,
    ))
}

fn constraints(constraints: Option<&MatchResources>) -> Result<MatchResources, Fault> {
    let constraints = constraints.ok_or((
        "/spec".to_owned(),
        "has no matchConstraints, which are required".to_owned(),
    ))?;
    if constraints.resource_rules.is_empty() {
        return Err((
            "/spec/matchConstraints".to_owned(),
            "has no resourceRules, which are required".to_owned(),
        ));
    }
    incomplete(constraints, "/spec/matchConstraints")?;
    Ok(constraints.clone())
}

/// The `spec` of a manifest, with the place of the first field that does not fit.
fn spec<T: DeserializeOwned>(manifest: &Manifest) -> Result<T, Fault> {
    if manifest.name().is_empty() {
        return Err(("/metadata".to_owned(), "has no name".to_owned()));
    }
    let written = manifest
        .object
        .get("spec")
        .filter(|spec| spec.is_object())
        .ok_or((String::new(), "has no spec".to_owned()))?;
    serde_path_to_error::deserialize(without_nulls(written)).map_err(|error| {
        let mut pointer = String::from("/spec");
        for segment in error.path() {
            match segment {
                serde_path_to_error::Segment::Seq { index } => {
                    push_key(&mut pointer, &index.to_string());
                }
                serde_path_to_error::Segment::Map { key } => {
                    push_key(&mut pointer, key);
                }
                _ => {}
            }
        }
        (pointer, error.into_inner().to_string())
    })
}

/// A field that is null is a field that is not there, to the API server.
fn without_nulls(value: &Value) -> Value {
    match value {
        Value::Object(members) => Value::Object(
            members
                .iter()
                .filter(|(_, value)| !value.is_null())
                .map(|(key, value)| (key.clone(), without_nulls(value)))
                .collect(),
        ),
        Value::Array(items) => Value::Array(items.iter().map(without_nulls).collect()),
        other => other.clone(),
    }
}

impl Loaded {
    fn add<E>(
        &mut self,
        manifest: &Manifest,
        policy: Result<Parts<E>, Fault>,
        list: fn(&mut Self) -> &mut Vec<Policy<E>>,
        problems: fn(&E) -> Vec<String>,
    ) {
        let (constraints, param_kind, fails_open, evaluator, mistakes) = match policy {
            Ok(parts) => parts,
            Err((pointer, message)) => {
                self.problems
                    .push(Problem::new(manifest, &pointer, message));
                return;
            }
        };
        // The policy stays: what it cannot judge goes by its failure policy, as in the API server.
        self.problems.extend(
            problems(&evaluator)
                .into_iter()
                .map(|problem| Problem::new(manifest, "/spec", problem)),
        );
        let mistakes = mistakes
            .into_iter()
            .map(|it| Problem::new(manifest, &it.pointer, it.message).warning());
        self.problems.extend(mistakes);
        let rules = &constraints.resource_rules;
        let found = unmatched(manifest, rules, "/spec/matchConstraints");
        self.problems.extend(found);
        if list(self)
            .iter()
            .any(|policy| policy.name == manifest.name())
        {
            let message = "is there twice under one name; the first one is in force";
            self.problems
                .push(Problem::new(manifest, "/metadata/name", message));
            return;
        }
        list(self).push(Policy {
            name: manifest.name().to_owned(),
            file: manifest.file().map(str::to_owned),
            constraints,
            param_kind,
            fails_open,
            evaluator,
            bindings: Vec::new(),
        });
    }

    /// Tells which policies no binding names, be it a good one or not: they judge nothing.
    fn find_unbound(&mut self, manifests: &[Manifest]) {
        let bindings = manifests.iter().filter(|it| is_ours(it));
        let bound: BTreeSet<_> = bindings
            .filter_map(|it| {
                Some((
                    it.kind().strip_suffix("Binding")?,
                    it.text("/spec/policyName"),
                ))
            })
            .collect();
        let policies = manifests.iter().filter(|it| is_ours(it));
        for manifest in policies.filter(|it| !it.kind().ends_with("Binding")) {
            let name = manifest.name();
            let is_loaded = (self.validating.iter().any(|it| it.name == name))
                || self.mutating.iter().any(|it| it.name == name);
            if is_loaded && !bound.contains(&(manifest.kind(), name)) {
                let message = "judges nothing: no binding names it";
                self.problems
                    .push(Problem::new(manifest, "/metadata/name", message).warning());
            }
        }
    }

    fn bind(&mut self, manifest: &Manifest) -> Result<(), Fault> {
        let spec: BindingSpec = spec(manifest)?;
        let is_validating = manifest.kind() == "ValidatingAdmissionPolicyBinding";
        if is_validating && spec.validation_actions.is_empty() {
            return Err((
                "/spec".to_owned(),
                "has no validationActions, so nothing would ever follow".to_owned(),
            ));
        }
        if spec.validation_actions.contains(&ValidationAction::Deny)
            && spec.validation_actions.contains(&ValidationAction::Warn)
        {
            return Err((
                "/spec/validationActions".to_owned(),
                "has Deny and Warn, which the API server does not take together: what is refused needs no warning"
                    .to_owned(),
            ));
        }
        if let Some(reference) = &spec.param_ref
            && reference.parameter_not_found_action.is_none()
        {
            return Err((
                "/spec/paramRef".to_owned(),
                "has no parameterNotFoundAction, which is required: Allow or Deny".to_owned(),
            ));
        }
        if let Some(constraints) = &spec.match_resources {
            let at = "/spec/matchResources";
            incomplete(constraints, at)?;
            let found = unmatched(manifest, &constraints.resource_rules, at);
            self.problems.extend(found);
        }
        let unknown = format!(
            "names the policy '{}', which is not loaded",
            spec.policy_name
        );
        let binding = Binding {
            name: manifest.name().to_owned(),
            without_params: Problem::new(
                manifest,
                "/spec/paramRef",
                "none of its parameters is known, and without any it allows: the policy judges nothing by it",
            )
            .warning(),
            spec,
        };
        let found = if is_validating {
            let policies = self.validating.iter_mut();
            bindings_of(policies, &binding.spec.policy_name)
        } else {
            let policies = self.mutating.iter_mut();
            bindings_of(policies, &binding.spec.policy_name)
        };
        match found {
            Some(bindings) => bindings.push(binding),
            None => return Err(("/spec/policyName".to_owned(), unknown)),
        }
        Ok(())
    }
}

/// What rules are about and no request can be: misspelt groups, versions and resources of Kubernetes itself, and
/// resources that are not where the rule looks for them. `at` is where the rules stand.
fn unmatched(manifest: &Manifest, rules: &[NamedRule], at: &str) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (index, rule) in rules.iter().enumerate() {
        let mut tell = |field: &str, message: String| {
            let at = format!("{at}/resourceRules/{index}/{field}");
            problems.push(Problem::new(manifest, &at, message).warning());
        };
        let (groups, resources) = (&rule.api_groups, &rule.resources);
        let found = unmatched::mistakes(groups, resources, Named::Resources);
        for mistake in found {
            match mistake.name {
                Some(at) => tell(&format!("resources/{at}"), mistake.message),
                None => tell("apiGroups", mistake.message),
            }
        }
        let versions = &rule.api_versions;
        let message = unmatched::version_mistake(groups, versions, resources, Named::Resources);
        if let Some(message) = message {
            tell("apiVersions", message);
        }
        let message = match (
            rule.scope,
            unmatched::are_namespaced(groups, resources, Named::Resources),
        ) {
            (Scope::Cluster, Some(true)) => "matches nothing: these resources are in namespaces",
            (Scope::Namespaced, Some(false)) => {
                "matches nothing: these resources are in no namespace"
            }
            _ => continue,
        };
        tell("scope", message.to_owned());
    }
    problems
}

/// What the API server refuses of rules: each says for which operations, groups, versions and resources it holds.
fn incomplete(constraints: &MatchResources, at: &str) -> Result<(), Fault> {
    let lists = [
        ("resourceRules", &constraints.resource_rules),
        ("excludeResourceRules", &constraints.exclude_resource_rules),
    ];
    for (list, rules) in lists {
        for (index, rule) in rules.iter().enumerate() {
            let fields = [
                ("operations", rule.operations.is_empty()),
                ("apiGroups", rule.api_groups.is_empty()),
                ("apiVersions", is_missing(&rule.api_versions)),
                ("resources", is_missing(&rule.resources)),
            ];
            if let Some((field, _)) = fields.into_iter().find(|(_, is_missing)| *is_missing) {
                return Err((
                    format!("{at}/{list}/{index}/{field}"),
                    format!("has a rule without {field}, which the API server refuses"),
                ));
            }
        }
    }
    Ok(())
}

/// Whether a list lacks names. Only a group may be the empty text.
fn is_missing(names: &[String]) -> bool {
    names.is_empty() || names.iter().any(String::is_empty)
}

fn bindings_of<'a, E: 'a>(
    mut policies: impl Iterator<Item = &'a mut Policy<E>>,
    name: &str,
) -> Option<&'a mut Vec<Binding>> {
    let policy = policies.find(|policy| policy.name == name)?;
    Some(&mut policy.bindings)
}
