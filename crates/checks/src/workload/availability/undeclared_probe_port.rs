use crate::{Check, Confidence, Container, Findings, Node, Severity, Workload, check};

check! {
    /// ## What it finds
    /// Probes of a port name that the container does not declare, and of a port number that no container of
    /// the pod declares although this one declares others.
    ///
    /// ## Why it matters
    /// A probe of an unknown name always fails: the container never gets ready, or is restarted for ever.
    /// A number works undeclared, but one that is not in the list is often a slip.
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
    ///         - name: http
    ///           containerPort: 8080
    ///       livenessProbe:
    ///         httpGet:
    ///           port: web # <-
    ///       readinessProbe:
    ///         tcpSocket:
    ///           port: 8081 # <-
    ///     - name: helper
    ///       startupProbe:
    ///         httpGet:
    ///           port: http # <-
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
    ///         - name: http
    ///           containerPort: 8080
    ///       livenessProbe:
    ///         httpGet:
    ///           port: http
    ///       readinessProbe:
    ///         grpc:
    ///           port: 9000
    ///       startupProbe:
    ///         tcpSocket:
    ///           port: "8080"
    ///     - name: helper
    ///       ports:
    ///         - containerPort: 9000
    ///     - name: declares-nothing
    ///       livenessProbe:
    ///         httpGet:
    ///           port: 9999
    /// ```
    ///
    /// ## Fix
    /// Declare the port under `ports`, or correct the probe.
    UndeclaredProbePort {
        id: "undeclared-probe-port",
        title: "Probe targets a port the container does not declare",
        ring: Code,
        target: Workload,
        hooks: [Workload],
        severity: Low,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for UndeclaredProbePort {
    fn workload(&self, workload: &Workload<'_>, findings: &mut Findings<'_>) {
        for container in workload.long_running() {
            for probe in ["livenessProbe", "readinessProbe", "startupProbe"] {
                for handler in ["httpGet", "tcpSocket", "grpc"] {
                    if let Some(handler) = container.field([probe, handler]) {
                        judge(workload, container, probe, handler, findings);
                    }
                }
            }
        }
    }
}

fn judge(
    workload: &Workload<'_>,
    container: &Container<'_>,
    probe: &str,
    handler: Node<'_>,
    findings: &mut Findings<'_>,
) {
    let is_elsewhere = handler.str("host").is_some_and(|host| !host.is_empty());
    let Some(port) = handler.get("port").filter(|_| !is_elsewhere) else {
        return;
    };
    let text = port.text();
    let mut ports = container.node.list("ports");
    // Digits in quotes are a number once no port has that name.
    let has_name = |port: Node<'_>| port.get("name").is_some_and(|name| name.text() == text);
    if text.parse::<u16>().is_err() {
        if !text.is_empty() && !ports.any(has_name) {
            findings
                .add(UndeclaredProbePort::META)
                .about_container(container)
                .at(port)
                .severity(Severity::Medium)
                .note(format!("has no port named {text}, which its {probe} asks"));
        }
        return;
    }
    let is_declared = |container: &Container<'_>| {
        container.node.list("ports").any(|port| {
            has_name(port)
                || port
                    .get("containerPort")
                    .is_some_and(|port| port.text() == text)
        })
    };
    if ports.next().is_some() && !workload.containers.iter().any(is_declared) {
        findings
            .add(UndeclaredProbePort::META)
            .about_container(container)
            .at(port)
            .confidence(Confidence::Medium)
            .note(format!(
                "does not declare port {text}, which its {probe} asks"
            ));
    }
}
