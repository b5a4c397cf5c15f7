use crate::{
    Check, Findings, Role, Severity, check,
    rbac::{
        permission::{Access, Permission, is_full_wildcard},
        shipped,
    },
};

check! {
    /// ## What it finds
    /// Rules that allow `impersonate` on users, groups or service accounts, and on `uids` and `userextras` (reported as high).
    /// In a Role only service accounts count: users and groups are in no namespace.
    /// A rule limited to some names is reported as high, unless `system:masters` is among them.
    ///
    /// ## Why it matters
    /// Whoever impersonates is the other for the API server, rights included; the group `system:masters` may do everything.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRole
    /// metadata:
    ///   name: app
    /// rules:
    ///   - apiGroups: [""]
    ///     resources: ["users", "groups"]
    ///     verbs: ["impersonate"] # <-
    /// ```
    /// ```yaml pass
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRole
    /// metadata:
    ///   name: app
    /// rules:
    ///   - apiGroups: [""]
    ///     resources: ["users", "groups"]
    ///     verbs: ["get"]
    /// ```
    /// ```yaml fail
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRole
    /// metadata:
    ///   name: app
    /// rules:
    ///   - apiGroups: ["authentication.k8s.io"]
    ///     resources: ["userextras/scopes"]
    ///     verbs: ["impersonate"] # <-
    /// ```
    /// ```yaml pass
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: Role
    /// metadata:
    ///   name: app
    ///   namespace: shop
    /// rules:
    ///   - apiGroups: [""]
    ///     resources: ["users"]
    ///     verbs: ["impersonate"]
    /// ```
    ///
    /// ## Fix
    /// Remove the verb, or limit it with `resourceNames` to the identities that are meant.
    ImpersonatePermission {
        id: "impersonate-permission",
        title: "Can impersonate users, groups or service accounts",
        ring: Cluster,
        target: Rbac,
        hooks: [Role],
        severity: Critical,
        since: "0.1.0",
        controls: ["cis:5.1.8", "cis-aks:4.1.7", "cis-eks:4.1.8", "cis-gke:4.1.7", "nsa:AUTH", "mitre:T1078"],
    }
}

pub(crate) const PERMISSION: Permission = Permission(&[Access {
    group: "",
    resources: &["users", "groups", "serviceaccounts"],
    verbs: &["impersonate"],
}]);

impl Check for ImpersonatePermission {
    fn role(&self, role: &Role<'_>, findings: &mut Findings<'_>) {
        for grant in PERMISSION.grants(role) {
            let names = &grant.rule.resource_names;
            let severity = if names.is_empty() || names.contains(&"system:masters") {
                Severity::Critical
            } else {
                Severity::High
            };
            findings
                .add(Self::META)
                .at(grant.verb_place())
                .severity(severity)
                .note(grant.words());
        }
        if !role.is_cluster_role() {
            return;
        }
        // They add to an impersonated user; alone they are no identity.
        for rule in shipped::added_rules(role) {
            let names_extras = rule
                .resources
                .iter()
                .any(|has| *has == "uids" || has.starts_with("userextras/"));
            if names_extras
                && rule.has_group("authentication.k8s.io")
                && rule.has_verb("impersonate")
                && !is_full_wildcard(rule)
            {
                findings
                    .add(Self::META)
                    .at(rule.place("verbs", "impersonate"))
                    .severity(Severity::High)
                    .note("may impersonate with uids or extra fields of its choice");
            }
        }
    }
}
