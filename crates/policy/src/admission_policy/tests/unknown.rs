//! What policies ask for and nobody here knows: that is no failure of theirs, and never silence.

use super::*;

/// What is said of a request: `deny`, `warn` and the like, with a mark where it is an error.
fn said(
    policies: &AdmissionPolicies,
    request: &AdmissionRequest,
    cluster: &dyn ClusterView,
) -> Vec<String> {
    let verdict = policies.review(request, cluster, &NoDeadline);
    let violations = verdict.violations.iter();
    violations
        .map(|one| {
            let error = if one.is_error { " error" } else { "" };
            format!("{}{error}", one.action.as_str())
        })
        .collect()
}

/// The same by both failure policies, `Fail` first.
fn by_both(text: &str, request: &AdmissionRequest, cluster: &dyn ClusterView) -> [Vec<String>; 2] {
    ["Fail", "Ignore"].map(|policy| {
        let text = text.replace(
            "spec:\n  matchC",
            &format!("spec:\n  failurePolicy: {policy}\n  matchC"),
        );
        said(&good(&text), request, cluster)
    })
}

const TOLD: [&[&str]; 2] = [&["deny error"], &["warn error"]];
const PASSED: [&[&str]; 2] = [&[], &[]];

#[test]
fn a_namespace_that_is_not_known_is_told_whatever_the_failure_policy_is() {
    let selector = "namespaceSelector: {matchLabels: {env: prod}}";
    let by_policy = policy(&format!(
        "  {selector}\nvalidations:\n- expression: 'false'"
    ));
    let by_binding = policy("validations:\n- expression: 'false'")
        + &format!("  matchResources: {{{selector}}}\n");
    for text in [by_policy, by_binding] {
        assert_eq!(by_both(&text, &in_shop(1), &NoCluster), TOLD);
        let of_another =
            json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}});
        let of_another: KnownObjects = [Arc::new(of_another)].into_iter().collect();
        assert_eq!(by_both(&text, &in_shop(1), &of_another), PASSED);
    }
}

#[test]
fn parameters_that_are_not_known_are_told_whatever_the_failure_policy_is() {
    let text =
        policy("paramKind: {apiVersion: v1, kind: ConfigMap}\nvalidations:\n- expression: 'false'")
            + "  paramRef: {name: others, parameterNotFoundAction: Deny}\n";
    assert_eq!(by_both(&text, &in_shop(1), &shop()), TOLD);
    // What the API server refuses to look up needs no knowledge.
    let misused = text.replace("{name: others,", "{name: others, selector: {},");
    assert_eq!(by_both(&misused, &in_shop(1), &shop())[1], [""; 0]);
}

#[test]
fn an_object_that_is_not_converted_is_told_whatever_the_failure_policy_is() {
    let text = policy("validations:\n- expression: 'true'")
        .replace("[apps]", "[autoscaling]")
        .replace("[deployments]", "[horizontalpodautoscalers]");
    let scaler = create(json!({
        "apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": {"name": "a"},
        "spec": {"maxReplicas": 3, "metrics": [{"type": "Pods"}]},
    }));
    assert_eq!(by_both(&text, &scaler, &NoCluster), TOLD);
}

#[test]
fn a_condition_about_the_requester_counts_only_where_a_validation_does_not_hold() {
    let text = |condition: &str| {
        policy(&format!(
            "matchConditions:\n- name: who\n  expression: \"{condition}\"\nvalidations:\n- expression: object.spec.replicas <= 5"
        ))
    };
    for condition in [
        "!('system:nodes' in request.userInfo.groups)",
        "has(request.userInfo.groups) && 'dev' in request.userInfo.groups",
        "!has(request.userInfo.username) || request.userInfo.username == 'x'",
        "authorizer.path('/x').check('get').allowed()",
    ] {
        let text = text(condition);
        assert_eq!(
            by_both(&text, &create(deployment(6)), &NoCluster),
            TOLD,
            "{condition}"
        );
        assert_eq!(
            by_both(&text, &create(deployment(5)), &NoCluster),
            PASSED,
            "{condition}"
        );
    }
    let decided = text("object.metadata.name == 'other' && has(request.userInfo.groups)");
    assert_eq!(
        by_both(&decided, &create(deployment(6)), &NoCluster),
        PASSED
    );
    // Where somebody makes the request, that is who.
    let mut request = created_by("ann");
    request.object = Some(deployment(6));
    let of_others = text("has(request.userInfo.groups) && 'nobodys' in request.userInfo.groups");
    assert_eq!(by_both(&of_others, &request, &NoCluster), PASSED);
}

#[test]
fn a_validation_about_the_requester_says_nothing_in_a_scan() {
    for expression in [
        "has(request.userInfo.groups) && 'dev' in request.userInfo.groups",
        "!has(request.userInfo.groups) || 'dev' in request.userInfo.groups",
        "request.userInfo.username == 'ann'",
    ] {
        let text = policy(&format!("validations:\n- expression: \"{expression}\""));
        assert_eq!(
            by_both(&text, &create(deployment(1)), &NoCluster),
            TOLD,
            "{expression}"
        );
    }
    let decided = policy(
        "variables:\n- name: groups\n  expression: request.?userInfo.?groups.orValue([])\nvalidations:\n- expression: object.spec.replicas < 5 || 'dev' in variables.groups",
    );
    assert_eq!(
        by_both(&decided, &create(deployment(1)), &NoCluster),
        PASSED
    );
    assert_eq!(by_both(&decided, &create(deployment(5)), &NoCluster), TOLD);
}

#[test]
fn an_annotation_about_the_requester_says_nothing_in_a_scan() {
    let text = policy(
        "validations:\n- expression: object.spec.replicas < 5\nauditAnnotations:\n- key: who\n  valueExpression: request.userInfo.username",
    );
    assert_eq!(by_both(&text, &create(deployment(1)), &NoCluster), PASSED);
}

#[test]
fn rights_of_a_requester_who_is_nobody_are_not_known() {
    let text =
        policy("validations:\n- expression: \"!authorizer.path('/x').check('get').allowed()\"");
    let mut request = created_by("");
    request.user_info = UserInfo::default();
    assert_eq!(by_both(&text, &request, &Rights::default()), TOLD);
}

#[test]
fn a_failure_of_an_expression_still_goes_by_the_failure_policy() {
    let text = policy("validations:\n- expression: object.metadata.labels.missing == request.name");
    let [closed, open] = by_both(&text, &create(deployment(1)), &NoCluster);
    assert_eq!((closed, open.len()), (vec!["deny error".to_owned()], 0));
}

#[test]
fn a_mutation_by_the_requester_is_told_where_it_would_change_something() {
    let text = |value: &str| {
        MUTATION_BY_RIGHT
            .replace(
                "!authorizer.requestResource.check('update').allowed()",
                "'dev' in request.userInfo.groups",
            )
            .replace(
                "authorizer.requestResource.check('delete').allowed()",
                "object.metadata.labels.app == 'web'",
            )
            .replace("[] :", value)
            .replace(
                "spec:\n  matchC",
                "spec:\n  failurePolicy: Ignore\n  matchC",
            )
    };
    let told = |text: &str| {
        let mutation = good(text).mutate(&create(deployment(1)), &NoCluster, &NoDeadline);
        let violations = mutation.violations.iter();
        let told: Vec<_> = violations.map(|one| (one.action, one.is_error)).collect();
        (mutation.object, told)
    };
    assert_eq!(told(&text("[] :")), (None, vec![]));
    let changes = text("[JSONPatch{op: 'add', path: '/metadata/labels/by', value: 'x'}] :");
    assert_eq!(told(&changes), (None, vec![(Action::Warn, true)]));
}
