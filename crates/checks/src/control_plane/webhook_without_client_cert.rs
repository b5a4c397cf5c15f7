use super::kubeconfig::of_webhooks;
use crate::{Check, Findings, Inventory, Node, check};

check! {
    /// ## What it finds
    /// kubeconfig files that the API server calls a webhook with, whose user has no client certificate and key, nor another credential: those that an `AdmissionConfiguration` of the scan names for ImagePolicyWebhook, or flags of a kube-apiserver for its audit, authentication and authorization webhooks.
    /// The file is found by its name, without folders and ending.
    ///
    /// ## Why it matters
    /// The webhook cannot tell the API server from anyone else who calls it: whoever reaches it can ask what would be admitted, or write audit events of his own.
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
    ///     cluster:
    ///       server: https://external-service:1234/check-image
    ///       certificate-authority: /etc/kubernetes/admission/ca.pem
    /// users:
    ///   - name: api-server
    ///     user: # <-
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
    /// Give the API server a client certificate and key with `client-certificate` and `client-key`, and let the webhook demand it.
    WebhookWithoutClientCert {
        id: "webhook-without-client-cert",
        title: "Webhook that the API server calls without a client certificate",
        ring: Cluster,
        target: ControlPlane,
        hooks: [Inventory],
        severity: Medium,
        since: "0.1.0",
        controls: ["nsa:AUTH"],
    }
}

/// Other ways to say who is calling.
const CREDENTIALS: [&str; 6] = [
    "token",
    "tokenFile",
    "username",
    "exec",
    "auth-provider",
    "as",
];

impl Check for WebhookWithoutClientCert {
    fn inventory(&self, inventory: &Inventory<'_>, findings: &mut Findings<'_>) {
        for (resource, kubeconfig, by) in of_webhooks(inventory) {
            let place = resource
                .node
                .get("users")
                .unwrap_or_else(|| resource.place());
            let without: Vec<Node<'_>> = if kubeconfig.users.is_empty() {
                vec![place]
            } else {
                kubeconfig
                    .users
                    .into_iter()
                    .filter(|user| !has_credential(*user))
                    .collect()
            };
            for user in without {
                findings
                    .add(Self::META)
                    .missing(user, "client-certificate")
                    .about(resource)
                    .message("kubeconfig of a webhook has no client certificate and key for the API server")
                    .evidence("used here", by);
            }
        }
    }
}

fn has_credential(user: Node<'_>) -> bool {
    let has = |key: &str| {
        user.get(key)
            .is_some_and(|node| node.is_mapping() || !node.text().is_empty())
    };
    let has_certificate = (has("client-certificate") || has("client-certificate-data"))
        && (has("client-key") || has("client-key-data"));
    has_certificate || CREDENTIALS.iter().any(|key| has(key))
}
