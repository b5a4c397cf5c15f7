use crate::{Check, Findings, Resource, check};

check! {
    /// ## What it finds
    /// Volume claim templates of `StatefulSet` objects with an access mode other than `ReadWriteOnce` or
    /// `ReadWriteOncePod`.
    ///
    /// ## Why it matters
    /// Each pod of a `StatefulSet` has a volume of its own, so no other node needs to mount it.
    /// A mode that lets several do so lets other pods read and change the data.
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
    ///       spec:
    ///         accessModes:
    ///           - ReadWriteMany # <-
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
    /// ```
    ///
    /// ## Fix
    /// Use `ReadWriteOncePod`, or `ReadWriteOnce` where the storage does not know it.
    SharedVolumeClaimTemplate {
        id: "shared-volume-claim-template",
        title: "volumeClaimTemplate access mode is not ReadWriteOnce",
        ring: Code,
        target: Workload,
        hooks: [Resource],
        severity: Info,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for SharedVolumeClaimTemplate {
    fn resource(&self, resource: &Resource<'_>, findings: &mut Findings<'_>) {
        if resource.kind != "StatefulSet" {
            return;
        }
        let templates = resource
            .spec
            .into_iter()
            .flat_map(|spec| spec.list("volumeClaimTemplates"));
        for claim in templates {
            let modes = claim
                .get("spec")
                .into_iter()
                .flat_map(|spec| spec.list("accessModes"));
            for mode in modes {
                if matches!(mode.text(), "ReadWriteMany" | "ReadOnlyMany") {
                    findings.add(Self::META).at(mode).note(format!(
                        "claims volumes with the access mode {}",
                        mode.text()
                    ));
                }
            }
        }
    }
}
