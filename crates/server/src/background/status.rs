//! The status of Gatekeeper's constraints: how many objects violate each, and the first of them.

use std::collections::BTreeMap;

use ringwall_cluster::Resource;
use ringwall_policy::admission::Action;
use serde_json::{Value, json};

use super::results::Results;

/// Most violations that a constraint names, as Gatekeeper has it.
const LISTED: usize = 20;

/// A constraint, as violations name it: its kind and its name.
pub(super) type Constraint = (String, String);

/// The status of every constraint that anything violates; `watched` are the resources by their number.
pub(super) fn statuses(
    results: &Results,
    watched: &[Resource],
    timestamp: &str,
) -> BTreeMap<Constraint, Value> {
    let mut found: BTreeMap<Constraint, (u64, Vec<Value>)> = BTreeMap::new();
    for (key, stored) in results.violations() {
        let (Some((kind, name)), Some(resource)) = (
            stored.policy.split_once('/'),
            watched.get(usize::from(key.resource)),
        ) else {
            continue;
        };
        let (total, listed) = found.entry((kind.to_owned(), name.to_owned())).or_default();
        *total += 1;
        if listed.len() < LISTED {
            let mut violation = json!({
                "enforcementAction": action(stored.action),
                "group": resource.group,
                "version": resource.version,
                "kind": resource.kind,
                "name": &*key.name,
                "message": &*stored.message,
            });
            if !key.namespace.is_empty()
                && let Some(members) = violation.as_object_mut()
            {
                members.insert("namespace".to_owned(), json!(&*key.namespace));
            }
            listed.push(violation);
        }
    }
    found
        .into_iter()
        .map(|(constraint, (total, listed))| (constraint, status(total, &listed, timestamp)))
        .collect()
}

/// The status of a constraint that nothing violates.
pub(super) fn clean(timestamp: &str) -> Value {
    status(0, &[], timestamp)
}

fn status(total: u64, listed: &[Value], timestamp: &str) -> Value {
    json!({"auditTimestamp": timestamp, "totalViolations": total, "violations": listed})
}

/// The words of a constraint.
const fn action(action: Action) -> &'static str {
    match action {
        Action::Deny => "deny",
        Action::Warn => "warn",
        Action::Audit => "dryrun",
    }
}
