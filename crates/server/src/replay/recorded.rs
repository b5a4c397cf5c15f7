//! A document, known by what is in it: a record of this server, a review, or an audit event.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::{Deserialize, de::IgnoredAny};
use serde_json::Value;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use super::{
    Asked, Before, Found, Origin, Read, Recorded, Said, Then, UNKNOWN_RECORD, UNPARSABLE_RECORD,
    event,
};
use crate::{
    Route,
    redact::REDACTED,
    wire::{WireError, admission_review, image_review},
};

/// The version of records that is read.
const VERSION: u64 = 1;

/// What tells one kind of document from another.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Head {
    api_version: String,
    kind: String,
    version: Option<u64>,
    #[serde(rename = "type")]
    of: String,
    #[serde(rename = "auditID")]
    audit_id: String,
    items: Option<IgnoredAny>,
}

/// A record of this server.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Record {
    #[serde(rename = "type")]
    of: String,
    time: String,
    policies: String,
    request: Value,
    review: Value,
    verdict: Value,
    event: Value,
}

/// The answer beside a question.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Answered {
    response: Option<Response>,
    status: Option<Status>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Response {
    allowed: bool,
    patch: Option<String>,
    status: Option<RefusalStatus>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct RefusalStatus {
    message: String,
}

/// The status of an `ImageReview`.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Status {
    allowed: bool,
    reason: String,
}

/// Reads a document.
pub(super) fn read(text: &[u8]) -> Read {
    let head: Head = match serde_json::from_slice(text) {
        Ok(head) => head,
        Err(error) => {
            return match serde_json::from_slice::<IgnoredAny>(text) {
                Ok(_) => other(),
                Err(_) => Read::unseen(UNPARSABLE_RECORD, broken(&error)),
            };
        }
    };
    let is_redacted = holds_redacted(text);
    let is_event = head.api_version.starts_with("audit.k8s.io/") && head.kind == "Event";
    match head.kind.as_str() {
        "AdmissionReview" => review(text, is_redacted),
        "ImageReview" => images(text, is_redacted),
        // In lists, items do not say what they are.
        "" if !head.audit_id.is_empty() => event::read(text, is_redacted),
        _ if is_event => event::read(text, is_redacted),
        "" if head.version == Some(VERSION) && !head.of.is_empty() => record(text, is_redacted),
        "" if head.version.is_some() && !head.of.is_empty() => Read::unseen(
            UNKNOWN_RECORD,
            "is a record of another version; version 1 is read",
        ),
        kind if kind.ends_with("List") && head.items.is_none() => Read {
            key: None,
            found: Found::Nothing,
        },
        _ => other(),
    }
}

fn other() -> Read {
    Read::unseen(
        UNKNOWN_RECORD,
        "is no record of ringwall, no AdmissionReview or ImageReview and no audit event",
    )
}

/// What is wrong with a text, without the place in it: the line of the file is told.
pub(super) fn broken(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let words = text.split(" at line ").next().unwrap_or(&text);
    format!("is not what it should be: {words}")
}

/// Whether secrets were taken out of a text before it was written.
fn holds_redacted(text: &[u8]) -> bool {
    let mark = REDACTED.as_bytes();
    text.windows(mark.len()).any(|window| window == mark)
}

/// A moment as RFC 3339 writes it, since 1970.
pub(super) fn moment(text: &str) -> Option<Duration> {
    let moment = OffsetDateTime::parse(text, &Rfc3339).ok()?;
    moment
        .unix_timestamp_nanos()
        .try_into()
        .ok()
        .map(Duration::from_nanos)
}

fn refused(error: &WireError) -> Read {
    Read::unseen(UNPARSABLE_RECORD, error.to_string())
}

fn request(origin: Origin, asked: Asked, before: Before, moment: Option<Duration>) -> Recorded {
    Recorded {
        origin,
        asked,
        before,
        moment,
        is_redacted: false,
    }
}

fn record(text: &[u8], is_redacted: bool) -> Read {
    let mut record: Record = match serde_json::from_slice(text) {
        Ok(record) => record,
        Err(error) => return Read::unseen(UNPARSABLE_RECORD, broken(&error)),
    };
    let route = [Route::Validate, Route::Mutate, Route::Images, Route::Audit]
        .into_iter()
        .find(|route| route.as_str() == record.of);
    // Reviews of images have no identity but what they say.
    let id = match record.request.get("uid").and_then(Value::as_str) {
        Some(id) => id.to_owned(),
        None => record.review.to_string(),
    };
    let key = Some((id, format!("{} {}", record.of, record.time)));
    let asked = match route {
        Some(route @ (Route::Validate | Route::Mutate)) => {
            match admission_review::parse_request(record.request.take()) {
                Ok(request) => Asked::Review(Some(route), Box::new(request)),
                Err(error) => return refused(&error),
            }
        }
        Some(Route::Images) => match image_review::parse(record.review.to_string().as_bytes()) {
            Ok(review) => Asked::Images(review),
            Err(error) => return refused(&error),
        },
        Some(Route::Audit) => return event::read_value(record.event, is_redacted),
        Some(Route::Registry) | None => {
            let reason = format!("is a record of the unknown type '{}'", record.of);
            return Read::unseen(UNKNOWN_RECORD, reason);
        }
    };
    let Some(before) = decided(record.verdict, record.policies) else {
        return Read::unseen(UNPARSABLE_RECORD, "is a record without a verdict");
    };
    Read {
        key,
        found: Found::Request(Box::new(Recorded {
            is_redacted,
            ..request(Origin::Decision, asked, before, moment(&record.time))
        })),
    }
}

/// A decision as it is recorded.
fn decided(mut verdict: Value, digest: String) -> Option<Before> {
    let allowed = verdict.get("allowed")?.as_bool()?;
    // It is looked for as long as there is time, and so no part of the decision.
    if let Some(members) = verdict.as_object_mut() {
        members.remove("suggestion");
    }
    Some(Before {
        then: outcome(allowed),
        said: said(&verdict),
        record: Some(verdict),
        patch: None,
        digest,
    })
}

const fn outcome(allowed: bool) -> Then {
    if allowed { Then::Allowed } else { Then::Denied }
}

/// What policies said, from a decision as it is recorded.
pub(super) fn said(verdict: &Value) -> Vec<Said> {
    let items = |field: &str| {
        verdict
            .get(field)
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
    };
    let text = |of: &Value, field: &str| {
        let text = of.get(field).and_then(Value::as_str);
        text.unwrap_or_default().to_owned()
    };
    let is_true = |of: &Value, field: &str| of.get(field).and_then(Value::as_bool) == Some(true);
    let violations = items("violations").map(|one| Said {
        source: text(one, "source"),
        policy: text(one, "policy"),
        binding: one
            .get("binding")
            .and_then(Value::as_str)
            .map(str::to_owned),
        action: text(one, "action"),
        message: text(one, "message"),
        is_error: is_true(one, "error"),
        rests_on_redacted: false,
    });
    let problems = items("problems").map(|one| Said {
        source: "image-policy".to_owned(),
        policy: text(one, "rule"),
        binding: None,
        action: text(one, "action"),
        message: text(one, "message"),
        is_error: is_true(one, "notAssessed"),
        rests_on_redacted: false,
    });
    violations.chain(problems).collect()
}

fn review(text: &[u8], is_redacted: bool) -> Read {
    let (_, asked) = match admission_review::parse(text) {
        Ok(review) => review,
        Err(error) => return refused(&error),
    };
    let answered: Answered = match serde_json::from_slice(text) {
        Ok(answered) => answered,
        Err(error) => return Read::unseen(UNPARSABLE_RECORD, broken(&error)),
    };
    let mut route = None;
    let mut before = Before::outcome(Then::Unknown);
    if let Some(response) = answered.response {
        before.then = outcome(response.allowed);
        // Only mutating webhooks answer with a patch.
        route = Some(Route::Validate);
        if let Some(patch) = response.patch.filter(|patch| !patch.is_empty()) {
            let decoded = STANDARD.decode(patch).ok();
            let patch = decoded.and_then(|text| serde_json::from_slice(&text).ok());
            let Some(patch) = patch else {
                return Read::unseen(UNPARSABLE_RECORD, "has a patch that is no JSON in base64");
            };
            route = Some(Route::Mutate);
            before.patch = Some(patch);
        }
        if let Some(status) = response.status.filter(|_| !response.allowed) {
            before.said.push(Said {
                source: "webhook".to_owned(),
                policy: "webhook".to_owned(),
                action: "deny".to_owned(),
                message: status.message,
                ..Said::default()
            });
        }
    }
    let asked = Asked::Review(route, Box::new(asked));
    Read {
        key: None,
        found: Found::Request(Box::new(Recorded {
            is_redacted,
            ..request(Origin::Review, asked, before, None)
        })),
    }
}

fn images(text: &[u8], is_redacted: bool) -> Read {
    let review = match image_review::parse(text) {
        Ok(review) => review,
        Err(error) => return refused(&error),
    };
    let answered: Answered = match serde_json::from_slice(text) {
        Ok(answered) => answered,
        Err(error) => return Read::unseen(UNPARSABLE_RECORD, broken(&error)),
    };
    // A question has an empty status, which looks like a refusal without a reason.
    let then = match answered.status {
        Some(status) if status.allowed => Then::Allowed,
        Some(status) if !status.reason.is_empty() => Then::Denied,
        _ => Then::Unknown,
    };
    let asked = Asked::Images(review);
    Read {
        key: None,
        found: Found::Request(Box::new(Recorded {
            is_redacted,
            ..request(Origin::Review, asked, Before::outcome(then), None)
        })),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn unseen(document: &str) -> (&'static str, String) {
        match read(document.as_bytes()).found {
            Found::Unseen(note) => (note.id, note.reason),
            other => panic!("{document}: {other:?}"),
        }
    }

    #[test]
    fn what_is_nothing_of_ours_is_told() {
        assert_eq!(unseen("{\"a\" 1}").0, UNPARSABLE_RECORD);
        assert_eq!(unseen("{}").0, UNKNOWN_RECORD);
        assert_eq!(
            unseen("{\"apiVersion\":\"v1\",\"kind\":\"Pod\"}").0,
            UNKNOWN_RECORD
        );
        // A field that has another type elsewhere.
        assert_eq!(unseen("{\"version\":\"1.2\"}").0, UNKNOWN_RECORD);
        let (id, reason) = unseen("{\"version\":2,\"type\":\"validate\"}");
        assert!(
            id == UNKNOWN_RECORD && reason.contains("version 1 is read"),
            "{reason}"
        );
        let (_, reason) = unseen("{\"version\":1,\"type\":\"other\"}");
        assert!(reason.contains("'other'"), "{reason}");
        let (id, reason) = unseen(
            "{\"apiVersion\":\"admission.k8s.io/v1\",\"kind\":\"AdmissionReview\",\"response\":{\"uid\":\"a\",\"allowed\":true}}",
        );
        assert!(
            id == UNPARSABLE_RECORD && reason.contains("no request"),
            "{reason}"
        );
        let empty =
            read(b"{\"kind\":\"EventList\",\"apiVersion\":\"audit.k8s.io/v1\",\"items\":null}");
        assert_eq!(empty.found, Found::Nothing);
    }

    #[test]
    fn the_answer_of_a_review_tells_which_webhook_was_asked_and_what_became_of_it() {
        let review = |response: Value| {
            let mut review = json!({
                "apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview",
                "request": {"uid": "a", "operation": "CREATE", "object": {"kind": "Pod"}},
            });
            if !response.is_null() {
                review["response"] = response;
            }
            match read(review.to_string().as_bytes()).found {
                Found::Request(recorded) => match recorded.asked {
                    Asked::Review(route, _) => (route, recorded.before),
                    Asked::Images(_) => panic!("no images"),
                },
                other => panic!("{other:?}"),
            }
        };
        let (route, before) = review(Value::Null);
        assert_eq!((route, before.then), (None, Then::Unknown));
        let (route, before) =
            review(json!({"uid": "a", "allowed": false, "status": {"message": "no"}}));
        assert_eq!((route, before.then), (Some(Route::Validate), Then::Denied));
        assert_eq!(before.said[0].message, "no");
        let (route, before) = review(json!({"uid": "a", "allowed": true, "patch": "W10="}));
        assert_eq!((route, before.then), (Some(Route::Mutate), Then::Allowed));
        assert_eq!(before.patch, Some(json!([])));
    }

    #[test]
    fn moments_are_those_of_the_record() {
        assert_eq!(
            moment("1970-01-02T00:00:00.5Z"),
            Some(Duration::from_millis(86_400_500))
        );
        assert_eq!(moment("yesterday"), None);
        assert_eq!(moment("1969-01-01T00:00:00Z"), None);
    }
}
