use crate::{Check, Findings, Resource, Severity, check, workload::isolation::controls_node};

check! {
    /// ## What it finds
    /// `PersistentVolumes` with `hostPath`.
    /// Those whose path is enough to control the node (`/`, `/etc`, `/var/lib/kubelet`, the socket of a container runtime) are critical, and reported with `local`, too.
    ///
    /// ## Why it matters
    /// A pod that binds the volume reads and writes the node's files, although the policies that forbid `hostPath` in pods see only a claim.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: v1
    /// kind: PersistentVolume
    /// metadata:
    ///   name: data
    /// spec:
    ///   capacity:
    ///     storage: 1Gi
    ///   hostPath: # <-
    ///     path: /data
    /// ```
    /// ```yaml fail
    /// apiVersion: v1
    /// kind: PersistentVolume
    /// metadata:
    ///   name: node
    /// spec:
    ///   capacity:
    ///     storage: 1Gi
    ///   local: # <-
    ///     path: /
    /// ```
    /// ```yaml pass
    /// apiVersion: v1
    /// kind: PersistentVolume
    /// metadata:
    ///   name: data
    /// spec:
    ///   capacity:
    ///     storage: 1Gi
    ///   local:
    ///     path: /mnt/disks/data
    /// ```
    ///
    /// ## Fix
    /// Use a CSI driver, or a `local` volume on a disk of its own.
    HostPathPersistentVolume {
        id: "host-path-persistent-volume",
        title: "PersistentVolume of type hostPath",
        ring: Container,
        target: Workload,
        hooks: [Resource],
        severity: Medium,
        since: "0.1.0",
        controls: ["cis:5.2.11", "nsa:POD", "mitre:T1611"],
    }
}

impl Check for HostPathPersistentVolume {
    fn resource(&self, resource: &Resource<'_>, findings: &mut Findings<'_>) {
        if !resource.is("", "PersistentVolume") {
            return;
        }
        for source in ["hostPath", "local"] {
            let volume = resource.spec.and_then(|spec| spec.get(source));
            let Some(volume) = volume.filter(|volume| volume.is_mapping()) else {
                continue;
            };
            let path = volume.get("path").map_or("", |path| path.text());
            let severity = if controls_node(path) {
                Severity::Critical
            } else if source == "hostPath" {
                Self::META.severity
            } else {
                continue;
            };
            findings
                .add(Self::META)
                .at(volume)
                .severity(severity)
                .note(format!("gives pods a path of the node: {path}"));
        }
    }
}
