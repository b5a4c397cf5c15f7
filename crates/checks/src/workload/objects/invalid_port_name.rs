use std::collections::BTreeMap;

use crate::{Check, Container, Findings, Node, Resource, Safety, check, edit};

check! {
    /// ## What it finds
    /// Names of ports that break the rules: those that containers give, and those that services, ingresses and probes
    /// refer to; names that two ports of one container or service have, and services of several ports that do not name
    /// each.
    ///
    /// ## Why it matters
    /// The API server refuses the object.
    /// A number in quotes is read as a name, and a name needs at least one letter.
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
    ///         - name: HTTP # <-
    ///           containerPort: 8080
    ///         - name: metrics-and-health # <-
    ///           containerPort: 8081
    ///       livenessProbe:
    ///         httpGet:
    ///           port: "8080" # <-
    /// ```
    /// ```yaml fail
    /// apiVersion: v1
    /// kind: Service
    /// metadata:
    ///   name: web
    /// spec:
    ///   ports:
    ///     - name: web_ui # <-
    ///       port: 80
    ///       targetPort: web--ui # <-
    /// ```
    /// ```yaml fail
    /// apiVersion: v1
    /// kind: Service
    /// metadata:
    ///   name: web
    /// spec:
    ///   ports:
    ///     - name: http
    ///       port: 80
    ///     - name: http # <-
    ///       port: 8080
    ///     - port: 9090 # <-
    /// ---
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
    ///         - name: http # <-
    ///           containerPort: 8081
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
    /// ---
    /// apiVersion: v1
    /// kind: Service
    /// metadata:
    ///   name: web
    /// spec:
    ///   ports:
    ///     - name: the-name-of-a-service-port-may-be-longer
    ///       port: 80
    ///       targetPort: 8080
    /// ---
    /// apiVersion: v1
    /// kind: Service
    /// metadata:
    ///   name: one-port-needs-no-name
    /// spec:
    ///   ports:
    ///     - port: 80
    /// ---
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: each-container-for-itself
    /// spec:
    ///   containers:
    ///     - name: app
    ///       ports:
    ///         - name: http
    ///           containerPort: 8080
    ///         - containerPort: 8443
    ///     - name: sidecar
    ///       ports:
    ///         - name: http
    ///           containerPort: 9090
    /// ```
    ///
    /// ## Fix
    /// Use at most 15 lower-case letters, digits and single hyphens, at least one of them a letter, with no hyphen at an end; and a name of its own for each port.
    InvalidPortName {
        id: "invalid-port-name",
        title: "Port name violates the naming rules",
        ring: Code,
        target: Workload,
        hooks: [Container, Resource],
        severity: Low,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for InvalidPortName {
    fn container(&self, container: &Container<'_>, findings: &mut Findings<'_>) {
        for port in container.node.list("ports") {
            judge(port.get("name"), findings);
        }
        judge_repeated(container.node, findings);
        for probe in ["livenessProbe", "readinessProbe", "startupProbe"] {
            for action in ["httpGet", "tcpSocket"] {
                judge(container.field([probe, action, "port"]), findings);
            }
        }
        for hook in ["postStart", "preStop"] {
            judge(
                container.field(["lifecycle", hook, "httpGet", "port"]),
                findings,
            );
        }
    }

    fn resource(&self, resource: &Resource<'_>, findings: &mut Findings<'_>) {
        let Some(spec) = resource.spec else {
            return;
        };
        if resource.is("", "Service") {
            for port in spec.list("ports") {
                if let Some(name) = port.get("name")
                    && let Some(text) = name.as_str()
                    && !text.is_empty()
                    && !is_dns_label(text)
                {
                    findings.add(Self::META).at(name).note(format!(
                        "has a port named {text}, which is no lower-case DNS label of at most 63 characters"
                    ));
                }
                judge(port.get("targetPort"), findings);
                if name_of(port).is_none() && spec.list("ports").nth(1).is_some() {
                    findings
                        .add(Self::META)
                        .at(port)
                        .note("has several ports, and this one has no name");
                }
            }
            judge_repeated(spec, findings);
        } else if resource.is("networking.k8s.io", "Ingress") {
            judge(
                spec.path(&["defaultBackend", "service", "port", "name"]),
                findings,
            );
            for path in spec.list("rules").flat_map(|rule| {
                rule.path(&["http", "paths"])
                    .into_iter()
                    .flat_map(Node::items)
            }) {
                judge(path.path(&["backend", "service", "port", "name"]), findings);
            }
        }
    }
}

fn name_of(port: Node<'_>) -> Option<Node<'_>> {
    port.get("name").filter(|name| !name.text().is_empty())
}

/// Finds the ports of a container or service that have the name of one above them.
fn judge_repeated(holder: Node<'_>, findings: &mut Findings<'_>) {
    let mut named = BTreeMap::new();
    for name in holder.list("ports").filter_map(name_of) {
        let text = name.text();
        if super::labels::is_placeholder(text) {
            continue;
        }
        if let Some(first) = named.get(text) {
            findings
                .add(InvalidPortName::META)
                .at(name)
                .note(format!("has two ports named {text}"))
                .evidence("first port", *first);
        } else {
            named.insert(text, name);
        }
    }
}

fn judge(name: Option<Node<'_>>, findings: &mut Findings<'_>) {
    let Some((node, text)) = name.and_then(|name| Some((name, name.as_str()?))) else {
        return;
    };
    let Some(flaw) = flaw(text) else {
        return;
    };
    let is_number = text.parse::<u16>().is_ok();
    let draft = findings.add(InvalidPortName::META).at(node);
    if is_number && node.key().is_some_and(|key| key.text() != "name") {
        // Without quotes, 010 is 8.
        let (how, edits) = if super::refusal::is_decimal(text) {
            ("", edit::replace(node, text))
        } else {
            (" and without zeros before it", None)
        };
        draft
            .note(format!(
                "refers to a port named \"{text}\", which {flaw}; the number is written without quotes{how}"
            ))
            .fix(Safety::Safe, edits);
    } else {
        draft.note(format!("has a port named {text}, which {flaw}"));
    }
}

/// What is wrong with the name of a port, behind "which".
fn flaw(name: &str) -> Option<&'static str> {
    let is_allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if name.is_empty() || super::labels::is_placeholder(name) {
        None
    } else if name.len() > 15 {
        Some("is longer than 15 characters")
    } else if !name.bytes().all(is_allowed) {
        Some("may only hold lower-case letters, digits and '-'")
    } else if !name.bytes().any(|byte| byte.is_ascii_lowercase()) {
        Some("must hold at least one letter")
    } else if name.contains("--") {
        Some("must not hold two hyphens in a row")
    } else if name.starts_with('-') || name.ends_with('-') {
        Some("must not begin or end with a hyphen")
    } else {
        None
    }
}

fn is_dns_label(name: &str) -> bool {
    name.len() <= 63
        && !name.starts_with('-')
        && !name.ends_with('-')
        && name
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        || super::labels::is_placeholder(name)
}
