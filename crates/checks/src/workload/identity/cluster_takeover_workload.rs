use std::collections::HashMap;

use crate::{
    Check, Confidence, Findings, Inventory, check,
    home::Home,
    rbac::{
        authority::{Account, Authority, role_place},
        takeover::takeover,
    },
    workload::identity::service_account::{self, Accounts},
};

check! {
    /// ## What it finds
    /// Pods with a token of a service account whose rights end in control of the cluster.
    /// Which rights these are is on the page of `cluster-takeover-service-account`.
    /// A pod without the token (`automountServiceAccountToken: false`, for the pod or its ServiceAccount) is not reported, unless it projects one itself.
    ///
    /// ## Why it matters
    /// Whoever breaks into the pod reads the token and holds the cluster; the image, its dependencies and its network exposure become part of the control plane.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRole
    /// metadata:
    ///   name: runner
    /// rules:
    ///   - apiGroups: [""]
    ///     resources: ["pods"]
    ///     verbs: ["create"]
    /// ---
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRoleBinding
    /// metadata:
    ///   name: runner
    /// roleRef:
    ///   apiGroup: rbac.authorization.k8s.io
    ///   kind: ClusterRole
    ///   name: runner
    /// subjects:
    ///   - kind: ServiceAccount
    ///     name: ci
    ///     namespace: build
    /// ---
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: runner
    ///   namespace: build
    /// spec:
    ///   serviceAccountName: ci # <-
    ///   containers:
    ///     - name: app
    ///       image: app:1.0
    /// ```
    /// ```yaml pass
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRole
    /// metadata:
    ///   name: runner
    /// rules:
    ///   - apiGroups: [""]
    ///     resources: ["pods"]
    ///     verbs: ["create"]
    /// ---
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRoleBinding
    /// metadata:
    ///   name: runner
    /// roleRef:
    ///   apiGroup: rbac.authorization.k8s.io
    ///   kind: ClusterRole
    ///   name: runner
    /// subjects:
    ///   - kind: ServiceAccount
    ///     name: ci
    ///     namespace: build
    /// ---
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: runner
    ///   namespace: build
    /// spec:
    ///   serviceAccountName: ci
    ///   automountServiceAccountToken: false
    ///   containers:
    ///     - name: app
    ///       image: app:1.0
    /// ```
    /// ```yaml pass
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRole
    /// metadata:
    ///   name: runner
    /// rules:
    ///   - apiGroups: [""]
    ///     resources: ["pods"]
    ///     verbs: ["create"]
    /// ---
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRoleBinding
    /// metadata:
    ///   name: runner
    /// roleRef:
    ///   apiGroup: rbac.authorization.k8s.io
    ///   kind: ClusterRole
    ///   name: runner
    /// subjects:
    ///   - kind: ServiceAccount
    ///     name: ci
    ///     namespace: build
    /// ---
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: runner
    ///   namespace: other
    /// spec:
    ///   serviceAccountName: ci
    ///   containers:
    ///     - name: app
    ///       image: app:1.0
    /// ```
    ///
    /// ## Fix
    /// Give the service account a Role in the namespaces it works in, with the verbs it needs, or set `automountServiceAccountToken: false` if the program does not call the API.
    ClusterTakeoverWorkload {
        id: "cluster-takeover-workload",
        title: "Workload's service account can take over the cluster",
        ring: Cluster,
        target: Workload,
        hooks: [Inventory],
        severity: Critical,
        since: "0.1.0",
        controls: ["cis:5.1.1", "cis-aks:4.1.1", "cis-eks:4.1.1", "cis-gke:4.1.1", "nsa:AUTH", "mitre:T1528", "mitre:T1078.001"],
    }
}

impl Check for ClusterTakeoverWorkload {
    fn inventory(&self, inventory: &Inventory<'_>, findings: &mut Findings<'_>) {
        if inventory.bindings.is_empty() {
            return;
        }
        let authority = Authority::new(inventory);
        let accounts = Accounts::new(inventory);
        // Many pods share an account.
        let mut takeovers = HashMap::new();
        for workload in &inventory.workloads {
            let pod = &workload.pod;
            let account = Account {
                name: service_account::name(pod),
                home: Home::of(workload.resource()),
            };
            let takeover = takeovers
                .entry(account)
                .or_insert_with(|| takeover(&authority, &authority.assignments(&account)));
            let Some(takeover) = takeover.as_ref().filter(|_| accounts.give_token(pod)) else {
                continue;
            };
            let field = service_account::written(pod, "serviceAccountName")
                .or_else(|| service_account::written(pod, "serviceAccount"));
            let binding = takeover.assignment.binding;
            let draft = findings.add(Self::META);
            let draft = match field {
                Some(field) => draft.at(field),
                None => draft.missing(pod.place(), "serviceAccountName"),
            };
            let mut draft = draft
                .caused_by(role_place(binding))
                .severity(takeover.severity)
                .about(workload.resource())
                .note(format!(
                    "can take over the cluster: its service account {} {}",
                    account.name, takeover.means
                ))
                .evidence("the binding", takeover.assignment.place())
                .evidence("the role that is given", role_place(binding));
            for rule in &takeover.rules {
                draft = draft
                    .evidence("the rule that allows it", rule.node)
                    .caused_by(rule.node);
            }
            // Without a namespace in the manifest, `default` of another folder is only likely the same.
            let is_elsewhere = workload.resource().namespace.is_none()
                && workload.resource().folder() != binding.resource.folder();
            let assumed = is_elsewhere.then_some(Confidence::Medium);
            if let Some(confidence) = takeover.confidence.or(assumed) {
                draft.confidence(confidence);
            }
        }
    }
}
