//! The status of Gatekeeper's constraints, written by the audit in the background.

use serde_json::{Value, json};

use crate::{
    control_plane::{ControlPlane, Flags, programs, text, wait_for},
    installation::Installation,
    ringwall::argument,
};

const TEMPLATE: &str = r#"apiVersion: templates.gatekeeper.sh/v1
kind: ConstraintTemplate
metadata: {name: k8sowned}
spec:
  crd: {spec: {names: {kind: K8sOwned}}}
  targets:
  - target: admission.k8s.gatekeeper.sh
    rego: |
      package k8sowned
      violation[{"msg": msg}] {
        not input.review.object.metadata.labels.owner
        msg := sprintf("%v has no owner", [input.review.object.metadata.name])
      }
---
"#;

/// The definition that Gatekeeper makes of the template's kind.
const DEFINITION: &str = "apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: k8sowned.constraints.gatekeeper.sh
  labels: {gatekeeper.sh/constraint: 'yes'}
spec:
  group: constraints.gatekeeper.sh
  scope: Cluster
  names: {kind: K8sOwned, listKind: K8sOwnedList, plural: k8sowned, singular: k8sowned, categories: [constraint, constraints]}
  versions:
  - name: v1beta1
    served: true
    storage: true
    subresources: {status: {}}
    schema: &schema
      openAPIV3Schema:
        type: object
        properties:
          metadata: {type: object, properties: {name: {type: string, maxLength: 63}}}
          spec:
            type: object
            properties:
              enforcementAction: {type: string}
              match: {type: object, x-kubernetes-preserve-unknown-fields: true}
              parameters: {type: object, x-kubernetes-preserve-unknown-fields: true}
          status: {type: object, x-kubernetes-preserve-unknown-fields: true}
  - {name: v1alpha1, served: true, storage: false, subresources: {status: {}}, schema: *schema}
";

/// A constraint over the ConfigMaps of a namespace.
fn constraint(name: &str, namespace: &str) -> String {
    format!(
        "apiVersion: constraints.gatekeeper.sh/v1beta1
kind: K8sOwned
metadata: {{name: {name}}}
spec:
  enforcementAction: warn
  match:
    kinds: [{{apiGroups: [''], kinds: [ConfigMap]}}]
    namespaces: [{namespace}]
---
"
    )
}

fn config_maps(namespace: &str, count: usize) -> String {
    let one = |number| {
        format!(
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c{number:02}, namespace: {namespace}}}\n"
        )
    };
    let all: Vec<String> = (0..count).map(one).collect();
    all.join("---\n")
}

#[test]
fn constraints_get_their_status_and_lose_it_when_all_is_mended() {
    let Some(programs) = programs() else {
        return;
    };
    let plane = ControlPlane::start(&programs, &Flags::default());
    plane
        .apply("definition.yaml", DEFINITION)
        .expect("the definition");
    let constraints = constraint("crowded", "crowd") + &constraint("tidy", "nowhere");
    wait_for("the kind of constraints", || {
        plane.apply("constraints.yaml", &constraints)
    });
    // An earlier auditor left this, and nothing violates the constraint any more.
    let stale = json!({"status": {"totalViolations": 7, "byPod": [{"id": "gatekeeper-audit-0"}],
        "violations": [{"name": "gone", "message": "old"}]}});
    plane.must(&[
        "patch",
        "k8sowned",
        "tidy",
        "--subresource=status",
        "--type=merge",
        "-p",
        &stale.to_string(),
    ]);
    plane.must(&["create", "namespace", "crowd"]);
    plane
        .apply("maps.yaml", &config_maps("crowd", 25))
        .expect("the ConfigMaps");
    let installation = Installation::new("webhook", &[]);
    installation.policy("template.yaml", TEMPLATE);
    installation.policy("constraints.yaml", &constraints);
    // No more than the rights that `setup` writes.
    let rights = installation.rights(&installation.policies(), &["--audit"]);
    plane.apply("rbac.yaml", &rights).expect("the rights");
    let ringwall =
        installation.audit(&plane.kubeconfig_as("system:serviceaccount:ringwall:ringwall"));
    let status = |name: &str| -> Value {
        let answer = plane.kubectl(&["get", "k8sowned", name, "-o", "json"]);
        let object: Value = serde_json::from_slice(&answer.stdout).unwrap_or_default();
        object["status"].clone()
    };
    let wait_for_total = |name: &str, total: usize| {
        wait_for(&format!("{total} violations of {name}"), || {
            let status = status(name);
            (status["totalViolations"] == total)
                .then_some(status.clone())
                .ok_or_else(|| format!("{status}\n{}", ringwall.log()))
        })
    };
    // The API server's own ConfigMap with its authority is in every namespace only where a controller runs.
    let crowded = wait_for_total("crowded", 25);
    let listed = crowded["violations"].as_array().expect("a list");
    assert_eq!(listed.len(), 20, "as many as Gatekeeper lists");
    assert_eq!(
        listed[0],
        json!({"enforcementAction": "warn", "group": "", "version": "v1", "kind": "ConfigMap",
            "namespace": "crowd", "name": "c00", "message": "c00 has no owner"})
    );
    let time = crowded["auditTimestamp"].as_str().expect("a time");
    assert!(time.ends_with('Z'), "{time}");
    let tidy = wait_for_total("tidy", 0);
    assert_eq!(tidy.get("violations"), None, "{tidy}");
    assert_eq!(
        tidy["byPod"][0]["id"], "gatekeeper-audit-0",
        "what others wrote stays"
    );

    plane.must(&["-n", "crowd", "label", "configmap", "--all", "owner=me"]);
    let mended = wait_for_total("crowded", 0);
    assert_eq!(mended.get("violations"), None, "{mended}");
    assert_ne!(mended["auditTimestamp"], crowded["auditTimestamp"]);
}

#[test]
fn a_kind_that_is_defined_later_is_known_too() {
    let Some(programs) = programs() else {
        return;
    };
    let plane = ControlPlane::start(&programs, &Flags::default());
    plane.must(&["create", "namespace", "crowd"]);
    plane
        .apply("maps.yaml", &config_maps("crowd", 2))
        .expect("the ConfigMaps");
    let installation = Installation::new("webhook", &[]);
    let constraint = constraint("crowded", "crowd");
    installation.policy("template.yaml", TEMPLATE);
    installation.policy("constraint.yaml", &constraint);
    let ringwall = installation.audit(&argument(&plane.kubeconfig()));
    wait_for("the first results", || {
        let metrics = ringwall.health("/metrics");
        metrics
            .contains("ringwall_audit_violating_objects 2\n")
            .then_some(())
            .ok_or_else(|| ringwall.log())
    });
    plane
        .apply("definition.yaml", DEFINITION)
        .expect("the definition");
    wait_for("the kind of constraints", || {
        plane.apply("constraint.yaml", &constraint)
    });
    wait_for("the status of a kind that is new", || {
        let path = "jsonpath={.status.totalViolations}";
        let answer = plane.kubectl(&["get", "k8sowned", "crowded", "-o", path]);
        let total = text(&answer.stdout);
        (total == "2")
            .then_some(())
            .ok_or_else(|| format!("{total}\n{}", ringwall.log()))
    });
}
