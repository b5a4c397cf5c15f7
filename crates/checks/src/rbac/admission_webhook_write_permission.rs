use crate::{
    Check, Findings, Role, Severity, check,
    rbac::permission::{Access, Permission, WRITE, lower},
};

check! {
    /// ## What it finds
    /// Rules of a ClusterRole that allow to create, change or delete webhook configurations or admission policies (`ValidatingAdmissionPolicy`, `MutatingAdmissionPolicy`) and their bindings.
    /// Rules that allow the same of policies of Kyverno and their exceptions, or of Gatekeeper's templates, are reported as medium, in a Role as low.
    /// A rule limited to some names is reported one step lower.
    ///
    /// ## Why it matters
    /// A mutating webhook sees and rewrites every object that is written, Secrets included; whoever deletes a validating one switches off the guard it was.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRole
    /// metadata:
    ///   name: app
    /// rules:
    ///   - apiGroups: ["admissionregistration.k8s.io"]
    ///     resources: ["mutatingwebhookconfigurations"] # <-
    ///     verbs: ["create"]
    /// ```
    /// ```yaml fail
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRole
    /// metadata:
    ///   name: app
    /// rules:
    ///   - apiGroups: ["kyverno.io"]
    ///     resources: ["policyexceptions"] # <-
    ///     verbs: ["create"]
    /// ```
    /// ```yaml pass
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRole
    /// metadata:
    ///   name: app
    /// rules:
    ///   - apiGroups: ["admissionregistration.k8s.io"]
    ///     resources: ["mutatingwebhookconfigurations"]
    ///     verbs: ["list"]
    /// ```
    /// ```yaml fail
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRole
    /// metadata:
    ///   name: app
    /// rules:
    ///   - apiGroups: ["admissionregistration.k8s.io"]
    ///     resources: ["validatingadmissionpolicies"] # <-
    ///     verbs: ["deletecollection"]
    /// ```
    ///
    /// ## Fix
    /// Install webhooks and policies with the cluster's own pipeline; where a controller keeps its certificate up to date, limit it with `resourceNames`.
    AdmissionWebhookWritePermission {
        id: "admission-webhook-write-permission",
        title: "Can modify admission webhooks or policies",
        ring: Cluster,
        target: Rbac,
        hooks: [Role],
        severity: High,
        since: "0.1.0",
        controls: ["cis:5.1.12", "cis-aks:4.1.11", "cis-eks:4.1.11", "nsa:AUTH"],
    }
}

pub(crate) const PERMISSION: Permission = Permission(&[Access {
    group: "admissionregistration.k8s.io",
    resources: &[
        "mutatingwebhookconfigurations",
        "validatingwebhookconfigurations",
        "mutatingadmissionpolicies",
        "mutatingadmissionpolicybindings",
        "validatingadmissionpolicies",
        "validatingadmissionpolicybindings",
    ],
    verbs: WRITE,
}]);

/// The guards of other engines, and what excepts from them.
const POLICIES: Permission = Permission(&[
    Access {
        group: "kyverno.io",
        resources: &["clusterpolicies", "policies", "policyexceptions"],
        verbs: WRITE,
    },
    Access {
        group: "policies.kyverno.io",
        resources: &["validatingpolicies", "mutatingpolicies", "policyexceptions"],
        verbs: WRITE,
    },
    Access {
        group: "templates.gatekeeper.sh",
        resources: &["constrainttemplates"],
        verbs: WRITE,
    },
]);

impl Check for AdmissionWebhookWritePermission {
    fn role(&self, role: &Role<'_>, findings: &mut Findings<'_>) {
        PERMISSION.report(role, Self::META, findings);
        let is_cluster_role = role.is_cluster_role();
        for grant in POLICIES.grants(role) {
            if PERMISSION.granted_by(grant.rule, is_cluster_role).is_some() {
                continue;
            }
            let severity = grant.severity(Severity::Medium);
            findings
                .add(Self::META)
                .at(grant.place())
                .severity(if is_cluster_role {
                    severity
                } else {
                    lower(severity)
                })
                .note(grant.words());
        }
    }
}
