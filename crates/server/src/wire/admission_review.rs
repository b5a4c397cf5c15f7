//! `AdmissionReview` of `admission.k8s.io/v1` and `v1beta1`.
//!
//! Source: <https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/>.

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use ringwall_policy::admission::{
    AdmissionRequest, GroupVersionKind, GroupVersionResource, Operation, UserInfo, patch,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Head, WireError, annotation_key, bounded_warnings, malformed, refusal};

const KIND: &str = "AdmissionReview";
const KNOWN: &str = "admission.k8s.io/v1 or admission.k8s.io/v1beta1";

/// The version of a review; an answer is of the version of its question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// `admission.k8s.io/v1`.
    V1,
    /// `admission.k8s.io/v1beta1`.
    V1Beta1,
}

impl Version {
    fn new(text: &str) -> Option<Self> {
        match text {
            "admission.k8s.io/v1" => Some(Self::V1),
            "admission.k8s.io/v1beta1" => Some(Self::V1Beta1),
            _ => None,
        }
    }

    const fn as_str(self) -> &'static str {
        match self {
            Self::V1 => "admission.k8s.io/v1",
            Self::V1Beta1 => "admission.k8s.io/v1beta1",
        }
    }
}

/// What identifies a review, so that it can be answered without being read as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The version of question and answer.
    pub version: Version,
    /// Echoed in the answer.
    pub uid: String,
}

/// What a review is answered with.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// Whether the request goes through.
    pub allowed: bool,
    /// Why not, with the HTTP code and the reason in the words of `metav1.Status`.
    pub status: Option<(u16, &'static str, String)>,
    /// Changes of the object; only mutating webhooks may have some.
    pub patch: Vec<patch::Operation>,
    /// Shown to the client.
    pub warnings: Vec<String>,
    /// Kept in the audit log.
    pub audit_annotations: Vec<(String, String)>,
}

impl Answer {
    /// The request goes through, and nothing else is said.
    pub fn allowed() -> Self {
        Self {
            allowed: true,
            status: None,
            patch: Vec::new(),
            warnings: Vec::new(),
            audit_annotations: Vec::new(),
        }
    }

    /// The request is refused.
    pub fn denied(code: u16, reason: &'static str, message: String) -> Self {
        Self {
            allowed: false,
            status: Some((code, reason, message)),
            ..Self::allowed()
        }
    }
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Review {
    api_version: String,
    kind: String,
    request: Option<Request>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
#[expect(clippy::struct_field_names, reason = "these are the words of the API")]
struct Request {
    uid: String,
    kind: Kind,
    resource: Resource,
    sub_resource: String,
    request_kind: Option<Kind>,
    request_resource: Option<Resource>,
    request_sub_resource: String,
    name: String,
    namespace: String,
    operation: Option<Word>,
    user_info: User,
    object: Option<Value>,
    old_object: Option<Value>,
    options: Option<Value>,
    dry_run: Option<bool>,
}

#[derive(Default, Deserialize, Serialize)]
#[serde(default)]
#[expect(clippy::struct_field_names, reason = "these are the words of the API")]
struct Kind {
    group: String,
    version: String,
    kind: String,
}

#[derive(Default, Deserialize, Serialize)]
#[serde(default)]
#[expect(clippy::struct_field_names, reason = "these are the words of the API")]
struct Resource {
    group: String,
    version: String,
    resource: String,
}

/// Who asks, in reviews and audit events alike.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct User {
    username: String,
    uid: String,
    groups: Option<Vec<String>>,
    extra: Option<BTreeMap<String, Vec<String>>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "UPPERCASE")]
enum Word {
    Create,
    Update,
    Delete,
    Connect,
}

impl From<User> for UserInfo {
    fn from(user: User) -> Self {
        Self {
            username: user.username,
            uid: user.uid,
            groups: user.groups.unwrap_or_default(),
            extra: user.extra.unwrap_or_default(),
        }
    }
}

impl From<Kind> for GroupVersionKind {
    fn from(kind: Kind) -> Self {
        Self {
            group: kind.group,
            version: kind.version,
            kind: kind.kind,
        }
    }
}

impl From<Resource> for GroupVersionResource {
    fn from(resource: Resource) -> Self {
        Self {
            group: resource.group,
            version: resource.version,
            resource: resource.resource,
        }
    }
}

/// Reads a review.
///
/// # Errors
///
/// What the body is instead, in the words of [`WireError`].
pub fn parse(body: &[u8]) -> Result<(Identity, AdmissionRequest), WireError> {
    let review: Review =
        serde_json::from_slice(body).map_err(|error| refusal(body, KIND, KNOWN, Some(&error)))?;
    let version = match Version::new(&review.api_version) {
        Some(version) if review.kind == KIND => version,
        _ => return Err(refusal(body, KIND, KNOWN, None)),
    };
    let missing = |field| WireError::Missing { kind: KIND, field };
    let request = review.request.ok_or_else(|| missing("request"))?;
    if request.uid.is_empty() && version == Version::V1 {
        return Err(missing("request.uid"));
    }
    let identity = Identity {
        version,
        uid: request.uid.clone(),
    };
    Ok((identity, request.read()?))
}

/// Reads a request as the record of a decision holds it.
///
/// # Errors
///
/// As [`parse`].
pub(crate) fn parse_request(request: Value) -> Result<AdmissionRequest, WireError> {
    let request: Request =
        serde_json::from_value(request).map_err(|error| malformed(KIND, &error))?;
    request.read()
}

impl Request {
    fn read(self) -> Result<AdmissionRequest, WireError> {
        let missing = |field| WireError::Missing { kind: KIND, field };
        let operation = match self.operation.ok_or_else(|| missing("request.operation"))? {
            Word::Create => Operation::Create,
            Word::Update => Operation::Update,
            Word::Delete => Operation::Delete,
            Word::Connect => Operation::Connect,
        };
        if self.object.is_none() && matches!(operation, Operation::Create | Operation::Update) {
            return Err(missing("request.object"));
        }
        Ok(AdmissionRequest {
            uid: self.uid,
            kind: self.kind.into(),
            resource: self.resource.into(),
            sub_resource: self.sub_resource,
            request_kind: self.request_kind.map(Into::into),
            request_resource: self.request_resource.map(Into::into),
            request_sub_resource: self.request_sub_resource,
            name: self.name,
            namespace: self.namespace,
            operation: Some(operation),
            user_info: self.user_info.into(),
            object: self.object,
            old_object: self.old_object,
            options: self.options,
            dry_run: self.dry_run.unwrap_or(false),
        })
    }
}

/// Reads only what an answer needs; for answers that cannot wait for the rest.
///
/// # Errors
///
/// As [`parse`], without those about the request's content.
pub fn identify(body: &[u8]) -> Result<Identity, WireError> {
    let head = Head::of(body, KIND)?;
    match (Version::new(&head.api_version), head.request) {
        (Some(version), Some(request)) if head.kind == KIND => Ok(Identity {
            version,
            uid: request.uid,
        }),
        (Some(_), None) if head.kind == KIND => Err(WireError::Missing {
            kind: KIND,
            field: "request",
        }),
        _ => Err(refusal(body, KIND, KNOWN, None)),
    }
}

/// Writes an answer.
pub fn write(identity: &Identity, answer: &Answer) -> Vec<u8> {
    let mut response = json!({"uid": identity.uid, "allowed": answer.allowed});
    let mut put = |key: &str, value: Value| {
        if let Some(members) = response.as_object_mut() {
            members.insert(key.to_owned(), value);
        }
    };
    if let Some((code, reason, message)) = &answer.status {
        put(
            "status",
            json!({"code": code, "reason": reason, "message": message, "status": "Failure"}),
        );
    }
    if !answer.patch.is_empty() {
        let operations: Vec<Value> = answer.patch.iter().map(patch::Operation::to_json).collect();
        put("patchType", json!("JSONPatch"));
        put(
            "patch",
            json!(STANDARD.encode(Value::Array(operations).to_string())),
        );
    }
    let warnings = bounded_warnings(answer.warnings.iter().cloned());
    if !warnings.is_empty() {
        put("warnings", json!(warnings));
    }
    let annotations: BTreeMap<String, &str> = answer
        .audit_annotations
        .iter()
        .map(|(key, value)| (annotation_key(key), value.as_str()))
        .filter(|(key, _)| !key.is_empty())
        .collect();
    if !annotations.is_empty() {
        put("auditAnnotations", json!(annotations));
    }
    let review =
        json!({"apiVersion": identity.version.as_str(), "kind": KIND, "response": response});
    review.to_string().into_bytes()
}

/// A request as a review holds it, for the record of a decision.
pub fn request_json(request: &AdmissionRequest) -> Value {
    let kind = |kind: &GroupVersionKind| json!({"group": kind.group, "version": kind.version, "kind": kind.kind});
    let resource = |resource: &GroupVersionResource| json!({"group": resource.group, "version": resource.version, "resource": resource.resource});
    let user = &request.user_info;
    let mut written = json!({
        "uid": request.uid,
        "kind": kind(&request.kind),
        "resource": resource(&request.resource),
        "name": request.name,
        "namespace": request.namespace,
        "operation": request.operation.map(Operation::as_str),
        "userInfo": {"username": user.username, "uid": user.uid, "groups": user.groups, "extra": user.extra},
        "object": request.object,
        "oldObject": request.old_object,
        "options": request.options,
        "dryRun": request.dry_run,
    });
    if let Some(members) = written.as_object_mut() {
        if !request.sub_resource.is_empty() {
            members.insert("subResource".to_owned(), json!(request.sub_resource));
        }
        if let Some(original) = &request.request_kind {
            members.insert("requestKind".to_owned(), kind(original));
        }
        if let Some(original) = &request.request_resource {
            members.insert("requestResource".to_owned(), resource(original));
        }
        if !request.request_sub_resource.is_empty() {
            members.insert(
                "requestSubResource".to_owned(),
                json!(request.request_sub_resource),
            );
        }
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    fn review(version: &str) -> Value {
        json!({
            "apiVersion": version, "kind": "AdmissionReview",
            "request": {
                "uid": "705ab4f5-6393-11e8-b7cc-42010a800002",
                "kind": {"group": "", "version": "v1", "kind": "Pod"},
                "resource": {"group": "", "version": "v1", "resource": "pods"},
                "name": "web", "namespace": "shop", "operation": "CREATE",
                "userInfo": {"username": "admin", "groups": ["system:masters"]},
                "object": {"apiVersion": "v1", "kind": "Pod"},
                "oldObject": null, "dryRun": false, "someday": {"more": 1},
            },
        })
    }

    fn bytes(review: &Value) -> Vec<u8> {
        review.to_string().into_bytes()
    }

    #[test]
    fn both_versions_are_read_and_answered_in_kind() {
        for (text, version) in [
            ("admission.k8s.io/v1", Version::V1),
            ("admission.k8s.io/v1beta1", Version::V1Beta1),
        ] {
            let (identity, request) = parse(&bytes(&review(text))).unwrap();
            assert_eq!(identity.version, version);
            assert_eq!(identify(&bytes(&review(text))), Ok(identity.clone()));
            assert_eq!(request.operation, Some(Operation::Create));
            assert_eq!(request.user_info.groups, ["system:masters"]);
            assert_eq!(request.old_object, None);
            let answer: Value =
                serde_json::from_slice(&write(&identity, &Answer::allowed())).unwrap();
            assert_eq!(
                answer,
                json!({
                    "apiVersion": text, "kind": "AdmissionReview",
                    "response": {"uid": "705ab4f5-6393-11e8-b7cc-42010a800002", "allowed": true},
                })
            );
        }
    }

    #[test]
    fn a_patch_is_base64_of_its_operations() {
        let (identity, _) = parse(&bytes(&review("admission.k8s.io/v1"))).unwrap();
        let answer = Answer {
            patch: vec![patch::Operation::Remove {
                path: "/spec/a".to_owned(),
            }],
            audit_annotations: vec![("a/b".to_owned(), "c".to_owned())],
            ..Answer::allowed()
        };
        let written: Value = serde_json::from_slice(&write(&identity, &answer)).unwrap();
        let response = &written["response"];
        assert_eq!(response["patchType"], "JSONPatch");
        // As `printf '[{"op":"remove","path":"/spec/a"}]' | base64` writes it.
        assert_eq!(
            response["patch"],
            "W3sib3AiOiJyZW1vdmUiLCJwYXRoIjoiL3NwZWMvYSJ9XQ=="
        );
        assert_eq!(response["auditAnnotations"], json!({"a.b": "c"}));
    }

    #[test]
    fn a_request_that_is_written_down_is_read_as_it_was() {
        let mut review = review("admission.k8s.io/v1");
        let request = &mut review["request"];
        request["subResource"] = json!("scale");
        request["requestKind"] = json!({"group": "apps", "version": "v1", "kind": "Deployment"});
        request["requestResource"] =
            json!({"group": "apps", "version": "v1", "resource": "deployments"});
        request["userInfo"]["extra"] = json!({"scopes": ["a", "b"]});
        request["oldObject"] = json!({"a": null});
        let (_, request) = parse(&bytes(&review)).unwrap();
        assert_eq!(parse_request(request_json(&request)), Ok(request));
    }

    #[test]
    fn what_is_no_review_is_refused_with_the_reason() {
        let check = |body: &[u8], expected: &str| {
            let error = parse(body).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        };
        let whole = bytes(&review("admission.k8s.io/v1"));
        check(&whole[..whole.len() / 2], "EOF while parsing");
        check(b"", "EOF while parsing a value at line 1 column 0");
        check(&[0xff, 0xfe], "the body is no AdmissionReview");
        check(
            &bytes(&review("admission.k8s.io/v2")),
            "'admission.k8s.io/v2' is not spoken here",
        );
        check(br#"{"apiVersion":"v1","kind":"Pod"}"#, "of kind 'Pod'");
        check(
            br#"{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview"}"#,
            "has no request",
        );
        let without = |field: &str| {
            let mut review = review("admission.k8s.io/v1");
            review["request"].as_object_mut().unwrap().remove(field);
            bytes(&review)
        };
        check(&without("uid"), "has no request.uid");
        check(&without("object"), "has no request.object");
        check(&without("operation"), "has no request.operation");
        let mut odd = review("admission.k8s.io/v1");
        odd["request"]["operation"] = json!("PATCH");
        check(&bytes(&odd), "unknown variant `PATCH`");
        let deep = format!(
            r#"{{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{{"object":{{"a":{}{}}}}}}}"#,
            "[".repeat(100_000),
            "]".repeat(100_000)
        );
        check(deep.as_bytes(), "recursion limit");
    }
}
