use crate::{Check, Container, Findings, Safety, Workload, check, edit};

check! {
    /// ## What it finds
    /// The group 0 as `runAsGroup` of a container or its pod, among `supplementalGroups`, or as `fsGroup`.
    ///
    /// ## Why it matters
    /// Group 0 owns files of many images and of the node, and often may write to them.
    /// A `fsGroup` of 0 gives the pod's volumes to that group.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    /// spec:
    ///   securityContext:
    ///     fsGroup: 0 # <-
    ///     supplementalGroups:
    ///       - 2000
    ///       - 0 # <-
    ///   containers:
    ///     - name: app
    ///       securityContext:
    ///         runAsGroup: 0 # <-
    /// ```
    /// ```yaml pass
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    /// spec:
    ///   securityContext:
    ///     fsGroup: 2000
    ///     supplementalGroups:
    ///       - 2000
    ///   containers:
    ///     - name: app
    ///       securityContext:
    ///         runAsGroup: 10001
    /// ```
    ///
    /// ## Fix
    /// Use a group of the program's own, above 10000, and give its files to that group.
    RootGroupId {
        id: "root-group-id",
        title: "Primary, supplementary or fsGroup GID is 0",
        ring: Container,
        target: Workload,
        hooks: [Workload, Container],
        severity: Low,
        since: "0.1.0",
        controls: ["nsa:POD"],
    }
}

impl Check for RootGroupId {
    fn workload(&self, workload: &Workload<'_>, findings: &mut Findings<'_>) {
        let pod = &workload.pod;
        let Some(context) = pod.security_context else {
            return;
        };
        let group = findings
            .settings()
            .min_user_id
            .saturating_add(1)
            .to_string();
        if let Some(field) = pod.security("fsGroup")
            && field.as_i64() == Some(0)
        {
            findings
                .add(Self::META)
                .at(field)
                .note("gives its volumes to root's group (fsGroup: 0)")
                .fix(Safety::Unsafe, edit::set(context, &["fsGroup"], &group));
        }
        let Some(groups) = pod.security("supplementalGroups") else {
            return;
        };
        for item in groups.items().filter(|item| item.as_i64() == Some(0)) {
            findings
                .add(Self::META)
                .at(item)
                .note("runs with root's group among supplementalGroups (0)")
                .fix(Safety::Unsafe, edit::remove_item(groups, item));
        }
    }

    fn container(&self, container: &Container<'_>, findings: &mut Findings<'_>) {
        let Some(field) = container.security("runAsGroup") else {
            return;
        };
        if field.as_i64() == Some(0) {
            let group = findings
                .settings()
                .min_user_id
                .saturating_add(1)
                .to_string();
            let path = ["securityContext", "runAsGroup"];
            findings
                .add(Self::META)
                .at(field)
                .note("runs with root's group (runAsGroup: 0)")
                .fix(Safety::Unsafe, edit::set(container.node, &path, &group));
        }
    }
}
