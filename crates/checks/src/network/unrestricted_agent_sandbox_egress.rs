use super::{address::Addresses, policy::Direction};
use crate::{Check, Findings, Inventory, Node, Workload, check};

check! {
    /// ## What it finds
    /// Sandboxes and `SandboxTemplates` of the agent sandbox project whose egress no policy of the scan governs.
    /// The controller makes a policy for a `SandboxTemplate` unless it says `networkPolicyManagement: Unmanaged`; then the template is judged like any pod.
    /// A template with an egress rule of its own that allows every peer or every address is found too.
    ///
    /// ## Why it matters
    /// An agent runs code that nobody wrote or read.
    /// Without an egress policy that code reaches the cluster's services, the cloud's metadata address, and any place to send what it found.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: agents.x-k8s.io/v1alpha1
    /// kind: Sandbox
    /// metadata:
    ///   name: agent # <-
    /// spec:
    ///   podTemplate:
    ///     metadata:
    ///       labels:
    ///         app: agent
    ///     spec:
    ///       containers:
    ///         - name: agent
    /// ---
    /// apiVersion: networking.k8s.io/v1
    /// kind: NetworkPolicy
    /// metadata:
    ///   name: agent
    /// spec:
    ///   podSelector: {}
    ///   policyTypes: [Ingress]
    /// ```
    /// ```yaml fail
    /// apiVersion: extensions.agents.x-k8s.io/v1alpha1
    /// kind: SandboxTemplate
    /// metadata:
    ///   name: agent
    /// spec:
    ///   networkPolicy:
    ///     egress:
    ///       - {} # <-
    ///   podTemplate:
    ///     spec:
    ///       containers:
    ///         - name: agent
    /// ```
    /// ```yaml pass
    /// apiVersion: agents.x-k8s.io/v1alpha1
    /// kind: Sandbox
    /// metadata:
    ///   name: agent
    /// spec:
    ///   podTemplate:
    ///     metadata:
    ///       labels:
    ///         app: agent
    ///     spec:
    ///       containers:
    ///         - name: agent
    /// ---
    /// apiVersion: networking.k8s.io/v1
    /// kind: NetworkPolicy
    /// metadata:
    ///   name: agent
    /// spec:
    ///   podSelector: {}
    ///   policyTypes: [Ingress, Egress]
    /// ```
    /// ```yaml pass
    /// apiVersion: extensions.agents.x-k8s.io/v1alpha1
    /// kind: SandboxTemplate
    /// metadata:
    ///   name: agent
    /// spec:
    ///   podTemplate:
    ///     spec:
    ///       containers:
    ///         - name: agent
    /// ```
    ///
    /// ## Fix
    /// Add a NetworkPolicy with `policyTypes: [Egress]` that allows only the names and services the agent needs, or let the controller manage the policy of the `SandboxTemplate`.
    UnrestrictedAgentSandboxEgress {
        id: "unrestricted-agent-sandbox-egress",
        title: "Agent sandbox without egress policy",
        ring: Cluster,
        target: Network,
        hooks: [Inventory],
        severity: High,
        since: "0.1.0",
        controls: ["nsa:NET"],
    }
}

impl Check for UnrestrictedAgentSandboxEgress {
    fn inventory(&self, inventory: &Inventory<'_>, findings: &mut Findings<'_>) {
        const SANDBOXES: [(&str, &str); 2] = [
            ("agents.x-k8s.io", "Sandbox"),
            ("extensions.agents.x-k8s.io", "SandboxTemplate"),
        ];
        if !SANDBOXES
            .iter()
            .any(|(group, kind)| inventory.has_kind(group, kind))
        {
            return;
        }
        let is_sandbox = |workload: &&Workload<'_>| {
            SANDBOXES
                .iter()
                .any(|(group, kind)| workload.resource().is(group, kind))
        };
        let sandboxes = inventory.workloads.iter().filter(is_sandbox);
        let coverage = inventory.coverage();
        for workload in sandboxes {
            let resource = workload.resource();
            let rules = resource
                .spec
                .and_then(|spec| spec.path(&["networkPolicy", "egress"]));
            if !coverage.has(workload, Direction::Egress) {
                findings
                    .add(Self::META)
                    .about(resource)
                    .missing(resource.place(), "networkPolicy")
                    .note("runs an agent whose egress no policy governs");
            } else if let Some(rule) = rules.and_then(|rules| rules.items().find(is_open)) {
                findings
                    .add(Self::META)
                    .about(resource)
                    .at(rule)
                    .note("runs an agent that may send to everyone");
            }
        }
    }
}

fn is_open(rule: &Node<'_>) -> bool {
    let mut addresses = Addresses::default();
    for block in rule.list("to").filter_map(|peer| peer.get("ipBlock")) {
        addresses.add_ip_block(block);
    }
    let is_limited_to_ports = rule.list("ports").next().is_some();
    (rule.list("to").next().is_none() && !is_limited_to_ports) || addresses.has_every()
}
