use crate::{
    Check, Findings, Resource, check,
    workload::identity::pod_security::{ENFORCE, namespace},
};

check! {
    /// ## What it finds
    /// Namespaces that enforce `baseline` or `restricted` at the version `latest`, which is also what a missing `pod-security.kubernetes.io/enforce-version` means, and one that is no version: `"1.34"` without its `v`.
    /// The namespaces of Kubernetes itself (`kube-system`, `kube-public`, `kube-node-lease`) are left out.
    ///
    /// ## Why it matters
    /// With `latest` an upgrade of the cluster can bring a stricter level, and pods that ran yesterday are refused.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: v1
    /// kind: Namespace
    /// metadata:
    ///   name: shop
    ///   labels:
    ///     pod-security.kubernetes.io/enforce: restricted # <-
    /// ```
    /// ```yaml fail
    /// apiVersion: v1
    /// kind: Namespace
    /// metadata:
    ///   name: shop
    ///   labels:
    ///     pod-security.kubernetes.io/enforce: restricted
    ///     pod-security.kubernetes.io/enforce-version: latest # <-
    /// ```
    /// ```yaml fail
    /// apiVersion: v1
    /// kind: Namespace
    /// metadata:
    ///   name: shop
    ///   labels:
    ///     pod-security.kubernetes.io/enforce: restricted
    ///     pod-security.kubernetes.io/enforce-version: "1.34" # <-
    /// ```
    /// ```yaml pass
    /// apiVersion: v1
    /// kind: Namespace
    /// metadata:
    ///   name: shop
    ///   labels:
    ///     pod-security.kubernetes.io/enforce: restricted
    ///     pod-security.kubernetes.io/enforce-version: v1.34
    /// ```
    ///
    /// ## Fix
    /// Set the label `pod-security.kubernetes.io/enforce-version` to the minor version of the cluster, and raise it after each upgrade.
    UnpinnedPodSecurityVersion {
        id: "unpinned-pod-security-version",
        title: "PSA enforce-version is 'latest' or absent",
        ring: Cluster,
        target: Workload,
        hooks: [Resource],
        severity: Info,
        since: "0.1.0",
        controls: ["nsa:POD"],
    }
}

const VERSION: &str = "pod-security.kubernetes.io/enforce-version";

impl Check for UnpinnedPodSecurityVersion {
    fn resource(&self, resource: &Resource<'_>, findings: &mut Findings<'_>) {
        let Some(namespace) = namespace(resource) else {
            return;
        };
        let level = namespace.label(ENFORCE);
        let Some(level) = level.filter(|level| matches!(level.text(), "baseline" | "restricted"))
        else {
            return;
        };
        match namespace.label(VERSION) {
            None => findings
                .add(Self::META)
                .missing(level, "enforce-version")
                .note(format!(
                    "enforces {} at no version, so at the latest",
                    level.text()
                )),
            Some(version) if version.text() == "latest" => findings
                .add(Self::META)
                .at(version)
                .note(format!("enforces {} at the latest version", level.text())),
            Some(version) if !is_version(version.text()) => {
                findings.add(Self::META).at(version).note(format!(
                    "enforces {} at {:?}, which is no version such as v1.34 and counts as the latest",
                    level.text(),
                    version.text()
                ))
            }
            Some(_) => return,
        };
    }
}

/// Whether a label names one version, as Pod Security admission reads it.
fn is_version(label: &str) -> bool {
    label.strip_prefix("v1.").is_some_and(|minor| {
        let is_number = !minor.is_empty() && minor.bytes().all(|byte| byte.is_ascii_digit());
        is_number && (minor == "0" || !minor.starts_with('0'))
    })
}
