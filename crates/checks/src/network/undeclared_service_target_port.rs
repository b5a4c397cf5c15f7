use super::service::Service;
use crate::{Check, Confidence, Findings, Inventory, Node, Resource, Selector, Workload, check};

check! {
    /// ## What it finds
    /// Ports of a Service whose `targetPort` none of the selected pods has: a name that no container gives to a port of that protocol, a number that is missing among the ports that the containers do declare, or a value that is no port at all.
    /// Declaring ports is optional, so pods that declare none are not compared by number.
    ///
    /// ## Why it matters
    /// A name that does not exist gives no endpoint; a number that nobody listens on refuses connections.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: v1
    /// kind: Service
    /// metadata:
    ///   name: web
    /// spec:
    ///   selector:
    ///     app: web
    ///   ports:
    ///     - name: http
    ///       port: 80
    ///       targetPort: http # <-
    ///     - name: metrics
    ///       port: 9090 # <-
    /// ---
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    ///   labels:
    ///     app: web
    /// spec:
    ///   containers:
    ///     - name: app
    ///       ports:
    ///         - name: web
    ///           containerPort: 8080
    /// ```
    /// ```yaml fail
    /// apiVersion: v1
    /// kind: Service
    /// metadata:
    ///   name: web
    /// spec:
    ///   ports:
    ///     - port: 80
    ///       targetPort: 123456 # <-
    /// ```
    /// ```yaml pass
    /// apiVersion: v1
    /// kind: Service
    /// metadata:
    ///   name: web
    /// spec:
    ///   selector:
    ///     app: web
    ///   ports:
    ///     - port: 80
    ///       targetPort: http
    ///     - port: 9090
    /// ---
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    ///   labels:
    ///     app: web
    /// spec:
    ///   initContainers:
    ///     - name: proxy
    ///       restartPolicy: Always
    ///       ports:
    ///         - containerPort: 9090
    ///   containers:
    ///     - name: app
    ///       ports:
    ///         - name: http
    ///           containerPort: 8080
    /// ---
    /// apiVersion: v1
    /// kind: Service
    /// metadata:
    ///   name: web-by-default
    /// spec:
    ///   selector:
    ///     app: web
    ///   ports:
    ///     - name: http
    ///       port: 8080
    ///       targetPort: 0
    ///     - name: metrics
    ///       port: 9090
    ///       targetPort: ""
    /// ```
    ///
    /// ## Fix
    /// Use the name or number of a port that a container of the pod listens on.
    UndeclaredServiceTargetPort {
        id: "undeclared-service-target-port",
        title: "Service targetPort not exposed by the workload",
        ring: Code,
        target: Network,
        hooks: [Resource, Inventory],
        severity: Low,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for UndeclaredServiceTargetPort {
    fn resource(&self, resource: &Resource<'_>, findings: &mut Findings<'_>) {
        let Some(service) = Service::new(resource) else {
            return;
        };
        for target in service.ports().filter_map(target_port) {
            let is_port = match target.as_i64() {
                Some(number) => (0..=65_535).contains(&number),
                None => is_port_name(target.text()),
            };
            if !is_port {
                findings.add(Self::META).at(target).note(format!(
                    "has a targetPort that is no port: {}",
                    target.text()
                ));
            }
        }
    }

    fn inventory(&self, inventory: &Inventory<'_>, findings: &mut Findings<'_>) {
        for service in inventory.of_kind("", "Service").filter_map(Service::new) {
            let Some(selector) = service.selector() else {
                continue;
            };
            let pods: Vec<&Workload<'_>> = inventory
                .selected(Selector::Map(selector), &service.resource)
                .collect();
            if !pods.is_empty() {
                compare(&service, &pods, findings);
            }
        }
    }
}

/// What a port states as its `targetPort`; the API server takes 0 and an empty name for none.
fn target_port(port: Node<'_>) -> Option<Node<'_>> {
    port.get("targetPort")
        .filter(|target| target.as_i64() != Some(0) && !target.text().is_empty())
}

/// The name of a container port. See: <https://kubernetes.io/docs/concepts/services-networking/service/>
fn is_port_name(text: &str) -> bool {
    text.len() <= 15
        && text.bytes().any(|byte| byte.is_ascii_lowercase())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

fn compare(service: &Service<'_>, pods: &[&Workload<'_>], findings: &mut Findings<'_>) {
    let resource: &Resource<'_> = &service.resource;
    for port in service.ports() {
        let Some(target) = target_port(port).or_else(|| port.get("port")) else {
            continue;
        };
        let protocol = port.str("protocol").unwrap_or("TCP");
        let has = |declared: Node<'_>| match target.as_i64() {
            Some(number) => declared.get("containerPort").and_then(Node::as_i64) == Some(number),
            None => declared.str("name") == Some(target.text()),
        };
        let same_protocol =
            |declared: &Node<'_>| declared.str("protocol").unwrap_or("TCP") == protocol;
        let is_found = pods
            .iter()
            .any(|pod| ports(pod).filter(same_protocol).any(has));
        let is_number = target.as_i64().is_some();
        let declare_none = pods.iter().any(|pod| ports(pod).next().is_none());
        let is_valid = is_number || is_port_name(target.text());
        if !is_found && is_valid && !(is_number && declare_none) {
            let draft = findings
                .add(UndeclaredServiceTargetPort::META)
                .about(resource)
                .at(target)
                .note(format!(
                    "sends traffic to port {}, which no selected pod declares",
                    target.text()
                ));
            if is_number {
                draft.confidence(Confidence::Medium);
            }
        }
    }
}

fn ports<'a>(pod: &'a Workload<'_>) -> impl Iterator<Item = Node<'a>> {
    pod.long_running()
        .flat_map(|container| container.node.list("ports"))
}
