use std::collections::HashMap;

use crate::{Check, Container, Findings, Node, check};

check! {
    /// ## What it finds
    /// Containers whose `env` sets one variable twice.
    ///
    /// ## Why it matters
    /// The last value wins, so whoever reads or changes the first one is wrong about what runs.
    /// Patches and server-side apply merge the list by name and may drop either of the two.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    /// spec:
    ///   initContainers:
    ///     - name: setup
    ///       env:
    ///         - name: VERIFY_TLS
    ///           value: "true"
    ///         - name: LEVEL
    ///           value: info
    ///         - name: VERIFY_TLS # <-
    ///           value: "false"
    ///   containers:
    ///     - name: app
    /// ```
    /// ```yaml pass
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    /// spec:
    ///   initContainers:
    ///     - name: setup
    ///       env:
    ///         - name: VERIFY_TLS
    ///           value: "true"
    ///   containers:
    ///     - name: app
    ///       env:
    ///         - name: VERIFY_TLS
    ///           value: "true"
    /// ```
    ///
    /// ## Fix
    /// Keep the value that is meant, and remove the other entry.
    DuplicateEnvironmentVariable {
        id: "duplicate-environment-variable",
        title: "Duplicate environment variable",
        ring: Code,
        target: Workload,
        hooks: [Container],
        severity: Low,
        since: "0.1.0",
        controls: [],
    }
}

/// Lists up to this length, nearly all of them, are compared pairwise without hashing.
const FEW: usize = 32;

impl Check for DuplicateEnvironmentVariable {
    fn container(&self, container: &Container<'_>, findings: &mut Findings<'_>) {
        let names = || {
            let variables = container.node.list("env");
            variables.filter_map(|variable| variable.get("name").filter(|name| !name.is_null()))
        };
        if names().nth(FEW).is_none() {
            for (index, name) in names().enumerate() {
                let first = names().take(index).find(|seen| seen.text() == name.text());
                if let Some(first) = first {
                    add(first, name, findings);
                }
            }
            return;
        }
        let mut seen = HashMap::new();
        for name in names() {
            let first = *seen.entry(name.text()).or_insert(name);
            if !first.is_same(name) {
                add(first, name, findings);
            }
        }
    }
}

fn add(first: Node<'_>, again: Node<'_>, findings: &mut Findings<'_>) {
    findings
        .add(DuplicateEnvironmentVariable::META)
        .at(again)
        .note(format!(
            "sets the environment variable {} twice; the last value wins",
            again.text()
        ))
        .evidence("set here before", first);
}
