//! What `setup deployment` writes, taken by a real API server.

use std::path::Path;

use serde_json::Value;

use crate::{
    control_plane::{ControlPlane, Flags, programs, text},
    ringwall::{argument, run, write},
};

const IMAGE: &str = "registry.example.com/ringwall@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// Writes a folder for the cluster, with policies and a configuration.
fn written(folder: &Path) -> String {
    let policy = "apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingAdmissionPolicy\nmetadata: {name: a}\nspec:\n  matchConstraints:\n    resourceRules: [{apiGroups: [''], apiVersions: [v1], operations: [CREATE], resources: [pods]}]\n  validations: [{expression: 'true'}]\n---\napiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingAdmissionPolicyBinding\nmetadata: {name: a}\nspec: {policyName: a, validationActions: [Deny]}\n";
    let policies = argument(&write(&folder.join("policies"), "a.yaml", policy));
    let config = argument(&write(folder, "mine.toml", "[serve]\nchecks = true\n"));
    let output = argument(&folder.join("out"));
    run(&["setup", "webhook", "--output", &output, "--mutate"]);
    run(&["setup", "rbac", "--output", &output]);
    let words = ["setup", "deployment", "--output", &output, "--image", IMAGE];
    let rest = [
        "--policy",
        &policies,
        "--config",
        &config,
        "--",
        "--cluster",
    ];
    run(&[&words[..], &rest].concat());
    output
}

#[test]
fn the_api_server_takes_what_runs_ringwall() {
    let Some(programs) = programs() else {
        return;
    };
    let plane = ControlPlane::start(&programs, &Flags::default());
    let folder = tempfile::tempdir().expect("a folder");
    let output = written(folder.path());
    let apply = |more: &[&str]| {
        let words = ["apply", "--server-side", "-k", &output];
        let answer = plane.kubectl(&[&words[..], more].concat());
        let (told, errors) = (text(&answer.stdout), text(&answer.stderr));
        assert!(answer.status.success(), "{errors}");
        // The API server warns of pods that the level of their namespace would refuse, and of fields it does not know.
        assert_eq!(errors, "");
        told
    };
    // First what is to run, then who asks it: nobody asks where nobody answers.
    let first = apply(&["-l", "app.kubernetes.io/name=ringwall"]);
    assert!(!first.contains("webhookconfiguration"), "{first}");
    for kind in ["namespace/", "deployment.apps/", "secret/", "clusterrole."] {
        assert!(first.contains(kind), "{kind}: {first}");
    }
    assert!(apply(&[]).contains("validatingwebhookconfiguration"));

    let object = |kind: &str, name: &str| -> Value {
        let answer = plane.kubectl(&["get", kind, name, "-n", "ringwall", "-o", "json"]);
        serde_json::from_slice(&answer.stdout).expect("an object")
    };
    assert_eq!(
        object("secret", "ringwall-tls")["type"],
        "kubernetes.io/tls"
    );
    let template = &object("deployment", "ringwall")["spec"]["template"];
    for volume in template["spec"]["volumes"].as_array().expect("volumes") {
        if let Some(name) = volume.pointer("/configMap/name").and_then(Value::as_str) {
            assert_eq!(object("configmap", name)["metadata"]["name"], name);
        }
    }
    // Its namespace lets the pod in, and nothing that is less bound.
    let mut pod = serde_json::json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}, "spec": template["spec"],
    });
    let client = plane.client();
    let answer = client.create_pod("ringwall", &pod);
    assert!(answer.is_allowed, "{}", answer.message);
    pod["spec"]["containers"][0]["securityContext"]["allowPrivilegeEscalation"] = true.into();
    assert!(!client.create_pod("ringwall", &pod).is_allowed);
    // Nobody runs the pods here, and so a pod elsewhere is refused.
    assert!(!client.create_pod("default", &pod).is_allowed);

    plane.must(&["delete", "validatingwebhookconfiguration", "ringwall"]);
    plane.must(&["delete", "mutatingwebhookconfiguration", "ringwall"]);
    let gone = plane.kubectl(&[
        "delete",
        "-k",
        &output,
        "--wait=false",
        "--ignore-not-found",
    ]);
    assert!(gone.status.success(), "{}", text(&gone.stderr));
}
