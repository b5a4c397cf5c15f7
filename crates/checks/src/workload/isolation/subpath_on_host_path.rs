use super::host_paths::mounts;
use crate::{Check, Confidence, Container, Findings, check};

check! {
    /// ## What it finds
    /// Mounts with `subPath` or `subPathExpr` of a `hostPath` volume.
    ///
    /// ## Why it matters
    /// The kubelet resolves the sub-path on the node, and a container that can write to the volume may exchange a folder for a symbolic link in between.
    /// In kubelets before 1.19.15, 1.20.11, 1.21.5 and 1.22.2 that gave it any file of the node (CVE-2021-25741); later ones are fixed.
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
    ///         - name: data
    ///           mountPath: /data
    ///           subPath: web # <-
    ///         - name: own
    ///           mountPath: /own
    ///           subPath: web
    ///   volumes:
    ///     - name: data
    ///       hostPath:
    ///         path: /srv/data
    ///     - name: own
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
    ///       volumeMounts:
    ///         - name: data
    ///           mountPath: /data
    ///   volumes:
    ///     - name: data
    ///       hostPath:
    ///         path: /srv/data/web
    /// ```
    ///
    /// ## Fix
    /// Put the sub-path into the `path` of the `hostPath` volume, and keep kubelets up to date.
    SubpathOnHostPath {
        id: "subpath-on-host-path",
        title: "subPath used with hostPath (symlink exchange, CVE-2021-25741)",
        ring: Container,
        target: Workload,
        hooks: [Container],
        severity: Medium,
        since: "0.1.0",
        controls: ["nsa:POD"],
    }
}

impl Check for SubpathOnHostPath {
    fn container(&self, container: &Container<'_>, findings: &mut Findings<'_>) {
        for (mount, volume) in mounts(container) {
            let field = ["subPath", "subPathExpr"]
                .into_iter()
                .filter_map(|key| mount.get(key))
                .find(|field| !field.is_null() && !field.text().is_empty());
            if let Some(field) = field {
                findings
                    .add(Self::META)
                    .confidence(Confidence::Medium)
                    .at(field)
                    .evidence("the path of the node", volume.place)
                    .note(format!(
                        "mounts the sub-path {} of {} of the node",
                        field.text(),
                        volume.path
                    ));
            }
        }
    }
}
