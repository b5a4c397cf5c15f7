use crate::{Check, Confidence, Findings, Workload, check};

check! {
    /// ## What it finds
    /// `hostPath` volumes, mounted by some container, that hold the cloud's credentials of the node: `/etc/kubernetes/azure.json`, `gce.conf` and `cloud.conf`, `.aws`, `.azure`, `.config/gcloud`, kubelet credential providers; and, with medium confidence, the folder `/etc/kubernetes`, in which some of them lie.
    /// Wider paths such as `/` are found by the checks of sensitive host paths.
    ///
    /// ## Why it matters
    /// With these files the container acts as the node, or as its administrator, towards the cloud: it can create machines, read disks and reach other clusters.
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
    ///         - name: cloud
    ///           mountPath: /cloud
    ///   volumes:
    ///     - name: cloud
    ///       hostPath:
    ///         path: /etc/kubernetes/azure.json # <-
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
    ///         - name: cloud
    ///           mountPath: /cloud
    ///   volumes:
    ///     - name: cloud
    ///       hostPath:
    ///         path: /etc/localtime
    /// ```
    ///
    /// ## Fix
    /// Remove the volume, and give the pod an identity of its own (workload identity, IAM roles for service accounts).
    MountedCloudCredential {
        id: "mounted-cloud-credential",
        title: "Cloud credential file mounted from host (service principal)",
        ring: Cloud,
        target: Secret,
        hooks: [Workload],
        severity: High,
        since: "0.1.0",
        controls: ["nsa:NET", "mitre:T1552.001"],
    }
}

impl Check for MountedCloudCredential {
    fn workload(&self, workload: &Workload<'_>, findings: &mut Findings<'_>) {
        for volume in workload.pod.volumes() {
            let Some(path) = volume.path(&["hostPath", "path"]) else {
                continue;
            };
            let Some(confidence) = judge(path.text()) else {
                continue;
            };
            let name = volume.str("name").unwrap_or("");
            let is_mounted = workload.containers.iter().any(|container| {
                let mut mounts = container.node.list("volumeMounts");
                mounts.any(|mount| mount.str("name") == Some(name))
            });
            if is_mounted {
                let draft = findings.add(Self::META).at(path).note(format!(
                    "mounts cloud credentials of the node: {}",
                    path.text()
                ));
                if let Some(confidence) = confidence {
                    draft.confidence(confidence);
                }
            }
        }
    }
}

/// How sure it is that a path holds cloud credentials: `Some(None)` is certain.
#[expect(
    clippy::option_option,
    reason = "the outer one says whether, the inner one is a finding's confidence"
)]
fn judge(path: &str) -> Option<Option<Confidence>> {
    let path = path.trim_end_matches('/');
    let mut parts = path.split('/').skip(1).peekable();
    parts.peek()?;
    let last = path.rsplit('/').next().unwrap_or("");
    let is_folder = parts.any(|part| matches!(part, ".aws" | ".azure" | "gcloud" | ".oci"));
    let is_file = matches!(
        last,
        "azure.json" | "gce.conf" | "cloud.conf" | "cloud-config"
    ) || (path.starts_with("/etc/kubernetes") && last == "cloud");
    if is_folder || is_file {
        Some(None)
    } else if path == "/etc/kubernetes" || path.ends_with("/credential-providers") {
        Some(Some(Confidence::Medium))
    } else {
        None
    }
}
