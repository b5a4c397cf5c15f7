use crate::{Check, Container, Findings, Node, check};

check! {
    /// ## What it finds
    /// Containers that declare the TCP port 22.
    ///
    /// ## Why it matters
    /// A pod is reached with `kubectl exec`, which knows users, rights and an audit log.
    /// An SSH server beside it knows none of them, and its passwords and keys are one more way in.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: git
    /// spec:
    ///   containers:
    ///     - name: app
    ///       ports:
    ///         - containerPort: 22 # <-
    ///           name: ssh
    ///         - containerPort: 8080
    /// ```
    /// ```yaml pass
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: git
    /// spec:
    ///   containers:
    ///     - name: app
    ///       ports:
    ///         - containerPort: 22
    ///           protocol: UDP
    ///         - containerPort: 2222
    /// ```
    ///
    /// ## Fix
    /// Remove the SSH server from the image and the port from the container; use `kubectl exec` or `kubectl debug`.
    SshContainerPort {
        id: "ssh-container-port",
        title: "Exposes the SSH port",
        ring: Container,
        target: Workload,
        hooks: [Container],
        severity: Medium,
        since: "0.1.0",
        controls: ["nsa:NET"],
    }
}

impl Check for SshContainerPort {
    fn container(&self, container: &Container<'_>, findings: &mut Findings<'_>) {
        for port in container.node.list("ports") {
            let Some(field) = port.get("containerPort") else {
                continue;
            };
            let protocol = port.get("protocol").filter(|field| !field.is_null());
            let is_tcp = matches!(protocol.map_or("", Node::text), "" | "TCP");
            if is_tcp && field.as_i64() == Some(22) {
                findings
                    .add(Self::META)
                    .at(field)
                    .note("exposes the SSH port 22");
            }
        }
    }
}
