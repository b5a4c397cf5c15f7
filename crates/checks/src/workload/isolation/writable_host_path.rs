use ringwall_model::Edit;

use super::host_paths::mounts;
use crate::{Check, Confidence, Container, Findings, Node, Safety, Severity, check, edit};

check! {
    /// ## What it finds
    /// Mounts of a `hostPath` volume without `readOnly: true`.
    /// A read-only mount of a folder that usually has other file systems below it, such as `/` or `/var/lib/kubelet`, is of medium severity without `recursiveReadOnly`: those stay writable.
    ///
    /// ## Why it matters
    /// What a container writes to the node stays there and is read by others: a script, a configuration, a key that opens the node.
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
    ///         - name: data
    ///           mountPath: /data
    ///           readOnly: false # <-
    ///   containers:
    ///     - name: app
    ///       volumeMounts:
    ///         - name: data
    ///           mountPath: /data # <-
    ///         - name: scratch
    ///           mountPath: /scratch
    ///   volumes:
    ///     - name: data
    ///       hostPath:
    ///         path: /srv/data
    ///     - name: scratch
    ///       emptyDir: {}
    /// ```
    /// ```yaml fail
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: monitor
    /// spec:
    ///   containers:
    ///     - name: app
    ///       volumeMounts:
    ///         - name: node
    ///           mountPath: /node
    ///           readOnly: true # <-
    ///   volumes:
    ///     - name: node
    ///       hostPath:
    ///         path: /
    /// ```
    /// ```yaml pass
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: monitor
    /// spec:
    ///   containers:
    ///     - name: app
    ///       volumeMounts:
    ///         - name: node
    ///           mountPath: /node
    ///           readOnly: true
    ///           recursiveReadOnly: Enabled
    ///   volumes:
    ///     - name: node
    ///       hostPath:
    ///         path: /
    /// ```
    ///
    /// ## Fix
    /// Set `readOnly: true` on the mount, and `recursiveReadOnly: Enabled` where other file systems are mounted below the path.
    WritableHostPath {
        id: "writable-host-path",
        title: "hostPath mounted writable",
        ring: Container,
        target: Workload,
        hooks: [Container],
        severity: High,
        since: "0.1.0",
        controls: ["pss:baseline", "cis:5.2.11", "nsa:POD", "mitre:T1611"],
    }
}

impl Check for WritableHostPath {
    fn container(&self, container: &Container<'_>, findings: &mut Findings<'_>) {
        for (mount, volume) in mounts(container) {
            let read_only = mount.get("readOnly").filter(|field| !field.is_null());
            let Some(field) = read_only.filter(|field| field.is_true()) else {
                let place = read_only.or_else(|| mount.get("mountPath"));
                findings
                    .add(Self::META)
                    .at(place.unwrap_or(mount))
                    .evidence("the path of the node", volume.place)
                    .note(format!("can write to {} of the node", volume.path))
                    .fix(Safety::Unsafe, edit::set(mount, &["readOnly"], "true"));
                continue;
            };
            let is_recursive = matches!(
                mount.get("recursiveReadOnly").map_or("", Node::text),
                "Enabled" | "IfPossible"
            );
            if is_recursive || !volume.normal().is_some_and(|path| has_mounts_below(&path)) {
                continue;
            }
            findings
                .add(Self::META)
                .severity(Severity::Medium)
                .confidence(Confidence::Medium)
                .at(field)
                .evidence("the path of the node", volume.place)
                .note(format!(
                    "can write to file systems mounted below {} of the node: recursiveReadOnly is not set",
                    volume.path
                ))
                .fix(Safety::Unsafe, recursive_fix(mount));
        }
    }
}

/// The API server refuses `recursiveReadOnly` beside mount propagation.
fn recursive_fix(mount: Node<'_>) -> Option<Vec<Edit>> {
    match mount.get("mountPropagation").map_or("", Node::text) {
        "" | "None" => edit::set(mount, &["recursiveReadOnly"], "IfPossible"),
        _ => None,
    }
}

/// Folders of a node below which other file systems are mounted in the usual course.
fn has_mounts_below(path: &str) -> bool {
    matches!(
        path,
        "/" | "/dev"
            | "/mnt"
            | "/proc"
            | "/run"
            | "/sys"
            | "/var"
            | "/var/lib"
            | "/var/lib/kubelet"
            | "/var/lib/kubelet/pods"
            | "/var/run"
    )
}
