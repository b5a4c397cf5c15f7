use super::volume_use::mounted;
use crate::{Check, Findings, Workload, check};

check! {
    /// ## What it finds
    /// Volumes with a Secret, also projected ones, that a container mounts.
    ///
    /// ## Why it matters
    /// This is no flaw: it says which Secrets fall to whoever breaks into the workload.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    /// spec:
    ///   containers:
    ///     - name: app
    ///       volumeMounts:
    ///         - name: tls
    ///           mountPath: /tls
    ///         - name: both
    ///           mountPath: /both
    ///   volumes:
    ///     - name: tls # <-
    ///       secret:
    ///         secretName: web-tls
    ///     - name: both
    ///       projected:
    ///         sources:
    ///           - secret:
    ///               name: one # <-
    ///           - secret:
    ///               name: other # <-
    ///     - name: unused
    ///       secret:
    ///         secretName: other
    /// ```
    /// ```yaml pass
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    /// spec:
    ///   containers:
    ///     - name: app
    ///       volumeMounts:
    ///         - name: tls
    ///           mountPath: /tls
    ///   volumes:
    ///     - name: tls
    ///       emptyDir: {}
    /// ```
    ///
    /// ## Fix
    /// Mount only the keys that the program needs, and only into the container that needs them.
    MountedSecret {
        id: "mounted-secret",
        title: "Workload mounts Secrets (exposure inventory)",
        ring: Cluster,
        target: Workload,
        hooks: [Workload],
        severity: Info,
        since: "0.1.0",
        controls: ["nsa:NET"],
    }
}

impl Check for MountedSecret {
    fn workload(&self, workload: &Workload<'_>, findings: &mut Findings<'_>) {
        for (volume, name) in mounted(workload, "secret", "secretName") {
            findings
                .add(Self::META)
                .at(volume)
                .note(format!("mounts Secret {name}"));
        }
    }
}
