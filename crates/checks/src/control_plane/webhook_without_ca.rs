use super::kubeconfig::of_webhooks;
use crate::{Check, Findings, Inventory, Node, check};

check! {
    /// ## What it finds
    /// kubeconfig files that the API server calls a webhook with, whose cluster names no CA: those that an `AdmissionConfiguration` of the scan names for ImagePolicyWebhook, or flags of a kube-apiserver for its audit, authentication and authorization webhooks.
    /// The file is found by its name, without folders and ending.
    ///
    /// ## Why it matters
    /// Without a CA of its own the webhook's certificate is held against those of the API server's image or host, if it has any: a webhook with a certificate of the cluster is never reached, and any public CA can vouch for another.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: apiserver.config.k8s.io/v1
    /// kind: AdmissionConfiguration
    /// plugins:
    ///   - name: ImagePolicyWebhook
    ///     configuration:
    ///       imagePolicy:
    ///         kubeConfigFile: /etc/kubernetes/admission/example.yaml
    /// ---
    /// apiVersion: v1
    /// kind: Config
    /// clusters:
    ///   - name: image-checker
    ///     cluster: # <-
    ///       server: https://external-service:1234/check-image
    /// users:
    ///   - name: api-server
    ///     user:
    ///       client-certificate: /etc/kubernetes/admission/client.pem
    ///       client-key: /etc/kubernetes/admission/client-key.pem
    /// ```
    /// ```yaml pass
    /// apiVersion: apiserver.config.k8s.io/v1
    /// kind: AdmissionConfiguration
    /// plugins:
    ///   - name: ImagePolicyWebhook
    ///     configuration:
    ///       imagePolicy:
    ///         kubeConfigFile: /etc/kubernetes/admission/example.yaml
    /// ---
    /// apiVersion: v1
    /// kind: Config
    /// clusters:
    ///   - name: image-checker
    ///     cluster:
    ///       server: https://external-service:1234/check-image
    ///       certificate-authority: /etc/kubernetes/admission/ca.pem
    /// users:
    ///   - name: api-server
    ///     user:
    ///       client-certificate: /etc/kubernetes/admission/client.pem
    ///       client-key: /etc/kubernetes/admission/client-key.pem
    /// ```
    ///
    /// ## Fix
    /// Name the CA of the webhook with `certificate-authority` or `certificate-authority-data`.
    WebhookWithoutCa {
        id: "webhook-without-ca",
        title: "Webhook of the API server without a CA of its own",
        ring: Cluster,
        target: ControlPlane,
        hooks: [Inventory],
        severity: Medium,
        since: "0.1.0",
        controls: ["nsa:NET"],
    }
}

impl Check for WebhookWithoutCa {
    fn inventory(&self, inventory: &Inventory<'_>, findings: &mut Findings<'_>) {
        for (resource, kubeconfig, by) in of_webhooks(inventory) {
            for cluster in kubeconfig.clusters {
                let has = |key: &str| cluster.get(key).is_some_and(|node| !node.text().is_empty());
                let is_other_finding = cluster
                    .get("insecure-skip-tls-verify")
                    .is_some_and(Node::is_true)
                    || !cluster.str("server").unwrap_or("").starts_with("https://");
                if has("certificate-authority")
                    || has("certificate-authority-data")
                    || is_other_finding
                {
                    continue;
                }
                findings
                    .add(Self::META)
                    .missing(cluster, "certificate-authority")
                    .about(resource)
                    .message(format!(
                        "kubeconfig of a webhook names no CA for {}",
                        cluster.str("server").unwrap_or("its server")
                    ))
                    .evidence("used here", by);
            }
        }
    }
}
