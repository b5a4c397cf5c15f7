use crate::{Check, Findings, Safety, Workload, check, edit};

check! {
    /// ## What it finds
    /// Pods with `hostPID: true`.
    ///
    /// ## Why it matters
    /// Containers see every process of the node, with its arguments and, as root, its environment and files.
    /// A privileged container enters the node from there with one command.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    /// spec:
    ///   hostPID: true # <-
    ///   containers:
    ///     - name: app
    /// ```
    /// ```yaml pass
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    /// spec:
    ///   hostPID: false
    ///   containers:
    ///     - name: app
    /// ```
    ///
    /// ## Fix
    /// Remove `hostPID`; containers of one pod that must see each other's processes can use `shareProcessNamespace`.
    HostPid {
        id: "host-pid",
        title: "Pod uses the host PID namespace",
        ring: Container,
        target: Workload,
        hooks: [Workload],
        severity: High,
        since: "0.1.0",
        controls: [
            "pss:baseline",
            "cis:5.2.3",
            "cis-aks:4.2.2",
            "cis-eks:4.2.2",
            "nsa:POD",
            "mitre:T1611",
        ],
    }
}

impl Check for HostPid {
    fn workload(&self, workload: &Workload<'_>, findings: &mut Findings<'_>) {
        if let Some(field) = workload.pod.field(["hostPID"])
            && field.is_true()
        {
            findings
                .add(Self::META)
                .at(field)
                .note("sees the node's processes (hostPID: true)")
                .fix(
                    Safety::Unsafe,
                    edit::set(workload.pod.spec, &["hostPID"], "false"),
                );
        }
    }
}
