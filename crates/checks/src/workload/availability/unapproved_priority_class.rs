use crate::{Check, ForWorkload, Inventory, Node, check};

check! {
    /// ## What it finds
    /// Pods without `priorityClassName`, unless a priority class of the scan is the default; and pods with a
    /// class that is not on the configured list.
    ///
    /// ## Why it matters
    /// Pods of a higher class push others off their nodes.
    /// Without classes a test job may keep the shop from starting; with one that was not agreed on, too.
    ///
    /// ## Examples
    /// ```yaml fail allowed_priority_classes=normal,high
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web # <-
    /// spec:
    ///   containers:
    ///     - name: app
    /// ---
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: greedy
    /// spec:
    ///   priorityClassName: system-cluster-critical # <-
    ///   containers:
    ///     - name: app
    /// ```
    /// ```yaml pass allowed_priority_classes=normal,high
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    /// spec:
    ///   priorityClassName: normal
    ///   containers:
    ///     - name: app
    /// ```
    /// ```yaml pass
    /// apiVersion: scheduling.k8s.io/v1
    /// kind: PriorityClass
    /// metadata:
    ///   name: normal
    /// value: 1000
    /// globalDefault: true
    /// ---
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    /// spec:
    ///   containers:
    ///     - name: app
    /// ```
    ///
    /// ## Fix
    /// Set `priorityClassName` to one of the classes that the platform offers.
    UnapprovedPriorityClass {
        id: "unapproved-priority-class",
        title: "Priority class unset or outside the accepted list",
        ring: Container,
        target: Workload,
        hooks: [WorkloadAmong],
        severity: Info,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for UnapprovedPriorityClass {
    fn workload_among<'i, 'a>(&self, inventory: &'i Inventory<'a>) -> ForWorkload<'i, 'a> {
        let default = inventory
            .of_kind("scheduling.k8s.io", "PriorityClass")
            .find(|class| class.node.get("globalDefault").is_some_and(Node::is_true));
        Box::new(move |workload, findings| {
            let allowed = &findings.settings().allowed_priority_classes;
            let is_allowed =
                |name: &str| allowed.is_empty() || allowed.iter().any(|allowed| allowed == name);
            let stated = workload
                .pod
                .field(["priorityClassName"])
                .filter(|class| !class.text().is_empty() && !class.is_null());
            match (stated, default) {
                (Some(class), _) if !is_allowed(class.text()) => {
                    findings.add(Self::META).at(class).note(format!(
                        "has the priority class {}, which is not on the list",
                        class.text()
                    ));
                }
                (None, None) => {
                    findings
                        .add(Self::META)
                        .missing(workload.pod.place(), "priorityClassName")
                        .note("has no priority class");
                }
                (None, Some(default)) if !is_allowed(default.name) => {
                    findings
                        .add(Self::META)
                        .missing(workload.pod.place(), "priorityClassName")
                        .note(format!(
                            "gets the default priority class {}, which is not on the list",
                            default.name
                        ));
                }
                _ => {}
            }
        })
    }
}
