use crate::{Check, Container, Findings, Safety, Severity, check, edit, loopback::is_loopback};

check! {
    /// ## What it finds
    /// Ports with a `hostPort`.
    /// Where `hostIP` is a loopback address the severity is low.
    ///
    /// ## Why it matters
    /// The port is open on the node's own addresses, past Services, ingresses and often network policies.
    /// Only one such pod fits on a node.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    /// spec:
    ///   containers:
    ///     - name: app
    ///       ports:
    ///         - containerPort: 8080
    ///           hostPort: 80 # <-
    ///         - containerPort: 9090
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
    ///         - containerPort: 8080
    ///           hostPort: 0
    /// ```
    ///
    /// ## Fix
    /// Remove `hostPort`, and publish the port with a Service.
    /// In a pod with `hostNetwork: true` every port is one of the node: remove that field first.
    HostPort {
        id: "host-port",
        title: "hostPort published",
        ring: Container,
        target: Workload,
        hooks: [Container],
        severity: Medium,
        since: "0.1.0",
        controls: ["pss:baseline", "cis:5.2.12", "nsa:POD"],
    }
}

impl Check for HostPort {
    fn container(&self, container: &Container<'_>, findings: &mut Findings<'_>) {
        for port in container.node.list("ports") {
            let Some(field) = port.get("hostPort") else {
                continue;
            };
            let Some(number) = field.as_i64().filter(|number| *number != 0) else {
                continue;
            };
            let is_local = port
                .get("hostIP")
                .is_some_and(|address| is_loopback(address.text()));
            let draft = findings
                .add(Self::META)
                .at(field)
                .severity(if is_local {
                    Severity::Low
                } else {
                    Self::META.severity
                })
                .note(format!("opens port {number} on the node"));
            let network = container.pod.field(["hostNetwork"]);
            match network.filter(|network| network.is_true()) {
                // Every port is one of the node then, and the API server fills the field in again.
                Some(cause) => draft.caused_by(cause),
                None => draft.fix(Safety::Unsafe, edit::remove(port, "hostPort")),
            };
        }
    }
}
