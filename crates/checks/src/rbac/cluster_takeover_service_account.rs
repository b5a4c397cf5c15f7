use std::collections::{HashMap, HashSet, hash_map::Entry};

use crate::{
    Check, Findings, Inventory, Workload, check,
    home::Home,
    inventory::order,
    rbac::{
        authority::{Account, Assignment, Authority, Members, role_place},
        permission::lower,
        takeover::{Takeover, takeover},
    },
    workload::identity::service_account,
};

check! {
    /// ## What it finds
    /// Service accounts whose rights, by name or through groups of service accounts, end in control of the cluster.
    /// Counted are, in every namespace or in `kube-system`: to create or change pods, run commands in them, add containers to them, create tokens, impersonate, bind or escalate roles, create and read Secrets; and `nodes/proxy`, the approval of client certificates, and changes of admission.
    /// To read Secrets counts as high, with less confidence: it depends on what they hold.
    /// Where a binding names the group of a namespace, `system:serviceaccounts:NAMESPACE`, all its accounts are reported as one.
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
    /// ```yaml fail
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRoleBinding
    /// metadata:
    ///   name: kubelets
    /// roleRef:
    ///   apiGroup: rbac.authorization.k8s.io
    ///   kind: ClusterRole
    ///   name: system:kubelet-api-admin
    /// subjects:
    ///   - apiGroup: rbac.authorization.k8s.io
    ///     kind: Group
    ///     name: system:serviceaccounts:team # <-
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
        let mut found: Vec<Found<'_, '_, '_>> = Vec::new();
        // One account may be seen from several folders.
        let mut places = HashMap::new();
        for &binding in authority.bindings() {
            for subject in &binding.subjects {
                let assignment = Assignment { binding, subject };
                let Some(who) = Who::of(&assignment).filter(|who| seen.insert(*who)) else {
                    continue;
                };
                let Some(one) = who.found(inventory, &authority) else {
                    continue;
                };
                let place = std::ptr::from_ref(one.takeover.assignment.subject);
                match places.entry((place, who.title())) {
                    Entry::Vacant(entry) => {
                        entry.insert(found.len());
                        found.push(one);
                    }
                    Entry::Occupied(entry) => {
                        if let Some(known) = found.get_mut(*entry.get())
                            && known.user.is_none()
                        {
                            *known = one;
                        }
                    }
                }
            }
        }
        for one in &found {
            one.report(findings);
        }
    }
}

/// Whose rights are looked at.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Who<'a> {
    Account(Account<'a>),
    /// Every account of a namespace.
    Members(&'a str),
}

struct Found<'i, 'w, 'a> {
    who: Who<'a>,
    takeover: Takeover<'i, 'a>,
    /// A pod that runs as it.
    user: Option<&'w Workload<'a>>,
}

impl<'a> Who<'a> {
    fn of(assignment: &Assignment<'_, 'a>) -> Option<Self> {
        if let Some(account) = assignment.account() {
            return Some(Self::Account(account));
        }
        match assignment.members()? {
            Members::Of(home) => home.namespace.map(Self::Members),
            Members::Authenticated | Members::All => None, // They have a check of their own.
        }
    }

    fn title(self) -> String {
        match self {
            Self::Account(account) => format!("ServiceAccount {}", account.title()),
            Self::Members(namespace) => format!("every ServiceAccount of namespace {namespace}"),
        }
    }

    fn found<'i, 'w>(
        self,
        inventory: &'w Inventory<'a>,
        authority: &Authority<'i, 'a>,
    ) -> Option<Found<'i, 'w, 'a>> {
        let assignments = match self {
            Self::Account(account) => authority.assignments(&account),
            Self::Members(namespace) => authority.assignments_of_members(namespace),
        };
        let takeover = takeover(authority, &assignments)?;
        let is_named = takeover.assignment.account().is_some();
        if matches!(self, Self::Account(_)) && !is_named {
            return None; // Others have it too: the binding of the group is the finding.
        }
        let pods = inventory.workloads.iter().filter(|workload| {
            let home = Home::of(workload.resource());
            match self {
                Self::Account(account) => {
                    service_account::name(&workload.pod) == account.name
                        && home.meets(&account.home)
                }
                Self::Members(namespace) => home.namespace.unwrap_or("default") == namespace,
            }
        });
        Some(Found {
            who: self,
            takeover,
            user: pods.min_by_key(|workload| order(workload.resource())),
        })
    }
}

impl Found<'_, '_, '_> {
    fn report(&self, findings: &mut Findings<'_>) {
        let takeover = &self.takeover;
        let (runs, subject) = match self.who {
            Who::Account(_) => ("runs as it", "it"),
            Who::Members(_) => ("runs as one", "each"),
        };
        let (users, severity) = match self.user.map(Workload::resource) {
            Some(resource) => {
                let users = format!(" ({} {} {runs})", resource.kind, resource.name);
                (users, takeover.severity)
            }
            None => (String::new(), lower(takeover.severity)),
        };
        let mut draft = findings
            .add(ClusterTakeoverServiceAccount::META)
            .at(takeover.assignment.place())
            .caused_by(role_place(takeover.assignment.binding))
            .severity(severity)
            .about(&takeover.assignment.binding.resource)
            .note(format!(
                "lets {}{users} take over the cluster: {subject} {}",
                self.who.title(),
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
        if let Some(workload) = self.user {
            draft = draft.evidence(format!("a pod that {runs}"), workload.pod.place());
        }
        if let Some(confidence) = takeover.confidence {
            draft.confidence(confidence);
        }
    }
}
