use super::{purpose::is_static, scale::is_owned};
use crate::{Check, Findings, Workload, check};

check! {
    /// ## What it finds
    /// Pods that no controller made.
    /// Static pods and hooks of Helm are left out.
    ///
    /// ## Why it matters
    /// When its node fails or is drained, nothing brings such a pod back.
    /// It is also what somebody starts by hand to look around.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web # <-
    /// spec:
    ///   containers:
    ///     - name: app
    /// ```
    /// ```yaml pass
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web-6d4cf56db6-abcde
    ///   ownerReferences:
    ///     - apiVersion: apps/v1
    ///       kind: ReplicaSet
    ///       name: web-6d4cf56db6
    ///       uid: 36b2b1f8-1f4a-4b0c-9f6b-5a8e0f1c2d3e
    /// spec:
    ///   containers:
    ///     - name: app
    /// ```
    /// ```yaml pass
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: test-connection
    ///   annotations:
    ///     helm.sh/hook: test
    /// spec:
    ///   containers:
    ///     - name: wget
    /// ```
    ///
    /// ## Fix
    /// Make it a Deployment, or a Job where it is to finish.
    NakedPod {
        id: "naked-pod",
        title: "Pod without a controller",
        ring: Container,
        target: Workload,
        hooks: [Workload],
        severity: Low,
        since: "0.1.0",
        controls: ["mitre:T1610"],
    }
}

impl Check for NakedPod {
    fn workload(&self, workload: &Workload<'_>, findings: &mut Findings<'_>) {
        let pod = &workload.pod;
        if pod.is_naked()
            && !is_owned(&pod.resource)
            && !is_static(pod)
            && pod.annotation("helm.sh/hook").is_none()
        {
            findings
                .add(Self::META)
                .missing(pod.place(), "controller")
                .note("has no controller");
        }
    }
}
