use super::requirements::{can_state, limit, place};
use crate::{Check, ForContainer, Inventory, check};

check! {
    /// ## What it finds
    /// Containers of agent sandboxes (`Sandbox` and `SandboxTemplate` of `agents.x-k8s.io`) without a limit of
    /// CPU or memory.
    ///
    /// A limit of the whole pod counts, and so does the default of a `LimitRange` in the same namespace of the scan.
    ///
    /// ## Why it matters
    /// A sandbox runs what a model wrote a moment ago, and nobody has read it.
    /// An endless loop or a fork bomb must end at the sandbox, not at the node.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: agents.x-k8s.io/v1alpha1
    /// kind: Sandbox
    /// metadata:
    ///   name: coder
    /// spec:
    ///   podTemplate:
    ///     spec:
    ///       containers:
    ///         - name: shell
    ///           resources: # <-
    ///             limits:
    ///               cpu: 1
    /// ```
    /// ```yaml pass
    /// apiVersion: agents.x-k8s.io/v1alpha1
    /// kind: Sandbox
    /// metadata:
    ///   name: coder
    /// spec:
    ///   podTemplate:
    ///     spec:
    ///       containers:
    ///         - name: shell
    ///           resources:
    ///             limits:
    ///               cpu: 1
    ///               memory: 1Gi
    /// ```
    /// ```yaml pass
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    /// spec:
    ///   containers:
    ///     - name: app
    /// ```
    ///
    /// ## Fix
    /// Set `resources.limits.cpu` and `resources.limits.memory` for every container of the sandbox.
    UnlimitedAgentSandbox {
        id: "unlimited-agent-sandbox",
        title: "Agent sandbox without CPU or memory ceiling",
        ring: Container,
        target: Workload,
        hooks: [ContainerAmong],
        severity: Medium,
        since: "0.1.0",
        controls: ["nsa:POD", "mitre:T1496", "mitre:T1499"],
    }
}

impl Check for UnlimitedAgentSandbox {
    fn container_among<'i, 'a>(&self, inventory: &'i Inventory<'a>) -> ForContainer<'i, 'a> {
        Box::new(move |container, findings| {
            if !can_state(container) {
                return;
            }
            let group = container.pod.resource.group();
            if !matches!(group, "agents.x-k8s.io" | "extensions.agents.x-k8s.io") {
                return;
            }
            let has_cpu = limit(container, "cpu", inventory).is_set();
            let has_memory = limit(container, "memory", inventory).is_set();
            let lacking = match (has_cpu, has_memory) {
                (true, true) => return,
                (false, true) => "a CPU limit",
                (true, false) => "a memory limit",
                (false, false) => "CPU and memory limits",
            };
            findings
                .add(Self::META)
                .missing(place(container), "resources")
                .note(format!("runs what an agent wrote without {lacking}"));
        })
    }
}
