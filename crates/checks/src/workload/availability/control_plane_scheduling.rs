use super::purpose::{is_static, is_system_component};
use crate::{Check, Findings, Node, Severity, Workload, check};

check! {
    /// ## What it finds
    /// Pods that tolerate the taint of control-plane nodes, or ask for such nodes.
    /// Low for `DaemonSet` objects, which often watch every node; parts of Kubernetes itself are left out.
    ///
    /// ## Why it matters
    /// Whoever breaks out of such a pod stands on the node that holds the keys of the cluster.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    /// spec:
    ///   tolerations:
    ///     - key: node-role.kubernetes.io/control-plane # <-
    ///       operator: Exists
    ///       effect: NoSchedule
    ///   nodeSelector:
    ///     node-role.kubernetes.io/master: "" # <-
    ///   affinity:
    ///     nodeAffinity:
    ///       requiredDuringSchedulingIgnoredDuringExecution:
    ///         nodeSelectorTerms:
    ///           - matchExpressions:
    ///               - key: node-role.kubernetes.io/control-plane # <-
    ///                 operator: Exists
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
    ///   affinity:
    ///     nodeAffinity:
    ///       requiredDuringSchedulingIgnoredDuringExecution:
    ///         nodeSelectorTerms:
    ///           - matchExpressions:
    ///               - key: node-role.kubernetes.io/control-plane
    ///                 operator: DoesNotExist
    ///   containers:
    ///     - name: app
    /// ```
    ///
    /// ## Fix
    /// Remove the toleration or the selector, and let the workload run on worker nodes.
    ControlPlaneScheduling {
        id: "control-plane-scheduling",
        title: "Tolerates or selects control-plane nodes",
        ring: Container,
        target: Workload,
        hooks: [Workload],
        severity: Medium,
        since: "0.1.0",
        controls: ["nsa:NET", "mitre:T1610"],
    }
}

fn is_control_plane(key: Node<'_>) -> bool {
    matches!(
        key.text(),
        "node-role.kubernetes.io/control-plane" | "node-role.kubernetes.io/master"
    )
}

impl Check for ControlPlaneScheduling {
    fn workload(&self, workload: &Workload<'_>, findings: &mut Findings<'_>) {
        let pod = &workload.pod;
        let tolerations = pod.spec.list("tolerations").filter_map(|item| {
            let key = item.get("key")?;
            is_control_plane(key).then_some((key, "tolerates the taint of control-plane nodes"))
        });
        let selector = pod
            .field(["nodeSelector"])
            .into_iter()
            .flat_map(Node::written_entries)
            .filter(|(key, _)| is_control_plane(*key))
            .map(|(_, value)| (value, "selects control-plane nodes"));
        let affinity = pod
            .field(["affinity", "nodeAffinity"])
            .into_iter()
            .flat_map(terms)
            .flat_map(|term| term.list("matchExpressions"))
            .filter(|expression| matches!(expression.str("operator"), Some("Exists" | "In")))
            .filter_map(|expression| expression.get("key"))
            .filter(|key| is_control_plane(*key))
            .map(|key| (key, "has an affinity to control-plane nodes"));
        for (place, what) in tolerations.chain(selector).chain(affinity) {
            if is_system_component(workload) || is_static(pod) {
                return;
            }
            let draft = findings.add(Self::META).at(place).note(what);
            if pod.resource.kind == "DaemonSet" {
                draft.severity(Severity::Low);
            }
        }
    }
}

fn terms(affinity: Node<'_>) -> impl Iterator<Item = Node<'_>> {
    let required = affinity
        .get("requiredDuringSchedulingIgnoredDuringExecution")
        .into_iter()
        .flat_map(|required| required.list("nodeSelectorTerms"));
    let preferred = affinity
        .list("preferredDuringSchedulingIgnoredDuringExecution")
        .filter_map(|term| term.get("preference"));
    required.chain(preferred)
}
