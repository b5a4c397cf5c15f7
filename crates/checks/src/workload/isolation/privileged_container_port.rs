use super::capabilities;
use crate::{Check, Confidence, Container, Findings, Node, check};

check! {
    /// ## What it finds
    /// Containers that are meant to run as another user than root (`runAsNonRoot: true`, or a `runAsUser` above 0) and declare a port below 1024.
    /// Quiet where the container adds `NET_BIND_SERVICE`, or the pod lowers the limit with the sysctl `net.ipv4.ip_unprivileged_port_start`; Windows has no such limit.
    ///
    /// ## Why it matters
    /// Only root may open such ports on many nodes, so the program fails to start, and the quick remedy is to run it as root.
    /// Runtimes that lift the limit for pods, as containerd 2 does, hide that until the pod moves.
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
    ///       ports:
    ///         - containerPort: 80 # <-
    ///         - containerPort: 8080
    /// ```
    /// ```yaml pass
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    /// spec:
    ///   securityContext:
    ///     runAsNonRoot: true
    ///     sysctls:
    ///       - name: net.ipv4.ip_unprivileged_port_start
    ///         value: "80"
    ///   containers:
    ///     - name: app
    ///       ports:
    ///         - containerPort: 80
    /// ```
    /// ```yaml pass
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    /// spec:
    ///   containers:
    ///     - name: app
    ///       ports:
    ///         - containerPort: 80
    /// ```
    ///
    /// ## Fix
    /// Let the program listen on a port above 1023, such as 8080; the Service can still offer 80 with `targetPort`.
    PrivilegedContainerPort {
        id: "privileged-container-port",
        title: "Container meant to run as non-root declares a port below 1024",
        ring: Container,
        target: Workload,
        hooks: [Container],
        severity: Low,
        since: "0.1.0",
        controls: ["nsa:POD"],
    }
}

impl Check for PrivilegedContainerPort {
    fn container(&self, container: &Container<'_>, findings: &mut Findings<'_>) {
        let Some(ports) = container.node.get("ports") else {
            return;
        };
        if !is_meant_non_root(container) || container.pod.is_windows() {
            return;
        }
        let limit = limit(container);
        for port in ports.items() {
            let Some(field) = port.get("containerPort") else {
                continue;
            };
            let Some(number) = field.as_i64().filter(|number| *number > 0) else {
                continue;
            };
            if number < limit {
                findings
                    .add(Self::META)
                    .confidence(Confidence::Medium)
                    .at(field)
                    .note(format!(
                        "is meant to run as non-root but declares the privileged port {number}"
                    ));
            }
        }
    }
}

fn is_meant_non_root(container: &Container<'_>) -> bool {
    match container.security("runAsUser").and_then(Node::as_i64) {
        Some(user) => user > 0,
        None => container
            .security("runAsNonRoot")
            .is_some_and(Node::is_true),
    }
}

/// The first port that needs no right.
fn limit(container: &Container<'_>) -> i64 {
    let may_bind = capabilities::list(container, "add").is_some_and(|add| {
        add.items()
            .any(|item| capabilities::is(item, "NET_BIND_SERVICE") || capabilities::is(item, "ALL"))
    });
    if may_bind {
        return 0;
    }
    let sysctls = container.pod.security("sysctls");
    sysctls
        .into_iter()
        .flat_map(Node::items)
        .find(|item| item.str("name") == Some("net.ipv4.ip_unprivileged_port_start"))
        .and_then(|item| item.get("value")?.text().trim().parse().ok())
        .unwrap_or(1024)
}
