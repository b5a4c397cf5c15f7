//! Rights that come from several objects: who may take over the cluster, and how.

#[path = "support/findings.rs"]
mod support;

use ringwall_model::{Confidence, Severity};
use support::findings;

/// The messages of one check over one file.
fn messages(id: &str, text: &str) -> Vec<String> {
    let findings = findings(id, &[("app/objects.yaml", text)]);
    findings.into_iter().map(|it| it.message).collect()
}

const RBAC: &str = "apiVersion: rbac.authorization.k8s.io/v1";

fn cluster_role(name: &str, rules: &str) -> String {
    format!("---\n{RBAC}\nkind: ClusterRole\nmetadata: {{name: {name}}}\nrules: [{rules}]\n")
}

fn role(namespace: &str, name: &str, rules: &str) -> String {
    format!(
        "---\n{RBAC}\nkind: Role\nmetadata: {{name: {name}, namespace: {namespace}}}\nrules: [{rules}]\n"
    )
}

fn bind_everywhere(role: &str, subjects: &str) -> String {
    format!(
        "---\n{RBAC}\nkind: ClusterRoleBinding\nmetadata: {{name: {role}-everywhere}}\nroleRef: {{apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: {role}}}\nsubjects: [{subjects}]\n"
    )
}

fn bind(namespace: &str, kind: &str, role: &str, subjects: &str) -> String {
    format!(
        "---\n{RBAC}\nkind: RoleBinding\nmetadata: {{name: {role}-here, namespace: {namespace}}}\nroleRef: {{apiGroup: rbac.authorization.k8s.io, kind: {kind}, name: {role}}}\nsubjects: [{subjects}]\n"
    )
}

fn account(namespace: &str, name: &str) -> String {
    format!("{{kind: ServiceAccount, name: {name}, namespace: {namespace}}}")
}

fn pod(namespace: &str, name: &str, account: &str) -> String {
    format!(
        "---\napiVersion: v1\nkind: Pod\nmetadata: {{name: {name}, namespace: {namespace}}}\nspec: {{serviceAccountName: {account}, containers: [{{name: app}}]}}\n"
    )
}

const CREATE_PODS: &str = "{apiGroups: [''], resources: [pods], verbs: [create]}";

#[test]
fn two_rights_of_two_roles_make_a_takeover() {
    let text = cluster_role(
        "binder",
        "{apiGroups: [rbac.authorization.k8s.io], resources: [clusterroles], verbs: [bind]}",
    ) + &cluster_role(
        "bindings",
        "{apiGroups: [rbac.authorization.k8s.io], resources: [clusterrolebindings], verbs: [create]}",
    ) + &bind_everywhere("binder", &account("ops", "ci"))
        + &pod("ops", "runner", "ci");
    assert!(messages("cluster-takeover-workload", &text).is_empty());

    let both = text + &bind_everywhere("bindings", &account("ops", "ci"));
    assert_eq!(
        messages("cluster-takeover-workload", &both),
        [
            "Pod runner can take over the cluster: its service account ci may bind any role in every namespace"
        ]
    );
}

#[test]
fn a_limit_to_names_takes_the_power_away() {
    let rule = |names: &str| {
        format!(
            "{{apiGroups: [''], resources: [users, groups], resourceNames: [{names}], verbs: [impersonate]}}"
        )
    };
    let text = |names: &str| {
        cluster_role("actor", &rule(names))
            + &bind_everywhere("actor", &account("ops", "ci"))
            + &pod("ops", "runner", "ci")
    };
    assert!(messages("cluster-takeover-workload", &text("'jane'")).is_empty());
    assert_eq!(
        messages("cluster-takeover-workload", &text("'system:masters'")).len(),
        1
    );
}

#[test]
fn a_role_binding_gives_one_namespace_only() {
    let objects = |namespace: &str| {
        cluster_role("runner", CREATE_PODS)
            + &bind(namespace, "ClusterRole", "runner", &account("ops", "ci"))
            + &pod("ops", "runner", "ci")
    };
    assert!(messages("cluster-takeover-workload", &objects("ops")).is_empty());
    assert_eq!(
        messages("cluster-takeover-workload", &objects("kube-system")),
        [
            "Pod runner can take over the cluster: its service account ci may create or change pods in kube-system"
        ]
    );
}

#[test]
fn reading_secrets_is_less_certain() {
    let text = cluster_role(
        "reader",
        "{apiGroups: [''], resources: [secrets], verbs: [list]}",
    ) + &bind_everywhere("reader", &account("ops", "ci"))
        + &pod("ops", "runner", "ci");
    let found = findings("cluster-takeover-workload", &[("a.yaml", &text)]);
    let severities: Vec<_> = found.iter().map(|it| it.severity).collect();
    assert_eq!(severities, [Severity::High]);
    assert!(found[0].confidence.is_some());
    // The binding, the role it names, the rule.
    assert_eq!(found[0].evidence.len(), 3);
}

#[test]
fn groups_of_all_service_accounts_reach_every_pod() {
    let group = |name: &str| {
        bind_everywhere("edit", &format!("{{kind: Group, name: '{name}'}}"))
            + &pod("ops", "runner", "default")
    };
    let count = |name: &str| messages("cluster-takeover-workload", &group(name)).len();
    assert_eq!(count("system:serviceaccounts"), 1);
    assert_eq!(count("system:serviceaccounts:ops"), 1);
    assert_eq!(count("system:serviceaccounts:shop"), 0);
    assert_eq!(count("system:authenticated"), 1);
    assert_eq!(count("developers"), 0);
}

#[test]
fn an_account_is_also_known_by_its_user_name() {
    let text = bind_everywhere(
        "cluster-admin",
        "{kind: User, name: 'system:serviceaccount:ops:ci'}",
    ) + &pod("ops", "runner", "ci");
    assert_eq!(messages("cluster-takeover-workload", &text).len(), 1);
}

#[test]
fn aggregated_rules_count_for_the_role_that_takes_them_in() {
    let labelled = format!(
        "---\n{RBAC}\nkind: ClusterRole\nmetadata: {{name: extra, labels: {{rbac.authorization.k8s.io/aggregate-to-view: 'true', team: a}}}}\nrules: [{CREATE_PODS}]\n"
    );
    let aggregating = format!(
        "---\n{RBAC}\nkind: ClusterRole\nmetadata: {{name: sum}}\naggregationRule: {{clusterRoleSelectors: [{{matchLabels: {{team: a}}}}]}}\nrules: []\n"
    );
    for role in ["view", "sum"] {
        let text = labelled.clone()
            + &aggregating
            + &bind_everywhere(role, &account("ops", "ci"))
            + &pod("ops", "runner", "ci");
        assert_eq!(
            messages("cluster-takeover-workload", &text).len(),
            1,
            "{role}"
        );
    }
}

#[test]
fn roles_are_aggregated_over_any_number_of_levels() {
    let aggregating = |name: &str, label: &str, from: &str| {
        format!(
            "---\n{RBAC}\nkind: ClusterRole\nmetadata: {{name: {name}, labels: {{{label}}}}}\naggregationRule: {{clusterRoleSelectors: [{{matchLabels: {{level: {from}}}}}]}}\nrules: []\n"
        )
    };
    let labelled = format!(
        "---\n{RBAC}\nkind: ClusterRole\nmetadata: {{name: x, labels: {{level: one, rbac.authorization.k8s.io/aggregate-to-view: 'true'}}}}\nrules: [{CREATE_PODS}]\n"
    );
    let to_view = "level: two, rbac.authorization.k8s.io/aggregate-to-edit: 'true'";
    for role in ["last", "view", "other"] {
        let text = labelled.clone()
            + &aggregating("middle", to_view, "one")
            + &aggregating("last", "level: one", "two") // A circle.
            + &aggregating("other", "a: b", "none")
            + &bind_everywhere(role, &account("ops", "ci"))
            + &pod("ops", "runner", "ci");
        let expected = usize::from(role != "other");
        let found = messages("cluster-takeover-workload", &text).len();
        assert_eq!(found, expected, "{role}");
    }
}

#[test]
fn powers_of_shipped_roles_are_known_by_name() {
    let message = |role: &str| {
        let text = bind_everywhere(&format!("'{role}'"), &account("ops", "ci"))
            .replace(&format!("name: '{role}'-everywhere"), "name: given")
            + &pod("ops", "runner", "ci");
        messages("cluster-takeover-workload", &text)
    };
    let prefix = "Pod runner can take over the cluster: its service account ci may ";
    for (role, means) in [
        (
            "system:kubelet-api-admin",
            "reach every kubelet through nodes/proxy",
        ),
        (
            "system:kube-controller-manager",
            "create tokens of service accounts in every namespace",
        ),
        (
            "system:controller:clusterrole-aggregation-controller",
            "give roles rights that it does not hold in every namespace",
        ),
        (
            "system:controller:resourcequota-controller",
            "read Secrets in every namespace",
        ),
    ] {
        assert_eq!(message(role), [format!("{prefix}{means}")], "{role}");
    }
    for role in [
        "system:discovery",
        "system:kube-dns",
        "view",
        "system:auth-delegator",
    ] {
        assert!(message(role).is_empty(), "{role}");
    }
}

#[test]
fn a_cluster_role_binding_cannot_bind_a_role() {
    let text = role("ops", "runner", CREATE_PODS)
        + &bind_everywhere("runner", &account("ops", "ci")).replace(
            "kind: ClusterRole, name: runner",
            "kind: Role, name: runner",
        )
        + &pod("ops", "runner", "ci");
    assert!(messages("cluster-takeover-workload", &text).is_empty());
}

#[test]
fn the_group_of_a_namespace_is_all_its_accounts() {
    let group =
        |namespace: &str| format!("{{kind: Group, name: 'system:serviceaccounts:{namespace}'}}");
    let text = cluster_role("runner", CREATE_PODS) + &bind_everywhere("runner", &group("team"));
    let id = "cluster-takeover-service-account";
    let severity = |text: &str| {
        let found = findings(id, &[("a.yaml", text)]);
        found.iter().map(|it| it.severity).collect::<Vec<_>>()
    };
    assert_eq!(severity(&text), [Severity::High]);
    let with_pod = text.clone() + &pod("team", "web", "any");
    assert_eq!(severity(&with_pod), [Severity::Critical]);
    assert_eq!(
        messages(id, &with_pod),
        [
            "ClusterRoleBinding runner-everywhere lets every ServiceAccount of namespace team (Pod web runs as one) take over the cluster: each may create or change pods in every namespace"
        ]
    );
    // Whoever creates pods there is one of them.
    let jane = role("team", "runner", CREATE_PODS)
        + &bind("team", "Role", "runner", "{kind: User, name: jane}");
    let path = "cluster-admin-escalation-path";
    assert_eq!(messages(path, &(jane.clone() + &text)).len(), 1);
    let elsewhere = text.replace("team", "office");
    assert!(messages(path, &(jane + &elsewhere)).is_empty());

    // A pod without a namespace is in `default`.
    let workload = "cluster-takeover-workload";
    let in_default = |group: &str| {
        let pod = "---\napiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec: {containers: [{name: app}]}\n";
        let rbac = cluster_role("runner", CREATE_PODS) + &bind_everywhere("runner", group);
        findings(workload, &[("a/rbac.yaml", &rbac), ("b/pod.yaml", pod)]).len()
    };
    assert_eq!(in_default(&group("default")), 1);
    assert_eq!(in_default(&group("team")), 0);
    assert_eq!(
        in_default("{kind: Group, name: system:serviceaccountsX}"),
        0
    );
}

#[test]
fn what_a_group_may_do_is_a_step_of_its_members_and_found_once() {
    let text = role("ops", "runner", CREATE_PODS)
        + &bind(
            "ops",
            "Role",
            "runner",
            "{kind: Group, name: 'system:serviceaccounts:build'}",
        )
        + &role("build", "reader", CREATE_PODS)
        + &bind(
            "build",
            "Role",
            "reader",
            &format!("{{kind: User, name: jane}}, {}", account("build", "ci")),
        )
        + &bind_everywhere("cluster-admin", &account("ops", "deployer"));
    let reaches = "may create or change pods in namespace ops and so act as ServiceAccount ops/deployer, which holds cluster-admin in every namespace";
    let found = messages("cluster-admin-escalation-path", &text);
    assert_eq!(
        found,
        [
            format!(
                "User jane may create or change pods in namespace build and so act as Group system:serviceaccounts:build, which {reaches}"
            ),
            format!("Group system:serviceaccounts:build {reaches}"),
        ]
    );
}

#[test]
fn an_account_is_found_once_and_by_the_same_example() {
    let id = "cluster-takeover-service-account";
    let one = bind_everywhere("cluster-admin", &account("team", "ci"));
    let two = one.replace("-everywhere", "-again");
    let found = findings(id, &[("a/1.yaml", &one), ("b/2.yaml", &two)]);
    assert_eq!(found.len(), 1);
    let pods = [pod("team", "two", "ci"), pod("team", "one", "ci")];
    let message = |files: [&str; 4]| {
        let files: Vec<_> = ["a", "b", "c", "d"].into_iter().zip(files).collect();
        let found = findings(id, &files);
        assert_eq!(found.len(), 1);
        (found[0].message.clone(), found[0].subject.clone())
    };
    let told = message([&one, &two, &pods[0], &pods[1]]);
    assert!(
        told.0
            .contains("cluster-admin-again lets ServiceAccount team/ci (Pod one runs")
    );
    assert_eq!(told, message([&pods[1], &pods[0], &two, &one]));
}

#[test]
fn objects_without_a_namespace_meet_in_their_folder() {
    let rbac =
        cluster_role("runner", CREATE_PODS) + &bind_everywhere("runner", &account("shop", "web"));
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec: {serviceAccountName: web, containers: [{name: app}]}\n";
    let count = |file| {
        findings(
            "cluster-takeover-workload",
            &[("app/rbac.yaml", &rbac), (file, pod)],
        )
        .len()
    };
    assert_eq!(count("app/pod.yaml"), 1);
    assert_eq!(count("other/pod.yaml"), 0);
}

#[test]
fn controllers_of_kubernetes_keep_their_own_roles() {
    let name = "system:controller:job-controller";
    let text = format!(
        "{RBAC}\nkind: ClusterRole\nmetadata: {{name: '{name}', labels: {{kubernetes.io/bootstrapping: rbac-defaults}}}}\nrules: [{CREATE_PODS}]\n---\n{RBAC}\nkind: ClusterRoleBinding\nmetadata: {{name: '{name}'}}\nroleRef: {{apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: '{name}'}}\nsubjects: [{{kind: ServiceAccount, name: job-controller, namespace: kube-system}}]\n"
    );
    for check in [
        "cluster-takeover-service-account",
        "workload-create-permission",
        "cluster-admin-escalation-path",
    ] {
        assert!(messages(check, &text).is_empty(), "{check}");
    }
    // The same role for another account is no longer by design.
    let text = text.replace("name: job-controller,", "name: mine,");
    let found = messages("cluster-takeover-service-account", &text);
    assert_eq!(
        found,
        [
            "ClusterRoleBinding system:controller:job-controller lets ServiceAccount kube-system/mine take over the cluster: it may create or change pods in every namespace"
        ]
    );
}

#[test]
fn a_widened_discovery_role_is_judged() {
    let text = cluster_role(
        "'system:discovery'",
        "{apiGroups: [''], resources: [secrets], verbs: [get]}",
    );
    assert_eq!(
        messages("cluster-wide-secret-read-permission", &text).len(),
        1
    );
}

#[test]
fn a_shipped_role_is_passed_over_only_as_it_is_shipped() {
    let everything = "{apiGroups: ['*'], resources: ['*'], verbs: ['*']}";
    let pods = "{apiGroups: [''], resources: [pods, pods/exec], verbs: [get, create]}";
    let lists = "{apiGroups: ['*'], resources: ['*'], verbs: [list, watch]}";
    let count = |id: &str, name: &str, rule: &str| {
        messages(id, &cluster_role(&format!("'{name}'"), rule)).len()
    };
    for name in [
        "edit",
        "admin",
        "system:kube-scheduler",
        "system:controller:x",
    ] {
        let found = count("wildcard-verbs-and-resources", name, everything);
        assert_eq!(found, 1, "{name}");
    }
    assert_eq!(
        count("wildcard-verbs-and-resources", "cluster-admin", everything),
        0
    );
    assert_eq!(count("workload-create-permission", "edit", pods), 0);
    assert_eq!(count("pod-exec-permission", "edit", pods), 0);
    assert_eq!(count("pod-exec-permission", "system:node", pods), 1);
    assert_eq!(
        count(
            "wildcard-resources",
            "system:kube-controller-manager",
            lists
        ),
        0
    );
    assert_eq!(
        count("wildcard-resources", "system:kube-scheduler", lists),
        1
    );
    // What a controller takes in for other API groups is judged where it is written.
    let text = |group: &str| {
        format!(
            "{RBAC}\nkind: ClusterRole\nmetadata: {{name: admin}}\naggregationRule: {{clusterRoleSelectors: [{{matchLabels: {{a: b}}}}]}}\nrules: [{{apiGroups: ['{group}'], resources: [things], verbs: ['*']}}]\n"
        )
    };
    assert_eq!(messages("wildcard-verbs", &text("example.com")).len(), 0);
    assert_eq!(messages("wildcard-verbs", &text("")).len(), 1);
}

#[test]
fn a_path_names_each_step() {
    let exec = "{apiGroups: [''], resources: [pods/exec], verbs: [create]}";
    let text = role("build", "debug", exec)
        + &bind("build", "Role", "debug", "{kind: Group, name: developers}")
        + &pod("build", "runner", "ci")
        + &role("ops", "runner", CREATE_PODS)
        + &bind("ops", "Role", "runner", &account("build", "ci"))
        + &bind_everywhere("cluster-admin", &account("ops", "deployer"));
    let found = findings("cluster-admin-escalation-path", &[("a.yaml", &text)]);
    let messages: Vec<&str> = found.iter().map(|it| it.message.as_str()).collect();
    let last = "ServiceAccount build/ci may create or change pods in namespace ops and so act as ServiceAccount ops/deployer, which holds cluster-admin in every namespace";
    assert_eq!(
        messages,
        [
            format!(
                "Group developers may run commands in pods in namespace build and so act as {}",
                last.replacen(" may", ", which may", 1)
            ),
            last.to_owned(),
        ]
    );
    let labels: Vec<&str> = found[0].evidence.iter().map(|it| &*it.label).collect();
    assert_eq!(
        labels,
        [
            "the role given to Group developers",
            "Group developers may run commands in pods in namespace build",
            "the role given to ServiceAccount build/ci",
            "ServiceAccount build/ci may create or change pods in namespace ops",
            "ServiceAccount ops/deployer holds cluster-admin in every namespace",
        ]
    );
}

#[test]
fn exec_reaches_only_accounts_that_a_pod_runs_as() {
    let exec = "{apiGroups: [''], resources: [pods/exec], verbs: [create]}";
    let text = role("ops", "debug", exec)
        + &bind("ops", "Role", "debug", "{kind: User, name: jane}")
        + &bind_everywhere("cluster-admin", &account("ops", "deployer"));
    assert!(messages("cluster-admin-escalation-path", &text).is_empty());
    let text = text + &pod("ops", "deployer", "deployer");
    assert_eq!(messages("cluster-admin-escalation-path", &text).len(), 1);
}

#[test]
fn a_token_right_reaches_the_accounts_it_names() {
    let text = |name: &str| {
        let rule = format!(
            "{{apiGroups: [''], resources: [serviceaccounts/token], resourceNames: [{name}], verbs: [create]}}"
        );
        role("ops", "tokens", &rule)
            + &bind("ops", "Role", "tokens", "{kind: User, name: jane}")
            + &bind_everywhere("cluster-admin", &account("ops", "deployer"))
    };
    assert!(messages("cluster-admin-escalation-path", &text("web")).is_empty());
    assert_eq!(
        messages("cluster-admin-escalation-path", &text("deployer")).len(),
        1
    );
}

#[test]
fn paths_in_a_circle_end() {
    let text = role("a", "runner", CREATE_PODS)
        + &bind("a", "Role", "runner", &account("b", "two"))
        + &role("b", "runner", CREATE_PODS)
        + &bind("b", "Role", "runner", &account("a", "one"));
    assert!(messages("cluster-admin-escalation-path", &text).is_empty());
}

#[test]
fn every_fix_makes_its_finding_go_away() {
    let pod = |fields: &str| {
        format!(
            "apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\nspec:\n{fields}  containers:\n    - name: app\n"
        )
    };
    let namespace = |labels: &str| {
        format!("apiVersion: v1\nkind: Namespace\nmetadata:\n  name: shop\n{labels}")
    };
    let cases = [
        ("automounted-service-account-token", pod("")),
        (
            "automounted-service-account-token",
            pod("  automountServiceAccountToken: yes\n"),
        ),
        (
            "deprecated-service-account-field",
            pod("  serviceAccount: web\n"),
        ),
        (
            "deprecated-service-account-field",
            pod("  serviceAccount: old\n  serviceAccountName: web\n"),
        ),
        (
            "long-lived-projected-token",
            pod(
                "  volumes: [{name: t, projected: {sources: [{serviceAccountToken: {path: t, audience: vault, expirationSeconds: 999999}}]}}]\n",
            ),
        ),
        ("missing-pod-security-label", namespace("")),
        (
            "missing-pod-security-label",
            namespace("  labels:\n    pod-security.kubernetes.io/enforce: none\n"),
        ),
        (
            "privileged-namespace",
            namespace("  labels:\n    pod-security.kubernetes.io/enforce: privileged\n"),
        ),
        (
            "automounting-default-service-account",
            "apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: default\n".to_owned(),
        ),
        (
            "anonymous-role-binding",
            bind_everywhere(
                "view",
                "{kind: User, name: 'system:anonymous'}, {kind: User, name: jane}",
            ),
        ),
        (
            "anonymous-role-binding",
            bind_everywhere("view", "{kind: User, name: 'system:anonymous'}"),
        ),
    ];
    for (id, text) in cases {
        let found = findings(id, &[("a.yaml", &text)]);
        assert_eq!(found.len(), 1, "{id}: {text}");
        let fix = found[0]
            .fix
            .as_ref()
            .unwrap_or_else(|| panic!("{id}: no fix"));
        let mut fixed = text.clone();
        for edit in &fix.edits {
            fixed.replace_range(edit.span.start as usize..edit.span.end as usize, &edit.text);
        }
        assert!(
            messages(id, &fixed).is_empty(),
            "{id} after its fix:\n{fixed}"
        );
    }
}

#[test]
fn a_binding_to_exec_rights_is_less_certain_where_they_only_hold_get() {
    let jane = "{kind: User, apiGroup: rbac.authorization.k8s.io, name: jane}";
    let confidence = |rules: &str| {
        let text = role("shop", "debug", rules) + &bind("shop", "Role", "debug", jane);
        let findings = findings("bound-pod-exec-permission", &[("rbac.yaml", &text)]);
        assert_eq!(findings.len(), 1, "{rules}");
        findings[0].confidence
    };
    let get = r#"{apiGroups: [""], resources: [pods/exec], verbs: [get]}"#;
    let create = r#"{apiGroups: [""], resources: [pods/exec], verbs: [create]}"#;
    assert_eq!(confidence(get), Some(Confidence::Medium));
    assert_eq!(confidence(create), None);
    // The rule that is certain counts, wherever it stands.
    assert_eq!(confidence(&format!("{get}, {create}")), None);
}

#[test]
fn an_empty_resource_name_takes_no_power_away() {
    let takeover = |names: &str, verb: &str| {
        let rule = format!(
            "{{apiGroups: [''], resources: [pods], resourceNames: [{names}], verbs: [{verb}]}}"
        );
        let text =
            cluster_role("runner", &rule) + &bind_everywhere("runner", &account("ops", "ci"));
        messages("cluster-takeover-service-account", &text).len()
    };
    assert_eq!(takeover("''", "create"), 1);
    assert_eq!(takeover("web, ''", "create"), 1);
    assert_eq!(takeover("web", "create"), 0);
    assert_eq!(takeover("''", "patch"), 0);
}

/// The messages of one check over an object in OpenShift's own group.
fn of_openshift(id: &str, object: &str) -> Vec<String> {
    messages(
        id,
        &format!("apiVersion: authorization.openshift.io/v1\n{object}"),
    )
}

#[test]
fn bindings_of_openshift_are_bindings() {
    let binding = |rest: &str| {
        format!(
            "kind: ClusterRoleBinding\nmetadata: {{name: all}}\nroleRef: {{name: cluster-admin}}\n{rest}"
        )
    };
    assert_eq!(
        of_openshift(
            "cluster-admin-role-binding",
            &binding("groupNames: [developers]\nuserNames: [jane]"),
        ),
        ["ClusterRoleBinding all gives cluster-admin to User jane and Group developers"]
    );
    assert_eq!(
        of_openshift(
            "anonymous-role-binding",
            &binding("subjects: [{kind: SystemGroup, name: 'system:unauthenticated'}]\ngroupNames: ['system:unauthenticated']"),
        )
        .len(),
        1
    );
    assert_eq!(
        of_openshift(
            "cluster-admin-role-binding",
            &binding(
                "subjects: [{kind: ServiceAccount, name: ci, namespace: ops}]\nuserNames: ['system:serviceaccount:ops:ci']"
            ),
        ),
        ["ClusterRoleBinding all gives cluster-admin to ServiceAccount ci"]
    );
    // The role of a namespace only has the name of the other.
    assert_eq!(
        of_openshift(
            "cluster-admin-role-binding",
            "kind: RoleBinding\nmetadata: {name: all, namespace: shop}\nroleRef: {name: cluster-admin, namespace: shop}\nuserNames: [jane]",
        )
        .len(),
        0
    );
}

#[test]
fn rules_of_openshift_without_a_group_mean_the_core_group() {
    let role = |rule: &str| {
        format!("kind: Role\nmetadata: {{name: app, namespace: shop}}\nrules: [{rule}]")
    };
    let reads = |groups: &str| {
        let rule = format!("{{{groups}resources: [secrets], verbs: [get]}}");
        of_openshift("secret-read-permission", &role(&rule)).len()
    };
    assert_eq!(reads(""), 1);
    assert_eq!(reads("apiGroups: null, "), 1);
    assert_eq!(reads("apiGroups: [''], "), 1);
    assert_eq!(reads("apiGroups: [apps], "), 0);
}

#[test]
fn roles_of_components_are_for_components_alone() {
    let count = |text: &str| messages("system-role-binding", text).len();
    let group = "{kind: Group, name: developers}";
    for role in [
        "system:controller:clusterrole-aggregation-controller",
        "system:controller:daemon-set-controller",
        "system:kube-controller-manager",
        "system:kubelet-api-admin",
        "system:node",
    ] {
        assert_eq!(count(&bind_everywhere(role, group)), 1, "{role}");
        let user = "{kind: User, name: jane}";
        assert_eq!(count(&bind_everywhere(role, user)), 1, "{role}");
        // It has a check of its own.
        assert_eq!(count(&bind_everywhere(role, &account("ops", "ci"))), 0);
    }
    for (role, subject) in [
        (
            "system:kube-controller-manager",
            "{kind: User, name: system:kube-controller-manager}",
        ),
        ("system:node", "{kind: Group, name: system:nodes}"),
        (
            "system:kubelet-api-admin",
            "{kind: User, name: kube-apiserver-kubelet-client}",
        ),
        ("system:monitoring", group),
        ("system:auth-delegator", group),
        ("system:node-bootstrapper", group),
        ("view", group),
    ] {
        assert_eq!(count(&bind_everywhere(role, subject)), 0, "{role}");
    }
    // A role of the scan is what its rules say.
    let bound = bind_everywhere("system:kubelet-api-admin", group);
    let get = "{apiGroups: [''], resources: [nodes], verbs: [get]}";
    let proxy = "{apiGroups: [''], resources: [nodes/proxy], verbs: ['*']}";
    let held = |rules: &str| cluster_role("system:kubelet-api-admin", rules) + &bound;
    assert_eq!(count(&held(get)), 0);
    assert_eq!(count(&held(proxy)), 1);
    // In a single namespace there is nothing of the cluster.
    let here = |role: &str| count(&bind("shop", "ClusterRole", role, group));
    assert_eq!(here("system:kubelet-api-admin"), 0);
    assert_eq!(here("system:kube-controller-manager"), 1);
}

#[test]
fn commands_in_kube_system_are_commands_in_controllers() {
    let severity = |namespace: &str| {
        let text = bind(namespace, "ClusterRole", "edit", "{kind: Group, name: ops}");
        findings("bound-pod-exec-permission", &[("rbac.yaml", &text)])[0].severity
    };
    assert_eq!(severity("kube-system"), Severity::High);
    assert_eq!(severity("shop"), Severity::Medium);
}

#[test]
fn a_pod_that_asks_for_a_token_it_has_rights_with_is_meant_so() {
    let account = "---\napiVersion: v1\nkind: ServiceAccount\nmetadata: {name: ci, namespace: ops}\nautomountServiceAccountToken: false\n";
    let asking = "---\napiVersion: v1\nkind: Pod\nmetadata: {name: runner, namespace: ops}\nspec: {serviceAccountName: ci, automountServiceAccountToken: true, containers: [{name: app}]}\n";
    let bound = bind(
        "ops",
        "Role",
        "reader",
        "{kind: ServiceAccount, name: ci, namespace: ops}",
    );
    let severity =
        |text: &str| findings("automounted-service-account-token", &[("a.yaml", text)])[0].severity;
    assert_eq!(
        severity(&format!("{account}{asking}{bound}")),
        Severity::Info
    );
    assert_eq!(severity(&format!("{account}{asking}")), Severity::Medium);
    assert_eq!(severity(&format!("{asking}{bound}")), Severity::Medium);
}
