//! How bad a finding is where that depends on more than its check.

#[path = "support/findings.rs"]
mod support;

use ringwall_model::Severity;
use support::findings;

/// The severity of the only finding of a check.
fn check(id: &str, text: &str, expected: Severity) {
    let found = findings(id, &[("a.yaml", text)]);
    let severities: Vec<Severity> = found.iter().map(|it| it.severity).collect();
    assert_eq!(severities, [expected], "{id}:\n{text}");
}

#[test]
fn one_rule_on_config_maps_is_medium_once() {
    let text = "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: settings}\nrules: [{apiGroups: [''], resources: [configmaps], verbs: [update]}]\n";
    check("coredns-config-write-permission", text, Severity::Medium);
    check("aws-auth-write-permission", text, Severity::Low);
    let named = text.replace("verbs", "resourceNames: [aws-auth], verbs");
    check("aws-auth-write-permission", &named, Severity::Critical);
}

#[test]
fn to_be_published_is_no_flaw_by_itself() {
    let text = "apiVersion: v1\nkind: Pod\nmetadata: {name: web, labels: {app: web}}\nspec: {containers: [{name: app}]}\n---\napiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {type: LoadBalancer, selector: {app: web}, ports: [{port: 80}]}\n";
    check("internet-exposed-workload", text, Severity::Low);
}

#[test]
fn the_clone_of_a_git_repo_runs_on_the_node() {
    let id = "volume-type-beyond-restricted";
    let pod = |kind: &str| {
        format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: web}}\nspec: {{containers: [{{name: app}}], volumes: [{{name: a, {kind}: {{}}}}]}}\n"
        )
    };
    check(id, &pod("gitRepo"), Severity::Medium);
    check(id, &pod("nfs"), Severity::Low);
}

#[test]
fn what_is_in_a_namespace_goes_with_it() {
    let role = |resource: &str| {
        format!(
            "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {{name: cleaner}}\nrules: [{{apiGroups: [''], resources: [{resource}], verbs: [delete]}}]\n"
        )
    };
    let id = "workload-delete-permission";
    check(id, &role("namespaces"), Severity::Medium);
    check(id, &role("persistentvolumeclaims"), Severity::Low);
}

#[test]
fn a_mesh_without_mutual_tls_is_worse_than_one_host() {
    let rule = |host: &str| {
        format!(
            "apiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: {{name: off}}\nspec: {{host: '{host}', trafficPolicy: {{tls: {{mode: DISABLE}}}}}}\n"
        )
    };
    let id = "unenforced-istio-mtls";
    check(id, &rule("*.local"), Severity::Medium);
    check(id, &rule("db.shop.svc.cluster.local"), Severity::Low);
}
