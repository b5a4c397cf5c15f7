use crate::{Check, Container, Findings, Node, check};

check! {
    /// ## What it finds
    /// Containers whose liveness and readiness probes ask the same, while the liveness probe gives up no later.
    ///
    /// Defaults count as written, and a named port is the number that it names.
    ///
    /// ## Why it matters
    /// A container that is only busy should be left alone for a while, not restarted.
    /// With one probe for both, load that makes it unready also kills it.
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
    ///       livenessProbe: # <-
    ///         httpGet:
    ///           port: 8080
    ///           path: /
    ///       readinessProbe:
    ///         httpGet:
    ///           port: http
    ///           scheme: HTTP
    /// ```
    /// ```yaml pass
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    /// spec:
    ///   containers:
    ///     - name: patient
    ///       livenessProbe:
    ///         tcpSocket:
    ///           port: 8080
    ///         failureThreshold: 10
    ///       readinessProbe:
    ///         tcpSocket:
    ///           port: 8080
    ///     - name: two-questions
    ///       livenessProbe:
    ///         exec:
    ///           command: [check, alive]
    ///       readinessProbe:
    ///         exec:
    ///           command: [check, ready]
    ///     - name: one
    ///       livenessProbe:
    ///         grpc:
    ///           port: 8080
    /// ```
    ///
    /// ## Fix
    /// Let the liveness probe ask less, or give it a higher `failureThreshold`.
    IdenticalProbes {
        id: "identical-probes",
        title: "Liveness and readiness probes are identical",
        ring: Container,
        target: Workload,
        hooks: [Container],
        severity: Low,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for IdenticalProbes {
    fn container(&self, container: &Container<'_>, findings: &mut Findings<'_>) {
        let (Some(liveness), Some(readiness)) = (
            container.field(["livenessProbe"]),
            container.field(["readinessProbe"]),
        ) else {
            return;
        };
        if asks_the_same(container, liveness, readiness)
            && patience(liveness) <= patience(readiness)
        {
            findings
                .add(Self::META)
                .at(liveness)
                .note("is killed by the same probe that makes it unready")
                .evidence("readiness probe", readiness);
        }
    }
}

/// Seconds until a probe has failed for good.
fn patience(probe: Node<'_>) -> i64 {
    let number = |key, default| match probe.get(key).and_then(Node::as_i64) {
        None | Some(0) => default,
        Some(number) => number,
    };
    number("failureThreshold", 3).saturating_mul(number("periodSeconds", 10))
}

fn asks_the_same(container: &Container<'_>, one: Node<'_>, other: Node<'_>) -> bool {
    ["httpGet", "tcpSocket", "grpc", "exec"]
        .into_iter()
        .any(|handler| {
            let handlers = (
                one.get(handler).filter(|handler| handler.is_mapping()),
                other.get(handler).filter(|handler| handler.is_mapping()),
            );
            let (Some(one), Some(other)) = handlers else {
                return false;
            };
            let text = |key, default| {
                one.get(key).map_or(default, Node::text)
                    == other.get(key).map_or(default, Node::text)
            };
            text("path", "/")
                && text("scheme", "HTTP")
                && text("host", "")
                && text("service", "")
                && port(container, one) == port(container, other)
                && same(one.get("httpHeaders"), other.get("httpHeaders"))
                && same(one.get("command"), other.get("command"))
        })
}

/// The port of a handler: the number, also where a name is written.
fn port<'a>(container: &Container<'a>, handler: Node<'a>) -> &'a str {
    let text = handler.get("port").map_or("", Node::text);
    container
        .node
        .list("ports")
        .find(|port| port.get("name").is_some_and(|name| name.text() == text))
        .and_then(|port| port.get("containerPort"))
        .map_or(text, Node::text)
}

/// Whether two values are equal, in whatever order their keys are.
fn same(one: Option<Node<'_>>, other: Option<Node<'_>>) -> bool {
    let (Some(one), Some(other)) = (one, other) else {
        return one.is_none() && other.is_none();
    };
    if one.is_mapping() && other.is_mapping() {
        let entries = one.entries();
        return entries.len() == other.entries().len()
            && entries
                .iter()
                .all(|(key, value)| same(Some(*value), other.get(key.text())));
    }
    if one.is_sequence() && other.is_sequence() {
        return one.items().count() == other.items().count()
            && one
                .items()
                .zip(other.items())
                .all(|(one, other)| same(Some(one), Some(other)));
    }
    one.is_scalar() && other.is_scalar() && one.text() == other.text()
}
