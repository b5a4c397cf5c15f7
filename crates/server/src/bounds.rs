//! Objects that have more to judge than any that people write.
//!
//! Each check and policy has a word about each container, so that time and memory go with their product, which no
//! deadline ends: an object of a few MiB would hold up everybody else's.

use ringwall_policy::admission::{Action, AdmissionRequest, Source, Violation};
use serde_json::Value;

/// Most containers of an object that is judged. A node runs some hundred pods.
const MAX_CONTAINERS: usize = 1_000;

/// Most variables, mounts, volumes, rules and the like of an object that has containers or rules.
const MAX_PARTS: usize = 20_000;

const CONTAINERS: [&str; 3] = ["containers", "initContainers", "ephemeralContainers"];

/// What refuses an object that has too much to judge. It is no failure, which may be configured to admit.
pub(crate) fn excess(request: &AdmissionRequest) -> Option<Violation> {
    let object = request.changed_object()?;
    let mut count = Count::default();
    count.add(object, "");
    let message = if count.containers > MAX_CONTAINERS {
        format!(
            "the object has {} containers, and those with more than {MAX_CONTAINERS} are not judged",
            count.containers
        )
    } else if count.containers + count.rules > 0 && count.parts > MAX_PARTS {
        format!(
            "the object has {} parts, and those with more than {MAX_PARTS} are not judged",
            count.parts
        )
    } else {
        return None;
    };
    Some(Violation::new(
        Source::Check,
        "too-much-to-judge",
        Action::Deny,
        message,
    ))
}

#[derive(Default)]
struct Count {
    containers: usize,
    rules: usize,
    /// Objects in lists, whichever.
    parts: usize,
}

impl Count {
    /// Counts what is below a value that stands under a key. As deep as JSON may be, which has a limit of its own.
    fn add(&mut self, value: &Value, key: &str) {
        match value {
            Value::Array(items) => {
                let objects = items.iter().filter(|item| item.is_object()).count();
                self.parts += objects;
                if CONTAINERS.contains(&key) {
                    self.containers += objects;
                } else if key == "rules" {
                    self.rules += objects;
                }
                for item in items {
                    self.add(item, "");
                }
            }
            Value::Object(members) => {
                for (key, value) in members {
                    self.add(value, key);
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn refused(object: Value) -> Option<String> {
        let violation = excess(&AdmissionRequest::from_object(object))?;
        assert!(violation.action == Action::Deny && !violation.is_error);
        Some(violation.message)
    }

    #[test]
    fn an_object_with_too_much_to_judge_is_refused_as_a_whole() {
        let containers = |count: usize| vec![json!({"name": "a", "image": "b"}); count];
        let pod = |count: usize| json!({"kind": "Pod", "spec": {"containers": containers(count)}});
        assert_eq!(refused(pod(1_000)), None);
        let told = refused(pod(40_000)).unwrap();
        assert!(told.contains("40000 containers"), "{told}");
        // Wherever they are, and of whichever sort.
        let both = json!({"kind": "Deployment", "spec": {"template": {"spec": {
            "containers": containers(600), "initContainers": containers(600),
        }}}});
        assert!(refused(both).unwrap().contains("1200 containers"));
        let mut variables = pod(1);
        variables["spec"]["containers"][0]["env"] = json!(vec![json!({"name": "A"}); 30_000]);
        assert!(refused(variables).unwrap().contains("30001 parts"));
        let role = json!({"kind": "ClusterRole", "rules": vec![json!({"verbs": ["*"]}); 30_000]});
        assert!(refused(role).unwrap().contains("30000 parts"));
    }

    #[test]
    fn large_objects_without_pods_and_rules_are_judged() {
        let items = vec![json!({"a": 1}); 30_000];
        assert_eq!(
            refused(json!({"kind": "Report", "report": {"items": items}})),
            None
        );
        let text = "a".repeat(1 << 20);
        assert_eq!(
            refused(json!({"kind": "ConfigMap", "data": {"a": text}})),
            None
        );
    }
}
