use super::image_repository::is_image_of;
use crate::{Check, Confidence, Container, Findings, Inventory, Node, check};

check! {
    /// ## What it finds
    /// Network plugins in the scan that do not enforce `NetworkPolicies`: flannel alone, and the AWS VPC plugin without its network policy agent or with `--enable-network-policy=false`.
    /// Nothing is said where the scan also holds an enforcer: Calico, Canal, Cilium, Antrea, kube-router, Weave Net, kube-network-policies.
    /// Which plugin a cluster runs cannot be seen in a scan that does not hold it.
    ///
    /// ## Why it matters
    /// The API server accepts `NetworkPolicies` whether or not anyone enforces them.
    /// On such a cluster they are decoration.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: apps/v1
    /// kind: DaemonSet
    /// metadata:
    ///   name: kube-flannel-ds
    ///   namespace: kube-flannel
    /// spec:
    ///   selector:
    ///     matchLabels:
    ///       app: flannel
    ///   template:
    ///     metadata:
    ///       labels:
    ///         app: flannel
    ///     spec:
    ///       containers:
    ///         - name: kube-flannel
    ///           image: ghcr.io/flannel-io/flannel:v0.26.1 # <-
    /// ```
    /// ```yaml fail
    /// apiVersion: apps/v1
    /// kind: DaemonSet
    /// metadata:
    ///   name: aws-node
    ///   namespace: kube-system
    /// spec:
    ///   selector:
    ///     matchLabels:
    ///       k8s-app: aws-node
    ///   template:
    ///     metadata:
    ///       labels:
    ///         k8s-app: aws-node
    ///     spec:
    ///       containers:
    ///         - name: aws-node
    ///           image: 602401143452.dkr.ecr.us-west-2.amazonaws.com/amazon-k8s-cni:v1.19.0
    ///         - name: aws-eks-nodeagent
    ///           image: 602401143452.dkr.ecr.us-west-2.amazonaws.com/amazon/aws-network-policy-agent:v1.1.5
    ///           args:
    ///             - --enable-network-policy=false # <-
    /// ```
    /// ```yaml pass
    /// apiVersion: apps/v1
    /// kind: DaemonSet
    /// metadata:
    ///   name: canal
    ///   namespace: kube-system
    /// spec:
    ///   selector:
    ///     matchLabels:
    ///       k8s-app: canal
    ///   template:
    ///     metadata:
    ///       labels:
    ///         k8s-app: canal
    ///     spec:
    ///       containers:
    ///         - name: calico-node
    ///           image: quay.io/calico/node:v3.29.0
    ///         - name: kube-flannel
    ///           image: ghcr.io/flannel-io/flannel:v0.26.1
    /// ```
    ///
    /// ## Fix
    /// Install a plugin that enforces `NetworkPolicies` (Calico, Cilium, Antrea), or turn the enforcement of the one in use on.
    UnenforcedNetworkPolicy {
        id: "unenforced-network-policy",
        title: "CNI in use does not enforce NetworkPolicy",
        ring: Cluster,
        target: Network,
        hooks: [Inventory],
        severity: Medium,
        since: "0.1.0",
        controls: ["cis:5.3.1", "cis-aks:4.4.1", "cis-eks:4.3.1", "cis-gke:4.3.1", "nsa:NET"],
    }
}

const ENFORCERS: &[&str] = &[
    "calico/node",
    "mirrored-calico-node",
    "cilium/cilium",
    "antrea/antrea-agent-ubuntu",
    "antrea/antrea-agent-ubi",
    "antrea/antrea-ubuntu",
    "cloudnativelabs/kube-router",
    "weaveworks/weave-npc",
    "kube-network-policies",
    "azure-npm",
];
const FLANNEL: &[&str] = &[
    "flannel-io/flannel",
    "flannel/flannel",
    "coreos/flannel",
    "flannelcni/flannel",
];
const AWS: &[&str] = &["amazon-k8s-cni"];
const AWS_AGENT: &[&str] = &["aws-network-policy-agent"];

impl Check for UnenforcedNetworkPolicy {
    fn inventory(&self, inventory: &Inventory<'_>, findings: &mut Findings<'_>) {
        let containers = || {
            let workloads = inventory.workloads.iter();
            workloads.flat_map(ringwall_input::kubernetes::Workload::long_running)
        };
        if containers().any(|container| is_image_of(container, ENFORCERS)) {
            return;
        }
        let agents: Vec<&Container<'_>> = containers()
            .filter(|container| is_image_of(container, AWS_AGENT))
            .collect();
        for container in containers() {
            let place = if is_image_of(container, FLANNEL)
                || (is_image_of(container, AWS) && agents.is_empty())
            {
                container.image
            } else if is_image_of(container, AWS_AGENT) {
                switched_off(container)
            } else {
                None
            };
            if let Some(place) = place {
                findings
                    .add(Self::META)
                    .about_container(container)
                    .at(place)
                    .note("is a network plugin that does not enforce NetworkPolicies")
                    .confidence(Confidence::Medium);
            }
        }
    }
}

fn switched_off<'a>(container: &Container<'a>) -> Option<Node<'a>> {
    container
        .command_line()
        .find(|argument| argument.text() == "--enable-network-policy=false")
}
