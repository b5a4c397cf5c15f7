//! Rules that no request can match, and rules that the API server refuses.

use super::*;

const VALIDATION: &str = "validations:\n- expression: 'false'";

/// The lines of what is told of a policy with one of its lines changed, each with whether the policy is in force.
fn told(from: &str, to: &str) -> Vec<(u32, bool)> {
    let text = policy(VALIDATION);
    assert!(text.contains(from), "{from}");
    let (_, problems) = load(&text.replacen(from, to, 1));
    let lines = problems.iter().map(|problem| {
        let at = problem.location.as_ref().expect("a place");
        (at.start.line, problem.is_warning)
    });
    lines.collect()
}

#[test]
fn a_rule_that_the_api_server_refuses_makes_no_policy() {
    for (from, to, line) in [
        ("      operations: [CREATE, UPDATE]\n", "", 8),
        ("operations: [CREATE, UPDATE]", "operations: []", 10),
        ("[CREATE, UPDATE]", "null", 10),
        ("apiVersions: [v1]", "apiVersions: []", 9),
        ("apiVersions: [v1]", "apiVersions: ['']", 9),
        ("apiGroups: [apps]", "apiGroups: []", 8),
        ("resources: [deployments]", "resources: []", 11),
        (
            "resources: [deployments]",
            "resources: [deployments, '']",
            11,
        ),
    ] {
        // The binding then names a policy that is not there.
        let bound = if to.is_empty() { 19 } else { 20 };
        assert_eq!(told(from, to), [(line, false), (bound, false)], "{to}");
    }
    let exclusion = "excludeResourceRules: [{apiGroups: [apps]}]\n    resourceRules:";
    assert_eq!(told("resourceRules:", exclusion), [(7, false), (21, false)]);
    let (_, problems) = load(
        "apiVersion: admissionregistration.k8s.io/v1
kind: MutatingAdmissionPolicy
metadata: {name: labels}
spec:
  matchConstraints: {resourceRules: [{apiGroups: [''], apiVersions: [v1], resources: [pods]}]}
  mutations:
  - patchType: ApplyConfiguration
    applyConfiguration: {expression: 'Object{}'}
",
    );
    let refused: Vec<_> = problems.iter().filter(|it| !it.is_warning).collect();
    assert_eq!(refused.len(), 1, "{problems:?}");
    assert!(refused[0].message.contains("operations"), "{refused:?}");
}

#[test]
fn a_rule_that_nothing_can_match_is_told() {
    for (from, to, line) in [
        ("apiVersions: [v1]", "apiVersions: [apps/v1]", 9),
        ("apiVersions: [v1]", "apiVersions: [V1]", 9),
        ("apiVersions: [v1]", "apiVersions: [v2]", 9),
        ("apiVersions: [v1]", "apiVersions: [v1beta1]", 9),
        ("resources: [deployments]", "resources: [deploy]", 11),
        (
            "apiVersions: [v1]",
            "apiVersions: [v1]\n      scope: Cluster",
            10,
        ),
    ] {
        assert_eq!(told(from, to), [(line, true)], "{to}");
    }
    let namespaced = "apiVersions: [v1]\n      scope: Namespaced";
    assert_eq!(told("apiVersions: [v1]", namespaced), []);
}

#[test]
fn the_rules_of_a_binding_are_held_to_the_same() {
    let binding = |rule: &str| {
        let rules =
            format!("validationActions: [Deny]\n  matchResources: {{resourceRules: [{rule}]}}");
        told("validationActions: [Deny]", &rules)
    };
    let rule = "apiGroups: [apps], apiVersions: [v1], operations: ['*']";
    assert_eq!(
        binding(&format!("{{{rule}, resources: [deployments]}}")),
        []
    );
    assert_eq!(
        binding(&format!("{{{rule}, resources: [Deployment]}}")),
        [(22, true)]
    );
    assert_eq!(binding(&format!("{{{rule}}}")), [(22, false)]);
}
