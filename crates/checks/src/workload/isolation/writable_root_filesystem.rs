use crate::{Check, Container, Findings, Safety, check, edit};

check! {
    /// ## What it finds
    /// Containers without `readOnlyRootFilesystem: true`.
    /// Windows pods are left out: they cannot have it.
    ///
    /// ## Why it matters
    /// Whoever breaks into a container with a writable root file system can replace its programs and bring tools along.
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
    ///         readOnlyRootFilesystem: false # <-
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
    ///         readOnlyRootFilesystem: true
    /// ```
    /// ```yaml pass
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: windows
    /// spec:
    ///   os:
    ///     name: windows
    ///   containers:
    ///     - name: app
    /// ```
    ///
    /// ## Fix
    /// Set `securityContext.readOnlyRootFilesystem: true`, and mount an `emptyDir` volume where the program writes, such as `/tmp`.
    WritableRootFilesystem {
        id: "writable-root-filesystem",
        title: "Root filesystem is writable",
        ring: Container,
        target: Workload,
        hooks: [Container],
        severity: Medium,
        since: "0.1.0",
        controls: ["nsa:POD"],
    }
}

const PATH: &[&str] = &["securityContext", "readOnlyRootFilesystem"];

impl Check for WritableRootFilesystem {
    fn container(&self, container: &Container<'_>, findings: &mut Findings<'_>) {
        if container.pod.is_windows() {
            return;
        }
        let field = container.own_security("readOnlyRootFilesystem");
        if field.is_some_and(|field| !field.is_false()) {
            return;
        }
        let draft = findings
            .add(Self::META)
            .fix(Safety::Unsafe, edit::set(container.node, PATH, "true"));
        match field {
            Some(field) => draft
                .at(field)
                .note("has a writable root file system (readOnlyRootFilesystem: false)"),
            None => draft
                .missing(container.security_place(), "securityContext")
                .note("has a writable root file system: readOnlyRootFilesystem is not set"),
        };
    }
}
