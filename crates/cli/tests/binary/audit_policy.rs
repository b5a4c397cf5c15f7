//! `ringwall explain audit-policy`: level and rule of a request.

use crate::folder::{Folder, Ran};

const POLICY: &str = "apiVersion: audit.k8s.io/v1\nkind: Policy\nomitStages: [RequestReceived]\nrules:\n\
    - level: None\n  users: [system:kube-proxy]\n- level: RequestResponse\n  namespaces: [dev]\n  resources:\n  \
    - group: \"\"\n    resources: [pods]\n- level: Metadata\n  resources:\n  - group: apps\n    resources: \
    [deployments/scale]\n- level: None\n  nonResourceURLs: [/healthz*]\n";

fn explain(folder: &Folder, more: &[&str]) -> Ran {
    let mut arguments = vec!["explain", "audit-policy", "policy.yaml", "--request"];
    arguments.extend(more);
    folder.run(&arguments)
}

#[test]
fn the_level_and_its_rule_are_told() {
    let folder = Folder::new(&[("policy.yaml", POLICY)]);
    let ran = explain(&folder, &["create pods -n dev", "--user", "alice"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_eq!(
        ran.stdout,
        "RequestResponse\n\
         policy.yaml:7: rule 2 of 4 is the first that matches \"create pods -n dev\"\n\
         it is logged at ResponseStarted, ResponseComplete, Panic\n"
    );
    let ran = explain(&folder, &["create pods -n prod", "--user", "alice"]);
    assert_eq!(
        ran.stdout,
        "None\nnone of 4 rules matches \"create pods -n prod\"\nit is not logged\n"
    );
}

#[test]
fn options_say_more_about_the_request() {
    let folder = Folder::new(&[("policy.yaml", POLICY)]);
    for (arguments, level) in [
        (
            &["create pods -n dev", "--user", "system:kube-proxy"][..],
            "None",
        ),
        (&["get deployments.apps/scale", "--user", "a"], "Metadata"),
        (&["get deployments/scale", "--user", "a"], "Metadata"),
        (
            &["get deployments", "--subresource", "scale", "--user", "a"],
            "Metadata",
        ),
        (
            &["get deployments", "--api-group", "apps", "--user", "a"],
            "None",
        ),
        (&["get /healthz/etcd", "--user", "a"], "None"),
    ] {
        let ran = explain(&folder, arguments);
        assert_eq!(
            ran.stdout.lines().next(),
            Some(level),
            "{arguments:?}: {}",
            ran.stderr
        );
    }
    let ran = explain(&folder, &["create pods -n dev"]);
    assert!(
        ran.stdout
            .contains("note: asked for a user that no rule names"),
        "{}",
        ran.stdout
    );
}

#[test]
fn a_mistake_in_request_or_policy_is_two() {
    let folder = Folder::new(&[
        ("policy.yaml", POLICY),
        (
            "bad.yaml",
            "apiVersion: audit.k8s.io/v1\nkind: Policy\nrules:\n- level: metadata\n",
        ),
        (
            "pod.yaml",
            "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n",
        ),
    ]);
    for (arguments, message) in [
        (
            &["policy.yaml", "--request", "create pod"][..],
            "did you mean pods",
        ),
        (
            &["policy.yaml", "--request", "create"],
            "a request is a verb",
        ),
        (&["policy.yaml"], "--request"),
        (
            &["bad.yaml", "--request", "get pods"],
            "bad.yaml:4: the API server refuses",
        ),
        (&["pod.yaml", "--request", "get pods"], "holds no Policy"),
        (&["no.yaml", "--request", "get pods"], "cannot read no.yaml"),
    ] {
        let mut all = vec!["explain", "audit-policy"];
        all.extend(arguments);
        let ran = folder.run(&all);
        assert_eq!(ran.code, 2, "{arguments:?}: {}", ran.stdout);
        assert!(
            ran.stderr.contains(message),
            "{arguments:?}: {}",
            ran.stderr
        );
    }
    assert_eq!(folder.run(&["explain"]).code, 2);
}
