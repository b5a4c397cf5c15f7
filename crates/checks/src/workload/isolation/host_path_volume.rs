use super::host_paths::HostPath;
use crate::{Check, Findings, Workload, check};

check! {
    /// ## What it finds
    /// Volumes of type `hostPath`.
    ///
    /// ## Why it matters
    /// The containers see files of the node, past every quota and every control of storage.
    /// What they write there stays when the pod is gone, and is read by programs of the node or by other pods.
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
    ///     - name: data
    ///       hostPath:
    ///         path: /srv/data # <-
    ///     - name: cache
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
    ///     - name: data
    ///       persistentVolumeClaim:
    ///         claimName: data
    /// ```
    ///
    /// ## Fix
    /// Use a volume that belongs to the pod: `emptyDir` for scratch files, `persistentVolumeClaim` for data, `configMap` for configuration.
    HostPathVolume {
        id: "host-path-volume",
        title: "hostPath volume",
        ring: Container,
        target: Workload,
        hooks: [Workload],
        severity: Medium,
        since: "0.1.0",
        controls: ["pss:baseline", "cis:5.2.11", "nsa:POD", "mitre:T1611"],
    }
}

impl Check for HostPathVolume {
    fn workload(&self, workload: &Workload<'_>, findings: &mut Findings<'_>) {
        for volume in HostPath::of(&workload.pod) {
            findings.add(Self::META).at(volume.place).note(format!(
                "mounts {} of the node as volume {}",
                volume.path, volume.name
            ));
        }
    }
}
