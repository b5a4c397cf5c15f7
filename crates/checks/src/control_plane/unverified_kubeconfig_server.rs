use super::kubeconfig::Kubeconfig;
use crate::{Check, Findings, Node, Resource, check};

check! {
    /// ## What it finds
    /// kubeconfig files whose current context has a server with `insecure-skip-tls-verify: true`.
    ///
    /// ## Why it matters
    /// Anyone on the way can be the server: a client hands over its credential, and the API server believes the webhook that an attacker runs.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: v1
    /// kind: Config
    /// clusters:
    ///   - name: main
    ///     cluster:
    ///       server: https://api.example.com:6443
    ///       insecure-skip-tls-verify: true # <-
    /// ```
    /// ```yaml pass
    /// apiVersion: v1
    /// kind: Config
    /// clusters:
    ///   - name: main
    ///     cluster:
    ///       server: https://api.example.com:6443
    ///       certificate-authority: /etc/kubernetes/pki/ca.crt
    /// ```
    ///
    /// ## Fix
    /// Remove the field, and name the CA of the server with `certificate-authority` or `certificate-authority-data`.
    UnverifiedKubeconfigServer {
        id: "unverified-kubeconfig-server",
        title: "kubeconfig that does not verify its server",
        ring: Cluster,
        target: ControlPlane,
        hooks: [Resource],
        severity: High,
        since: "0.1.0",
        controls: ["nsa:NET"],
    }
}

impl Check for UnverifiedKubeconfigServer {
    fn resource(&self, resource: &Resource<'_>, findings: &mut Findings<'_>) {
        let Some(kubeconfig) = Kubeconfig::of(resource) else {
            return;
        };
        for cluster in kubeconfig.clusters {
            let skips = cluster.get("insecure-skip-tls-verify");
            if let Some(skips) = skips.filter(|node| Node::is_true(*node)) {
                let server = cluster.str("server").unwrap_or("its server");
                findings.add(Self::META).at(skips).message(format!(
                    "kubeconfig does not verify the certificate of {server}"
                ));
            }
        }
    }
}
