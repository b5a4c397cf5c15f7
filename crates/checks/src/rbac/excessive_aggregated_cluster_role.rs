use crate::{
    Check, Findings, Role, Rule, Selector, check,
    rbac::{
        authority::{AGGREGATES, is_aggregated},
        impersonate_permission,
        permission::{READ, WRITE},
        role_bind_permission, role_escalate_permission, secret_read_permission, shipped,
    },
};

check! {
    /// ## What it finds
    /// `ClusterRoles` with a label `rbac.authorization.k8s.io/aggregate-to-view`, `-edit` or `-admin` whose rules are too broad for that role: wildcards over built-in API groups, `bind`, `escalate`, impersonation of users or groups; for `view` also Secrets and every verb that writes.
    /// An `aggregationRule` with an empty selector is reported too: it takes in every ClusterRole.
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
    ///   name: app
    ///   labels:
    ///     rbac.authorization.k8s.io/aggregate-to-edit: "true"
    /// rules:
    ///   - apiGroups: ["*"]
    ///     resources: ["*"] # <-
    ///     verbs: ["*"]
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
        let aggregate = AGGREGATES
            .iter()
            .find(|(_, label)| is_aggregated(&role.resource, label));
        let Some(&(into, _)) = aggregate else {
            return; // The weakest of the three: each is aggregated into the next.
        };
        for rule in shipped::added_rules(role) {
            if let Some((what, key, text)) = excess(rule, into) {
                findings
                    .add(Self::META)
                    .at(rule.place(key, text))
                    .note(format!("gives {into} {what}"));
            }
        }
    }
}

/// What a rule gives that a default role should not, and the item that says so.
fn excess<'a>(rule: &Rule<'a>, into: &str) -> Option<(&'static str, &'static str, &'a str)> {
    let gives = |permission: &crate::rbac::permission::Permission| {
        permission.granted_by(rule, true).is_some()
    };
    let built_in = rule.has_group("") || rule.has_group("apps");
    let is_writing = |verb: &&str| !READ.contains(verb);
    if built_in && rule.resources.contains(&"*") {
        Some(("rights on every resource", "resources", "*"))
    } else if gives(&role_bind_permission::PERMISSION)
        || gives(&role_escalate_permission::PERMISSION)
    {
        Some((
            "the right to bind or escalate roles",
            "verbs",
            first(&rule.verbs),
        ))
    } else if rule.has_resource("users") || rule.has_resource("groups") {
        gives(&impersonate_permission::PERMISSION)
            .then(|| ("the right to impersonate", "verbs", first(&rule.verbs)))
    } else if into != "view" {
        None
    } else if gives(&secret_read_permission::PERMISSION) {
        Some(("the right to read Secrets", "resources", "secrets"))
    } else {
        let verb = rule.verbs.iter().find(|verb| is_writing(verb))?;
        let known = *verb == "*" || WRITE.contains(verb);
        known.then_some(("the right to write", "verbs", *verb))
    }
}

fn first<'a>(items: &[&'a str]) -> &'a str {
    items.first().copied().unwrap_or_default()
}
