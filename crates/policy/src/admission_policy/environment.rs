//! What the expressions of admission policies may use.
//!
//! As in the API server, `object`, `oldObject` and `params` are of no type while a policy is judged: an expression
//! may name any field of them. `request` and `namespaceObject` are of known types.

use std::sync::{Arc, LazyLock};

use ringwall_cel::{Environment, MutationTypes, ObjectTypes, Type};

/// The release of Kubernetes whose library expressions have.
const MINOR: u16 = 37;

const REQUEST: &str = "kubernetes.AdmissionRequest";
const NAMESPACE: &str = "kubernetes.Namespace";

/// For match conditions, variables, validations, messages and audit annotations. Messages have no `authorizer`.
pub(crate) fn validation(has_params: bool, has_authorizer: bool) -> Environment {
    static BASE: LazyLock<Environment> = LazyLock::new(|| {
        Environment::kubernetes(MINOR)
            .schema(Arc::new(types()))
            .variable("object", Type::Dyn)
            .variable("oldObject", Type::Dyn)
            .variable("request", Type::object(REQUEST))
            .variable("namespaceObject", Type::object(NAMESPACE))
    });
    let mut environment = BASE.clone();
    if has_params {
        environment = environment.variable("params", Type::Dyn);
    }
    if has_authorizer {
        environment = environment
            .variable("authorizer", Type::object("kubernetes.authorization.Authorizer"))
            .variable(
                "authorizer.requestResource",
                Type::object("kubernetes.authorization.ResourceCheck"),
            );
    }
    environment
}

/// For mutations, which construct `Object{...}` or `JSONPatch{...}`.
pub(crate) fn mutation(has_params: bool) -> Environment {
    validation(has_params, true)
        .with(ringwall_cel::Extension::JsonPatch)
        .schema(Arc::new(MutationTypes))
}

fn types() -> ObjectTypes {
    let strings = || Type::list(Type::String);
    let by_name = || Type::map(Type::String, Type::String);
    let object = Type::object;
    ObjectTypes::new()
        .with(
            REQUEST,
            [
                ("kind", object("kubernetes.GroupVersionKind")),
                ("resource", object("kubernetes.GroupVersionResource")),
                ("subResource", Type::String),
                ("requestKind", object("kubernetes.GroupVersionKind")),
                ("requestResource", object("kubernetes.GroupVersionResource")),
                ("requestSubResource", Type::String),
                ("name", Type::String),
                ("namespace", Type::String),
                ("operation", Type::String),
                ("userInfo", object("kubernetes.UserInfo")),
                ("dryRun", Type::Bool),
                ("options", Type::Dyn),
            ],
        )
        .with(
            "kubernetes.GroupVersionKind",
            [
                ("group", Type::String),
                ("version", Type::String),
                ("kind", Type::String),
            ],
        )
        .with(
            "kubernetes.GroupVersionResource",
            [
                ("group", Type::String),
                ("version", Type::String),
                ("resource", Type::String),
            ],
        )
        .with(
            "kubernetes.UserInfo",
            [
                ("username", Type::String),
                ("uid", Type::String),
                ("groups", strings()),
                ("extra", Type::map(Type::String, strings())),
            ],
        )
        .with(
            NAMESPACE,
            [
                ("metadata", object("kubernetes.NamespaceMetadata")),
                ("spec", object("kubernetes.NamespaceSpec")),
                ("status", object("kubernetes.NamespaceStatus")),
            ],
        )
        .with(
            "kubernetes.NamespaceMetadata",
            [
                ("name", Type::String),
                ("generateName", Type::String),
                ("namespace", Type::String),
                ("labels", by_name()),
                ("annotations", by_name()),
                ("UID", Type::String),
                ("creationTimestamp", Type::Timestamp),
                ("deletionGracePeriodSeconds", Type::Int),
                ("deletionTimestamp", Type::Timestamp),
                ("generation", Type::Int),
                ("resourceVersion", Type::String),
                ("finalizers", strings()),
            ],
        )
        .with("kubernetes.NamespaceSpec", [("finalizers", strings())])
        .with(
            "kubernetes.NamespaceStatus",
            [
                ("phase", Type::String),
                ("conditions", Type::list(object("kubernetes.NamespaceCondition"))),
            ],
        )
        .with(
            "kubernetes.NamespaceCondition",
            [
                ("status", Type::String),
                ("type", Type::String),
                ("lastTransitionTime", Type::Timestamp),
                ("message", Type::String),
                ("reason", Type::String),
            ],
        )
}
