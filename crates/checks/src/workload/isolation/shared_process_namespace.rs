use crate::{Check, ContainerKind, Findings, Safety, Workload, check, edit};

check! {
    /// ## What it finds
    /// Pods with `shareProcessNamespace: true` and more than one container that can run at the same time.
    ///
    /// ## Why it matters
    /// Each container sees the processes of the others, with their arguments, and can signal them.
    /// As the same user it also reads their environment, where secrets often are, and their files through `/proc`.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    /// spec:
    ///   shareProcessNamespace: true # <-
    ///   containers:
    ///     - name: app
    ///     - name: proxy
    /// ```
    /// ```yaml pass
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    /// spec:
    ///   shareProcessNamespace: false
    ///   containers:
    ///     - name: app
    ///     - name: proxy
    /// ```
    /// ```yaml pass
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    /// spec:
    ///   shareProcessNamespace: true
    ///   initContainers:
    ///     - name: setup
    ///   containers:
    ///     - name: app
    /// ```
    ///
    /// ## Fix
    /// Remove `shareProcessNamespace`; a debug container can join one container's processes with `kubectl debug --target`.
    SharedProcessNamespace {
        id: "shared-process-namespace",
        title: "Containers share one PID namespace (shareProcessNamespace)",
        ring: Container,
        target: Workload,
        hooks: [Workload],
        severity: Low,
        since: "0.1.0",
        controls: ["nsa:POD"],
    }
}

impl Check for SharedProcessNamespace {
    fn workload(&self, workload: &Workload<'_>, findings: &mut Findings<'_>) {
        let Some(field) = workload.pod.field(["shareProcessNamespace"]) else {
            return;
        };
        let side_by_side = workload
            .containers
            .iter()
            .filter(|container| container.kind != ContainerKind::Init)
            .count();
        if !field.is_true() || side_by_side < 2 {
            return;
        }
        findings
            .add(Self::META)
            .at(field)
            .note(format!(
                "shows its {side_by_side} containers each other's processes (shareProcessNamespace: true)"
            ))
            .fix(
                Safety::Unsafe,
                edit::set(workload.pod.spec, &["shareProcessNamespace"], "false"),
            );
    }
}
