//! Reports of `openreports.io`: one for each object that is not in order.

use ringwall_cluster::Resource;
use ringwall_policy::admission::Action;
use serde_json::{Value, json};

use super::results::{ObjectKey, Record, Stored};

/// Who made a report.
const SOURCE: &str = "ringwall";

/// The resource of reports, in a namespace or of the cluster.
pub(super) fn resource(is_namespaced: bool) -> Resource {
    let (kind, plural) = if is_namespaced {
        ("Report", "reports")
    } else {
        ("ClusterReport", "clusterreports")
    };
    Resource {
        group: "openreports.io".to_owned(),
        version: "v1alpha1".to_owned(),
        kind: kind.to_owned(),
        plural: plural.to_owned(),
        is_namespaced,
    }
}

/// The name of an object's report, which is its own for ever: a kind and a name can be too long together.
pub(super) fn name(of: &Resource, key: &ObjectKey) -> String {
    use std::fmt::Write as _;

    use sha2::{Digest as _, Sha256};

    let identity = format!("{}/{}/{}", of.api_version(), of.kind, key.name);
    let digest = Sha256::digest(identity.as_bytes());
    let short = digest.iter().take(6).fold(String::new(), |mut text, byte| {
        // Writing to a text cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    });
    let kind = of.kind.to_lowercase();
    let readable: String = format!("{kind}-{}", key.name)
        .chars()
        .filter(|char| char.is_ascii_lowercase() || char.is_ascii_digit() || "-.".contains(*char))
        .take(200)
        .collect();
    format!("{SOURCE}-{readable}-{short}")
}

/// The report on an object. `seconds` is the time of the judgement, since 1970.
pub(super) fn report(of: &Resource, key: &ObjectKey, record: &Record, seconds: u64) -> Value {
    let count = |is: fn(&Stored) -> bool| record.violations.iter().filter(|it| is(it)).count();
    let errors = count(|it| it.is_error);
    let fails = count(|it| !it.is_error && it.action == Action::Deny);
    let warns = count(|it| !it.is_error && it.action != Action::Deny);
    let reports = resource(!key.namespace.is_empty());
    let mut metadata = json!({
        "name": name(of, key),
        "labels": {"app.kubernetes.io/managed-by": SOURCE},
        // The report goes with its object, even if nobody is there to see that.
        "ownerReferences": [{
            "apiVersion": of.api_version(),
            "kind": of.kind,
            "name": &*key.name,
            "uid": &*record.uid,
        }],
    });
    let mut scope = json!({
        "apiVersion": of.api_version(),
        "kind": of.kind,
        "name": &*key.name,
        "uid": &*record.uid,
    });
    if !key.namespace.is_empty() {
        for part in [&mut metadata, &mut scope] {
            if let Some(members) = part.as_object_mut() {
                members.insert("namespace".to_owned(), json!(&*key.namespace));
            }
        }
    }
    let results: Vec<_> = record
        .violations
        .iter()
        .map(|stored| result(stored, seconds))
        .collect();
    let mut report = json!({
        "apiVersion": reports.api_version(),
        "kind": reports.kind,
        "metadata": metadata,
        "source": SOURCE,
        "scope": scope,
        "summary": {"pass": 0, "fail": fails, "warn": warns, "error": errors, "skip": 0},
        "results": results,
    });
    if record.more > 0
        && let Some(results) = report.get_mut("results").and_then(Value::as_array_mut)
    {
        results.push(json!({
            "source": SOURCE,
            "policy": "further-violations",
            "result": "fail",
            "message": format!("{} further violations are not listed", record.more),
            "timestamp": {"seconds": seconds, "nanos": 0},
        }));
    }
    report
}

fn result(stored: &Stored, seconds: u64) -> Value {
    let (result, severity) = match (stored.is_error, stored.action) {
        (true, _) => ("error", "high"),
        (false, Action::Deny) => ("fail", "high"),
        (false, Action::Warn) => ("warn", "medium"),
        (false, Action::Audit) => ("warn", "low"),
    };
    json!({
        "source": SOURCE,
        "policy": &*stored.policy,
        "result": result,
        "severity": severity,
        "message": &*stored.message,
        "timestamp": {"seconds": seconds, "nanos": 0},
        "properties": {"action": stored.action.as_str()},
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn pods() -> Resource {
        Resource {
            group: String::new(),
            version: "v1".to_owned(),
            kind: "Pod".to_owned(),
            plural: "pods".to_owned(),
            is_namespaced: true,
        }
    }

    #[test]
    fn a_report_says_what_is_wrong_with_one_object() {
        let key = ObjectKey {
            resource: 0,
            namespace: Arc::from("shop"),
            name: "web".into(),
        };
        let stored = |action, is_error| Stored {
            policy: Arc::from("K8sRequiredLabels/owner"),
            action,
            is_error,
            message: "label owner is missing".into(),
        };
        let record = Record {
            uid: "u-1".into(),
            violations: Box::new([
                stored(Action::Deny, false),
                stored(Action::Warn, false),
                stored(Action::Deny, true),
            ]),
            more: 2,
        };
        let report = report(&pods(), &key, &record, 1_800_000_000);
        assert_eq!(report["kind"], "Report");
        assert_eq!(report["metadata"]["namespace"], "shop");
        assert_eq!(report["metadata"]["ownerReferences"][0]["uid"], "u-1");
        assert_eq!(
            report["summary"],
            json!({"pass": 0, "fail": 1, "warn": 1, "error": 1, "skip": 0})
        );
        assert_eq!(report["results"][0]["result"], "fail");
        assert_eq!(report["results"][2]["result"], "error");
        assert_eq!(
            report["results"][3]["message"],
            "2 further violations are not listed"
        );
    }

    #[test]
    fn names_of_reports_fit_and_differ() {
        let key = |name: &str| ObjectKey {
            resource: 0,
            namespace: Arc::from("shop"),
            name: name.into(),
        };
        let long = "x".repeat(253);
        let name_of = |of: &str| name(&pods(), &key(of));
        assert!(name_of(&long).len() <= 253);
        assert_ne!(name_of(&long), name_of(&format!("{}y", "x".repeat(252))));
        assert!(name_of("system:node").starts_with("ringwall-pod-systemnode-"));
    }
}
