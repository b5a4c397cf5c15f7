use super::{user_namespace, windows_user};
use crate::{Check, Container, Findings, Node, Safety, Severity, check, edit};

check! {
    /// ## What it finds
    /// Containers whose `runAsUser`, their own or their pod's, is 0.
    /// In a pod with a user namespace of its own (`hostUsers: false`) the severity is low.
    /// On Windows, those whose `runAsUserName` is `ContainerAdministrator`, which the kubelet takes for root; the severity is medium.
    /// Where `runAsNonRoot: true` stands beside either, the kubelet never starts the container, and the message says so.
    ///
    /// ## Why it matters
    /// Root in a container is root on the node as soon as a flaw in the kernel, the runtime or a mount lets it out.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    /// spec:
    ///   securityContext:
    ///     runAsUser: 1000
    ///   containers:
    ///     - name: app
    ///       securityContext:
    ///         runAsUser: 0 # <-
    /// ```
    /// ```yaml pass
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    /// spec:
    ///   securityContext:
    ///     runAsUser: 1000
    ///   containers:
    ///     - name: app
    ///       securityContext:
    ///         runAsUser: 1001
    /// ```
    /// ```yaml fail
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    /// spec:
    ///   securityContext:
    ///     runAsUser: 0 # <-
    ///   initContainers:
    ///     - name: setup
    ///       securityContext:
    ///         runAsUser: 1000
    ///   containers:
    ///     - name: app
    /// ```
    /// ```yaml fail
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    /// spec:
    ///   os:
    ///     name: windows
    ///   securityContext:
    ///     windowsOptions:
    ///       runAsUserName: ContainerAdministrator # <-
    ///   initContainers:
    ///     - name: setup
    ///       securityContext:
    ///         windowsOptions:
    ///           runAsUserName: ContainerUser
    ///   containers:
    ///     - name: app
    ///       securityContext:
    ///         windowsOptions:
    ///           gmsaCredentialSpecName: web
    /// ```
    ///
    /// ## Fix
    /// Set `runAsUser` to a number above 10000, and give the files the program writes to that user or to `fsGroup`.
    /// On Windows, set `runAsUserName` to `ContainerUser`.
    RootContainer {
        id: "root-container",
        title: "runAsUser is explicitly 0",
        ring: Container,
        target: Workload,
        hooks: [Container],
        severity: High,
        since: "0.1.0",
        controls: ["pss:restricted", "cis:5.2.7", "nsa:POD"],
    }
}

const PATH: &[&str] = &["securityContext", "runAsUser"];

impl Check for RootContainer {
    fn container(&self, container: &Container<'_>, findings: &mut Findings<'_>) {
        let non_root = container.security("runAsNonRoot");
        let refused = if non_root.is_some_and(Node::is_true) {
            "; the kubelet never starts it, as runAsNonRoot is true"
        } else {
            ""
        };
        if let Some(name) = windows_user::of(container)
            && windows_user::is_container_administrator(name.text())
        {
            findings
                .add(Self::META)
                .severity(Severity::Medium)
                .at(name)
                .note(format!(
                    "runs as the administrator of its Windows container (runAsUserName: {}){refused}",
                    name.text()
                ));
        }
        let Some(field) = container.security("runAsUser") else {
            return;
        };
        if field.as_i64() != Some(0) {
            return;
        }
        let user = findings
            .settings()
            .min_user_id
            .saturating_add(1)
            .to_string();
        findings
            .add(Self::META)
            .severity(user_namespace::severity_of_root(&container.pod, Self::META))
            .at(field)
            .note(format!("runs as root (runAsUser: 0){refused}"))
            .fix(Safety::Unsafe, edit::set(container.node, PATH, &user));
    }
}
