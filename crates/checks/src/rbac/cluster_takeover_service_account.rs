use std::collections::HashSet;

use crate::{
    Check, Findings, Inventory, check,
    home::Home,
    rbac::{
        authority::{Assignment, Authority, role_place},
        permission::lower,
        takeover::takeover,
    },
    workload::identity::service_account,
};

check! {
    /// ## What it finds
    /// Service accounts whose rights, by name or through the groups of all service accounts, end in control of the cluster.
    /// Counted are, in every namespace or in `kube-system`: to create or change pods, run commands in them, add containers to them, create tokens, impersonate, bind or escalate roles, create and read Secrets; and `nodes/proxy`, the approval of client certificates, and changes of admission.
    /// To read Secrets counts as high, with less confidence: it depends on what they hold.
    /// Without a pod in the scan that runs as the account it is reported one step lower.
    ///
    /// ## Why it matters
    /// Any pod may run as the account, and whoever breaks into one holds its token.
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
    ///     name: ci # <-
    ///     namespace: build
    /// ```
    /// ```yaml pass
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRole
    /// metadata:
    ///   name: runner
    /// rules:
    ///   - apiGroups: [""]
    ///     resources: ["pods"]
    ///     verbs: ["get"]
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
    /// ```
    /// ```yaml fail
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: Role
    /// metadata:
    ///   name: tokens
    ///   namespace: kube-system
    /// rules:
    ///   - apiGroups: [""]
    ///     resources: ["serviceaccounts/token"]
    ///     verbs: ["create"]
    /// ---
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: RoleBinding
    /// metadata:
    ///   name: tokens
    ///   namespace: kube-system
    /// roleRef:
    ///   apiGroup: rbac.authorization.k8s.io
    ///   kind: Role
    ///   name: tokens
    /// subjects:
    ///   - kind: ServiceAccount
    ///     name: ci # <-
    ///     namespace: build
    /// ---
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: runner
    ///   namespace: build
    /// spec:
    ///   serviceAccountName: ci
    ///   containers:
    ///     - name: app
    ///       image: app:1.0
    /// ```
    /// ```yaml pass
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: Role
    /// metadata:
    ///   name: tokens
    ///   namespace: build
    /// rules:
    ///   - apiGroups: [""]
    ///     resources: ["serviceaccounts/token"]
    ///     verbs: ["create"]
    /// ---
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: RoleBinding
    /// metadata:
    ///   name: tokens
    ///   namespace: build
    /// roleRef:
    ///   apiGroup: rbac.authorization.k8s.io
    ///   kind: Role
    ///   name: tokens
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
    ///   containers:
    ///     - name: app
    ///       image: app:1.0
    /// ```
    ///
    /// ## Fix
    /// Give the account a Role in the namespaces it works in, with the verbs it needs.
    ClusterTakeoverServiceAccount {
        id: "cluster-takeover-service-account",
        title: "Service account reachable from a pod can take over the cluster",
        ring: Cluster,
        target: Rbac,
        hooks: [Inventory],
        severity: Critical,
        since: "0.1.0",
        controls: ["cis:5.1.1", "cis-aks:4.1.1", "cis-eks:4.1.1", "cis-gke:4.1.1", "nsa:AUTH", "mitre:T1078.001", "mitre:T1528"],
    }
}

impl Check for ClusterTakeoverServiceAccount {
    fn inventory(&self, inventory: &Inventory<'_>, findings: &mut Findings<'_>) {
        let authority = Authority::new(inventory);
        let mut seen = HashSet::new();
        for binding in &inventory.bindings {
            for subject in &binding.subjects {
                let assignment = Assignment { binding, subject };
                let Some(account) = assignment.account() else {
                    continue;
                };
                if !seen.insert(account) {
                    continue;
                }
                let Some(takeover) = takeover(&authority, &authority.assignments(&account)) else {
                    continue;
                };
                if takeover.assignment.account().is_none() {
                    continue; // Everybody has it: the binding of the group is the finding.
                }
                let user = inventory.workloads.iter().find(|workload| {
                    service_account::name(&workload.pod) == account.name
                        && Home::of(workload.resource()).meets(&account.home)
                });
                let (users, severity) = match user {
                    Some(workload) => {
                        let resource = workload.resource();
                        let users = format!(" ({} {} runs as it)", resource.kind, resource.name);
                        (users, takeover.severity)
                    }
                    None => (String::new(), lower(takeover.severity)),
                };
                let mut draft = findings
                    .add(Self::META)
                    .at(takeover.assignment.place())
                    .caused_by(role_place(takeover.assignment.binding))
                    .severity(severity)
                    .about(&takeover.assignment.binding.resource)
                    .note(format!(
                        "lets ServiceAccount {}{users} take over the cluster: it {}",
                        account.title(),
                        takeover.means
                    ))
                    .evidence(
                        "the role that is given",
                        role_place(takeover.assignment.binding),
                    );
                for rule in &takeover.rules {
                    draft = draft
                        .evidence("the rule that allows it", rule.node)
                        .caused_by(rule.node);
                }
                if let Some(workload) = user {
                    draft = draft.evidence("a pod that runs as it", workload.pod.place());
                }
                if let Some(confidence) = takeover.confidence {
                    draft.confidence(confidence);
                }
            }
        }
    }
}
