use crate::{
    Check, Findings, Role, check,
    rbac::permission::{Access, Grant, Permission},
};

check! {
    /// ## What it finds
    /// Rules that allow to change the ConfigMap of the cluster's DNS: `coredns`, `coredns-custom` or `kube-dns` in `kube-system`, by name or because no names limit the rule.
    /// A ClusterRole counts, and a Role in `kube-system`; a Role without a namespace counts where it names the ConfigMap.
    ///
    /// ## Why it matters
    /// Whoever changes it answers every name that pods look up, and so reads or redirects their traffic.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: Role
    /// metadata:
    ///   name: app
    ///   namespace: kube-system
    /// rules:
    ///   - apiGroups: [""]
    ///     resources: ["configmaps"] # <-
    ///     resourceNames: ["coredns"]
    ///     verbs: ["patch"]
    /// ```
    /// ```yaml fail
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRole
    /// metadata:
    ///   name: app
    /// rules:
    ///   - apiGroups: [""]
    ///     resources: ["configmaps"] # <-
    ///     verbs: ["update"]
    /// ```
    /// ```yaml pass
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: Role
    /// metadata:
    ///   name: app
    ///   namespace: shop
    /// rules:
    ///   - apiGroups: [""]
    ///     resources: ["configmaps"]
    ///     resourceNames: ["coredns"]
    ///     verbs: ["patch"]
    /// ```
    /// ```yaml pass
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRole
    /// metadata:
    ///   name: app
    /// rules:
    ///   - apiGroups: [""]
    ///     resources: ["configmaps"]
    ///     resourceNames: ["settings"]
    ///     verbs: ["update"]
    /// ```
    ///
    /// ## Fix
    /// Use a Role in the namespace of the program, or name its `ConfigMaps` in `resourceNames`.
    CorednsConfigWritePermission {
        id: "coredns-config-write-permission",
        title: "Can modify the CoreDNS ConfigMap",
        ring: Cluster,
        target: Rbac,
        hooks: [Role],
        severity: Medium,
        since: "0.1.0",
        controls: ["nsa:AUTH"],
    }
}

pub(crate) const PERMISSION: Permission = Permission(&[Access {
    group: "",
    resources: &["configmaps"],
    verbs: &["update", "patch", "delete", "deletecollection"],
}]);

const NAMES: &[&str] = &["coredns", "coredns-custom", "kube-dns"];

impl Check for CorednsConfigWritePermission {
    fn role(&self, role: &Role<'_>, findings: &mut Findings<'_>) {
        for grant in PERMISSION.grants(role) {
            if reaches(&grant, role, NAMES) {
                findings
                    .add(Self::META)
                    .at(grant.place())
                    .note(format!("{}, that of CoreDNS included", grant.words()));
            }
        }
    }
}

/// Whether a rule reaches one of some `ConfigMaps` of `kube-system`.
pub(crate) fn reaches(grant: &Grant<'_, '_>, role: &Role<'_>, names: &[&str]) -> bool {
    let mut limit = grant.rule.resource_names.iter();
    let is_named = limit.any(|name| names.contains(name));
    match role.resource.namespace {
        _ if role.is_cluster_role() => is_named || !grant.is_limited(),
        Some("kube-system") => is_named || !grant.is_limited(),
        None => is_named,
        Some(_) => false,
    }
}
