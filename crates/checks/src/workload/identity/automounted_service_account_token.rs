use crate::{
    Check, ForWorkload, Inventory, Safety, Severity, check, edit,
    home::Home,
    rbac::authority::{Account, Authority},
    workload::identity::service_account::{self, Accounts},
};

check! {
    /// ## What it finds
    /// Pods into which the token of their service account is mounted: neither the pod nor the ServiceAccount in the scan says `automountServiceAccountToken: false`, or the pod says `true`.
    /// The field of the pod wins over that of the ServiceAccount.
    /// A pod that asks for the token of an account which gives it to nobody else, and to which a binding of the scan gives rights, is reported as info: somebody meant it so.
    ///
    /// ## Why it matters
    /// Most programs never call the API, but whoever breaks into one finds a valid token in `/var/run/secrets/kubernetes.io/serviceaccount`.
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
    /// kind: ServiceAccount
    /// metadata:
    ///   name: web
    /// automountServiceAccountToken: false
    /// ---
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    /// spec:
    ///   serviceAccountName: web
    ///   automountServiceAccountToken: true # <-
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
    ///   automountServiceAccountToken: false
    ///   containers:
    ///     - name: app
    ///       image: app:1.0
    /// ```
    /// ```yaml pass
    /// apiVersion: v1
    /// kind: ServiceAccount
    /// metadata:
    ///   name: web
    /// automountServiceAccountToken: false
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
    ///
    /// ## Fix
    /// Set `automountServiceAccountToken: false` for the pod if the program does not call the API.
    AutomountedServiceAccountToken {
        id: "automounted-service-account-token",
        title: "API token is mounted automatically",
        ring: Cluster,
        target: Workload,
        hooks: [WorkloadAmong],
        severity: Medium,
        since: "0.1.0",
        controls: ["cis:5.1.6", "cis-aks:4.1.6", "cis-eks:4.1.6", "cis-gke:4.1.5", "nsa:AUTH", "mitre:T1528"],
    }
}

const FIELD: &str = "automountServiceAccountToken";

impl Check for AutomountedServiceAccountToken {
    fn workload_among<'i, 'a>(&self, inventory: &'i Inventory<'a>) -> ForWorkload<'i, 'a> {
        let accounts = Accounts::new(inventory);
        let authority = Authority::new(inventory);
        Box::new(move |workload, findings| {
            let pod = &workload.pod;
            if !accounts.mount_token(pod) {
                return;
            }
            let asked = pod.spec.get(FIELD).filter(|field| field.is_true());
            let is_meant = asked.is_some() && accounts.wait_to_be_asked(pod) && {
                let account = Account {
                    name: service_account::name(pod),
                    home: Home::of(&pod.resource),
                };
                let mut assignments = authority.assignments(&account).into_iter();
                assignments.any(|it| it.account().is_some())
            };
            let mut draft = findings.add(Self::META);
            if is_meant {
                draft = draft.severity(Severity::Info);
            }
            let draft = match asked {
                Some(field) => draft.at(field),
                None => draft.missing(pod.place(), FIELD),
            };
            draft
                .note(format!(
                    "gets the token of the service account {} mounted",
                    service_account::name(pod)
                ))
                .fix(Safety::Unsafe, edit::set(pod.spec, &[FIELD], "false"));
        })
    }
}
