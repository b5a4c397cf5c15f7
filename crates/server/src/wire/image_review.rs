//! `ImageReview` of `imagepolicy.k8s.io/v1alpha1`, which the API server's `ImagePolicyWebhook` plugin sends.
//!
//! It holds the images of a pod, the annotations whose key holds `.image-policy.k8s.io/`, and the namespace:
//! no names, no user. The answer is the same object with a status.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{WireError, annotation_key, refusal};

const KIND: &str = "ImageReview";
const KNOWN: &str = "imagepolicy.k8s.io/v1alpha1";

/// The images of a pod that is about to run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImageReview {
    /// Images, app containers first, then init containers.
    pub images: Vec<String>,
    /// Annotations of the pod that are meant for image policies.
    pub annotations: BTreeMap<String, String>,
    /// The pod's namespace.
    pub namespace: String,
}

/// What a review is answered with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// Whether the images may run.
    pub allowed: bool,
    /// Why not.
    pub reason: Option<String>,
    /// Kept in the audit log.
    pub audit_annotations: Vec<(String, String)>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Review {
    api_version: String,
    kind: String,
    spec: Option<Spec>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Spec {
    containers: Option<Vec<Container>>,
    annotations: Option<BTreeMap<String, String>>,
    namespace: String,
}

#[derive(Default, Deserialize, Serialize)]
#[serde(default)]
struct Container {
    image: String,
}

/// Reads a review.
///
/// # Errors
///
/// What the body is instead, in the words of [`WireError`].
pub fn parse(body: &[u8]) -> Result<ImageReview, WireError> {
    let review: Review =
        serde_json::from_slice(body).map_err(|error| refusal(body, KIND, KNOWN, Some(&error)))?;
    if review.kind != KIND || review.api_version != KNOWN {
        return Err(refusal(body, KIND, KNOWN, None));
    }
    let spec = review.spec.ok_or(WireError::Missing {
        kind: KIND,
        field: "spec",
    })?;
    let containers = spec.containers.unwrap_or_default();
    Ok(ImageReview {
        images: containers
            .into_iter()
            .map(|container| container.image)
            .collect(),
        annotations: spec.annotations.unwrap_or_default(),
        namespace: spec.namespace,
    })
}

/// The review as an object, for answers and records.
pub fn to_json(review: &ImageReview) -> Value {
    let containers: Vec<Value> = review
        .images
        .iter()
        .map(|image| json!({"image": image}))
        .collect();
    let mut spec = json!({"containers": containers});
    if let Some(members) = spec.as_object_mut() {
        if !review.annotations.is_empty() {
            members.insert("annotations".to_owned(), json!(review.annotations));
        }
        if !review.namespace.is_empty() {
            members.insert("namespace".to_owned(), json!(review.namespace));
        }
    }
    json!({"apiVersion": KNOWN, "kind": KIND, "metadata": {}, "spec": spec})
}

/// Writes an answer: the review with a status.
pub fn write(review: &ImageReview, answer: &Answer) -> Vec<u8> {
    let mut status = json!({"allowed": answer.allowed});
    if let Some(members) = status.as_object_mut() {
        if let Some(reason) = &answer.reason {
            members.insert("reason".to_owned(), json!(reason));
        }
        let annotations: BTreeMap<String, &str> = answer
            .audit_annotations
            .iter()
            .map(|(key, value)| (annotation_key(key), value.as_str()))
            .collect();
        if !annotations.is_empty() {
            members.insert("auditAnnotations".to_owned(), json!(annotations));
        }
    }
    let mut written = to_json(review);
    if let Some(members) = written.as_object_mut() {
        members.insert("status".to_owned(), status);
    }
    written.to_string().into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_review_is_answered_with_its_own_spec() {
        let body = br#"{"apiVersion":"imagepolicy.k8s.io/v1alpha1","kind":"ImageReview","metadata":{},
            "spec":{"containers":[{"image":"a:1"},{"image":"b@sha256:0"}],
            "annotations":{"mycluster.image-policy.k8s.io/ticket-1234":"break-glass"},"namespace":"shop"}}"#;
        let review = parse(body).unwrap();
        assert_eq!(review.images, ["a:1", "b@sha256:0"]);
        let answer = Answer {
            allowed: false,
            reason: Some("no".to_owned()),
            audit_annotations: Vec::new(),
        };
        let written: Value = serde_json::from_slice(&write(&review, &answer)).unwrap();
        let asked: Value = serde_json::from_slice(body).unwrap();
        assert_eq!(written["spec"], asked["spec"]);
        assert_eq!(written["status"], json!({"allowed": false, "reason": "no"}));
    }

    #[test]
    fn what_is_no_review_is_refused_with_the_reason() {
        let check = |body: &[u8], expected: &str| {
            let error = parse(body).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        };
        check(b"{", "EOF");
        check(
            br#"{"apiVersion":"imagepolicy.k8s.io/v1","kind":"ImageReview"}"#,
            "not spoken here",
        );
        check(
            br#"{"apiVersion":"imagepolicy.k8s.io/v1alpha1","kind":"ImageReview"}"#,
            "has no spec",
        );
        check(
            br#"{"kind":"AdmissionReview"}"#,
            "of kind 'AdmissionReview'",
        );
        check(
            br#"{"apiVersion":"imagepolicy.k8s.io/v1alpha1","kind":"ImageReview","spec":{"containers":[{"image":1}]}}"#,
            "invalid type: integer",
        );
    }
}
