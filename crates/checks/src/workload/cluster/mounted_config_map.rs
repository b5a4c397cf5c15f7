use super::volume_use::mounted;
use crate::{Check, Findings, Workload, check};

check! {
    /// ## What it finds
    /// Volumes with a ConfigMap, also projected ones, that a container mounts.
    ///
    /// ## Why it matters
    /// This is no flaw: it says whose change changes the workload.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    /// spec:
    ///   initContainers:
    ///     - name: setup
    ///       volumeMounts:
    ///         - name: settings
    ///           mountPath: /settings
    ///   containers:
    ///     - name: app
    ///   volumes:
    ///     - name: settings
    ///       projected:
    ///         sources:
    ///           - configMap:
    ///               name: web # <-
    /// ```
    /// ```yaml pass
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    /// spec:
    ///   containers:
    ///     - name: app
    ///   volumes:
    ///     - name: settings
    ///       configMap:
    ///         name: web
    /// ```
    ///
    /// ## Fix
    /// Nothing to fix; limit with RBAC who may write the ConfigMap.
    MountedConfigMap {
        id: "mounted-config-map",
        title: "Workload mounts ConfigMaps (inventory)",
        ring: Cluster,
        target: Workload,
        hooks: [Workload],
        severity: Info,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for MountedConfigMap {
    fn workload(&self, workload: &Workload<'_>, findings: &mut Findings<'_>) {
        for (volume, name) in mounted(workload, "configMap", "name") {
            findings
                .add(Self::META)
                .at(volume)
                .note(format!("mounts ConfigMap {name}"));
        }
    }
}
