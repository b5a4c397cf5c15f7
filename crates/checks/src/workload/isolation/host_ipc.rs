use crate::{Check, Findings, Safety, Workload, check, edit};

check! {
    /// ## What it finds
    /// Pods with `hostIPC: true`.
    ///
    /// ## Why it matters
    /// Containers share memory segments, semaphores and message queues with every process of the node, and can read and change what those exchange.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    /// spec:
    ///   hostIPC: true # <-
    ///   containers:
    ///     - name: app
    /// ```
    /// ```yaml pass
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    /// spec:
    ///   hostIPC: false
    ///   containers:
    ///     - name: app
    /// ```
    ///
    /// ## Fix
    /// Remove `hostIPC`; containers of one pod share an IPC namespace anyway.
    HostIpc {
        id: "host-ipc",
        title: "Pod uses the host IPC namespace",
        ring: Container,
        target: Workload,
        hooks: [Workload],
        severity: High,
        since: "0.1.0",
        controls: ["pss:baseline", "cis:5.2.4", "cis-aks:4.2.3", "cis-eks:4.2.3", "nsa:POD"],
    }
}

impl Check for HostIpc {
    fn workload(&self, workload: &Workload<'_>, findings: &mut Findings<'_>) {
        if let Some(field) = workload.pod.field(["hostIPC"])
            && field.is_true()
        {
            findings
                .add(Self::META)
                .at(field)
                .note("shares memory and semaphores with the node (hostIPC: true)")
                .fix(
                    Safety::Unsafe,
                    edit::set(workload.pod.spec, &["hostIPC"], "false"),
                );
        }
    }
}
