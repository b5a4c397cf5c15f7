use crate::{
    Check, Confidence, ForWorkload, Inventory, check, home::Home,
    workload::identity::service_account,
};

check! {
    /// ## What it finds
    /// Pods that name a service account which is not in the scan, although the scan holds `ServiceAccounts`.
    /// Where none of these is in the pod's namespace, it is reported with low confidence.
    /// `default` is there in every namespace.
    ///
    /// ## Why it matters
    /// Without the service account the API server refuses the pod, and a Deployment stays without pods.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: v1
    /// kind: ServiceAccount
    /// metadata:
    ///   name: web
    /// ---
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    /// spec:
    ///   serviceAccountName: webb # <-
    ///   containers:
    ///     - name: app
    ///       image: app:1.0
    /// ```
    /// ```yaml pass
    /// apiVersion: v1
    /// kind: ServiceAccount
    /// metadata:
    ///   name: web
    /// ---
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
    /// apiVersion: v1
    /// kind: ServiceAccount
    /// metadata:
    ///   name: web
    /// ---
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    /// spec:
    ///   containers:
    ///     - name: app
    ///       image: app:1.0
    /// ```
    /// ```yaml pass
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    /// spec:
    ///   serviceAccountName: elsewhere
    ///   containers:
    ///     - name: app
    ///       image: app:1.0
    /// ```
    ///
    /// ## Fix
    /// Correct the name, or add the ServiceAccount.
    DanglingServiceAccount {
        id: "dangling-service-account",
        title: "Referenced service account is not in the input set",
        ring: Code,
        target: Workload,
        hooks: [WorkloadAmong],
        severity: Medium,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for DanglingServiceAccount {
    fn workload_among<'i, 'a>(&self, inventory: &'i Inventory<'a>) -> ForWorkload<'i, 'a> {
        let are_kept_elsewhere = !inventory.has_kind("", "ServiceAccount");
        let accounts_stand = inventory.homes("", "ServiceAccount");
        Box::new(move |workload, findings| {
            if are_kept_elsewhere {
                return;
            }
            let pod = &workload.pod;
            let resource = workload.resource();
            let name = service_account::name(pod);
            let mut named = inventory.named("", "ServiceAccount", name, resource);
            if name == "default" || named.next().is_some() {
                return;
            }
            let confidence = if accounts_stand.any_meets(&Home::of(resource)) {
                Confidence::Medium
            } else {
                Confidence::Low
            };
            let field = service_account::written(pod, "serviceAccountName")
                .or_else(|| service_account::written(pod, "serviceAccount"));
            findings
                .add(Self::META)
                .at(field.unwrap_or(pod.spec))
                .confidence(confidence)
                .note(format!(
                    "names the service account {name}, which is not there"
                ));
        })
    }
}
