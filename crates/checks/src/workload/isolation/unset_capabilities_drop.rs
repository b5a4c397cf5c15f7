use super::capabilities;
use crate::{Check, Container, Findings, Safety, check, edit};

check! {
    /// ## What it finds
    /// Containers that drop no capability at all.
    /// Windows pods are left out.
    ///
    /// ## Why it matters
    /// Nobody has thought about capabilities here, so the container keeps all that the runtime gives by default.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    /// spec:
    ///   containers:
    ///     - name: app # <-
    ///     - name: proxy
    ///       securityContext:
    ///         capabilities:
    ///           drop: [] # <-
    /// ```
    /// ```yaml pass
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    /// spec:
    ///   containers:
    ///     - name: app
    ///       securityContext:
    ///         capabilities:
    ///           drop: [NET_RAW]
    /// ```
    ///
    /// ## Fix
    /// Set `securityContext.capabilities.drop: ["ALL"]`, and add back the few that the program needs.
    UnsetCapabilitiesDrop {
        id: "unset-capabilities-drop",
        title: "No capability is dropped at all",
        ring: Container,
        target: Workload,
        hooks: [Container],
        severity: Low,
        since: "0.1.0",
        controls: ["nsa:POD"],
    }
}

const PATH: &[&str] = &["securityContext", "capabilities", "drop"];

impl Check for UnsetCapabilitiesDrop {
    fn container(&self, container: &Container<'_>, findings: &mut Findings<'_>) {
        if container.pod.is_windows() {
            return;
        }
        let drop = capabilities::list(container, "drop");
        if drop.is_some_and(|drop| drop.items().next().is_some()) {
            return;
        }
        let draft = findings
            .add(Self::META)
            .note("drops no capability")
            .fix(Safety::Unsafe, edit::set(container.node, PATH, "[\"ALL\"]"));
        match drop {
            Some(drop) => draft.at(drop),
            None => draft.missing(container.security_place(), "securityContext"),
        };
    }
}
