use crate::{Check, Findings, Workload, check, workload::identity::service_account};

check! {
    /// ## What it finds
    /// Pods that run as the service account `default`: they name it, or name none.
    ///
    /// ## Why it matters
    /// All pods of a namespace that name no account share `default`, so a right given to it for one of them is given to all, and the audit log cannot tell them apart.
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
    ///       image: app:1.0
    /// ```
    /// ```yaml fail
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    /// spec:
    ///   serviceAccountName: default # <-
    ///   containers:
    ///     - name: app
    ///       image: app:1.0
    /// ```
    /// ```yaml fail
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata:
    ///   name: web
    /// spec:
    ///   template:
    ///     spec: # <-
    ///       serviceAccountName: ""
    ///       containers:
    ///         - name: app
    /// ```
    /// ```yaml pass
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    /// spec:
    ///   serviceAccountName: web
    ///   containers:
    ///     - name: app
    ///       image: app:1.0
    /// ```
    /// ```yaml pass
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata:
    ///   name: web
    /// spec:
    ///   template:
    ///     spec:
    ///       serviceAccount: web
    ///       containers:
    ///         - name: app
    /// ```
    ///
    /// ## Fix
    /// Create a service account for the program, and set it as `serviceAccountName`.
    DefaultServiceAccount {
        id: "default-service-account",
        title: "Workload uses the default service account",
        ring: Cluster,
        target: Workload,
        hooks: [Workload],
        severity: Low,
        since: "0.1.0",
        controls: ["cis:5.1.5", "cis-aks:4.1.5", "cis-eks:4.1.5", "cis-gke:4.1.4", "nsa:AUTH", "mitre:T1078.001"],
    }
}

impl Check for DefaultServiceAccount {
    fn workload(&self, workload: &Workload<'_>, findings: &mut Findings<'_>) {
        let pod = &workload.pod;
        if service_account::name(pod) != "default" {
            return;
        }
        let written = service_account::written(pod, "serviceAccountName")
            .or_else(|| service_account::written(pod, "serviceAccount"));
        match written {
            Some(field) => findings
                .add(Self::META)
                .at(field)
                .note("runs as the service account default"),
            None => findings
                .add(Self::META)
                .missing(pod.place(), "serviceAccountName")
                .note("names no service account, so it runs as default"),
        };
    }
}
