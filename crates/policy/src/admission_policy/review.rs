//! All admission policies over one request.

use std::{borrow::Cow, sync::Arc};

use ringwall_cel::Bindings;
use serde_json::{Value, json};

use super::{
    authorizer::Asked,
    conversion, custom_merge,
    load::{self, Binding, Policy},
    matching::MatchError,
    mutating::{self, Mutator},
    params::{self, ParamError},
    same_shape,
    spec::{MatchResources, NamedRule, Reason, ValidationAction},
    validating::{Refusal, Validator},
    variables,
};
use crate::{
    RequestRule,
    admission::{
        Action, AdmissionRequest, ClusterView, Deadline, GroupVersionKind, GroupVersionResource,
        Mutation, Source, Status, Verdict, Violation,
    },
    manifest::{Manifest, Problem},
};

/// Longest value of an audit annotation, in bytes.
const MAX_ANNOTATION: usize = 10 * 1024;

/// Failures that one audit annotation tells.
const MAX_FAILURES: usize = 50;

/// Every admission policy with its bindings.
#[derive(Debug, Default)]
pub struct AdmissionPolicies {
    validating: Vec<Policy<Validator>>,
    mutating: Vec<Policy<Mutator>>,
}

/// Whether a policy can judge an object that is written for one version of its kind, and is to be seen in another.
pub(super) type IsFit = fn(&Value, &GroupVersionKind, &GroupVersionKind) -> bool;

/// A policy that matched, once for each binding and set of parameters.
pub(super) struct Invocation<'p> {
    pub(super) binding: &'p Binding,
    pub(super) resource: GroupVersionResource,
    pub(super) params: Option<Arc<Value>>,
}

/// A policy or a binding that could not be asked.
pub(super) struct ConfigError<'p> {
    pub(super) binding: Option<&'p Binding>,
    pub(super) message: String,
    /// Whether the API server knows what it asks for, and nobody here does.
    pub(super) is_unknown: bool,
}

impl AdmissionPolicies {
    /// Loads the policies and bindings among manifests.
    ///
    /// What is wrong comes back with its place; everything else is in force.
    pub fn load(manifests: &[Manifest]) -> (Self, Vec<Problem>) {
        let loaded = load::load(manifests);
        let policies = Self {
            validating: loaded.validating,
            mutating: loaded.mutating,
        };
        (policies, loaded.problems)
    }

    /// Whether a manifest is a policy or a binding of these kinds.
    pub fn owns(manifest: &Manifest) -> bool {
        load::is_ours(manifest)
    }

    /// Whether there is nothing to judge by.
    pub fn is_empty(&self) -> bool {
        self.validating.is_empty() && self.mutating.is_empty()
    }

    /// The requests that policies with bindings are about: those that judge, and those that change objects.
    pub(crate) fn rules(&self) -> (Vec<RequestRule>, Vec<RequestRule>) {
        fn of<E>(policies: &[Policy<E>]) -> Vec<RequestRule> {
            let bound = policies.iter().filter(|policy| !policy.bindings.is_empty());
            let rules = bound.flat_map(|policy| &policy.constraints.resource_rules);
            rules.map(NamedRule::request_rule).collect()
        }
        (of(&self.validating), of(&self.mutating))
    }

    /// The bindings of a policy that are about a request, and what could not be told.
    pub(super) fn invocations<'p, E>(
        policy: &'p Policy<E>,
        request: &AdmissionRequest,
        cluster: &dyn ClusterView,
        is_fit: IsFit,
    ) -> (Vec<Invocation<'p>>, Vec<ConfigError<'p>>) {
        let (mut invocations, mut errors) = (Vec::new(), Vec::new());
        let resource = match policy.constraints.matches(request, cluster) {
            Ok(Some(resource)) => resource,
            Ok(None) => return (invocations, errors),
            Err(error) => {
                let message = format!("failed to configure policy: {error}");
                errors.push(ConfigError {
                    binding: None,
                    message,
                    is_unknown: true,
                });
                return (invocations, errors);
            }
        };
        let unlike = unlike(request, &resource, cluster, is_fit);
        for binding in &policy.bindings {
            let matched = match &binding.spec.match_resources {
                Some(narrowed) => narrowed.matches(request, cluster).map(|it| it.is_some()),
                None => Ok::<_, MatchError>(true),
            };
            let params = match matched {
                Ok(false) => continue,
                Ok(true) => params::collect(
                    policy.param_kind.as_ref(),
                    binding.spec.param_ref.as_ref(),
                    request,
                    cluster,
                )
                .map_err(|error| (error == ParamError::NotFound, error.to_string())),
                Err(error) => Err((true, error.to_string())),
            };
            match params {
                Ok(_) if let Some(unlike) = &unlike => errors.push(ConfigError {
                    binding: Some(binding),
                    message: unlike.clone(),
                    is_unknown: true,
                }),
                Ok(params) => invocations.extend(params.into_iter().map(|params| Invocation {
                    binding,
                    resource: resource.clone(),
                    params,
                })),
                Err((is_unknown, error)) => errors.push(ConfigError {
                    binding: Some(binding),
                    message: format!("failed to configure binding: {error}"),
                    is_unknown,
                }),
            }
        }
        (invocations, errors)
    }

    /// `namespaceObject`; an error if the request has a namespace that nobody knows.
    pub(super) fn namespace(
        request: &AdmissionRequest,
        cluster: &dyn ClusterView,
    ) -> Result<Value, String> {
        let is_namespace = request.kind.group.is_empty() && request.kind.kind == "Namespace";
        if request.namespace.is_empty() || is_namespace {
            return Ok(Value::Null);
        }
        cluster
            .namespace(&request.namespace)
            .map(|namespace| variables::namespace(&namespace))
            .ok_or_else(|| format!("namespaces \"{}\" not found", request.namespace))
    }

    pub(super) fn mutating(&self) -> &[Policy<Mutator>] {
        &self.mutating
    }

    fn validate(
        policy: &Policy<Validator>,
        request: &AdmissionRequest,
        cluster: &dyn ClusterView,
        deadline: &dyn Deadline,
        out: &mut Answers,
    ) {
        let (invocations, errors) =
            Self::invocations(policy, request, cluster, conversion::is_known);
        for error in errors {
            if policy.fails_open && !error.is_unknown {
                continue;
            }
            let refusal = Refusal {
                is_open: policy.fails_open,
                ..Refusal::failure(error.message)
            };
            out.refuse(&policy.name, error.binding, Action::Deny, &refusal);
        }
        if invocations.is_empty() {
            return;
        }
        let namespace = match Self::namespace(request, cluster) {
            Ok(namespace) => namespace,
            // A policy that does not read it can judge without it.
            Err(_) if !policy.evaluator.reads_namespace => Value::Null,
            Err(message) => {
                // The API server refuses the request whatever the failure policy is.
                let refusal = Refusal::failure(message);
                out.refuse(&policy.name, None, Action::Deny, &refusal);
                return;
            }
        };
        let asked = Asked::new(request, cluster, deadline);
        let mut annotations: Vec<(String, Vec<String>)> = Vec::new();
        for invocation in &invocations {
            let seen = variables::request(request, &invocation.resource);
            let in_version = |object| variables::object(object, request, &invocation.resource);
            let object = in_version(request.object.as_ref());
            let old_object = in_version(request.old_object.as_ref());
            let params = invocation.params.as_deref();
            let mut bindings = Bindings::new();
            bindings
                .bind_json("object", &object)
                .bind_json("oldObject", &old_object)
                .bind_json("request", &seen)
                .bind_json("namespaceObject", &namespace)
                .bind_json("params", params.unwrap_or(&Value::Null));
            if let Some(asked) = &asked {
                asked.bind(&mut bindings);
            }
            // What stands at a place after a conversion may stand at another before it.
            let sent = match (&object, &old_object) {
                (Cow::Borrowed(Value::Null), Cow::Borrowed(old)) => Some(*old),
                (Cow::Borrowed(object), _) => Some(*object),
                (Cow::Owned(_), _) => None,
            };
            let is_late = || deadline.is_over();
            let of_nobody = request.user_info.is_nobody().then_some(&seen);
            let outcome = (policy.evaluator).evaluate(of_nobody, &bindings, sent, &is_late);
            for refusal in &outcome.refusals {
                for action in &invocation.binding.spec.validation_actions {
                    out.act(&policy.name, invocation.binding, *action, refusal);
                }
            }
            for message in outcome.failed_annotations {
                let refusal = Refusal::failure(message);
                out.refuse(
                    &policy.name,
                    Some(invocation.binding),
                    Action::Deny,
                    &refusal,
                );
            }
            for (key, value) in outcome.annotations {
                let value = shortened(value);
                match annotations.iter_mut().find(|(known, _)| *known == key) {
                    Some((_, values)) if values.contains(&value) => {}
                    Some((_, values)) => values.push(value),
                    None => annotations.push((key, vec![value])),
                }
            }
        }
        for (key, values) in annotations {
            let key = format!("{}/{key}", policy.name);
            out.verdict.audit_annotations.push((key, values.join(", ")));
        }
    }
}

/// Why a policy that is about another version of the request's resource cannot judge its object: the API server
/// converts it first, and not all of that is known here.
fn unlike(
    request: &AdmissionRequest,
    matched: &GroupVersionResource,
    cluster: &dyn ClusterView,
    is_fit: IsFit,
) -> Option<String> {
    let of = |group: &str, version: &str| GroupVersionKind {
        group: group.to_owned(),
        version: version.to_owned(),
        kind: request.kind.kind.clone(),
    };
    let is_same =
        (&matched.group, &matched.version) == (&request.resource.group, &request.resource.version);
    let matched = of(&matched.group, &matched.version);
    let sent = of(&request.resource.group, &request.resource.version);
    let is_alike = || {
        let mut objects = [&request.object, &request.old_object].into_iter().flatten();
        objects.all(|object| is_fit(object, &sent, &matched))
            || custom_merge::definition(&request.resource, cluster)
                .is_some_and(|definition| same_shape::is_kept(&definition))
    };
    (!is_same && !is_alike()).then(|| {
        let (matched, sent) = (matched.api_version(), sent.api_version());
        format!(
            "the policy is about {matched}, to which the API server converts what is written for {sent} and ringwall does not; let its rules name {sent} too"
        )
    })
}

/// The verdict so far, and what the audit log will tell of failures.
#[derive(Default)]
struct Answers {
    verdict: Verdict,
    failures: Vec<Value>,
}

impl Answers {
    fn act(
        &mut self,
        policy: &str,
        binding: &Binding,
        action: ValidationAction,
        refusal: &Refusal,
    ) {
        let action = match action {
            ValidationAction::Deny => Action::Deny,
            ValidationAction::Warn => Action::Warn,
            ValidationAction::Audit => {
                let actions = &binding.spec.validation_actions;
                let actions: Vec<_> = actions.iter().map(|action| action.as_str()).collect();
                self.failures.push(json!({
                    "message": refusal.message,
                    "policy": policy,
                    "binding": binding.name,
                    "expressionIndex": refusal.index,
                    "validationActions": actions,
                }));
                Action::Audit
            }
        };
        self.refuse(policy, Some(binding), action, refusal);
    }

    fn refuse(
        &mut self,
        policy: &str,
        binding: Option<&Binding>,
        action: Action,
        refusal: &Refusal,
    ) {
        let action = match action {
            Action::Deny if refusal.is_open => Action::Warn,
            action => action,
        };
        let mut violation = Violation::new(
            Source::ValidatingAdmissionPolicy,
            policy,
            action,
            refusal.message.clone(),
        );
        violation.binding = binding.map(|binding| binding.name.clone());
        violation.is_error = refusal.reason.is_none();
        violation.paths.clone_from(&refusal.paths);
        violation.status = Some(refusal.reason.unwrap_or_default().status());
        self.verdict.violations.push(violation);
    }
}

impl Reason {
    /// The HTTP answer that goes with it.
    pub(super) const fn status(self) -> Status {
        let (code, reason) = match self {
            Self::Invalid => (422, "Invalid"),
            Self::Unauthorized => (401, "Unauthorized"),
            Self::Forbidden => (403, "Forbidden"),
            Self::RequestEntityTooLarge => (413, "RequestEntityTooLarge"),
        };
        Status { code, reason }
    }
}

/// A value that fits into an audit annotation.
fn shortened(mut value: String) -> String {
    if value.len() > MAX_ANNOTATION {
        let end = (0..=MAX_ANNOTATION)
            .rev()
            .find(|end| value.is_char_boundary(*end))
            .unwrap_or(0);
        value.truncate(end);
    }
    value
}

/// Policies are not asked about themselves: a mistake in one could never be mended. What registers a webhook is no
/// policy, and is judged as any object. Nor are they asked about questions to the API server that nothing is stored of,
/// as in its `pkg/kubeapiserver/admission/exclusion`: `authorizer` asks one itself.
fn is_exempt(request: &AdmissionRequest) -> bool {
    let is_question = matches!(
        (request.kind.group.as_str(), request.kind.kind.as_str()),
        ("authentication.k8s.io", "SelfSubjectReview" | "TokenReview")
            | (
                "authorization.k8s.io",
                "LocalSubjectAccessReview"
                    | "SelfSubjectAccessReview"
                    | "SelfSubjectRulesReview"
                    | "SubjectAccessReview"
            )
    );
    is_question || is_policy(request)
}

fn is_policy(request: &AdmissionRequest) -> bool {
    request.kind.group == load::GROUP
        && matches!(
            request.kind.kind.as_str(),
            "ValidatingAdmissionPolicy"
                | "ValidatingAdmissionPolicyBinding"
                | "MutatingAdmissionPolicy"
                | "MutatingAdmissionPolicyBinding"
        )
}

impl AdmissionPolicies {
    /// Judges a request.
    pub fn review(
        &self,
        request: &AdmissionRequest,
        cluster: &dyn ClusterView,
        deadline: &dyn Deadline,
    ) -> Verdict {
        let mut answers = Answers::default();
        if is_exempt(request) {
            return answers.verdict;
        }
        for policy in &self.validating {
            Self::validate(policy, request, cluster, deadline, &mut answers);
        }
        if !answers.failures.is_empty() {
            answers.failures.truncate(MAX_FAILURES);
            answers.verdict.audit_annotations.push((
                "validation.policy.admission.k8s.io/validation_failure".to_owned(),
                Value::Array(answers.failures).to_string(),
            ));
        }
        answers.verdict
    }

    /// Changes the object of a request.
    pub fn mutate(
        &self,
        request: &AdmissionRequest,
        cluster: &dyn ClusterView,
        deadline: &dyn Deadline,
    ) -> Mutation {
        if is_exempt(request) || self.mutating.is_empty() {
            return Mutation::default();
        }
        mutating::run(self, request, cluster, deadline)
    }

    /// The kinds of parameters that policies take.
    pub fn param_kinds(&self) -> impl Iterator<Item = GroupVersionKind> {
        self.parameterized().map(|(_, kind)| kind)
    }

    /// The policies that take parameters, by name, with the kind of these.
    pub fn parameterized(&self) -> impl Iterator<Item = (&str, GroupVersionKind)> {
        let validating = (self.validating.iter()).map(|it| (it.name.as_str(), &it.param_kind));
        let mutating = (self.mutating.iter()).map(|it| (it.name.as_str(), &it.param_kind));
        validating.chain(mutating).filter_map(|(name, kind)| {
            let kind = kind.as_ref()?;
            Some((name, GroupVersionKind::new(&kind.api_version, &kind.kind)))
        })
    }

    /// Whether a verdict may rest on how custom kinds are defined: in which versions they are served, what these have in
    /// common, and how their lists are merged.
    pub fn ask_definitions(&self) -> bool {
        let validating = self.validating.iter().any(|policy| {
            let bindings = policy.bindings.iter();
            let narrowed = bindings.filter_map(|binding| binding.spec.match_resources.as_ref());
            [&policy.constraints]
                .into_iter()
                .chain(narrowed)
                .any(MatchResources::may_convert_custom)
        });
        let mut mutating = self.mutating.iter();
        validating || mutating.any(|policy| policy.constraints.is_about_custom())
    }

    /// The bindings by which nothing is judged, as their parameters are nowhere.
    pub fn without_params(&self, cluster: &dyn ClusterView) -> Vec<Problem> {
        let bindings = |kind, bindings: &[Binding]| -> Vec<Problem> {
            let idle = bindings
                .iter()
                .filter(|it| params::are_nowhere(kind, it.spec.param_ref.as_ref(), cluster));
            idle.map(|it| it.without_params.clone()).collect()
        };
        let validating = self.validating.iter();
        let validating = validating.flat_map(|it| bindings(it.param_kind.as_ref(), &it.bindings));
        let mutating = self.mutating.iter();
        let mutating = mutating.flat_map(|it| bindings(it.param_kind.as_ref(), &it.bindings));
        validating.chain(mutating).collect()
    }

    /// Whether a policy of this name is about a request, or may be.
    pub fn covers(
        &self,
        policy: &str,
        request: &AdmissionRequest,
        cluster: &dyn ClusterView,
    ) -> bool {
        let validating = self.validating.iter().map(|it| (&it.name, &it.constraints));
        let mutating = self.mutating.iter().map(|it| (&it.name, &it.constraints));
        validating
            .chain(mutating)
            .any(|(name, of)| name == policy && of.matches(request, cluster) != Ok(None))
    }

    /// Whether a policy asks what subjects may do.
    pub fn asks_access(&self) -> bool {
        self.validating
            .iter()
            .any(|policy| policy.evaluator.asks_access)
            || self
                .mutating
                .iter()
                .any(|policy| policy.evaluator.asks_access)
    }

    /// The policies, each with the file it came from.
    pub fn policies(&self) -> impl Iterator<Item = (Source, &str, Option<&str>)> {
        let validating = self.validating.iter().map(|policy| {
            let source = Source::ValidatingAdmissionPolicy;
            (source, policy.name.as_str(), policy.file.as_deref())
        });
        let mutating = self.mutating.iter().map(|policy| {
            let source = Source::MutatingAdmissionPolicy;
            (source, policy.name.as_str(), policy.file.as_deref())
        });
        validating.chain(mutating)
    }
}
