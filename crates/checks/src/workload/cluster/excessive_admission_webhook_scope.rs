use super::webhook::webhooks;
use crate::{Check, Findings, Node, Resource, Selector, check};

check! {
    /// ## What it finds
    /// Webhooks with a rule for every resource of every API group, and webhooks that fail closed while they have neither `timeoutSeconds` nor a selector or match condition that leaves any object out.
    ///
    /// ## Why it matters
    /// A webhook for everything sees every Secret, and slows every request.
    /// When it is down, one that fails closed stops the cluster, including the pods that would repair it.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: admissionregistration.k8s.io/v1
    /// kind: ValidatingWebhookConfiguration
    /// metadata:
    ///   name: everything
    /// webhooks:
    ///   - name: everything.shop.org
    ///     timeoutSeconds: 5
    ///     rules:
    ///       - apiGroups: ["*"] # <-
    ///         apiVersions: ["*"]
    ///         operations: ["*"]
    ///         resources: ["*/*"]
    ///   - name: pods.shop.org # <-
    ///     rules:
    ///       - apiGroups: [""]
    ///         apiVersions: [v1]
    ///         operations: [CREATE]
    ///         resources: [pods]
    /// ```
    /// ```yaml pass
    /// apiVersion: admissionregistration.k8s.io/v1
    /// kind: ValidatingWebhookConfiguration
    /// metadata:
    ///   name: pods
    /// webhooks:
    ///   - name: pods.shop.org
    ///     timeoutSeconds: 5
    ///     namespaceSelector:
    ///       matchExpressions:
    ///         - key: kubernetes.io/metadata.name
    ///           operator: NotIn
    ///           values: [kube-system]
    ///     rules:
    ///       - apiGroups: [""]
    ///         apiVersions: [v1]
    ///         operations: [CREATE]
    ///         resources: [pods]
    /// ```
    ///
    /// ## Fix
    /// Name the resources that are judged, leave `kube-system` and the webhook's own namespace out with `namespaceSelector`, and set `timeoutSeconds` to a few seconds.
    ExcessiveAdmissionWebhookScope {
        id: "excessive-admission-webhook-scope",
        title: "Admission webhook intercepts all resources or lacks timeout and namespace exclusion",
        ring: Cluster,
        target: Workload,
        hooks: [Resource],
        severity: Low,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for ExcessiveAdmissionWebhookScope {
    fn resource(&self, resource: &Resource<'_>, findings: &mut Findings<'_>) {
        for webhook in webhooks(resource) {
            let name = webhook.get("name").map_or("", Node::text);
            for rule in webhook
                .list("rules")
                .filter(|rule| covers_everything(*rule))
            {
                findings
                    .add(Self::META)
                    .at(rule)
                    .note(format!("sends every object to webhook {name}"));
            }
            let fails_closed = match webhook.get("failurePolicy") {
                Some(policy) => policy.text() == "Fail",
                None => !resource.api_version.ends_with("/v1beta1"),
            };
            let leaves_some_out = ["namespaceSelector", "objectSelector"].iter().any(|key| {
                let selector = webhook.get(key);
                selector.is_some_and(|selector| !Selector::Full(selector).is_empty())
            }) || webhook.list("matchConditions").next().is_some();
            if fails_closed && webhook.get("timeoutSeconds").is_none() && !leaves_some_out {
                findings
                    .add(Self::META)
                    .missing(webhook.get("name").unwrap_or(webhook), "timeoutSeconds")
                    .note(format!(
                        "makes every namespace wait for webhook {name}: it has neither a timeout nor exclusions"
                    ));
            }
        }
    }
}

fn covers_everything(rule: Node<'_>) -> bool {
    let has = |key: &str, words: &[&str]| rule.list(key).any(|item| words.contains(&item.text()));
    has("apiGroups", &["*"]) && has("resources", &["*", "*/*"])
}
