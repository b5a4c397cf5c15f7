use crate::{
    Check, Findings, Role, Severity, check,
    rbac::permission::{Access, Permission, WRITE},
};

check! {
    /// ## What it finds
    /// Rules of a ClusterRole that allow to create, change or delete `CustomResourceDefinitions`, or `APIServices` (reported as high).
    ///
    /// ## Why it matters
    /// A `CustomResourceDefinition` with a conversion webhook sees and rewrites every object of its kind, and its deletion deletes them.
    /// An `APIService` sends the requests for a whole API group to a server of the caller's choice.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRole
    /// metadata:
    ///   name: app
    /// rules:
    ///   - apiGroups: ["apiextensions.k8s.io"]
    ///     resources: ["customresourcedefinitions"] # <-
    ///     verbs: ["create", "patch"]
    /// ```
    /// ```yaml fail
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRole
    /// metadata:
    ///   name: app
    /// rules:
    ///   - apiGroups: ["apiregistration.k8s.io"]
    ///     resources: ["apiservices"] # <-
    ///     verbs: ["update"]
    /// ```
    /// ```yaml pass
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRole
    /// metadata:
    ///   name: app
    /// rules:
    ///   - apiGroups: ["apiextensions.k8s.io"]
    ///     resources: ["customresourcedefinitions"]
    ///     verbs: ["get", "watch"]
    /// ```
    ///
    /// ## Fix
    /// Install definitions with the cluster's own pipeline, not by the controller that uses them.
    ApiExtensionWritePermission {
        id: "api-extension-write-permission",
        title: "Can change CRDs or APIServices",
        ring: Cluster,
        target: Rbac,
        hooks: [Role],
        severity: Medium,
        since: "0.1.0",
        controls: ["nsa:AUTH"],
    }
}

pub(crate) const PERMISSION: Permission = Permission(&[
    Access {
        group: "apiextensions.k8s.io",
        resources: &["customresourcedefinitions"],
        verbs: WRITE,
    },
    Access {
        group: "apiregistration.k8s.io",
        resources: &["apiservices"],
        verbs: WRITE,
    },
]);

impl Check for ApiExtensionWritePermission {
    fn role(&self, role: &Role<'_>, findings: &mut Findings<'_>) {
        for grant in PERMISSION.grants(role) {
            let severity = if grant.resources.contains(&"apiservices") {
                Severity::High
            } else {
                Self::META.severity
            };
            findings
                .add(Self::META)
                .at(grant.place())
                .severity(grant.severity(severity))
                .note(grant.words());
        }
    }
}
