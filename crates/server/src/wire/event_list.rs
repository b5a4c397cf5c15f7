//! `EventList` of `audit.k8s.io/v1`, which the API server's audit webhook sends in batches.
//!
//! Events are kept as they came; only what tells them apart is read.

use serde::Deserialize;
use serde_json::Value;

use super::{WireError, refusal};

const KIND: &str = "EventList";
const KNOWN: &str = "audit.k8s.io/v1";

/// One event.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// The identity of the request it is about.
    pub audit_id: String,
    /// The stage of the request: `ResponseComplete`.
    pub stage: String,
    /// The whole event.
    pub event: Value,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct List {
    api_version: String,
    kind: String,
    items: Option<Vec<Value>>,
}

/// Reads a batch of events.
///
/// # Errors
///
/// What the body is instead, in the words of [`WireError`]; an event without `auditID` or `stage` too, as
/// duplicates of it could not be told.
pub fn parse(body: &[u8]) -> Result<Vec<Event>, WireError> {
    let list: List =
        serde_json::from_slice(body).map_err(|error| refusal(body, KIND, KNOWN, Some(&error)))?;
    if list.kind != KIND || list.api_version != KNOWN {
        return Err(refusal(body, KIND, KNOWN, None));
    }
    let text = |event: &Value, field: &'static str, told: &'static str| {
        let text = event
            .get(field)
            .and_then(Value::as_str)
            .filter(|text| !text.is_empty());
        text.map(str::to_owned).ok_or(WireError::Missing {
            kind: KIND,
            field: told,
        })
    };
    let events = list.items.unwrap_or_default().into_iter().map(|event| {
        Ok(Event {
            audit_id: text(&event, "auditID", "items[].auditID")?,
            stage: text(&event, "stage", "items[].stage")?,
            event,
        })
    });
    events.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_told_apart_by_id_and_stage() {
        let body = br#"{"kind":"EventList","apiVersion":"audit.k8s.io/v1","metadata":{},"items":[
            {"level":"Metadata","auditID":"a","stage":"RequestReceived","verb":"get"},
            {"level":"Metadata","auditID":"a","stage":"ResponseComplete","verb":"get"}]}"#;
        let events = parse(body).unwrap();
        assert_eq!(events.len(), 2);
        assert_eq!(
            (events[1].audit_id.as_str(), events[1].stage.as_str()),
            ("a", "ResponseComplete")
        );
        assert_eq!(events[0].event["verb"], "get");
    }

    #[test]
    fn what_is_no_list_of_events_is_refused() {
        let check = |body: &str, expected: &str| {
            let error = parse(body.as_bytes()).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        };
        check(
            "{\"kind\":\"EventList\",\"apiVersion\":\"audit.k8s.io/v1\",\"items\":[{}]}",
            "auditID",
        );
        check(
            "{\"kind\":\"EventList\",\"apiVersion\":\"audit.k8s.io/v1beta1\"}",
            "not spoken here",
        );
        check(
            "{\"kind\":\"Event\",\"apiVersion\":\"audit.k8s.io/v1\"}",
            "of kind 'Event'",
        );
        check("[", "EOF");
    }
}
