//! The variables of admission policies, with the types that the API server declares for them.

use std::sync::Arc;

use crate::{
    environment::{Environment, Extension},
    schema::{MutationTypes, ObjectTypes, Schema},
    ty::Type,
};

/// Which variables an expression of an admission policy may use, besides `object`, `oldObject`, `request` and
/// `namespaceObject`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Variables {
    /// `params`.
    pub params: bool,
    /// `authorizer` and `authorizer.requestResource`.
    pub authorizer: bool,
    /// `Object{...}`, `JSONPatch{...}` and `jsonpatch.escapeKey`, in mutations.
    pub mutation: bool,
}

/// The environment of an admission policy in Kubernetes 1.`minor`.
pub fn environment(minor: u16, variables: Variables) -> Environment {
    let mut environment = Environment::kubernetes(minor)
        .schema(Arc::new(types()))
        .variable("object", Type::Dyn)
        .variable("oldObject", Type::Dyn)
        .variable("request", Type::object("kubernetes.AdmissionRequest"))
        .variable("namespaceObject", Type::object("kubernetes.Namespace"));
    if variables.params {
        environment = environment.variable("params", Type::Dyn);
    }
    if variables.authorizer {
        environment = environment
            .variable(
                "authorizer",
                Type::object("kubernetes.authorization.Authorizer"),
            )
            .variable(
                "authorizer.requestResource",
                Type::object("kubernetes.authorization.ResourceCheck"),
            );
    }
    if variables.mutation {
        environment = environment
            .with(Extension::JsonPatch)
            .schema(Arc::new(MutationTypes));
    }
    environment
}

/// The same environment where the object is of one kind, whose fields `schema` knows.
///
/// It is there to be told of mistakes: objects are maps when an expression is evaluated, and the API server finds no
/// fault with two types in one list there.
pub fn typed(mut environment: Environment, object: &Type, schema: Arc<dyn Schema>) -> Environment {
    environment.is_descriptive = true;
    environment
        .schema(schema)
        .variable("object", object.clone())
        .variable("oldObject", object.clone())
}

/// The types of `request` and `namespaceObject`.
fn types() -> ObjectTypes {
    let texts = || Type::list(Type::String);
    let text_map = || Type::map(Type::String, Type::String);
    let kind = || Type::object("kubernetes.GroupVersionKind");
    let resource = || Type::object("kubernetes.GroupVersionResource");
    ObjectTypes::new()
        .with(
            "kubernetes.GroupVersionKind",
            ["group", "version", "kind"].map(|name| (name, Type::String)),
        )
        .with(
            "kubernetes.GroupVersionResource",
            ["group", "version", "resource"].map(|name| (name, Type::String)),
        )
        .with(
            "kubernetes.UserInfo",
            [
                ("username", Type::String),
                ("uid", Type::String),
                ("groups", texts()),
                ("extra", Type::map(Type::String, texts())),
            ],
        )
        .with(
            "kubernetes.AdmissionRequest",
            [
                ("kind", kind()),
                ("resource", resource()),
                ("subResource", Type::String),
                ("requestKind", kind()),
                ("requestResource", resource()),
                ("requestSubResource", Type::String),
                ("name", Type::String),
                ("namespace", Type::String),
                ("operation", Type::String),
                ("userInfo", Type::object("kubernetes.UserInfo")),
                ("dryRun", Type::Bool),
                ("options", Type::Dyn),
            ],
        )
        .with("kubernetes.NamespaceSpec", [("finalizers", texts())])
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
        .with(
            "kubernetes.NamespaceStatus",
            [
                (
                    "conditions",
                    Type::list(Type::object("kubernetes.NamespaceCondition")),
                ),
                ("phase", Type::String),
            ],
        )
        .with(
            "kubernetes.NamespaceMetadata",
            [
                ("name", Type::String),
                ("generateName", Type::String),
                ("namespace", Type::String),
                ("labels", text_map()),
                ("annotations", text_map()),
                ("UID", Type::String),
                ("creationTimestamp", Type::Timestamp),
                ("deletionGracePeriodSeconds", Type::Int),
                ("deletionTimestamp", Type::Timestamp),
                ("generation", Type::Int),
                ("resourceVersion", Type::String),
                ("finalizers", texts()),
            ],
        )
        .with(
            "kubernetes.Namespace",
            [
                ("metadata", Type::object("kubernetes.NamespaceMetadata")),
                ("spec", Type::object("kubernetes.NamespaceSpec")),
                ("status", Type::object("kubernetes.NamespaceStatus")),
            ],
        )
}
