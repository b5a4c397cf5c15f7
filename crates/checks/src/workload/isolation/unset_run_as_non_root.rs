use super::{named_user, user_namespace};
use crate::{Check, Container, Findings, Node, Safety, Severity, check, edit};

check! {
    /// ## What it finds
    /// Containers for which neither the pod nor the container says `runAsNonRoot: true`.
    /// Where `runAsUser` names another user than root, or the pod has a user namespace of its own (`hostUsers: false`), the severity is low.
    ///
    /// ## Why it matters
    /// Without the field the image alone decides the user, and most images decide for root.
    /// With it the kubelet refuses to start a container that would run as root.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    /// spec:
    ///   securityContext:
    ///     runAsNonRoot: true
    ///   containers:
    ///     - name: app
    ///     - name: proxy
    ///       securityContext:
    ///         runAsNonRoot: false # <-
    /// ```
    /// ```yaml fail
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    /// spec:
    ///   initContainers:
    ///     - name: setup # <-
    ///   containers:
    ///     - name: app
    ///       securityContext:
    ///         runAsNonRoot: true
    /// ```
    /// ```yaml fail
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    /// spec:
    ///   securityContext:
    ///     runAsNonRoot: false # <-
    ///   containers:
    ///     - name: app
    /// ```
    /// ```yaml pass
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    /// spec:
    ///   securityContext:
    ///     runAsNonRoot: true
    ///   containers:
    ///     - name: app
    /// ```
    ///
    /// ## Fix
    /// Set `securityContext.runAsNonRoot: true` for the pod, and a numeric `USER` in the image or `runAsUser` in the pod.
    UnsetRunAsNonRoot {
        id: "unset-run-as-non-root",
        title: "runAsNonRoot not enforced at pod or container level",
        ring: Container,
        target: Workload,
        hooks: [Container],
        severity: High,
        since: "0.1.0",
        controls: ["pss:restricted", "cis:5.2.7", "nsa:POD"],
    }
}

const PATH: &[&str] = &["securityContext", "runAsNonRoot"];

impl Check for UnsetRunAsNonRoot {
    fn container(&self, container: &Container<'_>, findings: &mut Findings<'_>) {
        let field = container.security("runAsNonRoot");
        if field.is_some_and(|field| !field.is_false()) {
            return;
        }
        let user = container.security("runAsUser").and_then(Node::as_i64);
        let severity = if user.is_some_and(|user| user > 0) {
            Severity::Low
        } else {
            user_namespace::severity_of_root(&container.pod, Self::META)
        };
        // The user has to change first: see `root-container`.
        let edits = (!named_user::is_root(container))
            .then(|| edit::set(container.node, PATH, "true"))
            .flatten();
        let draft = findings
            .add(Self::META)
            .severity(severity)
            .fix(Safety::Unsafe, edits);
        // To run as root is what `runAsUser: 0` asks for: it is the cause of both.
        let draft = match container.security("runAsUser") {
            Some(cause) if user == Some(0) => draft.caused_by(cause),
            _ => draft,
        };
        match (field, user) {
            (Some(field), _) => draft
                .at(field)
                .note("is allowed to run as root (runAsNonRoot: false)"),
            (None, Some(user)) if user > 0 => draft
                .missing(container.security_place(), "securityContext")
                .note(format!(
                    "runs as user {user}, but nothing enforces runAsNonRoot"
                )),
            (None, _) => draft
                .missing(container.security_place(), "securityContext")
                .note("may run as root: runAsNonRoot is set neither for it nor for its pod"),
        };
    }
}
