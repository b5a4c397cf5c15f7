//! An `AdmissionReview` that stands in the place of the object of a case.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::{
    admission::{AdmissionRequest, GroupVersionKind, GroupVersionResource, Operation, UserInfo},
    gatekeeper::read::texts,
};

/// Whether an object is an AdmissionReview.
pub(super) fn is_review(object: &Value) -> bool {
    let kind = GroupVersionKind::of(object);
    kind.group == "admission.k8s.io" && kind.kind == "AdmissionReview"
}

/// The request of a review. A field that the API does not have is an error.
pub(super) fn request(review: &Value) -> Result<AdmissionRequest, String> {
    known(review, &["apiVersion", "kind", "request", "response"])?;
    let request = review.get("request").unwrap_or(&Value::Null);
    if request.is_null() {
        return Err("the AdmissionReview has no request".to_owned());
    }
    known(
        request,
        &[
            "uid",
            "kind",
            "resource",
            "subResource",
            "requestKind",
            "requestResource",
            "requestSubResource",
            "name",
            "namespace",
            "operation",
            "userInfo",
            "object",
            "oldObject",
            "dryRun",
            "options",
        ],
    )?;
    let object = |field: &str| request.get(field).filter(|value| !value.is_null()).cloned();
    let (new, old) = (object("object"), object("oldObject"));
    if new.is_none() && old.is_none() {
        return Err("the request has neither object nor oldObject".to_owned());
    }
    let word = text(request, "operation")?;
    Ok(AdmissionRequest {
        uid: text(request, "uid")?,
        kind: kind(request.get("kind"))?.unwrap_or_default(),
        resource: resource(request.get("resource"))?.unwrap_or_default(),
        sub_resource: text(request, "subResource")?,
        request_kind: kind(request.get("requestKind"))?,
        request_resource: resource(request.get("requestResource"))?,
        request_sub_resource: text(request, "requestSubResource")?,
        name: text(request, "name")?,
        namespace: text(request, "namespace")?,
        operation: operation(&word)?,
        user_info: user(request.get("userInfo"))?,
        object: new,
        old_object: old,
        options: object("options"),
        dry_run: request.get("dryRun") == Some(&Value::Bool(true)),
    })
}

fn operation(word: &str) -> Result<Option<Operation>, String> {
    if word.is_empty() {
        return Ok(None);
    }
    [
        Operation::Create,
        Operation::Update,
        Operation::Delete,
        Operation::Connect,
    ]
    .into_iter()
    .find(|operation| operation.as_str() == word)
    .map(Some)
    .ok_or_else(|| format!("`{word}` is no operation"))
}

fn fields(value: &Value) -> Result<&Map<String, Value>, String> {
    value
        .as_object()
        .ok_or_else(|| format!("an object is expected, not {value}"))
}

fn known(value: &Value, names: &[&str]) -> Result<(), String> {
    match fields(value)?
        .keys()
        .find(|name| !names.contains(&name.as_str()))
    {
        Some(name) => Err(format!("unknown field `{name}` of an AdmissionReview")),
        None => Ok(()),
    }
}

fn text(value: &Value, field: &str) -> Result<String, String> {
    match value.get(field) {
        None | Some(Value::Null) => Ok(String::new()),
        Some(Value::String(text)) => Ok(text.clone()),
        Some(other) => Err(format!("`{field}` must be a text, not {other}")),
    }
}

fn kind(value: Option<&Value>) -> Result<Option<GroupVersionKind>, String> {
    let Some(value) = value.filter(|value| !value.is_null()) else {
        return Ok(None);
    };
    known(value, &["group", "version", "kind"])?;
    Ok(Some(GroupVersionKind {
        group: text(value, "group")?,
        version: text(value, "version")?,
        kind: text(value, "kind")?,
    }))
}

fn resource(value: Option<&Value>) -> Result<Option<GroupVersionResource>, String> {
    let Some(value) = value.filter(|value| !value.is_null()) else {
        return Ok(None);
    };
    known(value, &["group", "version", "resource"])?;
    Ok(Some(GroupVersionResource {
        group: text(value, "group")?,
        version: text(value, "version")?,
        resource: text(value, "resource")?,
    }))
}

fn user(value: Option<&Value>) -> Result<UserInfo, String> {
    let Some(value) = value.filter(|value| !value.is_null()) else {
        return Ok(UserInfo::default());
    };
    known(value, &["username", "uid", "groups", "extra"])?;
    let extra = value.get("extra").and_then(Value::as_object);
    let extra: BTreeMap<_, _> = (extra.into_iter().flatten())
        .map(|(name, _)| {
            (
                name.clone(),
                texts(value.get("extra").unwrap_or(value), name),
            )
        })
        .collect();
    Ok(UserInfo {
        username: text(value, "username")?,
        uid: text(value, "uid")?,
        groups: texts(value, "groups"),
        extra,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_request_is_read() {
        let object = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}});
        let review = json!({
            "apiVersion": "admission.k8s.io/v1",
            "kind": "AdmissionReview",
            "request": {
                "uid": "u",
                "kind": {"group": "", "version": "v1", "kind": "Pod"},
                "operation": "UPDATE",
                "userInfo": {"username": "jane", "groups": ["a"], "extra": {"k": ["v"]}},
                "object": object,
                "oldObject": object,
                "dryRun": true,
            },
        });
        assert!(is_review(&review));
        let request = request(&review).expect("a request");
        assert_eq!(request.kind, GroupVersionKind::new("v1", "Pod"));
        assert_eq!(request.operation, Some(Operation::Update));
        assert_eq!(request.user_info.extra["k"], ["v"]);
        assert_eq!(request.old_object, Some(object));
        assert!(request.dry_run);
    }

    #[test]
    fn what_is_no_request_is_refused() {
        for (request_of, reason) in [
            (json!(null), "no request"),
            (json!({}), "neither object"),
            (json!({"object": {}, "operation": "PATCH"}), "no operation"),
            (json!({"object": {}, "objects": {}}), "unknown field"),
            (json!({"object": {}, "name": 1}), "must be a text"),
        ] {
            let review = json!({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": request_of});
            let error = request(&review).expect_err("no request");
            assert!(error.contains(reason), "{error}");
        }
    }
}
