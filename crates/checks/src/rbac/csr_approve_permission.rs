use crate::{
    Check, Findings, Role, Severity, check,
    rbac::permission::{Access, Permission},
};

check! {
    /// ## What it finds
    /// Rules of a ClusterRole that allow to update or patch `certificatesigningrequests/approval`, or `approve` on signers.
    /// Where the role may approve only for signers outside `kubernetes.io`, it is reported as low.
    ///
    /// ## Why it matters
    /// Both rights together turn a signing request into a client certificate for any user name, such as that of the controller manager.
    /// Such a certificate cannot be revoked.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRole
    /// metadata:
    ///   name: app
    /// rules:
    ///   - apiGroups: ["certificates.k8s.io"]
    ///     resources: ["certificatesigningrequests/approval"] # <-
    ///     verbs: ["update"]
    /// ```
    /// ```yaml pass
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRole
    /// metadata:
    ///   name: app
    /// rules:
    ///   - apiGroups: ["certificates.k8s.io"]
    ///     resources: ["certificatesigningrequests/approval"]
    ///     verbs: ["get"]
    /// ```
    /// ```yaml fail
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRole
    /// metadata:
    ///   name: app
    /// rules:
    ///   - apiGroups: ["certificates.k8s.io"]
    ///     resources: ["signers"] # <-
    ///     verbs: ["approve"]
    /// ```
    /// ```yaml pass
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRole
    /// metadata:
    ///   name: app
    /// rules:
    ///   - apiGroups: ["certificates.k8s.io"]
    ///     resources: ["signers"]
    ///     resourceNames: ["example.com/internal"]
    ///     verbs: ["approve"]
    /// ```
    ///
    /// ## Fix
    /// Remove the rule, or limit `approve` with `resourceNames` to the one signer that is meant.
    CsrApprovePermission {
        id: "csr-approve-permission",
        title: "Can approve certificate signing requests",
        ring: Cluster,
        target: Rbac,
        hooks: [Role],
        severity: High,
        since: "0.1.0",
        controls: ["cis:5.1.11", "cis-aks:4.1.10", "nsa:AUTH"],
    }
}

pub(crate) const PERMISSION: Permission = Permission(&[Access {
    group: "certificates.k8s.io",
    resources: &["certificatesigningrequests/approval"],
    verbs: &["update", "patch"],
}]);

pub(crate) const SIGNERS: Permission = Permission(&[Access {
    group: "certificates.k8s.io",
    resources: &["signers"],
    verbs: &["approve"],
}]);

impl Check for CsrApprovePermission {
    fn role(&self, role: &Role<'_>, findings: &mut Findings<'_>) {
        let mut for_kubernetes = false;
        let mut for_others = false;
        for grant in SIGNERS.grants(role) {
            let names = &grant.rule.resource_names;
            if names.is_empty() || names.iter().any(|name| is_of_kubernetes(name)) {
                for_kubernetes = true;
                findings
                    .add(Self::META)
                    .at(grant.place())
                    .note(grant.words());
            } else {
                for_others = true;
            }
        }
        for grant in PERMISSION.grants(role) {
            let severity = if for_others && !for_kubernetes {
                Severity::Low
            } else {
                Self::META.severity
            };
            findings
                .add(Self::META)
                .at(grant.place())
                .severity(severity)
                .note(grant.words());
        }
    }
}

fn is_of_kubernetes(signer: &str) -> bool {
    signer == "*" || signer.starts_with("kubernetes.io/")
}
