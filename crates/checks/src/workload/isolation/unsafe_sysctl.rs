use ringwall_input::kubernetes::SAFE_SYSCTLS;

use crate::{Check, Findings, Safety, Severity, Workload, check, edit};

check! {
    /// ## What it finds
    /// Sysctls of a pod outside the list that the Pod Security Standards call safe.
    /// Values that hold another assignment, whatever the name, are reported as high.
    ///
    /// ## Why it matters
    /// A sysctl outside the list is a setting of the whole node, or lets one pod take resources from others.
    /// The kubelet refuses the pod unless an administrator has allowed the name.
    /// It does not look at values: CRI-O before 1.23.2 set what followed a `+` as well (CVE-2022-0811), so that `kernel.core_pattern` ran a program of the pod as root of the node.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    /// spec:
    ///   securityContext:
    ///     sysctls:
    ///       - name: net.ipv4.ip_local_port_range
    ///         value: "1024 65535"
    ///       - name: kernel.msgmax # <-
    ///         value: "65536"
    ///   containers:
    ///     - name: app
    /// ```
    /// ```yaml fail
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    /// spec:
    ///   securityContext:
    ///     sysctls:
    ///       - name: net.ipv4.tcp_syncookies
    ///         value: "1+kernel.core_pattern=|/tmp/run" # <-
    ///   containers:
    ///     - name: app
    /// ```
    /// ```yaml pass
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    /// spec:
    ///   securityContext:
    ///     sysctls:
    ///       - name: net.ipv4.tcp_keepalive_time
    ///         value: "600"
    ///       - name: net/ipv4/tcp_syncookies
    ///         value: "1"
    ///   containers:
    ///     - name: app
    /// ```
    ///
    /// ## Fix
    /// Remove the sysctl from `securityContext.sysctls`, or set it on the nodes of one node pool when they start.
    UnsafeSysctl {
        id: "unsafe-sysctl",
        title: "Sysctl outside the safe namespaced list",
        ring: Container,
        target: Workload,
        hooks: [Workload],
        severity: Medium,
        since: "0.1.0",
        controls: ["pss:baseline", "nsa:POD"],
    }
}

impl Check for UnsafeSysctl {
    fn workload(&self, workload: &Workload<'_>, findings: &mut Findings<'_>) {
        let Some(sysctls) = workload.pod.security("sysctls") else {
            return;
        };
        for item in sysctls.items() {
            let Some(name) = item.get("name") else {
                continue;
            };
            if let Some(value) = item.get("value")
                && value.text().contains(['+', '='])
            {
                findings
                    .add(Self::META)
                    .at(value)
                    .severity(Severity::High)
                    .note(format!(
                        "sets more than the sysctl {}: its value holds another assignment",
                        name.text()
                    ))
                    .fix(Safety::Unsafe, edit::remove_item(sysctls, item));
                continue;
            }
            if SAFE_SYSCTLS
                .iter()
                .any(|(safe, _)| is_same(name.text(), safe))
            {
                continue;
            }
            findings
                .add(Self::META)
                .at(name)
                .note(format!(
                    "sets the sysctl {}, which is not safe",
                    name.text()
                ))
                .fix(Safety::Unsafe, edit::remove_item(sysctls, item));
        }
    }
}

/// Whether both name one sysctl; slashes may stand for dots.
fn is_same(name: &str, dotted: &str) -> bool {
    name.len() == dotted.len()
        && name
            .bytes()
            .zip(dotted.bytes())
            .all(|(one, other)| one == other || (one == b'/' && other == b'.'))
}
