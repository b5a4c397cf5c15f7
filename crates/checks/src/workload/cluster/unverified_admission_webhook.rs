use super::webhook::webhooks;
use crate::{
    Check, Findings, Resource, Severity, check,
    loopback::{host_of, is_loopback},
};

check! {
    /// ## What it finds
    /// Webhooks whose `clientConfig` names a `url` without `caBundle`, so that every authority the API server's system trusts can vouch for it; with low severity those that name a `caBundle` and yet send the objects out of the cluster.
    /// Addresses of the API server's own host and webhooks behind a Service are left out: without a CA their call fails, and tools such as cert-manager write it later.
    ///
    /// ## Why it matters
    /// The API server sends whole objects, Secrets among them, and does what the answer says.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: admissionregistration.k8s.io/v1
    /// kind: MutatingWebhookConfiguration
    /// metadata:
    ///   name: defaults
    /// webhooks:
    ///   - name: defaults.shop.org
    ///     clientConfig:
    ///       url: https://hooks.shop.org/defaults # <-
    ///   - name: other.shop.org
    ///     clientConfig:
    ///       url: https://localhost.shop.org/other # <-
    /// ```
    /// ```yaml pass
    /// apiVersion: admissionregistration.k8s.io/v1
    /// kind: MutatingWebhookConfiguration
    /// metadata:
    ///   name: defaults
    /// webhooks:
    ///   - name: defaults.shop.org
    ///     clientConfig:
    ///       service:
    ///         name: defaults
    ///         namespace: shop
    ///   - name: beside.shop.org
    ///     clientConfig:
    ///       url: https://127.0.0.1:8443/defaults
    /// ```
    ///
    /// ## Fix
    /// Run the webhook in the cluster behind a Service, with a `caBundle` of its own.
    UnverifiedAdmissionWebhook {
        id: "unverified-admission-webhook",
        title: "Admission webhook to a URL without CA bundle or over the network",
        ring: Cluster,
        target: Workload,
        hooks: [Resource],
        severity: Medium,
        since: "0.1.0",
        controls: ["nsa:NET"],
    }
}

impl Check for UnverifiedAdmissionWebhook {
    fn resource(&self, resource: &Resource<'_>, findings: &mut Findings<'_>) {
        for webhook in webhooks(resource) {
            let Some(config) = webhook.get("clientConfig") else {
                continue;
            };
            let Some(url) = config.get("url").filter(|url| !url.text().is_empty()) else {
                continue;
            };
            if host_of(url.text()).is_some_and(is_loopback) {
                continue;
            }
            let has_ca = config
                .get("caBundle")
                .is_some_and(|bundle| !bundle.text().is_empty());
            let (severity, what) = if has_ca {
                (Severity::Low, "out of the cluster")
            } else {
                (
                    Severity::Medium,
                    "to a server that any public authority can vouch for",
                )
            };
            findings
                .add(Self::META)
                .at(url)
                .note(format!("sends objects {what}: {}", url.text()))
                .severity(severity);
        }
    }
}
