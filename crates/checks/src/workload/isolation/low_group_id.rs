use super::user_namespace;
use crate::{Check, Container, Findings, Safety, check, edit};

check! {
    /// ## What it finds
    /// Containers whose `runAsGroup`, their own or their pod's, is below 10000, or that have none, so that the image decides.
    /// Windows pods and pods with a user namespace of their own (`hostUsers: false`) are left out.
    ///
    /// ## Why it matters
    /// Small group ids belong to groups of the node, and without any the group is most often root's.
    /// A process that gets out of its container, or a file on a shared volume, then has the rights of such a group.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    /// spec:
    ///   securityContext:
    ///     runAsUser: 10001
    ///   containers:
    ///     - name: app
    ///       securityContext:
    ///         runAsGroup: 1000 # <-
    ///     - name: proxy # <-
    /// ```
    /// ```yaml pass
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    /// spec:
    ///   securityContext:
    ///     runAsUser: 10001
    ///     runAsGroup: 10001
    ///   containers:
    ///     - name: app
    /// ```
    ///
    /// ## Fix
    /// Set `securityContext.runAsGroup` to a number above 10000 that no group of the node has.
    LowGroupId {
        id: "low-group-id",
        title: "Effective GID is below the high-GID threshold or unset",
        ring: Container,
        target: Workload,
        hooks: [Container],
        severity: Low,
        since: "0.1.0",
        controls: ["nsa:POD"],
    }
}

const PATH: &[&str] = &["securityContext", "runAsGroup"];

impl Check for LowGroupId {
    fn container(&self, container: &Container<'_>, findings: &mut Findings<'_>) {
        let pod = &container.pod;
        if pod.is_windows() || user_namespace::is_own(pod) {
            return;
        }
        let min = findings.settings().min_user_id;
        let field = container.security("runAsGroup");
        if field.is_some_and(|field| field.as_i64().is_none_or(|group| group >= min)) {
            return;
        }
        let group = min.saturating_add(1).to_string();
        let draft = findings
            .add(Self::META)
            .fix(Safety::Unsafe, edit::set(container.node, PATH, &group));
        match field {
            Some(field) => draft.at(field).note(format!(
                "runs with group {}, below {min}",
                field.text()
            )),
            None => draft
                .missing(container.security_place(), "securityContext")
                .note("leaves its group to the image: runAsGroup is set neither for it nor for its pod"),
        };
    }
}
