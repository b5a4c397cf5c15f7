use super::host_paths::HostPath;
use crate::{Check, Findings, Severity, Workload, check};

check! {
    /// ## What it finds
    /// Volumes of a type that the Restricted level of the Pod Security Standards does not allow.
    /// It allows `configMap`, `csi`, `downwardAPI`, `emptyDir`, `ephemeral`, `image`, `persistentVolumeClaim`, `projected` and `secret`.
    /// A `gitRepo` is reported as medium.
    ///
    /// ## Why it matters
    /// The other types reach storage or the node directly, past the administrator who hands out persistent volumes.
    /// For a `gitRepo` the kubelet runs git on the node, as root: a repository made for it runs commands there (CVE-2024-10220). It is mended in 1.28.12, 1.29.7 and 1.30.3, and kubelets since 1.33 refuse such volumes unless told otherwise.
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
    ///   volumes:
    ///     - name: share
    ///       nfs: # <-
    ///         server: storage.example.com
    ///         path: /share
    ///     - name: source
    ///       gitRepo: # <-
    ///         repository: https://git.example.com/source.git
    ///     - name: scratch
    ///       emptyDir: {}
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
    ///     - name: default
    ///     - name: share
    ///       persistentVolumeClaim:
    ///         claimName: share
    ///     - name: tools
    ///       image:
    ///         reference: registry.example.com/tools:1.2
    /// ```
    ///
    /// ## Fix
    /// Claim the storage through a `PersistentVolumeClaim`, or use a CSI driver.
    VolumeTypeBeyondRestricted {
        id: "volume-type-beyond-restricted",
        title: "Volume type outside the Restricted list",
        ring: Container,
        target: Workload,
        hooks: [Workload],
        severity: Low,
        since: "0.1.0",
        controls: ["pss:restricted", "nsa:POD"],
    }
}

impl Check for VolumeTypeBeyondRestricted {
    fn workload(&self, workload: &Workload<'_>, findings: &mut Findings<'_>) {
        for volume in workload.pod.volumes() {
            for (key, source) in volume.written_entries() {
                if source.is_null() || is_allowed(key.text()) {
                    continue;
                }
                let place = match HostPath::new(volume) {
                    Some(host_path) if key.text() == "hostPath" => host_path.place,
                    _ => source,
                };
                let draft = findings.add(Self::META).at(place);
                if key.text() == "gitRepo" {
                    draft
                        .severity(Severity::Medium)
                        .note("has a gitRepo volume: its repository may run commands on the node (CVE-2024-10220)")
                        .remediation("Clone the repository in an init container, into an emptyDir.");
                } else {
                    draft.note(format!(
                        "has a volume of type {}, which the Restricted standard does not allow",
                        key.text()
                    ));
                }
            }
        }
    }
}

/// Source: <https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted>;
/// the API server also allows `image` since 1.33.
fn is_allowed(key: &str) -> bool {
    matches!(
        key,
        "name"
            | "configMap"
            | "csi"
            | "downwardAPI"
            | "emptyDir"
            | "ephemeral"
            | "image"
            | "persistentVolumeClaim"
            | "projected"
            | "secret"
            | "<<"
    )
}
