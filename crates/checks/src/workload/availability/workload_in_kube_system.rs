use super::{
    purpose::{is_static, is_system_component},
    scale::is_owned,
};
use crate::{Check, Confidence, Findings, Workload, check};

check! {
    /// ## What it finds
    /// Workloads in the namespace `kube-system` that carry none of the marks of a part of Kubernetes: a
    /// `system-...-critical` priority class, the label `tier: control-plane`, or that of a cluster add-on.
    ///
    /// ## Why it matters
    /// The service accounts of `kube-system` have wide rights, and policies and admission checks often leave
    /// the namespace out.
    /// It is also where intruders hide.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata:
    ///   name: web
    ///   namespace: kube-system # <-
    /// spec:
    ///   template:
    ///     spec:
    ///       containers:
    ///         - name: app
    /// ```
    /// ```yaml pass
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata:
    ///   name: web
    ///   namespace: shop
    /// spec:
    ///   template:
    ///     spec:
    ///       containers:
    ///         - name: app
    /// ```
    /// ```yaml pass
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata:
    ///   name: metrics-server
    ///   namespace: kube-system
    /// spec:
    ///   template:
    ///     spec:
    ///       priorityClassName: system-cluster-critical
    ///       containers:
    ///         - name: metrics-server
    /// ```
    ///
    /// ## Fix
    /// Move the workload to a namespace of its own.
    WorkloadInKubeSystem {
        id: "workload-in-kube-system",
        title: "User workload in kube-system",
        ring: Cluster,
        target: Workload,
        hooks: [Workload],
        severity: Medium,
        since: "0.1.0",
        controls: ["nsa:NET", "mitre:T1036.005"],
    }
}

impl Check for WorkloadInKubeSystem {
    fn workload(&self, workload: &Workload<'_>, findings: &mut Findings<'_>) {
        let resource = workload.resource();
        if resource.namespace != Some("kube-system")
            || is_owned(resource)
            || is_system_component(workload)
            || is_static(&workload.pod)
        {
            return;
        }
        let stated = resource
            .metadata
            .and_then(|metadata| metadata.get("namespace"));
        if let Some(stated) = stated {
            findings
                .add(Self::META)
                .at(stated)
                .confidence(Confidence::Medium)
                .note("runs in kube-system without the marks of a part of Kubernetes");
        }
    }
}
