use crate::{Check, ForWorkload, Inventory, Node, Workload, check};

check! {
    /// ## What it finds
    /// Agent sandboxes (`Sandbox` and `SandboxTemplate` of `agents.x-k8s.io`), which exist to run code nobody has read, whose pod names no `runtimeClassName`, or one that is known to share the node's kernel.
    /// A class is known by a `RuntimeClass` of the same scan, else by its name; others are taken for sandboxes.
    /// Whether other workloads are untrusted cannot be seen in a manifest.
    ///
    /// ## Why it matters
    /// Code that an agent writes or fetches runs on the kernel that all containers of the node share.
    /// A sandbox such as gVisor or Kata Containers puts a second kernel between them.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: agents.x-k8s.io/v1alpha1
    /// kind: Sandbox
    /// metadata:
    ///   name: agent
    /// spec:
    ///   podTemplate:
    ///     spec: # <-
    ///       containers:
    ///         - name: app
    /// ```
    /// ```yaml fail
    /// apiVersion: node.k8s.io/v1
    /// kind: RuntimeClass
    /// metadata:
    ///   name: fast
    /// handler: crun
    /// ---
    /// apiVersion: extensions.agents.x-k8s.io/v1alpha1
    /// kind: SandboxTemplate
    /// metadata:
    ///   name: agent
    /// spec:
    ///   podTemplate:
    ///     spec:
    ///       runtimeClassName: fast # <-
    ///       containers:
    ///         - name: app
    /// ```
    /// ```yaml pass
    /// apiVersion: agents.x-k8s.io/v1alpha1
    /// kind: Sandbox
    /// metadata:
    ///   name: agent
    /// spec:
    ///   podTemplate:
    ///     spec:
    ///       runtimeClassName: gvisor
    ///       containers:
    ///         - name: app
    /// ```
    ///
    /// ## Fix
    /// Set `runtimeClassName` of the pod to a class whose handler is a sandbox, such as `runsc` of gVisor or `kata`.
    UnsandboxedUntrustedWorkload {
        id: "unsandboxed-untrusted-workload",
        title: "Untrusted workload without a sandboxed RuntimeClass",
        ring: Container,
        target: Workload,
        hooks: [WorkloadAmong],
        severity: Medium,
        since: "0.1.0",
        controls: ["cis-gke:5.10.3", "nsa:POD", "mitre:T1611"],
    }
}

impl Check for UnsandboxedUntrustedWorkload {
    fn workload_among<'i, 'a>(&self, inventory: &'i Inventory<'a>) -> ForWorkload<'i, 'a> {
        Box::new(move |workload, findings| {
            if !is_sandbox(workload) {
                return;
            }
            let pod = &workload.pod;
            let class = pod
                .field(["runtimeClassName"])
                .filter(|class| !class.text().is_empty() && !class.is_null());
            let Some(class) = class else {
                findings
                    .add(Self::META)
                    .missing(pod.place(), "runtimeClassName")
                    .note("runs untrusted code without a sandbox: it names no runtimeClassName");
                return;
            };
            if shares_kernel(handler(inventory, class.text())) {
                findings
                    .add(Self::META)
                    .at(class)
                    .note(format!(
                        "runs untrusted code without a sandbox: the runtime class {} shares the node's kernel",
                        class.text()
                    ));
            }
        })
    }
}

fn is_sandbox(workload: &Workload<'_>) -> bool {
    let resource = workload.resource();
    let group = resource.group();
    group == "agents.x-k8s.io" || group.ends_with(".agents.x-k8s.io")
}

/// The handler of a runtime class, or the name of the class where the scan does not hold it.
fn handler<'a>(inventory: &'a Inventory<'_>, class: &'a str) -> &'a str {
    inventory
        .named_cluster_wide("node.k8s.io", "RuntimeClass", class)
        .find_map(|resource| resource.node.get("handler"))
        .map_or(class, Node::text)
}

/// Runtimes that run containers on the node's kernel.
fn shares_kernel(handler: &str) -> bool {
    matches!(handler, "crun" | "nvidia" | "runc" | "youki")
}
