use crate::{
    Check, Findings, Node, Role, Rule, Selector, Severity, check,
    rbac::{
        admission_webhook_write_permission, aggregated, api_extension_write_permission,
        authority::{AGGREGATES, is_aggregated},
        csr_approve_permission, impersonate_permission, node_proxy_permission,
        permission::{Permission, WRITE},
        pod_exec_permission, pod_port_forward_permission, role_bind_permission,
        role_escalate_permission, secret_read_permission, shipped,
    },
};

check! {
    /// ## What it finds
    /// `ClusterRoles` with a label `rbac.authorization.k8s.io/aggregate-to-view`, `-edit` or `-admin` whose rules are too broad for that role: wildcards over built-in API groups, `bind`, `escalate`, impersonation of users or groups, `nodes/proxy`, the approval of certificates, changes of admission, `CustomResourceDefinitions` or `APIServices`; for `view` also Secrets, every impersonation, commands in pods, connections to pods and Services, and every verb that writes.
    /// An `aggregationRule` with an empty selector is reported too: it takes in every ClusterRole; so is one that takes in `cluster-admin` by its labels.
    ///
    /// ## Why it matters
    /// Everybody who holds `view`, `edit` or `admin` anywhere gets these rules, without a change in any binding.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRole
    /// metadata:
    ///   name: app
    ///   labels:
    ///     rbac.authorization.k8s.io/aggregate-to-view: "true"
    /// rules:
    ///   - apiGroups: [""]
    ///     resources: ["secrets"] # <-
    ///     verbs: ["get"]
    /// ```
    /// ```yaml fail
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRole
    /// metadata:
    ///   name: system:operators
    /// aggregationRule:
    ///   clusterRoleSelectors:
    ///     - matchLabels: # <-
    ///         kubernetes.io/bootstrapping: rbac-defaults
    /// rules: []
    /// ```
    /// ```yaml pass
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRole
    /// metadata:
    ///   name: app
    /// aggregationRule:
    ///   clusterRoleSelectors:
    ///     - matchLabels:
    ///         rbac.authorization.k8s.io/aggregate-to-view: "true"
    /// rules: []
    /// ```
    /// ```yaml fail
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRole
    /// metadata:
    ///   name: app
    ///   labels:
    ///     rbac.authorization.k8s.io/aggregate-to-edit: "true"
    /// rules:
    ///   - apiGroups: ["*"]
    ///     resources: ["*"] # <-
    ///     verbs: ["*"]
    /// ```
    /// ```yaml fail
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRole
    /// metadata:
    ///   name: app
    ///   labels:
    ///     rbac.authorization.k8s.io/aggregate-to-view: "true"
    /// rules:
    ///   - apiGroups: ["example.com"]
    ///     resources: ["*"]
    ///     verbs: ["*"] # <-
    ///   - apiGroups: [""]
    ///     resources: ["groups", "secrets"] # <-
    ///     verbs: ["get"]
    ///   - apiGroups: [""]
    ///     resources: ["pods/exec"] # <-
    ///     verbs: ["get"]
    ///   - apiGroups: [""]
    ///     resources: ["services/proxy"] # <-
    ///     verbs: ["get"]
    ///   - apiGroups: [""]
    ///     resources: ["serviceaccounts"]
    ///     verbs: ["impersonate"] # <-
    /// ```
    /// ```yaml fail
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRole
    /// metadata:
    ///   name: app
    ///   labels:
    ///     rbac.authorization.k8s.io/aggregate-to-edit: "true"
    /// rules:
    ///   - apiGroups: ["admissionregistration.k8s.io"]
    ///     resources: ["mutatingwebhookconfigurations"] # <-
    ///     verbs: ["create"]
    ///   - apiGroups: ["apiextensions.k8s.io"]
    ///     resources: ["*"] # <-
    ///     verbs: ["*"]
    ///   - apiGroups: ["certificates.k8s.io"]
    ///     resources: ["certificatesigningrequests/approval"] # <-
    ///     verbs: ["update"]
    ///   - apiGroups: [""]
    ///     resources: ["nodes/proxy"] # <-
    ///     verbs: ["get"]
    ///   - apiGroups: [""]
    ///     resources: ["serviceaccounts"]
    ///     verbs: ["impersonate"]
    ///   - apiGroups: ["apiextensions.k8s.io"]
    ///     resources: ["customresourcedefinitions"]
    ///     verbs: ["get"]
    /// ```
    /// ```yaml pass
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRole
    /// metadata:
    ///   name: app
    ///   labels:
    ///     rbac.authorization.k8s.io/aggregate-to-admin: "true"
    /// rules:
    ///   - apiGroups: ["example.com"]
    ///     resources: ["*"]
    ///     verbs: ["*"]
    /// ```
    /// ```yaml pass
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRole
    /// metadata:
    ///   name: app
    ///   labels:
    ///     rbac.authorization.k8s.io/aggregate-to-view: "true"
    /// rules:
    ///   - apiGroups: [""]
    ///     resources: ["configmaps"]
    ///     verbs: ["get"]
    /// ```
    /// ```yaml fail
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRole
    /// metadata:
    ///   name: all
    /// aggregationRule:
    ///   clusterRoleSelectors:
    ///     - {} # <-
    /// rules: []
    /// ```
    ///
    /// ## Fix
    /// Remove the label, or name in the rules only resources of your own API group.
    ExcessiveAggregatedClusterRole {
        id: "excessive-aggregated-cluster-role",
        title: "Aggregated ClusterRole label lets broad rules flow into view, edit or admin",
        ring: Cluster,
        target: Rbac,
        hooks: [Role],
        severity: Medium,
        since: "0.1.0",
        controls: ["nsa:AUTH"],
    }
}

impl Check for ExcessiveAggregatedClusterRole {
    fn role(&self, role: &Role<'_>, findings: &mut Findings<'_>) {
        if !role.is_cluster_role() {
            return;
        }
        let selectors = role.resource.node.get("aggregationRule");
        for selector in selectors
            .into_iter()
            .flat_map(|rule| rule.list("clusterRoleSelectors"))
        {
            if Selector::Full(selector).is_empty() {
                findings
                    .add(Self::META)
                    .at(selector)
                    .note("takes in the rules of every ClusterRole: a selector is empty");
            }
        }
        if let Some(("cluster-admin", selector)) = aggregated::taken_in(role)
            && !Selector::Full(selector).is_empty()
        {
            findings
                .add(Self::META)
                .at(selector)
                .severity(Severity::High)
                .note("takes in cluster-admin, which may do everything");
        }
        let aggregate = AGGREGATES
            .iter()
            .find(|(_, label)| is_aggregated(&role.resource, label));
        let Some(&(into, _)) = aggregate else {
            return; // The weakest of the three: each is aggregated into the next.
        };
        for rule in shipped::added_rules(role) {
            if let Some((what, place)) = excess(rule, into) {
                findings
                    .add(Self::META)
                    .at(place)
                    .note(format!("gives {into} {what}"));
            }
        }
    }
}

/// What `edit` and `admin` do not hold as they are shipped, with the words for it.
const BEYOND_ADMIN: &[(&Permission, &str)] = &[
    (
        &node_proxy_permission::PERMISSION,
        "the right to reach kubelets",
    ),
    (
        &csr_approve_permission::PERMISSION,
        "the right to approve certificates",
    ),
    (
        &csr_approve_permission::SIGNERS,
        "the right to approve certificates",
    ),
    (
        &admission_webhook_write_permission::PERMISSION,
        "the right to change admission",
    ),
    (
        &api_extension_write_permission::PERMISSION,
        "the right to change the API",
    ),
];

/// What `view` does not hold either.
const BEYOND_VIEW: &[(&Permission, &str)] = &[
    (
        &secret_read_permission::PERMISSION,
        "the right to read Secrets",
    ),
    (
        &pod_exec_permission::PERMISSION,
        "the right to run commands in pods",
    ),
    (
        &pod_port_forward_permission::PERMISSION,
        "the right to connect to pods",
    ),
];

/// What a rule gives that a default role should not, and the item that says so.
fn excess<'a>(rule: &Rule<'a>, into: &str) -> Option<(&'static str, Node<'a>)> {
    let verb = |permission: &Permission| Some(permission.granted_by(rule, true)?.verb_place());
    let any = |permissions: &[(&Permission, &'static str)]| {
        permissions.iter().find_map(|(permission, what)| {
            Some((*what, permission.granted_by(rule, true)?.place()))
        })
    };
    let built_in = rule.has_group("") || rule.has_group("apps");
    if built_in && rule.resources.contains(&"*") {
        return Some(("rights on every resource", rule.place("resources", "*")));
    }
    let roles = verb(&role_bind_permission::PERMISSION)
        .or_else(|| verb(&role_escalate_permission::PERMISSION));
    if let Some(place) = roles {
        return Some(("the right to bind or escalate roles", place));
    }
    let is_view = into == "view";
    // As shipped, `edit` may impersonate service accounts.
    if (is_view || rule.has_resource("users") || rule.has_resource("groups"))
        && let Some(place) = verb(&impersonate_permission::PERMISSION)
    {
        return Some(("the right to impersonate", place));
    }
    any(BEYOND_ADMIN)
        .or_else(|| any(BEYOND_VIEW).filter(|_| is_view))
        .or_else(|| {
            let is_writing = |verb: &&&str| **verb == "*" || WRITE.contains(verb);
            let verb = rule.verbs.iter().find(is_writing).filter(|_| is_view)?;
            Some(("the right to write", rule.place("verbs", verb)))
        })
}
