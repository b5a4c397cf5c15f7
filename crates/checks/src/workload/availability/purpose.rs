//! What a pod is there for: to serve until stopped, or to finish; and whether it is part of Kubernetes itself.

use crate::{Pod, Workload};

/// Whether a pod is meant to run until it is stopped; the others need no probes.
pub(super) fn serves(pod: &Pod<'_>) -> bool {
    let ends = matches!(
        pod.resource.group(),
        "batch" | "jobset.x-k8s.io" | "kubeflow.org" | "tekton.dev"
    );
    // The operator of Ray adds its own probes.
    let is_probed_anyway = pod.resource.group() == "ray.io";
    let policy = pod.field(["restartPolicy"]);
    let is_restarted = policy.is_none_or(|policy| !matches!(policy.text(), "Never" | "OnFailure"));
    !ends && !is_probed_anyway && is_restarted
}

/// Whether a pod carries the marks of a component of Kubernetes or one of its add-ons.
pub(super) fn is_system_component(workload: &Workload<'_>) -> bool {
    let pod = &workload.pod;
    let is_critical = pod.field(["priorityClassName"]).is_some_and(|class| {
        matches!(
            class.text(),
            "system-cluster-critical" | "system-node-critical"
        )
    });
    let resource = workload.resource();
    let label = |key: &str| {
        pod.labels()
            .and_then(|labels| labels.get(key))
            .or_else(|| resource.label(key))
    };
    is_critical
        || label("tier").is_some_and(|tier| tier.text() == "control-plane")
        || label("kubernetes.io/cluster-service").is_some_and(|label| label.text() == "true")
        || label("addonmanager.kubernetes.io/mode").is_some()
}

/// Whether a pod is the picture of one that the kubelet runs from a file.
pub(super) fn is_static(pod: &Pod<'_>) -> bool {
    pod.annotation("kubernetes.io/config.mirror").is_some()
        || pod
            .annotation("kubernetes.io/config.source")
            .is_some_and(|source| source.text() != "api")
}
