//! What an update touches: flaws that were there before, and fields that the API server lets nobody change.

use std::collections::HashMap;

use ringwall_policy::admission::{AdmissionRequest, Operation, Violation, patch};
use serde_json::Value;

/// What was wrong with an object before an update.
#[derive(Default)]
pub(super) struct Flaws(HashMap<(String, String, Option<String>), usize>);

impl Flaws {
    pub(super) fn of(violations: &[Violation], object: &Value) -> Self {
        let mut flaws = Self::default();
        for violation in violations {
            *flaws.0.entry(Self::key(violation, object)).or_default() += 1;
        }
        flaws
    }

    /// Whether a violation was there before. Each one counts once, so that a second like it is new.
    pub(super) fn take(&mut self, violation: &Violation, object: &Value) -> bool {
        match self.0.get_mut(&Self::key(violation, object)) {
            Some(count) if *count > 0 => {
                *count -= 1;
                true
            }
            _ => false,
        }
    }

    /// Check, message, and what stands at the place. The place itself may move within its list, and around something
    /// that is missing other fields may change.
    fn key(violation: &Violation, object: &Value) -> (String, String, Option<String>) {
        let path = violation.paths.first().map_or("", String::as_str);
        // Of a list at the top, such as the rules of a role, each item is something of its own.
        let mut steps = path.match_indices('/').map(|(at, _)| at);
        let item = path
            .get(..steps.nth(2).unwrap_or(path.len()))
            .unwrap_or(path);
        let is_item = |item: &str| {
            let (list, at) = item.rsplit_once('/').unwrap_or_default();
            !list.is_empty() && at.parse::<usize>().is_ok()
        };
        let value = if is_item(item) {
            object.pointer(item)
        } else {
            object.pointer(path).filter(|value| !value.is_object())
        };
        let key = (violation.policy.clone(), violation.message.clone());
        (key.0, key.1, value.map(Value::to_string))
    }
}

/// What of an object may still be changed on its way: the API server refuses a request that changes more, whoever
/// wanted that.
pub(super) enum Open {
    /// Everything.
    All,
    /// Everything but this place and what is below.
    AllBut(&'static str),
    /// What is below these places.
    Below(Vec<String>),
}

const EPHEMERAL_CONTAINERS: &str = "/spec/ephemeralContainers";

impl Open {
    /// What a request leaves open.
    pub(super) fn of(request: &AdmissionRequest) -> Self {
        if request.operation != Some(Operation::Update) {
            return Self::All;
        }
        if request.sub_resource == "ephemeralcontainers" {
            return Self::Below(new_containers(request));
        }
        match (&*request.kind.group, &*request.kind.kind) {
            // Of both next to nothing can change but metadata, and of that nothing that a check asks for.
            ("", "Pod") | ("batch", "Job") => Self::AllBut("/spec"),
            _ => Self::All,
        }
    }

    /// Whether no more than that is changed.
    pub(super) fn allows(&self, before: &Value, after: &Value) -> bool {
        let is_below = |path: &str, place: &str| {
            let rest = path.strip_prefix(place);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        let is_open = |path: &str| match self {
            Self::All => true,
            Self::AllBut(place) => !is_below(path, place),
            Self::Below(places) => places.iter().any(|place| is_below(path, place)),
        };
        matches!(self, Self::All)
            || patch::difference(before, after)
                .iter()
                .all(|operation| is_open(operation.path()))
    }
}

/// The places of ephemeral containers that were not there before.
fn new_containers(request: &AdmissionRequest) -> Vec<String> {
    let listed = |object: Option<&Value>| {
        let list = object.and_then(|object| object.pointer(EPHEMERAL_CONTAINERS)?.as_array());
        list.cloned().unwrap_or_default()
    };
    let before = listed(request.old_object.as_ref());
    let is_new = |container: &Value| {
        let mut before = before.iter();
        !before.any(|known| known.get("name") == container.get("name"))
    };
    let now = listed(request.object.as_ref());
    let now = now.iter().enumerate();
    now.filter(|(_, container)| is_new(container))
        .map(|(at, _)| format!("{EPHEMERAL_CONTAINERS}/{at}"))
        .collect()
}
