use super::volume_use::is_used;
use crate::{Check, Findings, Workload, check};

check! {
    /// ## What it finds
    /// Volumes with a `PersistentVolumeClaim` that a container mounts or uses as a device, ephemeral volumes, and the `volumeClaimTemplates` of a StatefulSet.
    ///
    /// ## Why it matters
    /// This is no flaw: it says which data falls to whoever breaks into the workload, and what outlives it.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: apps/v1
    /// kind: StatefulSet
    /// metadata:
    ///   name: db
    /// spec:
    ///   selector:
    ///     matchLabels:
    ///       app: db
    ///   template:
    ///     metadata:
    ///       labels:
    ///         app: db
    ///     spec:
    ///       containers:
    ///         - name: db
    ///           volumeMounts:
    ///             - name: backup
    ///               mountPath: /backup
    ///             - name: data
    ///               mountPath: /data
    ///       volumes:
    ///         - name: backup # <-
    ///           persistentVolumeClaim:
    ///             claimName: backup
    ///   volumeClaimTemplates:
    ///     - metadata:
    ///         name: data # <-
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
    ///         - name: cache
    ///           mountPath: /cache
    ///   volumes:
    ///     - name: cache
    ///       emptyDir: {}
    ///     - name: unused
    ///       persistentVolumeClaim:
    ///         claimName: old
    /// ```
    ///
    /// ## Fix
    /// Nothing to fix; mount read-only where the program only reads.
    MountedPersistentVolumeClaim {
        id: "mounted-persistent-volume-claim",
        title: "Workload mounts PersistentVolumeClaims (inventory)",
        ring: Cluster,
        target: Workload,
        hooks: [Workload],
        severity: Info,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for MountedPersistentVolumeClaim {
    fn workload(&self, workload: &Workload<'_>, findings: &mut Findings<'_>) {
        for volume in workload.pod.volumes() {
            let claim = volume.get("persistentVolumeClaim");
            let name = match (claim, volume.get("ephemeral")) {
                (Some(claim), _) => claim.str("claimName").unwrap_or(""),
                (None, Some(_)) => "of its own",
                (None, None) => continue,
            };
            let place = volume.get("name").unwrap_or(volume);
            if is_used(workload, place.text()) {
                findings
                    .add(Self::META)
                    .at(place)
                    .note(format!("mounts PersistentVolumeClaim {name}"));
            }
        }
        let templates = workload
            .resource()
            .spec
            .filter(|_| workload.resource().is("apps", "StatefulSet"))
            .into_iter()
            .flat_map(|spec| spec.list("volumeClaimTemplates"));
        for name in templates.filter_map(|template| template.path(&["metadata", "name"])) {
            if is_used(workload, name.text()) {
                findings.add(Self::META).at(name).note(format!(
                    "mounts a PersistentVolumeClaim for each pod: {}",
                    name.text()
                ));
            }
        }
    }
}
