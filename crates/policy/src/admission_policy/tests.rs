//! Policies as people write them, over requests. What is expected is what the API server's documentation says.

mod unknown;
mod unmatched;

use std::sync::{Arc, Mutex};

use ringwall_model::Source as Text;
use serde_json::{Value, json};

use super::AdmissionPolicies;
use crate::{
    admission::{
        AccessReview, AccessReviewer, Action, AdmissionRequest, ClusterView, Deadline,
        GroupVersionKind, GroupVersionResource, KnownObjects, NoCluster, NoDeadline, Operation,
        Status, UserInfo, Verdict,
    },
    manifest::{Manifest, Problem},
};

fn load(text: &str) -> (AdmissionPolicies, Vec<Problem>) {
    let (manifests, diagnostics) = Manifest::read(&Arc::new(Text::new("policies.yaml", text)));
    assert_eq!(diagnostics, []);
    AdmissionPolicies::load(&manifests)
}

/// Policies without a flaw.
fn good(text: &str) -> AdmissionPolicies {
    let (policies, problems) = load(text);
    assert_eq!(problems, []);
    policies
}

fn create(object: Value) -> AdmissionRequest {
    let mut request = AdmissionRequest::from_object(object);
    request.operation = Some(Operation::Create);
    request
}

fn deployment(replicas: i64) -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": "web", "labels": {"app": "web"}},
        "spec": {"replicas": replicas},
    })
}

/// A policy over Deployments with more lines in its spec, and a binding of it.
fn policy(spec: &str) -> String {
    let spec = spec.replace('\n', "\n  ");
    format!(
        "apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata:
  name: replicas
spec:
  matchConstraints:
    resourceRules:
    - apiGroups: [apps]
      apiVersions: [v1]
      operations: [CREATE, UPDATE]
      resources: [deployments]
  {spec}
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata:
  name: everywhere
spec:
  policyName: replicas
  validationActions: [Deny]
"
    )
}

fn review(text: &str, request: &AdmissionRequest) -> Verdict {
    good(text).review(request, &NoCluster, &NoDeadline)
}

fn messages(verdict: &Verdict) -> Vec<&str> {
    let violations = verdict.violations.iter();
    violations
        .map(|violation| violation.message.as_str())
        .collect()
}

#[test]
fn a_false_validation_denies_with_its_message() {
    let text = policy(
        "validations:\n- expression: object.spec.replicas <= 5\n  message: too many\n  reason: Forbidden",
    );
    assert!(review(&text, &create(deployment(5))).is_allowed());
    let verdict = review(&text, &create(deployment(6)));
    assert_eq!(messages(&verdict), ["too many"]);
    let violation = &verdict.violations[0];
    assert_eq!(violation.policy, "replicas");
    assert_eq!(violation.binding.as_deref(), Some("everywhere"));
    assert_eq!(violation.action, Action::Deny);
    assert!(!violation.is_error);
    let forbidden = Status {
        code: 403,
        reason: "Forbidden",
    };
    assert_eq!(violation.status, Some(forbidden));
    assert_eq!(violation.paths, ["/spec/replicas"]);
}

#[test]
fn a_refused_deletion_tells_the_places_of_what_would_go() {
    let text = policy("validations:\n- expression: \"!has(oldObject.metadata.labels.app)\"")
        .replace("[CREATE, UPDATE]", "[DELETE]");
    let mut request = create(deployment(1));
    request.operation = Some(Operation::Delete);
    request.old_object = request.object.take();
    let verdict = review(&text, &request);
    assert_eq!(verdict.violations[0].paths, ["/metadata/labels/app"]);
}

#[test]
fn a_message_expression_wins_over_the_message_and_both_over_the_expression() {
    let check = |more: &str, expected: &str| {
        let text = policy(&format!(
            "validations:\n- expression: object.spec.replicas <= 5{more}"
        ));
        assert_eq!(messages(&review(&text, &create(deployment(6)))), [expected]);
    };
    check(
        "\n  message: plain\n  messageExpression: \"'have ' + string(object.spec.replicas)\"",
        "have 6",
    );
    check(
        "\n  message: plain\n  messageExpression: \"'two\\\\nlines'\"",
        "plain",
    );
    check("\n  message: plain\n  messageExpression: \"'  '\"", "plain");
    check(
        "\n  messageExpression: object.metadata.labels.missing",
        "failed expression: object.spec.replicas <= 5",
    );
    check("", "failed expression: object.spec.replicas <= 5");
}

#[test]
fn an_error_goes_by_the_failure_policy() {
    let text = |more: &str| {
        policy(&format!(
            "{more}validations:\n- expression: object.metadata.labels.missing == 'x'"
        ))
    };
    let verdict = review(&text(""), &create(deployment(1)));
    assert!(verdict.violations[0].is_error && !verdict.is_allowed());
    assert!(
        verdict.violations[0]
            .message
            .contains("resulted in error: no such key: missing")
    );
    assert!(review(&text("failurePolicy: Ignore\n"), &create(deployment(1))).is_allowed());
}

#[test]
fn conditions_that_are_false_win_over_those_that_fail() {
    let text = |conditions: &str| {
        policy(&format!(
            "matchConditions:\n{conditions}\nvalidations:\n- expression: 'false'\n  message: judged"
        ))
    };
    let fails = "- name: fails\n  expression: object.metadata.labels.missing == 'x'";
    let is_false = "- name: differs\n  expression: object.metadata.name == 'other'";
    let is_true = "- name: holds\n  expression: request.userInfo.username != 'admin' || true";
    let judge = |conditions: &str| review(&text(conditions), &create(deployment(1)));
    assert!(judge(&format!("{fails}\n{is_false}")).is_allowed());
    assert_eq!(messages(&judge(is_true)), ["judged"]);
    assert!(judge(&format!("{fails}\n{is_true}")).violations[0].is_error);
}

#[test]
fn variables_are_evaluated_only_where_they_are_used() {
    let text = policy(
        "variables:
- name: broken
  expression: object.metadata.labels.missing
- name: limit
  expression: \"has(object.metadata.labels) ? 5 : 1\"
- name: below
  expression: object.spec.replicas <= variables.limit
validations:
- expression: variables.below
  message: too many",
    );
    assert!(review(&text, &create(deployment(5))).is_allowed());
    assert_eq!(
        messages(&review(&text, &create(deployment(6)))),
        ["too many"]
    );
}

#[test]
fn only_what_the_rules_name_is_judged() {
    let text = policy("validations:\n- expression: 'false'");
    let mut update = create(deployment(1));
    update.operation = Some(Operation::Delete);
    assert!(review(&text, &update).is_allowed());
    update.operation = Some(Operation::Update);
    assert!(!review(&text, &update).is_allowed());
    update.sub_resource = "scale".to_owned();
    assert!(review(&text, &update).is_allowed());
    let pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}});
    assert!(review(&text, &create(pod)).is_allowed());
}

#[test]
fn an_object_that_would_be_converted_first_is_not_judged_as_it_is() {
    let text = |more: &str| {
        policy(&format!(
            "{more}validations:\n- expression: \"!has(object.spec.targetCPUUtilizationPercentage)\""
        ))
        .replace("[apps]", "[autoscaling]")
        .replace("[deployments]", "[horizontalpodautoscalers]")
    };
    let scaler = create(json!({
        "apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": {"name": "a"},
        "spec": {"maxReplicas": 3, "metrics": [{"type": "Pods"}]},
    }));
    let verdict = review(&text(""), &scaler);
    assert!(verdict.violations[0].is_error, "{verdict:?}");
    assert!(messages(&verdict)[0].contains("is about autoscaling/v1"));
    assert!(review(&text("failurePolicy: Ignore\n"), &scaler).is_allowed());
    let exact = text("").replace(
        "  matchConstraints:",
        "  matchConstraints:\n    matchPolicy: Exact",
    );
    assert_eq!(review(&exact, &scaler).violations, []);
}

#[test]
fn an_autoscaler_is_judged_in_the_version_that_a_policy_is_about() {
    let text = policy(
        "validations:\n- expression: object.apiVersion == 'autoscaling/v2' && object.spec.metrics.all(m, m.resource.target.averageUtilization <= 80)\n  message: too busy",
    )
    .replace("[apps]", "[autoscaling]")
    .replace("[v1]", "[v2]")
    .replace("[deployments]", "[horizontalpodautoscalers]");
    let said = |percent: i64| {
        let scaler = create(json!({
            "apiVersion": "autoscaling/v1", "kind": "HorizontalPodAutoscaler", "metadata": {"name": "a"},
            "spec": {"maxReplicas": 3, "targetCPUUtilizationPercentage": percent},
        }));
        let verdict = review(&text, &scaler);
        // The request has its number elsewhere.
        assert!(verdict.violations.iter().all(|it| it.paths.is_empty()));
        verdict
            .violations
            .into_iter()
            .map(|it| it.message)
            .collect::<Vec<_>>()
    };
    assert_eq!(said(80), [""; 0]);
    assert_eq!(said(90), ["too busy"]);
}

#[test]
fn a_binding_narrows_and_decides_what_follows() {
    let text = policy("validations:\n- expression: 'false'\n  message: refused").replace(
        "validationActions: [Deny]",
        "validationActions: [Warn, Audit]
  matchResources:
    objectSelector:
      matchLabels: {app: web}",
    );
    let verdict = review(&text, &create(deployment(1)));
    let actions: Vec<_> = verdict.violations.iter().map(|it| it.action).collect();
    assert_eq!(actions, [Action::Warn, Action::Audit]);
    assert!(verdict.is_allowed());
    let (key, value) = &verdict.audit_annotations[0];
    assert_eq!(key, "validation.policy.admission.k8s.io/validation_failure");
    let failures: Value = serde_json::from_str(value).unwrap();
    assert_eq!(
        failures,
        json!([{"message": "refused", "policy": "replicas", "binding": "everywhere", "expressionIndex": 0,
            "validationActions": ["Warn", "Audit"]}])
    );
    let mut other = deployment(1);
    other["metadata"]["labels"]["app"] = json!("db");
    assert_eq!(review(&text, &create(other)).violations, []);
}

#[test]
fn audit_annotations_are_published_under_the_policys_name() {
    let text = policy(
        "auditAnnotations:
- key: many
  valueExpression: \"object.spec.replicas > 5 ? dyn('replicas ' + string(object.spec.replicas)) : null\"
- key: empty
  valueExpression: \"' '\"",
    );
    let verdict = review(&text, &create(deployment(6)));
    assert_eq!(
        verdict.audit_annotations,
        [("replicas/many".to_owned(), "replicas 6".to_owned())]
    );
    assert_eq!(review(&text, &create(deployment(1))).audit_annotations, []);
}

fn shop() -> KnownObjects {
    [
        Arc::new(json!({"apiVersion": "v1", "kind": "Namespace",
            "metadata": {"name": "shop", "labels": {"env": "prod"}}})),
        Arc::new(json!({"apiVersion": "v1", "kind": "ConfigMap",
            "metadata": {"name": "limits", "namespace": "shop"}, "data": {"max": "3"}})),
    ]
    .into_iter()
    .collect()
}

fn in_shop(replicas: i64) -> AdmissionRequest {
    let mut object = deployment(replicas);
    object["metadata"]["namespace"] = json!("shop");
    create(object)
}

#[test]
fn parameters_come_from_the_cluster() {
    let text = |action: &str, name: &str| {
        policy(
            "paramKind: {apiVersion: v1, kind: ConfigMap}
validations:
- expression: object.spec.replicas <= int(params.data.max)
  messageExpression: \"'at most ' + params.data.max\"",
        ) + &format!("  paramRef: {{name: {name}, parameterNotFoundAction: {action}}}\n")
    };
    let judge = |action, name, request: &AdmissionRequest| {
        good(&text(action, name)).review(request, &shop(), &NoDeadline)
    };
    assert!(judge("Deny", "limits", &in_shop(3)).is_allowed());
    assert_eq!(
        messages(&judge("Deny", "limits", &in_shop(4))),
        ["at most 3"]
    );
    assert!(judge("Allow", "others", &in_shop(4)).is_allowed());
    let verdict = judge("Deny", "others", &in_shop(4));
    assert_eq!(
        messages(&verdict),
        [
            "failed to configure binding: no params found for policy binding with `Deny` parameterNotFoundAction"
        ]
    );
}

#[test]
fn namespaces_select_and_are_seen() {
    let text = policy("validations:\n- expression: namespaceObject.metadata.labels.env != 'prod'\n  message: prod")
        .replace("validationActions: [Deny]", "validationActions: [Deny]
  matchResources:
    namespaceSelector:
      matchExpressions:
      - {key: env, operator: Exists}");
    let judge = |cluster: &dyn ClusterView| good(&text).review(&in_shop(1), cluster, &NoDeadline);
    assert_eq!(messages(&judge(&shop())), ["prod"]);
    // Nothing is known of the namespace: that must not look clean.
    let verdict = judge(&NoCluster);
    assert!(verdict.violations[0].is_error);
    assert_eq!(
        messages(&verdict),
        ["failed to configure binding: namespaces \"shop\" not found"]
    );
}

#[test]
fn the_name_of_a_namespace_is_known_where_nothing_else_is() {
    let said = |requirements: &str| -> Vec<String> {
        let text = policy(&format!(
            "  namespaceSelector: {{matchExpressions: [{requirements}]}}\nvalidations:\n- expression: 'false'\n  message: judged"
        ));
        let verdict = good(&text).review(&in_shop(1), &NoCluster, &NoDeadline);
        let messages = messages(&verdict).into_iter();
        messages.map(str::to_owned).collect()
    };
    let by_name = |operator: &str, name: &str| {
        format!("{{key: kubernetes.io/metadata.name, operator: {operator}, values: [{name}]}}")
    };
    assert_eq!(said(&by_name("In", "shop")), ["judged"]);
    assert_eq!(said(&by_name("NotIn", "kube-system")), ["judged"]);
    assert_eq!(said(&by_name("NotIn", "shop")), [""; 0]);
    let env = "{key: env, operator: Exists}";
    assert_eq!(
        said(&format!("{env}, {}", by_name("NotIn", "shop"))),
        [""; 0]
    );
    let unknown = said(&format!("{env}, {}", by_name("In", "shop")));
    assert_eq!(unknown.len(), 1);
    assert!(unknown[0].contains("not found"), "{unknown:?}");
}

#[test]
fn a_broken_policy_is_told_with_its_place_and_stops_no_other() {
    let good = policy("validations:\n- expression: object.spec.replicas <= 5");
    let bad = good
        .replace("name: replicas", "name: broken")
        .replace("validations:", "validation:");
    let unbound = "apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: lost}
spec: {policyName: nobody, validationActions: [Deny]}
";
    let (policies, problems) = load(&format!("{bad}---\n{good}---\n{unbound}"));
    let problems: Vec<_> = problems.iter().map(ToString::to_string).collect();
    assert_eq!(problems.len(), 2, "{problems:?}");
    assert!(
        problems[0].starts_with(
            "policies.yaml:12: ValidatingAdmissionPolicy broken: unknown field `validation`"
        ),
        "{problems:?}"
    );
    assert!(problems[1].contains("names the policy 'nobody', which is not loaded"));
    assert!(
        !policies
            .review(&create(deployment(6)), &NoCluster, &NoDeadline)
            .is_allowed()
    );
}

#[test]
fn an_expression_that_means_nothing_is_told_and_denies() {
    let text = policy("validations:\n- expression: object.spec.replicas <= 5 +");
    let (policies, problems) = load(&text);
    assert_eq!(problems.len(), 1);
    let verdict = policies.review(&create(deployment(1)), &NoCluster, &NoDeadline);
    assert!(verdict.violations[0].is_error && !verdict.is_allowed());
}

fn mutate(mutations: &str, object: Value) -> (Option<Value>, Vec<String>) {
    let mutations = mutations.replace('\n', "\n  ");
    let text = format!(
        "apiVersion: admissionregistration.k8s.io/v1
kind: MutatingAdmissionPolicy
metadata: {{name: m}}
spec:
  matchConstraints:
    resourceRules:
    - {{apiGroups: [''], apiVersions: [v1], operations: [CREATE], resources: [pods]}}
  reinvocationPolicy: Never
  mutations:
  {mutations}
---
apiVersion: admissionregistration.k8s.io/v1
kind: MutatingAdmissionPolicyBinding
metadata: {{name: b}}
spec: {{policyName: m}}
"
    );
    let mutation = good(&text).mutate(&create(object), &NoCluster, &NoDeadline);
    let violations = mutation.violations.into_iter();
    (mutation.object, violations.map(|it| it.message).collect())
}

fn pod() -> Value {
    json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"},
        "spec": {"containers": [{"name": "a", "image": "x"}, {"name": "b", "image": "y"}]}})
}

#[test]
fn an_apply_configuration_is_merged() {
    let (object, errors) = mutate(
        "- patchType: ApplyConfiguration
  applyConfiguration:
    expression: >
      Object{metadata: Object.metadata{labels: {'team': 'shop'}},
        spec: Object.spec{containers: object.spec.containers.map(c,
          Object.spec.containers.item{name: c.name, imagePullPolicy: 'Always'})}}",
        pod(),
    );
    // The name of a list's items in types is that of the list alone.
    assert_eq!(errors.len(), 1, "{errors:?}");
    assert_eq!(object, None);
    let (object, errors) = mutate(
        "- patchType: ApplyConfiguration
  applyConfiguration:
    expression: >
      Object{metadata: Object.metadata{labels: {'team': 'shop'}},
        spec: Object.spec{containers: object.spec.containers.map(c,
          Object.spec.containers{name: c.name, imagePullPolicy: 'Always'})}}",
        pod(),
    );
    assert_eq!(errors, Vec::<String>::new());
    let object = object.unwrap();
    assert_eq!(object["metadata"]["labels"], json!({"team": "shop"}));
    assert_eq!(
        object["spec"]["containers"][1],
        json!({"name": "b", "image": "y", "imagePullPolicy": "Always"})
    );
}

#[test]
fn a_json_patch_is_applied_and_a_failed_test_changes_nothing() {
    let (object, errors) = mutate(
        "- patchType: JSONPatch
  jsonPatch:
    expression: >
      [JSONPatch{op: 'add', path: '/metadata/labels', value: {'a/b': 'c'}},
       JSONPatch{op: 'remove', path: '/spec/containers/0'}]
- patchType: JSONPatch
  jsonPatch:
    expression: >
      [JSONPatch{op: 'add', path: '/metadata/labels/' + jsonpatch.escapeKey('d/e'),
        value: object.metadata.labels['a/b']}]
- patchType: JSONPatch
  jsonPatch:
    expression: >
      [JSONPatch{op: 'test', path: '/metadata/name', value: 'other'},
       JSONPatch{op: 'remove', path: '/metadata/labels'}]",
        pod(),
    );
    assert_eq!(errors, Vec::<String>::new());
    let object = object.unwrap();
    assert_eq!(
        object["metadata"]["labels"],
        json!({"a/b": "c", "d/e": "c"})
    );
    assert_eq!(
        object["spec"]["containers"],
        json!([{"name": "b", "image": "y"}])
    );
}

#[test]
fn a_mutation_that_fails_denies() {
    let (object, errors) = mutate(
        "- patchType: JSONPatch
  jsonPatch:
    expression: \"[JSONPatch{op: 'remove', path: '/spec/nothing'}]\"",
        pod(),
    );
    assert_eq!(object, None);
    assert!(errors[0].starts_with("JSON Patch:"), "{errors:?}");
    // The API server reads what comes of a patch strictly.
    let (object, errors) = mutate(
        "- patchType: JSONPatch
  jsonPatch:
    expression: \"[JSONPatch{op: 'add', path: '/spec/nothing', value: 1}]\"",
        pod(),
    );
    assert_eq!(object, None);
    assert!(
        errors[0].contains("unknown field \"nothing\" in \"spec\""),
        "{errors:?}"
    );
}

#[test]
fn a_json_patch_that_makes_no_such_object_denies_whatever_the_failure_policy_is() {
    let said = |path: &str, op: &str, value: &str| {
        mutate(
            &format!(
                "- patchType: JSONPatch
  jsonPatch:
    expression: \"[JSONPatch{{op: '{op}', path: '{path}'{value}}}]\"
failurePolicy: Ignore"
            ),
            pod(),
        )
    };
    for (path, told) in [
        ("/kind", "its kind became \"other\""),
        ("/apiVersion", "its apiVersion became \"other\""),
        ("/spec/nothing", "unknown field \"nothing\""),
    ] {
        let (object, errors) = said(path, "add", ", value: 'other'");
        assert_eq!(object, None, "{path}");
        assert!(errors[0].contains(told), "{errors:?}");
    }
    // It is read as what it was, and what does not fit goes by the failure policy.
    assert_eq!(said("/kind", "remove", ""), (None, Vec::new()));
    assert_eq!(said("/spec/nothing", "remove", ""), (None, Vec::new()));
}

#[test]
fn an_apply_configuration_is_of_the_objects_kind_whatever_it_says() {
    let (object, errors) = mutate(
        "- patchType: ApplyConfiguration
  applyConfiguration:
    expression: \"Object{kind: 'Other', metadata: Object.metadata{labels: {'a': 'b'}}}\"",
        pod(),
    );
    assert_eq!(errors, Vec::<String>::new());
    let object = object.unwrap();
    assert_eq!(
        (&object["kind"], &object["metadata"]["labels"]["a"]),
        (&json!("Pod"), &json!("b"))
    );
}

#[test]
fn a_policy_over_one_version_of_a_custom_kind_judges_the_others() {
    let text = |more: &str, rules: &str| {
        format!(
            "apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {{name: parts}}
spec:
  matchConstraints: {{{more}resourceRules: [{rules}]}}
  validations:
  - expression: object.spec.parts < 5
    messageExpression: \"'too many in ' + request.kind.version + ', ' + object.apiVersion\"
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {{name: parts}}
spec: {{policyName: parts, validationActions: [Deny]}}
"
        )
    };
    let rule = |group: &str, version: &str| {
        format!(
            "{{apiGroups: ['{group}'], apiVersions: [{version}], operations: [CREATE], resources: [machines]}}"
        )
    };
    let definition = |strategy: &str| {
        json!({
            "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
            "metadata": {"name": "machines.shop.example"},
            "spec": {
                "group": "shop.example", "scope": "Cluster",
                "names": {"kind": "Machine", "plural": "machines"},
                "conversion": {"strategy": strategy},
                "versions": [
                    {"name": "v1", "served": true}, {"name": "v2", "served": true},
                    {"name": "v0", "served": false},
                ],
            },
        })
    };
    let said = |text: &str, definition: Option<Value>| -> Vec<String> {
        let machine = create(json!({
            "apiVersion": "shop.example/v2", "kind": "Machine",
            "metadata": {"name": "m"}, "spec": {"parts": 9},
        }));
        let known: KnownObjects = definition.into_iter().map(Arc::new).collect();
        let verdict = good(text).review(&machine, &known, &NoDeadline);
        let messages = messages(&verdict).into_iter();
        messages.map(str::to_owned).collect()
    };
    let kept = || Some(definition("None"));
    let v1 = text("", &rule("shop.example", "v1"));
    assert_eq!(said(&v1, kept()), ["too many in v1, shop.example/v1"]);
    // What would be converted first is not judged as it is, and not passed over.
    for definition in [Some(definition("Webhook")), None] {
        let said = said(&v1, definition);
        assert!(
            said.len() == 1 && said[0].contains("let its rules name shop.example/v2 too"),
            "{said:?}"
        );
    }
    let exact = text("matchPolicy: Exact, ", &rule("shop.example", "v1"));
    let unserved = text("", &rule("shop.example", "v0"));
    for text in [&exact, &unserved] {
        assert_eq!(said(text, kept()), [""; 0], "{text}");
    }
    // Whether rules for all groups are about a version of this kind, nobody knows.
    assert_eq!(said(&text("", &rule("*", "v1")), None), [""; 0]);
    let excluded = format!("excludeResourceRules: [{}], ", rule("shop.example", "v1"));
    let all = text(&excluded, &rule("*", "'*'"));
    assert_eq!(said(&all, kept()), [""; 0]);
    assert_eq!(said(&all, None), ["too many in v2, shop.example/v2"]);
    // Where the verdict does not rest on the definition, nobody asks a cluster for it.
    let builtin = |group: &str| rule(group, "v1").replace("machines", "deployments");
    for (rule, is_asked) in [
        (rule("shop.example", "v1"), true),
        (rule("*", "v1"), true),
        (builtin("shop.example"), true),
        (rule("shop.example", "'*'"), false),
        (builtin("apps"), false),
        (builtin("*"), false),
    ] {
        let (policies, _) = load(&text("", &rule));
        assert_eq!(policies.ask_definitions(), is_asked, "{rule}");
    }
    assert!(!good(&exact).ask_definitions());
    assert!(good(&text(&excluded, &rule("*", "'*'"))).ask_definitions());
}

#[test]
fn a_policy_is_asked_again_only_where_its_conditions_held_the_first_time() {
    let labels = |name: &str, condition: &str, label: &str| {
        format!(
            "apiVersion: admissionregistration.k8s.io/v1
kind: MutatingAdmissionPolicy
metadata: {{name: {name}}}
spec:
  reinvocationPolicy: IfNeeded
  matchConstraints:
    resourceRules:
    - {{apiGroups: [apps], apiVersions: [v1], operations: [CREATE], resources: [deployments]}}
  matchConditions: [{{name: asked, expression: \"{condition}\"}}]
  mutations:
  - patchType: ApplyConfiguration
    applyConfiguration:
      expression: \"Object{{metadata: Object.metadata{{labels: {{{label}}}}}}}\"
---
apiVersion: admissionregistration.k8s.io/v1
kind: MutatingAdmissionPolicyBinding
metadata: {{name: {name}}}
spec: {{policyName: {name}}}
---
"
        )
    };
    let changed = |policies: &[String]| {
        let policies = good(&policies.concat());
        let mutation = policies.mutate(&create(deployment(1)), &NoCluster, &NoDeadline);
        assert_eq!(mutation.violations, []);
        mutation.object.unwrap()["metadata"]["labels"].clone()
    };
    // They are asked in the order of their names.
    let late = |name| labels(name, "'tier' in object.metadata.labels", "'late': 'yes'");
    let tier = labels("b", "true", "'tier': object.metadata.labels.app");
    let count = labels(
        "c",
        "true",
        "'n': string(int(object.metadata.labels[?'n'].orValue('0')) + 1)",
    );
    assert_eq!(
        changed(&[late("a"), tier.clone()]),
        json!({"app": "web", "tier": "web"})
    );
    assert_eq!(
        changed(&[tier, late("c")]),
        json!({"app": "web", "tier": "web", "late": "yes"})
    );
    assert_eq!(changed(&[count]), json!({"app": "web", "n": "2"}));
}

/// A cluster in which `ann` may do everything and nobody answers for `eve`; what is asked is written down.
#[derive(Default)]
struct Rights(Mutex<Vec<Value>>);

impl AccessReviewer for Rights {
    fn review(&self, spec: &Value, _deadline: &dyn Deadline) -> Result<AccessReview, String> {
        self.0.lock().expect("no panic").push(spec.clone());
        if spec["user"] == "eve" {
            return Err("the API server is gone".to_owned());
        }
        Ok(AccessReview {
            allowed: spec["user"] == "ann",
            ..AccessReview::default()
        })
    }
}

impl ClusterView for Rights {
    fn namespace(&self, _name: &str) -> Option<Arc<Value>> {
        None
    }

    fn get(&self, _kind: &GroupVersionKind, _namespace: &str, _name: &str) -> Option<Arc<Value>> {
        None
    }

    fn is_namespaced(&self, _kind: &GroupVersionKind) -> Option<bool> {
        None
    }

    fn list(&self, _kind: &GroupVersionKind, _namespace: &str) -> Vec<Arc<Value>> {
        Vec::new()
    }

    fn access(&self) -> Option<&dyn AccessReviewer> {
        Some(self)
    }
}

fn created_by(user: &str) -> AdmissionRequest {
    let mut request = create(deployment(1));
    request.namespace = "shop".to_owned();
    request.user_info = UserInfo {
        username: user.to_owned(),
        uid: "7".to_owned(),
        groups: vec!["dev".to_owned()],
        extra: [("team".to_owned(), vec!["web".to_owned()])].into(),
    };
    request
}

#[test]
fn the_authorizer_asks_about_the_requester_and_about_service_accounts() {
    let text = policy(
        "validations:
- expression: >-
    authorizer.group('apps').resource('deployments').subresource('scale').namespace('n').name('d')
    .fieldSelector('a=b').labelSelector('c').check('update').allowed()
- expression: authorizer.path('/metrics').check('get').allowed()
- expression: authorizer.requestResource.check('create').allowed()
- expression: \"!authorizer.serviceAccount('shop', 'bot').path('/').check('get').allowed()\"",
    );
    let rights = Rights::default();
    let policies = good(&text);
    let mut request = created_by("ann");
    // Before conversion it was another resource, and that is the one that is asked about.
    request.request_resource = Some(GroupVersionResource {
        group: "extensions".to_owned(),
        version: "v1beta1".to_owned(),
        resource: "deployments".to_owned(),
    });
    let verdict = policies.review(&request, &rights, &NoDeadline);
    assert_eq!(messages(&verdict), Vec::<&str>::new());
    let asked = rights.0.lock().expect("no panic").clone();
    let who = json!({"user": "ann", "uid": "7", "groups": ["dev"], "extra": {"team": ["web"]}});
    let with = |mut who: Value, field: &str, attributes: Value| {
        who[field] = attributes;
        who
    };
    let resource = |resource: Value| with(who.clone(), "resourceAttributes", resource);
    assert_eq!(
        asked,
        [
            resource(json!({
                "group": "apps", "version": "*", "resource": "deployments", "subresource": "scale",
                "namespace": "n", "name": "d", "verb": "update",
                "fieldSelector": {"rawSelector": "a=b"}, "labelSelector": {"rawSelector": "c"},
            })),
            with(
                who.clone(),
                "nonResourceAttributes",
                json!({"path": "/metrics", "verb": "get"})
            ),
            resource(json!({
                "group": "extensions", "version": "*", "resource": "deployments", "subresource": "",
                "namespace": "shop", "name": "web", "verb": "create",
            })),
            with(
                json!({
                    "user": "system:serviceaccount:shop:bot",
                    "groups": ["system:serviceaccounts", "system:serviceaccounts:shop"],
                }),
                "nonResourceAttributes",
                json!({"path": "/", "verb": "get"})
            ),
        ]
    );
    let refused = policies.review(&created_by("bob"), &rights, &NoDeadline);
    assert_eq!(refused.violations.len(), 3, "{refused:?}");
    assert!(
        refused
            .violations
            .iter()
            .all(|violation| !violation.is_error)
    );
}

#[test]
fn without_an_answer_the_failure_policy_decides_and_never_a_yes() {
    // Who may read secrets must not: silence would be a yes if it were taken for a no.
    let text = policy(
        "failurePolicy: POLICY\nvalidations:\n- expression: \"!authorizer.path('/x').check('get').allowed()\"",
    );
    let closed = good(&text.replace("POLICY", "Fail"));
    let open = good(&text.replace("POLICY", "Ignore"));
    let (rights, nobody) = (Rights::default(), created_by(""));
    let anonymous = AdmissionRequest {
        user_info: UserInfo::default(),
        ..nobody
    };
    let cases: [(&AdmissionRequest, &dyn ClusterView, &str); 3] = [
        (&created_by("eve"), &rights, "the API server is gone"),
        (&created_by("ann"), &NoCluster, "nobody can be asked here"),
        (&anonymous, &rights, "nobody made this request"),
    ];
    for (request, cluster, reason) in cases {
        let verdict = closed.review(request, cluster, &NoDeadline);
        let [violation] = verdict.violations.as_slice() else {
            panic!("{verdict:?}");
        };
        assert!(violation.is_error, "{violation:?}");
        assert!(violation.message.contains(reason), "{violation:?}");
        assert!(open.review(request, cluster, &NoDeadline).is_allowed());
    }
    assert!(
        !closed
            .review(&created_by("ann"), &rights, &NoDeadline)
            .is_allowed()
    );
    assert!(
        closed
            .review(&created_by("bob"), &rights, &NoDeadline)
            .is_allowed()
    );
}

#[test]
fn mutations_ask_the_authorizer_too() {
    let text = MUTATION_BY_RIGHT;
    let rights = Rights::default();
    let policies = good(text);
    let changed = |user: &str| {
        let mutation = policies.mutate(&created_by(user), &rights, &NoDeadline);
        assert_eq!(mutation.violations, [], "{user}");
        mutation.object
    };
    assert_eq!(
        changed("bob").expect("a change")["metadata"]["labels"]["by"],
        "somebody"
    );
    assert_eq!(changed("ann"), None);
}

const MUTATION_BY_RIGHT: &str = r#"apiVersion: admissionregistration.k8s.io/v1
kind: MutatingAdmissionPolicy
metadata: {name: mark}
spec:
  matchConstraints:
    resourceRules:
    - {apiGroups: [apps], apiVersions: [v1], operations: [CREATE], resources: [deployments]}
  matchConditions:
  - {name: unable, expression: "!authorizer.requestResource.check('update').allowed()"}
  reinvocationPolicy: Never
  mutations:
  - patchType: JSONPatch
    jsonPatch:
      expression: >-
        authorizer.requestResource.check('delete').allowed() ? [] :
        [JSONPatch{op: 'add', path: '/metadata/labels/by', value: 'somebody'}]
---
apiVersion: admissionregistration.k8s.io/v1
kind: MutatingAdmissionPolicyBinding
metadata: {name: everywhere}
spec: {policyName: mark}
"#;

#[test]
fn questions_that_nothing_is_stored_of_are_not_judged() {
    let everything = policy("validations:\n- expression: 'false'").replace(
        "apiGroups: [apps]\n      apiVersions: [v1]\n      operations: [CREATE, UPDATE]\n      resources: [deployments]",
        "apiGroups: ['*']\n      apiVersions: ['*']\n      operations: ['*']\n      resources: ['*']",
    );
    let review = create(json!({
        "apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview",
        "metadata": {}, "spec": {"user": "ann"},
    }));
    let policies = good(&everything);
    let is_allowed = |request: &AdmissionRequest| {
        let verdict = policies.review(request, &NoCluster, &NoDeadline);
        verdict.is_allowed()
    };
    assert!(is_allowed(&review));
    assert!(!is_allowed(&create(deployment(1))));
    let registered = |kind: &str| {
        create(json!({
            "apiVersion": "admissionregistration.k8s.io/v1", "kind": kind, "metadata": {"name": "a"},
        }))
    };
    for kind in [
        "ValidatingAdmissionPolicy",
        "MutatingAdmissionPolicyBinding",
    ] {
        assert!(is_allowed(&registered(kind)), "{kind}");
    }
    // Webhooks are not called about webhooks, but policies are.
    for kind in [
        "ValidatingWebhookConfiguration",
        "MutatingWebhookConfiguration",
    ] {
        assert!(!is_allowed(&registered(kind)), "{kind}");
    }
}
