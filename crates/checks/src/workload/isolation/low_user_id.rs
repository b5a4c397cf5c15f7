use super::user_namespace;
use crate::{Check, Container, Findings, Safety, check, edit};

check! {
    /// ## What it finds
    /// Containers whose `runAsUser`, their own or their pod's, is below 10000, or that have none, so that the image decides.
    /// Windows pods and pods with a user namespace of their own (`hostUsers: false`) are left out.
    ///
    /// ## Why it matters
    /// Small user ids belong to accounts of the node.
    /// A process that gets out of its container, or a file on a shared volume, then has the rights of such an account.
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
    ///       securityContext:
    ///         runAsUser: 1000 # <-
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
    ///   containers:
    ///     - name: app
    /// ```
    /// ```yaml pass
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    /// spec:
    ///   hostUsers: false
    ///   containers:
    ///     - name: app
    /// ```
    ///
    /// ## Fix
    /// Set `securityContext.runAsUser` to a number above 10000 that no account of the node has.
    LowUserId {
        id: "low-user-id",
        title: "Effective UID is below the high-UID threshold (10000) or unset",
        ring: Container,
        target: Workload,
        hooks: [Container],
        severity: Low,
        since: "0.1.0",
        controls: ["nsa:POD"],
    }
}

const PATH: &[&str] = &["securityContext", "runAsUser"];

impl Check for LowUserId {
    fn container(&self, container: &Container<'_>, findings: &mut Findings<'_>) {
        let pod = &container.pod;
        if pod.is_windows() || user_namespace::is_own(pod) {
            return;
        }
        let min = findings.settings().min_user_id;
        let field = container.security("runAsUser");
        if field.is_some_and(|field| field.as_i64().is_none_or(|user| user >= min)) {
            return;
        }
        let user = min.saturating_add(1).to_string();
        let draft = findings
            .add(Self::META)
            .fix(Safety::Unsafe, edit::set(container.node, PATH, &user));
        match field {
            Some(field) => draft
                .at(field)
                .note(format!("runs as user {}, below {min}", field.text())),
            None => draft
                .missing(container.security_place(), "securityContext")
                .note(
                    "leaves its user to the image: runAsUser is set neither for it nor for its pod",
                ),
        };
    }
}
