use crate::{Check, Findings, Resource, check};

check! {
    /// ## What it finds
    /// `PersistentVolumes` with `hostPath`.
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
        if resource.is("", "PersistentVolume")
            && let Some(volume) = resource.spec.and_then(|spec| spec.get("hostPath"))
            && volume.is_mapping()
        {
            let path = volume.get("path").map_or("", |path| path.text());
            findings
                .add(Self::META)
                .at(volume)
                .note(format!("gives pods a path of the node: {path}"));
        }
    }
}
