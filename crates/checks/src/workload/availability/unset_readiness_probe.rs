use super::purpose::serves;
use crate::{Check, Container, Findings, check};

check! {
    /// ## What it finds
    /// Containers without `readinessProbe` in pods that run until they are stopped.
    /// Init containers, jobs, and pods that are not restarted need none; Knative Serving adds its own.
    ///
    /// ## Why it matters
    /// Without it a container counts as ready as soon as it has started.
    /// Services send it requests that it cannot answer yet, and a rollout goes on although the new pods do not work.
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
    ///       containers:
    ///         - name: app # <-
    ///           livenessProbe:
    ///             tcpSocket:
    ///               port: 8080
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
    ///           readinessProbe:
    ///             httpGet:
    ///               path: /ready
    ///               port: 8080
    /// ```
    /// ```yaml pass
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: once
    /// spec:
    ///   restartPolicy: OnFailure
    ///   containers:
    ///     - name: app
    /// ```
    ///
    /// ## Fix
    /// Add a `readinessProbe` that succeeds once the container can answer requests.
    UnsetReadinessProbe {
        id: "unset-readiness-probe",
        title: "Readiness probe missing",
        ring: Container,
        target: Workload,
        hooks: [Container],
        severity: Low,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for UnsetReadinessProbe {
    fn container(&self, container: &Container<'_>, findings: &mut Findings<'_>) {
        let probe = container.field(["readinessProbe"]);
        let is_added = container.pod.resource.group() == "serving.knative.dev";
        if container.is_long_running()
            && !is_added
            && probe.is_none_or(|probe| !probe.is_mapping())
            && serves(&container.pod)
        {
            findings
                .add(Self::META)
                .missing(container.place(), "probes")
                .note("has no readiness probe");
        }
    }
}
