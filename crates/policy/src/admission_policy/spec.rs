//! The words of `admissionregistration.k8s.io`: policies and bindings as they are written.
//!
//! A field that is unknown is refused: what it was meant to narrow would silently hold for more, or for less.

use serde::{Deserialize, Deserializer, de::Error as _};
use serde_json::Value;

use crate::{RequestRule, label_selector::LabelSelector};

/// `spec` of a `ValidatingAdmissionPolicy`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ValidatingSpec {
    pub(crate) param_kind: Option<ParamKind>,
    pub(crate) match_constraints: Option<MatchResources>,
    pub(crate) match_conditions: Vec<NamedExpression>,
    pub(crate) variables: Vec<NamedExpression>,
    pub(crate) validations: Vec<ValidationSpec>,
    pub(crate) audit_annotations: Vec<AuditAnnotationSpec>,
    pub(crate) failure_policy: FailurePolicy,
}

/// `spec` of a `MutatingAdmissionPolicy`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct MutatingSpec {
    pub(crate) param_kind: Option<ParamKind>,
    pub(crate) match_constraints: Option<MatchResources>,
    pub(crate) match_conditions: Vec<NamedExpression>,
    pub(crate) variables: Vec<NamedExpression>,
    pub(crate) mutations: Vec<MutationSpec>,
    pub(crate) failure_policy: FailurePolicy,
    pub(crate) reinvocation_policy: ReinvocationPolicy,
}

impl ValidatingSpec {
    /// The text of every expression.
    pub(crate) fn expressions(&self) -> impl Iterator<Item = &str> {
        let named = self.match_conditions.iter().chain(&self.variables);
        let validations = self.validations.iter().flat_map(|validation| {
            [
                validation.expression.as_str(),
                validation.message_expression.as_str(),
            ]
        });
        let annotations = self.audit_annotations.iter();
        named
            .map(|named| named.expression.as_str())
            .chain(validations)
            .chain(annotations.map(|annotation| annotation.value_expression.as_str()))
    }
}

impl MutatingSpec {
    /// The text of every expression.
    pub(crate) fn expressions(&self) -> impl Iterator<Item = &str> {
        let named = self.match_conditions.iter().chain(&self.variables);
        let mutations = self.mutations.iter().map(|mutation| match mutation {
            MutationSpec::ApplyConfiguration {
                apply_configuration: written,
            }
            | MutationSpec::JsonPatch {
                json_patch: written,
            } => written.expression.as_str(),
        });
        named
            .map(|named| named.expression.as_str())
            .chain(mutations)
    }
}

/// The kind of a policy's parameters.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ParamKind {
    pub(crate) api_version: String,
    pub(crate) kind: String,
}

/// An expression with a name: a match condition or a variable.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NamedExpression {
    pub(crate) name: String,
    pub(crate) expression: String,
}

/// One validation.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ValidationSpec {
    pub(crate) expression: String,
    #[serde(default)]
    pub(crate) message: String,
    #[serde(default)]
    pub(crate) message_expression: String,
    #[serde(default)]
    pub(crate) reason: Reason,
}

/// Why a request is refused, which gives the HTTP code.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub(crate) enum Reason {
    #[default]
    Invalid,
    Unauthorized,
    Forbidden,
    RequestEntityTooLarge,
}

/// One audit annotation.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct AuditAnnotationSpec {
    pub(crate) key: String,
    pub(crate) value_expression: String,
}

/// What an error means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub(crate) enum FailurePolicy {
    #[default]
    Fail,
    Ignore,
}

/// Whether a mutation runs again after others have changed the object.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub(crate) enum ReinvocationPolicy {
    #[default]
    Never,
    IfNeeded,
}

/// One mutation.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "patchType", deny_unknown_fields)]
pub(crate) enum MutationSpec {
    ApplyConfiguration {
        #[serde(rename = "applyConfiguration")]
        apply_configuration: ExpressionSpec,
    },
    #[serde(rename = "JSONPatch")]
    JsonPatch {
        #[serde(rename = "jsonPatch")]
        json_patch: ExpressionSpec,
    },
}

/// An expression alone.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExpressionSpec {
    pub(crate) expression: String,
}

/// Which requests a policy or a binding is about.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct MatchResources {
    pub(crate) resource_rules: Vec<NamedRule>,
    pub(crate) exclude_resource_rules: Vec<NamedRule>,
    #[serde(deserialize_with = "selector")]
    pub(crate) namespace_selector: LabelSelector,
    #[serde(deserialize_with = "selector")]
    pub(crate) object_selector: LabelSelector,
    pub(crate) match_policy: MatchPolicy,
}

/// Whether other versions of a resource count as the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub(crate) enum MatchPolicy {
    #[default]
    Equivalent,
    Exact,
}

/// Operations on resources, and perhaps their names.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct NamedRule {
    pub(crate) resource_names: Vec<String>,
    pub(crate) operations: Vec<RuleOperation>,
    pub(crate) api_groups: Vec<String>,
    pub(crate) api_versions: Vec<String>,
    pub(crate) resources: Vec<String>,
    pub(crate) scope: Scope,
}

/// An operation of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum RuleOperation {
    Create,
    Update,
    Delete,
    Connect,
    #[serde(rename = "*")]
    All,
}

impl RuleOperation {
    /// The word in manifests.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Create => "CREATE",
            Self::Update => "UPDATE",
            Self::Delete => "DELETE",
            Self::Connect => "CONNECT",
            Self::All => "*",
        }
    }
}

impl NamedRule {
    /// The rule without names and scope.
    pub(crate) fn request_rule(&self) -> RequestRule {
        let set = |names: &[String]| names.iter().cloned().collect();
        let operations = self.operations.iter();
        RequestRule {
            api_groups: set(&self.api_groups),
            api_versions: set(&self.api_versions),
            operations: operations.map(|one| one.as_str().to_owned()).collect(),
            resources: set(&self.resources),
        }
    }
}

/// Whether a rule is about objects in namespaces.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub(crate) enum Scope {
    #[default]
    #[serde(rename = "*")]
    All,
    Cluster,
    Namespaced,
}

/// `spec` of a binding of either kind.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct BindingSpec {
    pub(crate) policy_name: String,
    pub(crate) param_ref: Option<ParamRef>,
    pub(crate) match_resources: Option<MatchResources>,
    pub(crate) validation_actions: Vec<ValidationAction>,
}

/// Which parameters a binding uses.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ParamRef {
    pub(crate) name: String,
    pub(crate) namespace: String,
    #[serde(deserialize_with = "some_selector")]
    pub(crate) selector: Option<LabelSelector>,
    pub(crate) parameter_not_found_action: Option<ParameterNotFoundAction>,
}

/// What happens without parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub(crate) enum ParameterNotFoundAction {
    Allow,
    Deny,
}

/// What follows from a violation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub(crate) enum ValidationAction {
    Deny,
    Warn,
    Audit,
}

impl ValidationAction {
    /// The word of the API.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Deny => "Deny",
            Self::Warn => "Warn",
            Self::Audit => "Audit",
        }
    }
}

fn selector<'de, D: Deserializer<'de>>(from: D) -> Result<LabelSelector, D::Error> {
    LabelSelector::parse(&Value::deserialize(from)?)
        .map_err(|(place, message)| D::Error::custom(format!("{place}: {message}")))
}

fn some_selector<'de, D: Deserializer<'de>>(from: D) -> Result<Option<LabelSelector>, D::Error> {
    selector(from).map(Some)
}
