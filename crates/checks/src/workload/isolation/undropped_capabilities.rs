use super::capabilities;
use crate::{Check, Container, Findings, Node, Safety, check, edit};

check! {
    /// ## What it finds
    /// Containers whose `capabilities.drop` does not contain `ALL`.
    /// Windows pods are left out.
    ///
    /// ## Why it matters
    /// A runtime gives a root process some fourteen capabilities that few programs need, among them sending forged packets and ignoring file owners.
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
    ///           drop: [NET_RAW, CHOWN] # <-
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
    ///           drop: [ALL]
    ///           add: [NET_BIND_SERVICE]
    /// ```
    ///
    /// ## Fix
    /// Set `securityContext.capabilities.drop: ["ALL"]`, and add back the few that the program needs.
    UndroppedCapabilities {
        id: "undropped-capabilities",
        title: "capabilities.drop does not contain ALL",
        ring: Container,
        target: Workload,
        hooks: [Container],
        severity: Medium,
        since: "0.1.0",
        controls: ["pss:restricted", "cis:5.2.9", "nsa:POD"],
    }
}

const PATH: &[&str] = &["securityContext", "capabilities", "drop"];

impl Check for UndroppedCapabilities {
    fn container(&self, container: &Container<'_>, findings: &mut Findings<'_>) {
        if container.pod.is_windows() || capabilities::drops(container, "ALL") {
            return;
        }
        let draft = findings
            .add(Self::META)
            .fix(Safety::Unsafe, edit::set(container.node, PATH, "[\"ALL\"]"));
        match capabilities::list(container, "drop") {
            Some(drop) if drop.items().next().is_some() => {
                let names: Vec<&str> = drop.items().map(Node::text).collect();
                draft.at(drop).note(format!(
                    "drops only {}, and keeps the other default capabilities",
                    names.join(", ")
                ))
            }
            _ => draft
                .missing(container.security_place(), "securityContext")
                .note("keeps the runtime's default capabilities: capabilities.drop lacks ALL"),
        };
    }
}
