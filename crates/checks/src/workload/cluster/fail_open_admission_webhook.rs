use super::webhook::{is_policy_engine, webhooks};
use crate::{Check, Findings, Resource, Safety, Severity, check, edit};

check! {
    /// ## What it finds
    /// Webhooks with `failurePolicy: Ignore`, or without the field in `v1beta1`, where `Ignore` is the default.
    /// Validating webhooks, and webhooks of known policy engines (Gatekeeper, Kyverno, Kubewarden, OPA, Polaris, Sigstore, Connaisseur, Trivy), are of medium severity; other mutating ones, which set defaults rather than refuse, of low severity.
    ///
    /// ## Why it matters
    /// Whoever makes the webhook fail or time out, with load or by deleting its pods, then gets every request through.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: admissionregistration.k8s.io/v1
    /// kind: ValidatingWebhookConfiguration
    /// metadata:
    ///   name: images
    /// webhooks:
    ///   - name: images.shop.org
    ///     failurePolicy: Ignore # <-
    /// ```
    /// ```yaml fail
    /// apiVersion: admissionregistration.k8s.io/v1beta1
    /// kind: ValidatingWebhookConfiguration
    /// metadata:
    ///   name: images
    /// webhooks:
    ///   - name: images.shop.org # <-
    /// ```
    /// ```yaml pass
    /// apiVersion: admissionregistration.k8s.io/v1
    /// kind: ValidatingWebhookConfiguration
    /// metadata:
    ///   name: images
    /// webhooks:
    ///   - name: images.shop.org
    /// ```
    ///
    /// ## Fix
    /// Set `failurePolicy: Fail`; run several replicas of the webhook and leave its own namespace out, so that it cannot lock itself out.
    FailOpenAdmissionWebhook {
        id: "fail-open-admission-webhook",
        title: "Admission webhook failurePolicy Ignore for a security policy",
        ring: Cluster,
        target: Workload,
        hooks: [Resource],
        severity: Medium,
        since: "0.1.0",
        controls: ["nsa:POD"],
    }
}

impl Check for FailOpenAdmissionWebhook {
    fn resource(&self, resource: &Resource<'_>, findings: &mut Findings<'_>) {
        for webhook in webhooks(resource) {
            let field = webhook
                .get("failurePolicy")
                .filter(|field| !field.is_null());
            let is_open = match field {
                Some(field) => field.text() == "Ignore",
                None => resource.api_version.ends_with("/v1beta1"),
            };
            if !is_open {
                continue;
            }
            let name = webhook.get("name").map_or("", |name| name.text());
            let is_policy = resource.kind.starts_with("Validating")
                || is_policy_engine(name)
                || is_policy_engine(resource.name);
            let draft = findings.add(Self::META);
            let draft = match field {
                Some(field) => draft.at(field),
                None => draft.missing(webhook.get("name").unwrap_or(webhook), "failurePolicy"),
            };
            draft
                .note(format!("lets requests through when webhook {name} fails"))
                .severity(if is_policy {
                    Severity::Medium
                } else {
                    Severity::Low
                })
                .fix(
                    Safety::Unsafe,
                    edit::set(webhook, &["failurePolicy"], "Fail"),
                );
        }
    }
}
