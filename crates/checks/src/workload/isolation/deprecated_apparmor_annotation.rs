use super::{annotated_profile::moved_to_field, apparmor};
use crate::{Check, Findings, Safety, Workload, check, edit};

check! {
    /// ## What it finds
    /// The annotation `container.apparmor.security.beta.kubernetes.io/...` of a pod.
    ///
    /// ## Why it matters
    /// Since 1.30 the field `appArmorProfile` of the security context says the same, is validated, and can be stated once for the whole pod.
    /// The annotation is deprecated and names a container by text, so a renamed container silently loses its profile.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    ///   annotations:
    ///     container.apparmor.security.beta.kubernetes.io/app: localhost/web # <-
    /// spec:
    ///   containers:
    ///     - name: app
    /// ```
    /// ```yaml pass
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    /// spec:
    ///   containers:
    ///     - name: app
    ///       securityContext:
    ///         appArmorProfile:
    ///           type: Localhost
    ///           localhostProfile: web
    /// ```
    ///
    /// ## Fix
    /// Set `securityContext.appArmorProfile` of the container to what the annotation says, and remove the annotation.
    DeprecatedApparmorAnnotation {
        id: "deprecated-apparmor-annotation",
        title: "Uses deprecated AppArmor annotation instead of appArmorProfile",
        ring: Code,
        target: Workload,
        hooks: [Workload],
        severity: Info,
        since: "0.1.0",
        controls: ["nsa:POD"],
    }
}

impl Check for DeprecatedApparmorAnnotation {
    fn workload(&self, workload: &Workload<'_>, findings: &mut Findings<'_>) {
        let annotations = workload.pod.metadata.and_then(|it| it.get("annotations"));
        let Some(annotations) = annotations else {
            return;
        };
        for (key, value) in annotations.written_entries() {
            let Some(name) = key.text().strip_prefix(apparmor::ANNOTATION) else {
                continue;
            };
            let owner = workload
                .containers
                .iter()
                .find(|container| container.name == name);
            let edits = match owner {
                Some(container) => moved_to_field(
                    annotations,
                    key.text(),
                    value.text(),
                    container.node,
                    "appArmorProfile",
                ),
                None => edit::remove(annotations, key.text()),
            };
            findings
                .add(Self::META)
                .at(value)
                .note(format!(
                    "states the AppArmor profile {} of container {name} in an annotation",
                    value.text()
                ))
                .fix(Safety::Unsafe, edits);
        }
    }
}
