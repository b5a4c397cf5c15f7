use super::requirements::is_zero;
use crate::{Check, ContainerKind, Findings, Node, Severity, Workload, check};

check! {
    /// ## What it finds
    /// `emptyDir` volumes without `sizeLimit`, or with one of 0, which means the same.
    /// A volume that states no source at all is an `emptyDir` too.
    ///
    /// The finding is info where limits of the containers bound the volume: `ephemeral-storage` for one on
    /// disk, memory for one in memory.
    ///
    /// ## Why it matters
    /// The volume grows until the node's disk is full, or its memory with `medium: Memory`, and the pods of
    /// others are evicted.
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
    ///     - name: cache
    ///       emptyDir: {} # <-
    ///     - name: scratch # <-
    ///     - name: tmp
    ///       emptyDir:
    ///         medium: Memory
    ///         sizeLimit: 0 # <-
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
    ///     - name: cache
    ///       emptyDir:
    ///         sizeLimit: 500Mi
    ///     - name: pages
    ///       emptyDir:
    ///         medium: HugePages
    ///     - name: config
    ///       configMap:
    ///         name: web
    /// ```
    ///
    /// ## Fix
    /// Set `emptyDir.sizeLimit`; a pod that writes more is evicted, and nobody else is.
    UnsetEmptyDirSizeLimit {
        id: "unset-empty-dir-size-limit",
        title: "emptyDir without sizeLimit",
        ring: Container,
        target: Workload,
        hooks: [Workload],
        severity: Low,
        since: "0.1.0",
        controls: ["nsa:NET", "mitre:T1499"],
    }
}

impl Check for UnsetEmptyDirSizeLimit {
    fn workload(&self, workload: &Workload<'_>, findings: &mut Findings<'_>) {
        for volume in workload.pod.volumes() {
            let written = volume.get("emptyDir").filter(|dir| !dir.is_null());
            if written.is_none() && !is_without_source(volume) {
                continue;
            }
            let limit = written.and_then(|dir| dir.get("sizeLimit"));
            let medium = written.and_then(|dir| dir.str("medium")).unwrap_or("");
            if limit.is_some_and(|limit| !is_zero(limit)) || medium.starts_with("HugePages") {
                continue; // Huge pages need a limit of the container.
            }
            let name = volume.str("name").unwrap_or("");
            let place = limit
                .or(written)
                .or_else(|| volume.get("name"))
                .unwrap_or(volume);
            let draft = findings.add(Self::META).at(place);
            if is_bounded(workload, medium) {
                draft.severity(Severity::Info).note(format!(
                    "has the emptyDir volume {name} without sizeLimit; only limits of its containers bound it"
                ));
            } else if medium == "Memory" {
                draft.note(format!(
                    "has the emptyDir volume {name} in memory without sizeLimit"
                ));
            } else {
                draft.note(format!("has the emptyDir volume {name} without sizeLimit"));
            }
        }
    }
}

/// Whether a volume names no source: the API server then makes it an `emptyDir`.
fn is_without_source(volume: Node<'_>) -> bool {
    volume
        .written_entries()
        .all(|(key, value)| key.text() == "name" || value.is_null())
}

fn is_bounded(workload: &Workload<'_>, medium: &str) -> bool {
    let has_limit = |node: Option<Node<'_>>| node.is_some_and(|limit| !is_zero(limit));
    let mut regular = workload
        .containers
        .iter()
        .filter(|container| container.kind == ContainerKind::Regular);
    if medium == "Memory" {
        return has_limit(workload.pod.field(["resources", "limits", "memory"]))
            || regular
                .all(|container| has_limit(container.field(["resources", "limits", "memory"])));
    }
    // The kubelet holds the sum of these limits against all that the pod writes.
    regular
        .any(|container| has_limit(container.field(["resources", "limits", "ephemeral-storage"])))
}
