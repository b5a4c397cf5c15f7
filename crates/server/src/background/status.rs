//! The status of Gatekeeper's constraints: how many objects violate each, and the first of them.

use std::collections::BTreeMap;

use ringwall_cluster::Resource;
use ringwall_policy::admission::Action;
use serde_json::{Value, json};

use super::results::Results;

/// Most violations that a constraint names, as Gatekeeper has it.
const LISTED: usize = 20;

/// Longest message in a status, in bytes, as Gatekeeper has it.
const MAX_MESSAGE: usize = 256;

/// A constraint, as violations name it: its kind and its name.
pub(super) type Constraint = (String, String);

/// What is said of a constraint, without the time.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Status {
    total: u64,
    listed: Vec<Value>,
}

impl Status {
    /// As Gatekeeper writes it; without violations there is no list of them.
    pub(super) fn to_json(&self, timestamp: &str) -> Value {
        json!({
            "auditTimestamp": timestamp,
            "totalViolations": self.total,
            // A merge takes away what is null.
            "violations": (!self.listed.is_empty()).then_some(&self.listed),
        })
    }
}

/// The status of every one of these constraints; `watched` are the resources by their number.
pub(super) fn statuses(
    results: &Results,
    watched: &[Resource],
    constraints: impl IntoIterator<Item = Constraint>,
) -> BTreeMap<Constraint, Status> {
    let mut found: BTreeMap<Constraint, Status> = constraints
        .into_iter()
        .map(|constraint| (constraint, Status::default()))
        .collect();
    for (key, stored) in results.violations() {
        let (Some((kind, name)), Some(resource)) = (
            stored.policy.split_once('/'),
            watched.get(usize::from(key.resource)),
        ) else {
            continue;
        };
        // What another engine says may have a name of this form.
        let Some(status) = found.get_mut(&(kind.to_owned(), name.to_owned())) else {
            continue;
        };
        status.total += 1;
        if status.listed.len() < LISTED {
            let mut violation = json!({
                "enforcementAction": action(stored.action),
                "group": resource.group,
                "version": resource.version,
                "kind": resource.kind,
                "name": &*key.name,
                "message": shortened(&stored.message),
            });
            if !key.namespace.is_empty()
                && let Some(members) = violation.as_object_mut()
            {
                members.insert("namespace".to_owned(), json!(&*key.namespace));
            }
            status.listed.push(violation);
        }
    }
    found
}

/// A message as Gatekeeper cuts it, but between two characters.
fn shortened(message: &str) -> String {
    if message.len() <= MAX_MESSAGE {
        return message.to_owned();
    }
    let end = (0..=MAX_MESSAGE - 3)
        .rev()
        .find(|end| message.is_char_boundary(*end));
    let kept = end.and_then(|end| message.get(..end)).unwrap_or("");
    format!("{kept}...")
}

/// The words of a constraint.
const fn action(action: Action) -> &'static str {
    match action {
        Action::Deny => "deny",
        Action::Warn => "warn",
        Action::Audit => "dryrun",
    }
}

#[cfg(test)]
mod tests {
    use ringwall_policy::admission::{Source, Verdict, Violation};

    use super::*;

    #[test]
    fn every_constraint_has_a_status_and_lists_are_bounded() {
        let pods = Resource {
            group: String::new(),
            version: "v1".to_owned(),
            kind: "Pod".to_owned(),
            plural: "pods".to_owned(),
            is_namespaced: true,
        };
        let mut results = Results::default();
        let long = "ä".repeat(200);
        for number in 0..LISTED + 5 {
            let key = results.key(0, "shop", &format!("p{number}"));
            let violation =
                |policy: &str| Violation::new(Source::Gatekeeper, policy, Action::Deny, &*long);
            let verdict = Verdict {
                violations: vec![violation("K8sOwner/all"), violation("other/policy")],
                ..Verdict::default()
            };
            results.set(key, "u", &verdict);
        }
        let constraint = |kind: &str, name: &str| (kind.to_owned(), name.to_owned());
        let (owner, clean) = (constraint("K8sOwner", "all"), constraint("K8sClean", "x"));
        let statuses = statuses(&results, &[pods], [owner.clone(), clean.clone()]);
        assert_eq!(statuses.len(), 2);
        let written = statuses[&owner].to_json("now");
        assert_eq!(written["totalViolations"], 25);
        let listed = written["violations"].as_array().unwrap();
        assert_eq!(listed.len(), 20);
        let message = listed[0]["message"].as_str().unwrap();
        assert!(message.len() <= 256 && message.ends_with("ä..."));
        assert_eq!(
            statuses[&clean].to_json("now"),
            json!({"auditTimestamp": "now", "totalViolations": 0, "violations": null})
        );
    }
}
