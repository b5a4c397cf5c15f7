//! Whom policies ask what subjects may do.

use ringwall_cel::{AccessRequest, AccessReview, Subject};
use serde_json::{Map, Value, json};

use super::{Deadline, UserInfo};

/// Whoever knows what subjects may do in the cluster: in the end, its API server.
pub trait AccessReviewer: Send + Sync {
    /// Answers the `spec` of a `SubjectAccessReview`, within the time that is left.
    ///
    /// # Errors
    ///
    /// Why nobody answered, in one sentence. It is no answer, and must not be taken for a no.
    fn review(&self, spec: &Value, deadline: &dyn Deadline) -> Result<AccessReview, String>;
}

/// A question of an expression as the `spec` of a `SubjectAccessReview`.
///
/// `requester` is whoever makes the request under review. A service account is asked about as the API server's own
/// `authorizer` does: with the groups of service accounts, and without `system:authenticated`.
///
/// # Errors
///
/// Where the question is about the requester and there is none: in the audit, in a scan.
pub(crate) fn spec(asked: &AccessRequest<'_>, requester: &UserInfo) -> Result<Value, String> {
    let (AccessRequest::Path { subject, .. } | AccessRequest::Resource { subject, .. }) = asked;
    let mut spec = match subject {
        Subject::Requester => of_requester(requester)?,
        Subject::ServiceAccount { namespace, name } => {
            let user = format!("system:serviceaccount:{namespace}:{name}");
            let groups = [
                "system:serviceaccounts".to_owned(),
                format!("system:serviceaccounts:{namespace}"),
            ];
            Map::from_iter([
                ("user".to_owned(), json!(user)),
                ("groups".to_owned(), json!(groups)),
            ])
        }
    };
    match asked {
        AccessRequest::Path { path, verb, .. } => {
            let attributes = json!({"path": path, "verb": verb});
            spec.insert("nonResourceAttributes".to_owned(), attributes);
        }
        AccessRequest::Resource {
            group,
            resource,
            subresource,
            namespace,
            name,
            verb,
            field_selector,
            label_selector,
            ..
        } => {
            let mut attributes = json!({
                "group": group, "version": "*", "resource": resource, "subresource": subresource,
                "namespace": namespace, "name": name, "verb": verb,
            });
            for (field, selector) in [
                ("fieldSelector", field_selector),
                ("labelSelector", label_selector),
            ] {
                if let (false, Some(attributes)) = (selector.is_empty(), attributes.as_object_mut())
                {
                    attributes.insert(field.to_owned(), json!({"rawSelector": selector}));
                }
            }
            spec.insert("resourceAttributes".to_owned(), attributes);
        }
    }
    Ok(Value::Object(spec))
}

/// Why nothing is known of rights where nobody makes the request.
pub(crate) const OF_NOBODY: &str = "nobody made this request, so that no rights can be asked about";

fn of_requester(requester: &UserInfo) -> Result<Map<String, Value>, String> {
    if requester.username.is_empty() && requester.groups.is_empty() {
        return Err(OF_NOBODY.to_owned());
    }
    let mut spec = Map::from_iter([
        ("user".to_owned(), json!(requester.username)),
        ("groups".to_owned(), json!(requester.groups)),
    ]);
    if !requester.uid.is_empty() {
        spec.insert("uid".to_owned(), json!(requester.uid));
    }
    if !requester.extra.is_empty() {
        spec.insert("extra".to_owned(), json!(requester.extra));
    }
    Ok(spec)
}
