use crate::{Check, Findings, Node, Workload, check};

check! {
    /// ## What it finds
    /// Pods that use the DNS of the cluster without `dnsConfig.options`.
    /// Pods with another `dnsPolicy`, in the network of the host, or on Windows are left out.
    ///
    /// ## Why it matters
    /// The default `ndots:5` makes every look-up of an outside name several, each of which leaves the pod:
    /// load on the DNS service, and names that tell where the pod runs.
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
    ///   name: web
    /// spec:
    ///   dnsConfig:
    ///     options:
    ///       - name: ndots
    ///         value: "2"
    ///   containers:
    ///     - name: app
    /// ---
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: agent
    /// spec:
    ///   dnsPolicy: Default
    ///   containers:
    ///     - name: app
    /// ```
    ///
    /// ## Fix
    /// Set the option `ndots` to `"2"`, where the program names services with their namespace or in full.
    UnsetDnsConfigOptions {
        id: "unset-dns-config-options",
        title: "dnsConfig options unset",
        ring: Code,
        target: Workload,
        hooks: [Workload],
        severity: Info,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for UnsetDnsConfigOptions {
    fn workload(&self, workload: &Workload<'_>, findings: &mut Findings<'_>) {
        let pod = &workload.pod;
        let is_on_host_network = pod.field(["hostNetwork"]).is_some_and(Node::is_true);
        let uses_cluster = match pod.field(["dnsPolicy"]).map_or("", Node::text) {
            "" | "ClusterFirst" => !is_on_host_network,
            "ClusterFirstWithHostNet" => true,
            _ => false,
        };
        let mut options = pod.field(["dnsConfig", "options"]).into_iter();
        let has_options = options.any(|options| options.items().next().is_some());
        if uses_cluster && !has_options && !pod.is_windows() {
            findings
                .add(Self::META)
                .missing(pod.place(), "dnsConfig")
                .note("has no dnsConfig.options: ndots stays at 5");
        }
    }
}
