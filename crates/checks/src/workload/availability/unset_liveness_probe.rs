use super::purpose::serves;
use crate::{Check, Container, Findings, check};

check! {
    /// ## What it finds
    /// Containers without `livenessProbe` in pods that run until they are stopped.
    /// Init containers, jobs, and pods that are not restarted need none.
    ///
    /// ## Why it matters
    /// A process that hangs looks alive to the kubelet, and stays as it is until somebody notices.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata:
    ///   name: web
    /// spec:
    ///   template:
    ///     spec:
    ///       initContainers:
    ///         - name: setup
    ///         - name: proxy # <-
    ///           restartPolicy: Always
    ///       containers:
    ///         - name: app # <-
    ///           livenessProbe:
    ///       ephemeralContainers:
    ///         - name: debugger
    /// ```
    /// ```yaml pass
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata:
    ///   name: web
    /// spec:
    ///   template:
    ///     spec:
    ///       containers:
    ///         - name: app
    ///           livenessProbe:
    ///             httpGet:
    ///               path: /alive
    ///               port: 8080
    /// ```
    /// ```yaml pass
    /// apiVersion: batch/v1
    /// kind: Job
    /// metadata:
    ///   name: import
    /// spec:
    ///   template:
    ///     spec:
    ///       restartPolicy: Never
    ///       containers:
    ///         - name: import
    /// ```
    ///
    /// ## Fix
    /// Add a `livenessProbe` that fails only when a restart would help; it must not ask other services.
    UnsetLivenessProbe {
        id: "unset-liveness-probe",
        title: "Liveness probe missing",
        ring: Container,
        target: Workload,
        hooks: [Container],
        severity: Low,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for UnsetLivenessProbe {
    fn container(&self, container: &Container<'_>, findings: &mut Findings<'_>) {
        let probe = container.field(["livenessProbe"]);
        if container.is_long_running()
            && probe.is_none_or(|probe| !probe.is_mapping())
            && serves(&container.pod)
        {
            findings
                .add(Self::META)
                .missing(container.place(), "probes")
                .note("has no liveness probe");
        }
    }
}
