use crate::{Check, Findings, Safety, Workload, check, edit};

check! {
    /// ## What it finds
    /// Pods with entries in `hostAliases`.
    ///
    /// ## Why it matters
    /// The entries go into `/etc/hosts` of every container and win over DNS.
    /// A wrong or planted one sends traffic for a trusted name to another address, and nobody sees it in the DNS.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    /// spec:
    ///   hostAliases: # <-
    ///     - ip: 10.1.2.3
    ///       hostnames: [api.example.com]
    ///   containers:
    ///     - name: app
    /// ```
    /// ```yaml pass
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    /// spec:
    ///   hostAliases: []
    ///   containers:
    ///     - name: app
    /// ```
    ///
    /// ## Fix
    /// Remove `hostAliases`, and give the name an entry in the DNS or a Service of type `ExternalName`.
    HostAliases {
        id: "host-aliases",
        title: "hostAliases rewrites /etc/hosts",
        ring: Container,
        target: Workload,
        hooks: [Workload],
        severity: Low,
        since: "0.1.0",
        controls: ["nsa:POD"],
    }
}

impl Check for HostAliases {
    fn workload(&self, workload: &Workload<'_>, findings: &mut Findings<'_>) {
        let pod = &workload.pod;
        let Some(aliases) = pod.field(["hostAliases"]) else {
            return;
        };
        let count = aliases.items().count();
        if count > 0 {
            findings
                .add(Self::META)
                .at(aliases)
                .note(format!(
                    "writes {count} {} into /etc/hosts of its containers",
                    if count == 1 { "entry" } else { "entries" }
                ))
                .fix(Safety::Unsafe, edit::remove(pod.spec, "hostAliases"));
        }
    }
}
