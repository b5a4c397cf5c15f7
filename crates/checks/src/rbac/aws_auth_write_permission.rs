use crate::{
    Check, Confidence, Findings, Role, Severity, check,
    rbac::{
        coredns_config_write_permission::reaches,
        permission::{Access, Permission, WRITE},
    },
};

check! {
    /// ## What it finds
    /// Rules that allow to change the ConfigMap `aws-auth` in `kube-system`, by name or because no names limit the rule.
    /// Without names it is reported as medium and with low confidence: only on EKS does such a ConfigMap mean anything.
    ///
    /// ## Why it matters
    /// On EKS this ConfigMap maps AWS identities to users and groups of the cluster.
    /// Whoever changes it becomes a member of `system:masters`.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRole
    /// metadata:
    ///   name: app
    /// rules:
    ///   - apiGroups: [""]
    ///     resources: ["configmaps"] # <-
    ///     resourceNames: ["aws-auth"]
    ///     verbs: ["update"]
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
    /// ```yaml fail
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: Role
    /// metadata:
    ///   name: app
    ///   namespace: kube-system
    /// rules:
    ///   - apiGroups: [""]
    ///     resources: ["configmaps"] # <-
    ///     verbs: ["create", "patch"]
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
    ///     verbs: ["create", "patch"]
    /// ```
    ///
    /// ## Fix
    /// Use EKS access entries instead of the ConfigMap, and name other `ConfigMaps` in `resourceNames`.
    AwsAuthWritePermission {
        id: "aws-auth-write-permission",
        title: "Can modify the aws-auth ConfigMap",
        ring: Cluster,
        target: Rbac,
        hooks: [Role],
        severity: Critical,
        since: "0.1.0",
        controls: ["nsa:AUTH", "mitre:T1098"],
    }
}

pub(crate) const PERMISSION: Permission = Permission(&[Access {
    group: "",
    resources: &["configmaps"],
    verbs: WRITE,
}]);

impl Check for AwsAuthWritePermission {
    fn role(&self, role: &Role<'_>, findings: &mut Findings<'_>) {
        for grant in PERMISSION.grants(role) {
            if !reaches(&grant, role, &["aws-auth"]) {
                continue;
            }
            let draft = findings.add(Self::META).at(grant.place());
            if grant.is_limited() {
                draft.note(grant.words());
            } else {
                draft
                    .severity(Severity::Low)
                    .confidence(Confidence::Low)
                    .note(format!("{}, aws-auth of EKS included", grant.words()));
            }
        }
    }
}
