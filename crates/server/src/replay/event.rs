//! An audit event as the request that webhooks were asked about.
//!
//! An event is written when the request is over. Of an object that was stored, the response holds what was stored:
//! with its defaults and after every mutation, which is what a validating webhook saw. Of one that was refused, only
//! the request tells, as the client sent it. A patch is no object. What was there before an update is never told.
//!
//! Source: <https://kubernetes.io/docs/reference/config-api/apiserver-audit.v1/>.

use std::collections::BTreeMap;

use ringwall_policy::admission::{
    AdmissionRequest, GroupVersionKind, GroupVersionResource, Operation,
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    Asked, Before, EVENT_WITHOUT_OBJECT, Found, Note, Origin, Read, Recorded, Then,
    UNPARSABLE_RECORD,
    recorded::{broken, moment},
    refusal,
};
use crate::wire::admission_review::User;

/// Subresources that open a connection, whatever the verb.
const CONNECTIONS: [&str; 4] = ["attach", "exec", "portforward", "proxy"];

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Event {
    level: String,
    #[serde(rename = "auditID")]
    audit_id: String,
    stage: String,
    verb: String,
    #[serde(rename = "requestURI")]
    request_uri: String,
    user: User,
    impersonated_user: Option<User>,
    object_ref: Option<Reference>,
    response_status: Option<Status>,
    request_object: Option<Value>,
    response_object: Option<Value>,
    request_received_timestamp: String,
    annotations: Option<BTreeMap<String, String>>,
}

/// What decides whether the rest of an event is read: most events are reads.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Outline {
    #[serde(rename = "auditID")]
    audit_id: String,
    stage: String,
    verb: String,
    object_ref: Option<Reference>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Reference {
    resource: String,
    namespace: String,
    name: String,
    api_group: String,
    api_version: String,
    subresource: String,
}

/// `metav1.Status`, as far as events hold it.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Status {
    code: u16,
    message: String,
    reason: String,
}

/// Reads an event.
pub(super) fn read(text: &[u8], is_redacted: bool) -> Read {
    let outline: Outline = match serde_json::from_slice(text) {
        Ok(outline) => outline,
        Err(error) => return Read::unseen(UNPARSABLE_RECORD, broken(&error)),
    };
    if let Some(word) = passed(&outline) {
        return Read {
            key: Some((outline.audit_id, outline.stage)),
            found: Found::Passed(word),
        };
    }
    match serde_json::from_slice(text) {
        Ok(event) => whole(event, is_redacted),
        Err(error) => Read::unseen(UNPARSABLE_RECORD, broken(&error)),
    }
}

/// Reads an event out of a record of this server.
pub(super) fn read_value(event: Value, is_redacted: bool) -> Read {
    match Outline::deserialize(&event) {
        Ok(outline) => {
            if let Some(word) = passed(&outline) {
                return Read {
                    key: Some((outline.audit_id, outline.stage)),
                    found: Found::Passed(word),
                };
            }
        }
        Err(error) => return Read::unseen(UNPARSABLE_RECORD, broken(&error)),
    }
    match Event::deserialize(event) {
        Ok(event) => whole(event, is_redacted),
        Err(error) => Read::unseen(UNPARSABLE_RECORD, broken(&error)),
    }
}

/// Why policies are not asked about such an event, in the word under which it is counted.
fn passed(outline: &Outline) -> Option<&'static str> {
    let Some(reference) = &outline.object_ref else {
        return Some("without_resource");
    };
    let is_read = matches!(
        outline.verb.as_str(),
        "get" | "list" | "watch" | "head" | "options"
    );
    if is_read && !CONNECTIONS.contains(&reference.subresource.as_str()) {
        return Some("reads");
    }
    // Each request is over once, whatever else was logged on its way.
    (outline.stage != "ResponseComplete" && outline.stage != "Panic").then_some("other_stages")
}

fn whole(event: Event, is_redacted: bool) -> Read {
    let key = Some((event.audit_id.clone(), event.stage.clone()));
    let annotation = |key: &str| {
        let annotations = event.annotations.as_ref();
        annotations.and_then(|all| all.get(key)).map(String::as_str)
    };
    let status = event.response_status.as_ref();
    let (code, message, reason) = status.map_or((0, "", ""), |status| {
        (status.code, status.message.as_str(), status.reason.as_str())
    });
    let is_forbidden = annotation("authorization.k8s.io/decision") == Some("forbid");
    if code == 401 || is_forbidden {
        // No policy is asked about what nobody may do.
        return Read {
            key,
            found: Found::Passed("unauthorized"),
        };
    }
    let mut before = Before::outcome(match code {
        0 => Then::Unknown,
        200..=299 => Then::Allowed,
        _ => Then::Failed,
    });
    if before.then == Then::Failed
        && let Some(said) = refusal::of(message, reason)
    {
        before.then = Then::Denied;
        before.said.push(said);
    }
    let annotations = event.annotations.iter().flatten();
    before
        .said
        .extend(annotations.flat_map(|(key, value)| refusal::annotated(key, value)));
    let moment = moment(&event.request_received_timestamp);
    let found = match request(event, code) {
        Ok(request) => Found::Request(Box::new(Recorded {
            origin: Origin::Event,
            asked: Asked::Review(None, Box::new(request)),
            before,
            moment,
            is_redacted,
        })),
        Err(reason) => Found::Unseen(Note::new(EVENT_WITHOUT_OBJECT, reason)),
    };
    Read { key, found }
}

/// An object, and no answer that is none.
fn object(value: Option<Value>) -> Option<Value> {
    value.filter(|value| {
        let kind = GroupVersionKind::of(value);
        let is_status = kind.kind == "Status" && kind.api_version() == "v1";
        value.is_object() && !kind.kind.is_empty() && !is_status
    })
}

fn request(event: Event, code: u16) -> Result<AdmissionRequest, String> {
    let reference = event.object_ref.unwrap_or_default();
    let of = if reference.subresource.is_empty() {
        reference.resource.clone()
    } else {
        format!("{}/{}", reference.resource, reference.subresource)
    };
    if matches!(event.level.as_str(), "Metadata" | "None") {
        return Err(format!("level {} of {of} holds no object", event.level));
    }
    if CONNECTIONS.contains(&reference.subresource.as_str()) {
        return Err(format!(
            "a connection to {of} is logged without its options"
        ));
    }
    let is_stored = (200..=299).contains(&code);
    let sent = object(event.request_object);
    let stored = object(event.response_object).filter(|_| is_stored);
    let same_kind = |stored: &Value| {
        let kind = sent.as_ref().map(GroupVersionKind::of);
        kind.is_none_or(|kind| kind.kind == GroupVersionKind::of(stored).kind)
    };
    let (operation, mut object, old_object) = match event.verb.as_str() {
        "create" => {
            // A binding or an eviction is answered by something else.
            let seen = stored.filter(same_kind).or(sent);
            (Operation::Create, seen, None)
        }
        "update" => (Operation::Update, stored.filter(same_kind).or(sent), None),
        // Server-side apply makes an object where there is none.
        "patch" if code == 201 => (Operation::Create, stored, None),
        "patch" => (Operation::Update, stored, None),
        "delete" => (Operation::Delete, None, stored),
        verb => return Err(format!("{verb} of {of} names no single object")),
    };
    if object.is_none() && old_object.is_none() {
        return Err(match (event.verb.as_str(), is_stored) {
            ("patch", false) => format!("a patch of {of} that failed holds no object"),
            (verb, _) => format!("{verb} of {of} at level {} holds no object", event.level),
        });
    }
    let seen = object.as_ref().or(old_object.as_ref());
    let kind = seen.map(GroupVersionKind::of).unwrap_or_default();
    let named = |field: &str| {
        let text = seen.and_then(|seen| seen.pointer("/metadata")?.get(field)?.as_str());
        text.unwrap_or_default().to_owned()
    };
    let name = match reference.name {
        name if name.is_empty() => named("name"),
        name => name,
    };
    let is_namespace = kind.group.is_empty() && kind.kind == "Namespace";
    let namespace = match reference.namespace {
        namespace if namespace.is_empty() && is_namespace => name.clone(),
        namespace => namespace,
    };
    if !namespace.is_empty()
        && !is_namespace
        && let Some(metadata) = object
            .as_mut()
            .and_then(|object| object.get_mut("metadata"))
        && metadata.get("namespace").is_none()
        && let Some(metadata) = metadata.as_object_mut()
    {
        // The API server puts it there before anybody is asked.
        metadata.insert("namespace".to_owned(), json!(namespace));
    }
    let query = event
        .request_uri
        .split_once('?')
        .map_or("", |(_, query)| query);
    Ok(AdmissionRequest {
        uid: event.audit_id,
        kind,
        resource: GroupVersionResource {
            group: reference.api_group,
            version: reference.api_version,
            resource: reference.resource,
        },
        sub_resource: reference.subresource,
        name,
        namespace,
        operation: Some(operation),
        user_info: event.impersonated_user.unwrap_or(event.user).into(),
        object,
        old_object,
        dry_run: query.split('&').any(|word| word == "dryRun=All"),
        ..AdmissionRequest::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(verb: &str, code: u16, change: impl FnOnce(&mut Value)) -> Found {
        let mut event = json!({
            "kind": "Event", "apiVersion": "audit.k8s.io/v1", "level": "RequestResponse",
            "auditID": "a", "stage": "ResponseComplete", "verb": verb,
            "requestURI": "/api/v1/namespaces/shop/pods?fieldManager=me&dryRun=All",
            "user": {"username": "root", "groups": ["system:masters"]},
            "impersonatedUser": {"username": "ann", "groups": ["dev"]},
            "objectRef": {"resource": "pods", "namespace": "shop", "name": "web", "apiVersion": "v1"},
            "responseStatus": {"metadata": {}, "code": code},
            "requestObject": {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web"}, "spec": {"from": "client"}},
            "responseObject": {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web", "namespace": "shop"}, "spec": {"from": "server"}},
            "requestReceivedTimestamp": "2026-11-27T12:00:00.000000Z",
        });
        change(&mut event);
        read(event.to_string().as_bytes(), false).found
    }

    fn asked(found: Found) -> (AdmissionRequest, Then) {
        match found {
            Found::Request(recorded) => match recorded.asked {
                Asked::Review(None, request) => (*request, recorded.before.then),
                other => panic!("{other:?}"),
            },
            other => panic!("{other:?}"),
        }
    }

    fn from(object: Option<&Value>) -> &str {
        object.unwrap()["spec"]["from"].as_str().unwrap()
    }

    fn reason(found: Found) -> String {
        match found {
            Found::Unseen(note) => {
                assert_eq!(note.id, EVENT_WITHOUT_OBJECT);
                note.reason
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_was_stored_is_judged_and_what_was_refused_as_it_was_sent() {
        let (request, then) = asked(event("create", 201, |_| {}));
        assert_eq!(
            (from(request.object.as_ref()), then),
            ("server", Then::Allowed)
        );
        assert_eq!(request.operation, Some(Operation::Create));
        assert_eq!(
            (request.user_info.username.as_str(), request.dry_run),
            ("ann", true)
        );
        assert_eq!(
            (
                request.namespace.as_str(),
                request.resource.resource.as_str()
            ),
            ("shop", "pods")
        );
        let (request, then) = asked(event("create", 403, |event| {
            event["responseObject"] = json!({"apiVersion": "v1", "kind": "Status", "code": 403});
            event["responseStatus"]["message"] =
                json!("admission webhook \"a.b\" denied the request: no");
        }));
        assert_eq!(
            (from(request.object.as_ref()), then),
            ("client", Then::Denied)
        );
        assert_eq!(request.object.unwrap()["metadata"]["namespace"], "shop");
        let (request, _) = asked(event("create", 201, |event| {
            event["level"] = json!("Request");
            event["responseObject"] = Value::Null;
        }));
        assert_eq!(from(request.object.as_ref()), "client");
    }

    #[test]
    fn a_patch_is_no_object_and_its_result_is() {
        let (request, _) = asked(event("patch", 200, |event| {
            event["requestObject"] = json!([{"op": "add"}]);
        }));
        assert_eq!(
            (from(request.object.as_ref()), request.operation),
            ("server", Some(Operation::Update))
        );
        let (request, _) = asked(event("patch", 201, |_| {}));
        assert_eq!(request.operation, Some(Operation::Create));
        let failed = event("patch", 422, |event| {
            event["responseObject"] = json!({"apiVersion": "v1", "kind": "Status"});
        });
        assert!(reason(failed).contains("that failed"));
        let short = event("patch", 200, |event| event["responseObject"] = Value::Null);
        assert!(reason(short).contains("holds no object"));
    }

    #[test]
    fn deletions_hold_the_object_that_went_or_are_told() {
        let (request, _) = asked(event("delete", 200, |event| {
            event["requestObject"] = Value::Null;
        }));
        assert_eq!(
            (request.object, from(request.old_object.as_ref())),
            (None, "server")
        );
        let status = event("delete", 200, |event| {
            event["responseObject"] = json!({"apiVersion": "v1", "kind": "Status"});
        });
        assert!(reason(status).contains("delete of pods"));
        assert!(reason(event("deletecollection", 200, |_| {})).contains("no single object"));
    }

    #[test]
    fn what_holds_no_object_is_told_and_what_no_policy_sees_is_counted() {
        assert!(
            reason(event("create", 201, |event| event["level"] = json!("Metadata")))
                .contains("level Metadata of pods")
        );
        let exec = event("get", 101, |event| {
            event["objectRef"]["subresource"] = json!("exec");
        });
        assert!(reason(exec).contains("pods/exec"));
        assert_eq!(event("list", 200, |_| {}), Found::Passed("reads"));
        assert_eq!(
            event("create", 201, |event| event["stage"] =
                json!("RequestReceived")),
            Found::Passed("other_stages")
        );
        assert_eq!(
            event("create", 201, |event| event["objectRef"] = Value::Null),
            Found::Passed("without_resource")
        );
        let forbidden = event("create", 403, |event| {
            event["annotations"] = json!({"authorization.k8s.io/decision": "forbid"});
        });
        assert_eq!(forbidden, Found::Passed("unauthorized"));
    }

    #[test]
    fn what_failed_for_another_reason_is_no_refusal() {
        let (_, then) = asked(event("create", 409, |event| {
            event["responseObject"] = Value::Null;
            event["responseStatus"]["message"] = json!("pods \"web\" already exists");
        }));
        assert_eq!(then, Then::Failed);
    }
}
