//! Objects in another version of their kind, as the API server converts them before a policy sees them.
//!
//! Sources: `pkg/apis/policy/v1beta1/conversion.go` and `pkg/apis/autoscaling/v1/conversion.go` of Kubernetes.

use serde_json::{Map, Value, json};

use super::same_shape;
use crate::admission::GroupVersionKind;

/// An object in another version of its kind; `None` where nobody here knows what it looks like there.
pub(super) fn converted(
    object: &Value,
    from: &GroupVersionKind,
    to: &GroupVersionKind,
) -> Option<Value> {
    let budget = "PodDisruptionBudget";
    let scaler = "HorizontalPodAutoscaler";
    let mut converted = object.clone();
    let root = converted.as_object_mut()?;
    match (from.kind.as_str(), &*from.api_version(), &*to.api_version()) {
        (kind, "policy/v1beta1", "policy/v1") if kind == budget => {
            selector(root, Selection::ByOlder);
        }
        (kind, "policy/v1", "policy/v1beta1") if kind == budget => {
            selector(root, Selection::ByNewer);
        }
        (kind, "autoscaling/v1", "autoscaling/v2") if kind == scaler => to_metrics(root)?,
        (kind, "autoscaling/v2", "autoscaling/v1") if kind == scaler => from_metrics(root)?,
        _ if same_shape::is_same(from, to) => {}
        _ => return None,
    }
    root.insert("apiVersion".to_owned(), to.api_version().into());
    Some(converted)
}

/// Whether a policy that only looks at an object can be shown it in another version.
pub(super) fn is_known(object: &Value, from: &GroupVersionKind, to: &GroupVersionKind) -> bool {
    converted(object, from, to).is_some()
}

/// Whether an object is the same in another version, but for the name of the version, so that what a policy makes of it
/// is right in its own.
pub(super) fn is_kept(object: &Value, from: &GroupVersionKind, to: &GroupVersionKind) -> bool {
    let Some(mut converted) = converted(object, from, to) else {
        return false;
    };
    if let (Some(fields), Some(version)) = (converted.as_object_mut(), object.get("apiVersion")) {
        fields.insert("apiVersion".to_owned(), version.clone());
    }
    converted == *object
}

/// By which version of its kind the selector of a PodDisruptionBudget is written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Selection {
    /// In `policy/v1beta1`, a selector without requirements selects nothing.
    ByOlder,
    /// In `policy/v1`, it selects every pod of the namespace.
    ByNewer,
}

/// The label by which a selector of one version says what an empty one means in the other; no pod has it.
const NO_POD: &str = "pdb.kubernetes.io/deprecated-v1beta1-empty-selector-match";

fn selector(root: &mut Map<String, Value>, by: Selection) {
    let Some(selector) = root
        .get_mut("spec")
        .and_then(|spec| spec.get_mut("selector"))
        .filter(|selector| selector.is_object())
    else {
        return;
    };
    let (of_empty, of_every) = match by {
        Selection::ByOlder => ("Exists", "DoesNotExist"),
        Selection::ByNewer => ("DoesNotExist", "Exists"),
    };
    let only = |operator: &str| json!([{"key": NO_POD, "operator": operator}]);
    let has = |field: &str| {
        let requirements = selector.get(field).filter(|it| !it.is_null());
        requirements.filter(|it| **it != json!({}) && **it != json!([]))
    };
    match (has("matchLabels"), has("matchExpressions")) {
        (None, None) => *selector = json!({"matchExpressions": only(of_empty)}),
        (None, Some(written)) if *written == only(of_every) => *selector = json!({}),
        (_, Some(_)) if by == Selection::ByOlder => {
            if let Some(Value::Array(written)) = selector.get_mut("matchExpressions") {
                written.retain(|it| it.get("key").and_then(Value::as_str) != Some(NO_POD));
            }
        }
        _ => {}
    }
}

/// Begins the names of annotations in which `autoscaling/v1` keeps what it has no fields for.
const KEPT: &str = "autoscaling.alpha.kubernetes.io/";

/// The use of CPU that is aimed at where nobody says one, in percent.
const DEFAULT_PERCENT: i64 = 80;

fn to_metrics(root: &mut Map<String, Value>) -> Option<()> {
    let annotations = root.get("metadata").and_then(|it| it.get("annotations"));
    let mut annotations = annotations.and_then(Value::as_object).into_iter().flatten();
    if annotations.any(|(name, _)| name.starts_with(KEPT)) {
        return None;
    }
    let status = root.get("status").and_then(Value::as_object);
    if status.is_some_and(|it| it.contains_key("currentCPUUtilizationPercentage")) {
        return None;
    }
    let spec = root.get_mut("spec")?.as_object_mut()?;
    let percent = spec
        .remove("targetCPUUtilizationPercentage")
        .filter(|it| !it.is_null());
    let percent = percent.unwrap_or_else(|| DEFAULT_PERCENT.into());
    let metric = json!({
        "type": "Resource",
        "resource": {
            "name": "cpu",
            "target": {"type": "Utilization", "averageUtilization": percent},
        },
    });
    spec.insert("metrics".to_owned(), json!([metric]));
    Some(())
}

fn from_metrics(root: &mut Map<String, Value>) -> Option<()> {
    let is_there = |fields: &Map<String, Value>, field: &str| {
        fields
            .get(field)
            .is_some_and(|it| !it.is_null() && *it != json!([]))
    };
    let status = root.get("status").and_then(Value::as_object);
    if status.is_some_and(|it| is_there(it, "currentMetrics") || is_there(it, "conditions")) {
        return None;
    }
    let spec = root.get_mut("spec")?.as_object_mut()?;
    if is_there(spec, "behavior") {
        return None;
    }
    let metrics = spec.remove("metrics");
    let metrics = metrics.as_ref().and_then(Value::as_array);
    let mut percents = metrics.into_iter().flatten().map(percent);
    let percent = match percents.next() {
        None => None,
        Some(percent) => Some(percent?),
    };
    // Of several that are all of this form, the first counts, and the others are nowhere.
    if percents.any(|it| it.is_none()) {
        return None;
    }
    if let Some(percent) = percent {
        spec.insert("targetCPUUtilizationPercentage".to_owned(), percent.clone());
    }
    if let Some(annotations) = root
        .get_mut("metadata")
        .and_then(|it| it.get_mut("annotations"))
        .and_then(Value::as_object_mut)
    {
        annotations.retain(|name, _| !name.starts_with(KEPT));
    }
    Some(())
}

/// The use of CPU that a metric aims at, if that is what it is about.
fn percent(metric: &Value) -> Option<&Value> {
    let is =
        |pointer: &str, word: &str| metric.pointer(pointer).and_then(Value::as_str) == Some(word);
    let percent = metric.pointer("/resource/target/averageUtilization")?;
    (is("/type", "Resource") && is("/resource/name", "cpu") && percent.is_i64()).then_some(percent)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(kind: &str, from: (&str, &Value), to: (&str, Option<Value>)) {
        let [old, new] = [from.0, to.0].map(|version| GroupVersionKind::new(version, kind));
        let object = json!({"apiVersion": from.0, "kind": kind, "spec": from.1});
        let expected =
            to.1.map(|spec| json!({"apiVersion": to.0, "kind": kind, "spec": spec}));
        assert_eq!(converted(&object, &old, &new), expected, "{object}");
    }

    #[test]
    fn an_empty_selector_of_a_budget_means_nothing_in_one_version_and_everything_in_the_other() {
        let (old, new) = ("policy/v1beta1", "policy/v1");
        let by = |operator: &str| json!({"selector": {"matchExpressions": [{"key": NO_POD, "operator": operator}]}});
        let empty = || json!({"selector": {}});
        let labels = || json!({"selector": {"matchLabels": {"app": "web"}}});
        for (older, newer) in [
            (empty(), by("Exists")),
            (by("DoesNotExist"), empty()),
            (labels(), labels()),
            (json!({"minAvailable": 1}), json!({"minAvailable": 1})),
        ] {
            let kind = "PodDisruptionBudget";
            check(kind, (old, &older), (new, Some(newer.clone())));
            check(kind, (new, &newer), (old, Some(older.clone())));
        }
        let nothing = json!({"selector": {"matchLabels": {}, "matchExpressions": []}});
        check(
            "PodDisruptionBudget",
            (old, &nothing),
            (new, Some(by("Exists"))),
        );
    }

    #[test]
    fn the_use_of_cpu_is_a_metric_among_others_in_the_later_version() {
        let kind = "HorizontalPodAutoscaler";
        let (old, new) = ("autoscaling/v1", "autoscaling/v2");
        let cpu = |percent: i64| json!({"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": percent}}});
        let one = json!({"maxReplicas": 3, "targetCPUUtilizationPercentage": 60});
        let other = json!({"maxReplicas": 3, "metrics": [cpu(60)]});
        check(kind, (old, &one), (new, Some(other.clone())));
        check(kind, (new, &other), (old, Some(one.clone())));
        // The API server fills it in here, not where defaults are filled in.
        check(
            kind,
            (old, &json!({"maxReplicas": 3})),
            (new, Some(json!({"maxReplicas": 3, "metrics": [cpu(80)]}))),
        );
        check(
            kind,
            (new, &json!({"maxReplicas": 3})),
            (old, Some(json!({"maxReplicas": 3}))),
        );
        // What the older one keeps in annotations is not made here.
        let memory = json!({"type": "Resource", "resource": {"name": "memory", "target": {"type": "Utilization", "averageUtilization": 5}}});
        check(
            kind,
            (new, &json!({"metrics": [cpu(60), memory]})),
            (old, None),
        );
        check(
            kind,
            (new, &json!({"behavior": {"scaleUp": {}}})),
            (old, None),
        );
    }
}
