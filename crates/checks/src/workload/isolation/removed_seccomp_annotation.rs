use super::annotated_profile::{CONTAINER_SECCOMP, POD_SECCOMP, moved_to_field};
use crate::{Check, Findings, Safety, Workload, check, edit};

check! {
    /// ## What it finds
    /// The annotations `seccomp.security.alpha.kubernetes.io/pod` and `container.seccomp.security.alpha.kubernetes.io/...` of a pod.
    ///
    /// ## Why it matters
    /// Since 1.27 Kubernetes only compares them with the field, and refuses a pod where both differ.
    /// A pod that relies on them runs without the profile that its author meant it to have.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    ///   annotations:
    ///     seccomp.security.alpha.kubernetes.io/pod: runtime/default # <-
    ///     container.seccomp.security.alpha.kubernetes.io/app: localhost/app.json # <-
    /// spec:
    ///   containers:
    ///     - name: app
    /// ```
    /// ```yaml pass
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    ///   annotations:
    ///     example.com/seccomp: runtime/default
    /// spec:
    ///   securityContext:
    ///     seccompProfile:
    ///       type: RuntimeDefault
    ///   containers:
    ///     - name: app
    /// ```
    ///
    /// ## Fix
    /// Set `securityContext.seccompProfile` of the pod or the container to what the annotation says, and remove the annotation.
    RemovedSeccompAnnotation {
        id: "removed-seccomp-annotation",
        title: "Uses removed seccomp annotations instead of the field",
        ring: Code,
        target: Workload,
        hooks: [Workload],
        severity: Low,
        since: "0.1.0",
        controls: ["nsa:POD"],
    }
}

impl Check for RemovedSeccompAnnotation {
    fn workload(&self, workload: &Workload<'_>, findings: &mut Findings<'_>) {
        let pod = &workload.pod;
        let Some(annotations) = pod.metadata.and_then(|it| it.get("annotations")) else {
            return;
        };
        for (key, value) in annotations.written_entries() {
            let name = key.text().strip_prefix(CONTAINER_SECCOMP);
            if name.is_none() && key.text() != POD_SECCOMP {
                continue;
            }
            let owner = match name {
                Some(name) => workload
                    .containers
                    .iter()
                    .find(|container| container.name == name)
                    .map(|container| container.node),
                None => Some(pod.spec),
            };
            // Nothing is lost with `unconfined`: no runtime gets to see the annotation.
            let (safety, edits) = match owner {
                Some(owner) if value.text() != "unconfined" => (
                    Safety::Unsafe,
                    moved_to_field(
                        annotations,
                        key.text(),
                        value.text(),
                        owner,
                        "seccompProfile",
                    ),
                ),
                _ => (Safety::Safe, edit::remove(annotations, key.text())),
            };
            findings
                .add(Self::META)
                .at(value)
                .note(format!(
                    "states the seccomp profile {} in the annotation {}, which no longer has an effect",
                    value.text(),
                    key.text()
                ))
                .fix(safety, edits);
        }
    }
}
