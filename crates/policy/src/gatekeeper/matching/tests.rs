//! Each matcher alone, with the objects of the cluster that it must not touch.

use serde_json::{Value, json};

use super::*;

fn matchers(written: &Value) -> Match {
    assert_eq!(parsed_schema().validate(written, ""), [], "{written}");
    let (matchers, faults) = Match::parse(written);
    assert_eq!(faults, [], "{written}");
    matchers
}

fn pod(namespace: &str) -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "web-1", "namespace": namespace, "labels": {"app": "web"}},
    })
}

fn namespace(name: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": {"team": name}}})
}

fn cluster_role() -> Value {
    json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": "admin"}})
}

/// What is said about an object whose namespace object, if it is in one, is known.
fn said(written: &Value, object: &Value) -> Option<String> {
    let of = object
        .pointer("/metadata/namespace")
        .and_then(Value::as_str);
    let namespace_object = of.map(namespace);
    let candidate = Candidate::new(
        object,
        None,
        namespace_object.as_ref(),
        ObjectSource::Original,
    );
    matchers(written)
        .mismatch(&candidate)
        .expect("an answer")
        .map(|mismatch| mismatch.to_string())
}

#[test]
fn kinds_are_any_of_the_entries() {
    let entry =
        |groups: Value, kinds: Value| json!({"kinds": [{"apiGroups": groups, "kinds": kinds}]});
    assert_eq!(said(&entry(json!([""]), json!(["Pod"])), &pod("a")), None);
    assert_eq!(said(&entry(json!(["*"]), json!(["*"])), &pod("a")), None);
    assert_eq!(said(&entry(json!([]), json!(["Pod"])), &pod("a")), None);
    assert_eq!(said(&json!({"kinds": [{}]}), &pod("a")), None);
    assert_eq!(
        said(&entry(json!(["apps"]), json!(["Pod"])), &pod("a")).as_deref(),
        Some("match.kinds does not list Pod of the core group")
    );
    let both = json!({"kinds": [{"kinds": ["Service"]}, {"kinds": ["ClusterRole"]}]});
    assert_eq!(said(&both, &cluster_role()), None);
    assert!(said(&both, &pod("a")).is_some());
}

#[test]
fn a_namespace_is_an_object_of_the_cluster() {
    for (scope, of_pod, of_namespace, of_role) in [
        ("Cluster", false, true, true),
        ("Namespaced", true, false, false),
        ("*", true, true, true),
    ] {
        let written = json!({"scope": scope});
        assert_eq!(said(&written, &pod("a")).is_none(), of_pod, "{scope}");
        assert_eq!(
            said(&written, &namespace("a")).is_none(),
            of_namespace,
            "{scope}"
        );
        assert_eq!(
            said(&written, &cluster_role()).is_none(),
            of_role,
            "{scope}"
        );
    }
}

#[test]
fn a_scope_that_nobody_knows_matches_everything_and_is_told() {
    let (matchers, faults) = Match::parse(&json!({"scope": "cluster"}));
    assert!(faults[0].is_warning);
    let object = pod("a");
    let candidate = Candidate::new(&object, None, None, ObjectSource::Original);
    assert_eq!(matchers.mismatch(&candidate), Ok(None));
}

#[test]
fn namespaces_are_by_pattern_and_let_the_cluster_through() {
    let only = json!({"namespaces": ["prod-*"]});
    assert_eq!(said(&only, &pod("prod-a")), None);
    assert_eq!(
        said(&only, &pod("dev")).as_deref(),
        Some("match.namespaces does not list dev")
    );
    assert_eq!(said(&only, &namespace("prod-a")), None);
    assert!(said(&only, &namespace("dev")).is_some());
    assert_eq!(said(&only, &cluster_role()), None);

    let but = json!({"excludedNamespaces": ["kube-*"]});
    assert_eq!(
        said(&but, &pod("kube-system")).as_deref(),
        Some("match.excludedNamespaces lists kube-*, which is kube-system too")
    );
    assert_eq!(said(&but, &pod("dev")), None);
    assert!(said(&but, &namespace("kube-system")).is_some());
    assert_eq!(said(&but, &cluster_role()), None);
}

#[test]
fn the_namespace_of_the_request_counts_where_the_object_has_none() {
    let object = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"generateName": "web-"}});
    let candidate = Candidate::new(&object, Some("dev"), None, ObjectSource::Original);
    let mismatch = |written| matchers(&written).mismatch(&candidate);
    assert!(mismatch(json!({"namespaces": ["prod"]})).is_ok_and(|found| found.is_some()));
    assert_eq!(mismatch(json!({"scope": "Namespaced"})), Ok(None));
    assert_eq!(mismatch(json!({"name": "web-*"})), Ok(None));
}

#[test]
fn selectors_look_at_the_object_and_at_its_namespace() {
    let labels = json!({"labelSelector": {"matchLabels": {"app": "db"}}});
    assert_eq!(
        said(&labels, &pod("a")).as_deref(),
        Some("match.labelSelector needs app=db")
    );
    let team = json!({"namespaceSelector": {"matchLabels": {"team": "a"}}});
    assert_eq!(said(&team, &pod("a")), None);
    assert!(said(&team, &pod("b")).is_some());
    assert_eq!(said(&team, &namespace("a")), None);
    assert!(said(&team, &namespace("b")).is_some());
    assert_eq!(said(&team, &cluster_role()), None);
}

#[test]
fn nothing_is_said_about_a_namespace_that_is_not_known() {
    let matchers = matchers(&json!({"namespaceSelector": {"matchLabels": {"team": "a"}}}));
    let object = pod("a");
    let candidate = Candidate::new(&object, None, None, ObjectSource::Original);
    assert!(matchers.mismatch(&candidate).is_err());
}

#[test]
fn name_and_source_come_last() {
    assert_eq!(said(&json!({"name": "web-*"}), &pod("a")), None);
    assert_eq!(
        said(&json!({"name": "db"}), &pod("a")).as_deref(),
        Some("match.name is not web-1")
    );
    assert_eq!(said(&json!({"source": "All"}), &pod("a")), None);
    assert_eq!(said(&json!({"source": "Original"}), &pod("a")), None);
    assert_eq!(
        said(&json!({"source": "Generated"}), &pod("a")).as_deref(),
        Some("match.source is Generated")
    );
}

#[test]
fn faults_of_selectors_have_places() {
    let written = json!({"labelSelector": {"matchExpressions": [{"key": "a", "operator": "Is"}]}});
    let (_, faults) = Match::parse(&written);
    assert_eq!(faults[0].pointer, "/labelSelector/matchExpressions/0");
}
