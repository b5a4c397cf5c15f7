use ringwall_input::quantity::Quantity;

use crate::{Check, Findings, Node, Resource, Workload, check};

check! {
    /// ## What it finds
    /// Volume claim templates, of `StatefulSet` objects and of ephemeral volumes, that request no storage, or none of any size.
    ///
    /// ## Why it matters
    /// The API server refuses a claim without a size.
    /// It accepts the `StatefulSet`, which then never gets its pods.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: apps/v1
    /// kind: StatefulSet
    /// metadata:
    ///   name: store
    /// spec:
    ///   volumeClaimTemplates:
    ///     - metadata:
    ///         name: data
    ///       spec: # <-
    ///         accessModes: [ReadWriteOnce]
    ///   template:
    ///     spec:
    ///       containers:
    ///         - name: app
    ///       volumes:
    ///         - name: scratch
    ///           ephemeral:
    ///             volumeClaimTemplate:
    ///               spec: # <-
    ///                 accessModes: [ReadWriteOnce]
    ///         - name: nothing
    ///           ephemeral:
    ///             volumeClaimTemplate:
    ///               spec: # <-
    ///                 resources:
    ///                   requests:
    ///                     storage: 0
    /// ```
    /// ```yaml pass
    /// apiVersion: apps/v1
    /// kind: StatefulSet
    /// metadata:
    ///   name: store
    /// spec:
    ///   volumeClaimTemplates:
    ///     - metadata:
    ///         name: data
    ///       spec:
    ///         accessModes: [ReadWriteOnce]
    ///         resources:
    ///           requests:
    ///             storage: 10Gi
    /// ```
    ///
    /// ## Fix
    /// Set `resources.requests.storage` in the template.
    UnsetVolumeClaimStorage {
        id: "unset-volume-claim-storage",
        title: "volumeClaimTemplate without storage request",
        ring: Code,
        target: Workload,
        hooks: [Resource, Workload],
        severity: Medium,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for UnsetVolumeClaimStorage {
    fn resource(&self, resource: &Resource<'_>, findings: &mut Findings<'_>) {
        if resource.kind != "StatefulSet" {
            return;
        }
        let templates = resource
            .spec
            .into_iter()
            .flat_map(|spec| spec.list("volumeClaimTemplates"));
        for template in templates {
            let name = template.path(&["metadata", "name"]).map_or("", Node::text);
            judge(template, name, findings);
        }
    }

    fn workload(&self, workload: &Workload<'_>, findings: &mut Findings<'_>) {
        for volume in workload.pod.volumes() {
            if let Some(template) = volume.path(&["ephemeral", "volumeClaimTemplate"]) {
                judge(template, volume.str("name").unwrap_or(""), findings);
            }
        }
    }
}

fn judge(template: Node<'_>, name: &str, findings: &mut Findings<'_>) {
    let storage = template.path(&["spec", "resources", "requests", "storage"]);
    // A claim of nothing is refused as one without a size is.
    let is_nothing =
        |storage: Node<'_>| Quantity::of(storage).is_ok_and(|quantity| quantity.is_zero());
    if storage.is_none_or(is_nothing) {
        findings
            .add(UnsetVolumeClaimStorage::META)
            .missing(template.get("spec").unwrap_or(template), "storage")
            .note(format!("claims the volume {name} without a size"));
    }
}
