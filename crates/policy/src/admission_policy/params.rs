//! The parameters that a binding hands to its policy.

use std::sync::Arc;

use ringwall_input::schema;
use serde_json::Value;

use super::spec::{ParamKind, ParamRef, ParameterNotFoundAction};
use crate::admission::{AdmissionRequest, ClusterView, GroupVersionKind};

/// Why there are no parameters where there should be some.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ParamError {
    /// The binding says how to look them up in a way that cannot be.
    #[error("{0}")]
    Reference(&'static str),
    /// None were found, and the binding demands some.
    #[error("no params found for policy binding with `Deny` parameterNotFoundAction")]
    NotFound,
}

/// Each set of parameters to evaluate the policy with; `[None]` for a policy without any.
pub(crate) fn collect(
    kind: Option<&ParamKind>,
    reference: Option<&ParamRef>,
    request: &AdmissionRequest,
    cluster: &dyn ClusterView,
) -> Result<Vec<Option<Arc<Value>>>, ParamError> {
    let (Some(kind), Some(reference)) = (kind, reference) else {
        return Ok(vec![None]);
    };
    let of = GroupVersionKind::new(&kind.api_version, &kind.kind);
    // A custom kind is looked for in the namespace if one is at hand: who defines it is not known here.
    let is_namespaced = schema::is_namespaced(&kind.api_version, &kind.kind).unwrap_or_else(|| {
        cluster
            .is_namespaced(&of)
            .unwrap_or(!reference.namespace.is_empty())
    });
    let namespace = match (is_namespaced, reference.namespace.as_str()) {
        (false, "") => "",
        (false, _) => {
            return Err(ParamError::Reference(
                "paramRef.namespace must not be provided for a cluster-scoped `paramKind`",
            ));
        }
        (true, "") if request.namespace.is_empty() => {
            return Err(ParamError::Reference(
                "cannot use namespaced paramRef in policy binding that matches cluster-scoped resources",
            ));
        }
        (true, "") => &request.namespace,
        (true, namespace) => namespace,
    };
    let found: Vec<_> = match (reference.name.as_str(), &reference.selector) {
        ("", None) => {
            return Err(ParamError::Reference(
                "one of name or selector must be provided",
            ));
        }
        ("", Some(selector)) => cluster
            .list(&of, namespace)
            .into_iter()
            .filter(|object| {
                selector.selects(
                    object
                        .pointer("/metadata/labels")
                        .and_then(Value::as_object),
                )
            })
            .map(Some)
            .collect(),
        (_, Some(_)) => {
            return Err(ParamError::Reference(
                "paramRef.name and paramRef.selector are mutually exclusive",
            ));
        }
        (name, None) => cluster
            .get(&of, namespace, name)
            .map(Some)
            .into_iter()
            .collect(),
    };
    let denies = reference.parameter_not_found_action == Some(ParameterNotFoundAction::Deny);
    if found.is_empty() && denies {
        return Err(ParamError::NotFound);
    }
    Ok(found)
}

/// Whether a binding looks for parameters that are nowhere, whatever the request, and allows what it has none for.
pub(crate) fn are_nowhere(
    kind: Option<&ParamKind>,
    reference: Option<&ParamRef>,
    cluster: &dyn ClusterView,
) -> bool {
    let (Some(kind), Some(reference)) = (kind, reference) else {
        return false;
    };
    let of = GroupVersionKind::new(&kind.api_version, &kind.kind);
    let mut known = cluster.list(&of, &reference.namespace).into_iter();
    reference.parameter_not_found_action == Some(ParameterNotFoundAction::Allow)
        && !known.any(|object| {
            if let Some(selector) = &reference.selector {
                let labels = object.pointer("/metadata/labels");
                selector.selects(labels.and_then(Value::as_object))
            } else {
                let name = object.pointer("/metadata/name").and_then(Value::as_str);
                name == Some(&*reference.name)
            }
        })
}
