use crate::{Check, Findings, Resource, Safety, check, edit};

check! {
    /// ## What it finds
    /// `SecurityContextConstraints` of OpenShift with `allowPrivilegedContainer: true`, or with what amounts to it:
    /// `*` or `SYS_ADMIN`, `SYS_MODULE` and the like among the capabilities that containers may add, or folders of the
    /// node as volumes.
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
    /// ```yaml fail
    /// apiVersion: security.openshift.io/v1
    /// kind: SecurityContextConstraints
    /// metadata:
    ///   name: builders
    /// allowPrivilegedContainer: false
    /// allowHostDirVolumePlugin: true # <-
    /// allowedCapabilities:
    ///   - NET_BIND_SERVICE
    ///   - "*" # <-
    /// volumes:
    ///   - configMap
    ///   - hostPath
    /// ```
    /// ```yaml fail
    /// apiVersion: security.openshift.io/v1
    /// kind: SecurityContextConstraints
    /// metadata:
    ///   name: builders
    /// defaultAddCapabilities: [SYS_MODULE] # <-
    /// volumes: ["*"] # <-
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
    /// ```yaml pass
    /// apiVersion: security.openshift.io/v1
    /// kind: SecurityContextConstraints
    /// metadata:
    ///   name: builders
    /// allowHostDirVolumePlugin: false
    /// allowedCapabilities: [NET_BIND_SERVICE]
    /// volumes: [configMap, secret, emptyDir]
    /// ```
    ///
    /// ## Fix
    /// Set `allowPrivilegedContainer: false`, and allow the single capability or volume that is needed.
    PrivilegedSecurityContextConstraint {
        id: "privileged-security-context-constraint",
        title: "OpenShift SecurityContextConstraints allow privileged containers or what amounts to them",
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
        let added = ["allowedCapabilities", "defaultAddCapabilities"]
            .into_iter()
            .flat_map(|list| resource.node.list(list));
        for capability in added.filter(|it| gives_node(it.text())) {
            findings.add(Self::META).at(capability).note(format!(
                "allows the capability {}, with which a container takes over its node",
                capability.text()
            ));
        }
        // The API server of OpenShift adds hostPath to the volumes where the field is true.
        let folders = resource
            .node
            .get("allowHostDirVolumePlugin")
            .filter(|field| field.is_true())
            .or_else(|| {
                let mut volumes = resource.node.list("volumes");
                volumes.find(|volume| matches!(volume.text(), "*" | "hostPath"))
            });
        if let Some(folders) = folders {
            findings
                .add(Self::META)
                .at(folders)
                .note("allows folders of the node as volumes");
        }
    }
}

/// Whether a capability is as good as being privileged, in any of its spellings.
fn gives_node(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    matches!(
        name.strip_prefix("CAP_").unwrap_or(&name),
        "*" | "ALL"
            | "SYS_ADMIN"
            | "SYS_MODULE"
            | "SYS_RAWIO"
            | "SYS_PTRACE"
            | "BPF"
            | "DAC_READ_SEARCH"
    )
}
