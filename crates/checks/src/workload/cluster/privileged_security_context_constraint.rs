use crate::{Check, Findings, Resource, Safety, check, edit};

check! {
    /// ## What it finds
    /// `SecurityContextConstraints` of OpenShift with `allowPrivilegedContainer: true`.
    ///
    /// ## Why it matters
    /// Every service account that may use them starts privileged containers, and a privileged container controls its node.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: security.openshift.io/v1
    /// kind: SecurityContextConstraints
    /// metadata:
    ///   name: builders
    /// allowPrivilegedContainer: true # <-
    /// runAsUser:
    ///   type: MustRunAsRange
    /// ```
    /// ```yaml pass
    /// apiVersion: security.openshift.io/v1
    /// kind: SecurityContextConstraints
    /// metadata:
    ///   name: builders
    /// allowPrivilegedContainer: false
    /// runAsUser:
    ///   type: MustRunAsRange
    /// ```
    ///
    /// ## Fix
    /// Set `allowPrivilegedContainer: false`, and allow the single capability or volume that is needed.
    PrivilegedSecurityContextConstraint {
        id: "privileged-security-context-constraint",
        title: "OpenShift SecurityContextConstraints allow privileged containers",
        ring: Cluster,
        target: Workload,
        hooks: [Resource],
        severity: High,
        since: "0.1.0",
        controls: ["nsa:POD", "mitre:T1611"],
    }
}

impl Check for PrivilegedSecurityContextConstraint {
    fn resource(&self, resource: &Resource<'_>, findings: &mut Findings<'_>) {
        if resource.kind != "SecurityContextConstraints" {
            return;
        }
        if let Some(field) = resource.node.get("allowPrivilegedContainer")
            && field.is_true()
        {
            findings
                .add(Self::META)
                .at(field)
                .note("allows privileged containers")
                .fix(Safety::Unsafe, edit::replace(field, "false"));
        }
    }
}
