use super::{
    address::{Addresses, METADATA},
    policy::{Direction, NetworkPolicy, PolicyRule},
};
use crate::{Check, Findings, Node, Resource, Safety, check, edit};

check! {
    /// ## What it finds
    /// Egress rules of a NetworkPolicy that let pods reach the cloud's instance metadata service, `169.254.169.254` or `fd00:ec2::254`, on port 80.
    /// One finding is made for each rule, not for each pod.
    /// Pods whose egress no policy governs reach that address too; `missing-network-policy` and `partial-network-policy` find them.
    ///
    /// ## Why it matters
    /// The metadata service hands the node's cloud credentials to whoever asks from the node's network.
    /// A server-side request forgery in one pod is then enough to act as the node.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: networking.k8s.io/v1
    /// kind: NetworkPolicy
    /// metadata:
    ///   name: web
    /// spec:
    ///   podSelector: {}
    ///   policyTypes: [Egress]
    ///   egress:
    ///     - to:
    ///         - ipBlock:
    ///             cidr: 0.0.0.0/0 # <-
    ///     - ports: # <-
    ///         - port: 80
    /// ```
    /// ```yaml pass
    /// apiVersion: networking.k8s.io/v1
    /// kind: NetworkPolicy
    /// metadata:
    ///   name: web
    /// spec:
    ///   podSelector: {}
    ///   policyTypes: [Egress]
    ///   egress:
    ///     - to:
    ///         - ipBlock:
    ///             cidr: 0.0.0.0/0
    ///             except:
    ///               - 169.254.169.254/32
    ///     - ports:
    ///         - port: 443
    /// ```
    ///
    /// ## Fix
    /// Add `169.254.169.254/32` (and `fd00:ec2::254/128`) to `except` of the `ipBlock`, or name narrower blocks.
    ReachableCloudMetadata {
        id: "reachable-cloud-metadata",
        title: "Egress to the cloud metadata address not blocked",
        ring: Cloud,
        target: Network,
        hooks: [Resource],
        severity: Medium,
        since: "0.1.0",
        controls: ["nsa:NET", "mitre:T1552.005"],
    }
}

impl Check for ReachableCloudMetadata {
    fn resource(&self, resource: &Resource<'_>, findings: &mut Findings<'_>) {
        let Some(policy) = NetworkPolicy::new(resource) else {
            return;
        };
        for rule in policy.rules(Direction::Egress) {
            judge(rule, findings);
        }
    }
}

fn judge(rule: PolicyRule<'_>, findings: &mut Findings<'_>) {
    if !rule.allows_tcp(80) {
        return;
    }
    if rule.allows_every_peer() {
        findings
            .add(ReachableCloudMetadata::META)
            .at(rule.node)
            .note("allows egress to every address, that of the cloud metadata service among them");
        return;
    }
    for block in rule.ip_blocks() {
        let mut addresses = Addresses::default();
        addresses.add_ip_block(block);
        let reached = METADATA.iter().find(|address| addresses.holds(address));
        if let Some((&address, cidr)) = reached.zip(block.get("cidr")) {
            findings
                .add(ReachableCloudMetadata::META)
                .at(cidr)
                .note(format!(
                    "allows egress to {address}, the cloud metadata service"
                ))
                .fix(Safety::Unsafe, exception(block, cidr, address));
        }
    }
}

/// Leaves the address out of a block that is wider than it.
fn exception(block: Node<'_>, cidr: Node<'_>, address: &str) -> Option<Vec<ringwall_model::Edit>> {
    let length = if address.contains(':') { 128 } else { 32 };
    let is_alone = !cidr.text().contains('/') || cidr.text().ends_with(&format!("/{length}"));
    let mut except: Vec<String> = block
        .list("except")
        .map(|node| format!("\"{}\"", node.text()))
        .collect();
    except.push(format!("\"{address}/{length}\""));
    (!is_alone)
        .then(|| edit::set(block, &["except"], &format!("[{}]", except.join(", "))))
        .flatten()
}
