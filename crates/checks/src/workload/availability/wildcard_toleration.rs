use super::purpose::{is_static, is_system_component};
use crate::{Check, Findings, Severity, Workload, check};

check! {
    /// ## What it finds
    /// Tolerations with `operator: Exists` and no key: they tolerate every taint, or every taint of one effect.
    /// Low for `DaemonSet` objects, which are often there for every node; parts of Kubernetes itself are left out.
    ///
    /// ## Why it matters
    /// Taints keep pods off control-plane nodes, off the nodes of other teams, and off nodes in trouble.
    /// Such a pod runs on all of them.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    /// spec:
    ///   tolerations:
    ///     - operator: Exists # <-
    ///     - key: ""
    ///       operator: Exists # <-
    ///       effect: NoSchedule
    ///   containers:
    ///     - name: app
    /// ```
    /// ```yaml pass
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    /// spec:
    ///   tolerations:
    ///     - key: pool
    ///       operator: Exists
    ///   containers:
    ///     - name: app
    /// ```
    ///
    /// ## Fix
    /// Name the taint that the pod has to tolerate.
    WildcardToleration {
        id: "wildcard-toleration",
        title: "Tolerates every taint",
        ring: Container,
        target: Workload,
        hooks: [Workload],
        severity: Medium,
        since: "0.1.0",
        controls: ["nsa:NET", "mitre:T1610"],
    }
}

impl Check for WildcardToleration {
    fn workload(&self, workload: &Workload<'_>, findings: &mut Findings<'_>) {
        for toleration in workload.pod.spec.list("tolerations") {
            let is_keyless = toleration
                .get("key")
                .is_none_or(|key| key.text().is_empty() || key.is_null());
            let Some(operator) = toleration
                .get("operator")
                .filter(|operator| is_keyless && operator.text() == "Exists")
            else {
                continue;
            };
            if is_system_component(workload) || is_static(&workload.pod) {
                return;
            }
            let draft = findings.add(Self::META).at(operator);
            let draft = match toleration.str("effect").unwrap_or("") {
                "" => draft.note("tolerates every taint"),
                effect => draft.note(format!("tolerates every {effect} taint")),
            };
            if workload.resource().kind == "DaemonSet" {
                draft.severity(Severity::Low);
            }
        }
    }
}
