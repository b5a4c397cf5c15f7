//! What expressions see of a request: `request` and `namespaceObject` as the API server shows them.

use std::borrow::Cow;

use serde_json::{Map, Value, json};

use super::conversion;
use crate::admission::{AdmissionRequest, GroupVersionKind, GroupVersionResource, Operation};

/// The variable `request`. Fields without a value are left out, as the API leaves them out.
pub(crate) fn request(request: &AdmissionRequest, matched: &GroupVersionResource) -> Value {
    let mut members = Map::new();
    let mut set = |name: &str, value: Value| {
        let is_empty = value.as_str() == Some("");
        if !is_empty {
            members.insert(name.to_owned(), value);
        }
    };
    let seen = version(request, matched).map_or_else(
        || request.kind.clone(),
        |(group, version)| GroupVersionKind {
            group: group.to_owned(),
            version: version.to_owned(),
            kind: request.kind.kind.clone(),
        },
    );
    set("kind", kind(&seen));
    set("resource", resource(matched));
    set("subResource", json!(request.sub_resource));
    set(
        "requestKind",
        kind(request.request_kind.as_ref().unwrap_or(&request.kind)),
    );
    set(
        "requestResource",
        resource(
            request
                .request_resource
                .as_ref()
                .unwrap_or(&request.resource),
        ),
    );
    let request_sub_resource = if request.request_resource.is_some() {
        &request.request_sub_resource
    } else {
        &request.sub_resource
    };
    set("requestSubResource", json!(request_sub_resource));
    set("name", json!(request.name));
    set("namespace", json!(request.namespace));
    set(
        "operation",
        json!(request.operation.unwrap_or(Operation::Create).as_str()),
    );
    set("userInfo", user(request));
    set("dryRun", json!(request.dry_run));
    if let Some(options) = &request.options {
        set("options", options.clone());
    }
    Value::Object(members)
}

/// Group and version in which a policy sees the object, where they are not those in which it was sent.
fn version<'m>(
    request: &AdmissionRequest,
    matched: &'m GroupVersionResource,
) -> Option<(&'m str, &'m str)> {
    let (kind, sent) = (&request.kind, &request.resource);
    let is_own = (&kind.group, &kind.version) == (&sent.group, &sent.version);
    let is_same = (&matched.group, &matched.version) == (&sent.group, &sent.version);
    (is_own && !is_same).then_some((&*matched.group, &*matched.version))
}

/// The variables `object` and `oldObject`: an object in the version that a policy is about.
pub(crate) fn object<'v>(
    object: Option<&'v Value>,
    request: &AdmissionRequest,
    matched: &GroupVersionResource,
) -> Cow<'v, Value> {
    let object = object.unwrap_or(&Value::Null);
    match version(request, matched) {
        Some((group, version)) if object.is_object() => {
            let seen = GroupVersionKind {
                group: group.to_owned(),
                version: version.to_owned(),
                kind: request.kind.kind.clone(),
            };
            let converted = conversion::converted(object, &request.kind, &seen);
            Cow::Owned(converted.unwrap_or_else(|| {
                let mut object = object.clone();
                if let Some(members) = object.as_object_mut() {
                    members.insert("apiVersion".to_owned(), seen.api_version().into());
                }
                object
            }))
        }
        _ => Cow::Borrowed(object),
    }
}

fn user(request: &AdmissionRequest) -> Value {
    let user = &request.user_info;
    let mut members = Map::new();
    if !user.username.is_empty() {
        members.insert("username".to_owned(), json!(user.username));
    }
    if !user.uid.is_empty() {
        members.insert("uid".to_owned(), json!(user.uid));
    }
    if !user.groups.is_empty() {
        members.insert("groups".to_owned(), json!(user.groups));
    }
    if !user.extra.is_empty() {
        members.insert("extra".to_owned(), json!(user.extra));
    }
    Value::Object(members)
}

fn kind(kind: &GroupVersionKind) -> Value {
    json!({"group": kind.group, "version": kind.version, "kind": kind.kind})
}

fn resource(resource: &GroupVersionResource) -> Value {
    json!({"group": resource.group, "version": resource.version, "resource": resource.resource})
}

/// The variable `namespaceObject`: the part of a Namespace that policies may read.
pub(crate) fn namespace(namespace: &Value) -> Value {
    const METADATA: [&str; 12] = [
        "name",
        "generateName",
        "namespace",
        "labels",
        "annotations",
        "uid",
        "creationTimestamp",
        "deletionGracePeriodSeconds",
        "deletionTimestamp",
        "generation",
        "resourceVersion",
        "finalizers",
    ];
    let part = |of: &str, fields: &[&str]| {
        let members = namespace.get(of).and_then(Value::as_object);
        let kept = members
            .into_iter()
            .flatten()
            .filter(|(name, _)| fields.contains(&name.as_str()));
        Value::Object(
            kept.map(|(name, value)| (name.clone(), value.clone()))
                .collect(),
        )
    };
    json!({
        "metadata": part("metadata", &METADATA),
        "spec": part("spec", &["finalizers"]),
        "status": part("status", &["conditions", "phase"]),
    })
}
