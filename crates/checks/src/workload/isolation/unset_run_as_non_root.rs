use crate::{Check, Container, Findings, Safety, check, edit};

check! {
    /// ## What it finds
    /// Containers for which neither the pod nor the container says `runAsNonRoot: true`.
    ///
    /// ## Why it matters
    /// Without the field the image alone decides the user, and most images decide for root.
    /// With it the kubelet refuses to start a container that would run as root.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    /// spec:
    ///   securityContext:
    ///     runAsNonRoot: true
    ///   containers:
    ///     - name: app
    ///     - name: helper
    ///       securityContext:
    ///         runAsNonRoot: false # <-
    /// ```
    /// ```yaml fail
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    /// spec:
    ///   containers:
    ///     - name: app # <-
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
    ///         runAsNonRoot: true
    /// ```
    ///
    /// ## Fix
    /// Set `securityContext.runAsNonRoot: true` for the pod, and a numeric `USER` in the image.
    UnsetRunAsNonRoot {
        id: "unset-run-as-non-root",
        title: "runAsNonRoot not enforced at pod or container level",
        ring: Container,
        target: Workload,
        severity: High,
        since: "0.1.0",
        controls: ["pss:restricted", "cis:5.2.7", "nsa:POD"],
    }
}

const PATH: &[&str] = &["securityContext", "runAsNonRoot"];

impl Check for UnsetRunAsNonRoot {
    fn container(&self, container: &Container<'_>, findings: &mut Findings<'_>) {
        let fix = || edit::set(container.node, PATH, "true");
        match container.security("runAsNonRoot") {
            Some(field) if field.is_false() => {
                findings
                    .add(Self::META)
                    .at(field)
                    .note("states runAsNonRoot: false")
                    .fix(Safety::Unsafe, fix());
            }
            None => {
                findings
                    .add(Self::META)
                    .missing(container.security_place(), "securityContext")
                    .note("may run as root: runAsNonRoot is set neither for it nor for its pod")
                    .fix(Safety::Unsafe, fix());
            }
            Some(_) => {}
        }
    }
}
