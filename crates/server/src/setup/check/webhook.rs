//! Webhook configurations.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use ringwall_input::yaml::Node;

use super::{Set, line, sent::is_own};
use crate::tls;

impl Set {
    pub(super) fn look_at_webhooks(&mut self, name: &str, is_mutating: bool, root: Node<'_>) {
        for webhook in root.list("webhooks") {
            self.note_sent(name, is_mutating, webhook);
            self.look_at_webhook(name, webhook);
            if is_own(webhook) {
                self.look_at_own(name, is_mutating, webhook);
            }
        }
    }

    fn look_at_webhook(&mut self, name: &str, webhook: Node<'_>) {
        let at = line(webhook);
        if let Some(policy) = webhook
            .get("failurePolicy")
            .filter(|policy| policy.text() == "Ignore")
        {
            self.problem(
                name,
                line(policy),
                "failurePolicy: Ignore admits everything while the webhook cannot be reached",
            );
        }
        let speaks = webhook
            .list("admissionReviewVersions")
            .any(|version| matches!(version.text(), "v1" | "v1beta1"));
        if !speaks {
            self.problem(
                name,
                at,
                "admissionReviewVersions has neither v1 nor v1beta1",
            );
        }
        match webhook.get("sideEffects").map(Node::text) {
            Some("None" | "NoneOnDryRun") => {}
            _ => self.problem(name, at, "sideEffects must be None or NoneOnDryRun"),
        }
        if let Some(timeout) = webhook.get("timeoutSeconds")
            && !timeout
                .as_i64()
                .is_some_and(|seconds| (1..=30).contains(&seconds))
        {
            self.problem(name, line(timeout), "timeoutSeconds must be 1 to 30");
        }
        let is_without_leases = webhook.list("matchConditions").any(|condition| {
            let expression = condition.get("expression");
            expression.is_some_and(|expression| expression.text().contains("leases"))
        });
        for rule in webhook.list("rules") {
            let all = |list: &str| rule.list(list).any(|item| item.text() == "*");
            if all("apiGroups") && all("resources") && !is_without_leases {
                self.problem(
                    name,
                    line(rule),
                    "the rule takes every resource of every group: leases and events of the machinery come too",
                );
            }
        }
        let Some(client) = webhook.get("clientConfig") else {
            self.problem(name, at, "the webhook has no clientConfig");
            return;
        };
        self.look_at_client(name, webhook, client);
    }

    fn look_at_client(&mut self, name: &str, webhook: Node<'_>, client: Node<'_>) {
        if let Some(url) = client
            .get("url")
            .filter(|url| !url.text().starts_with("https://"))
        {
            let message = format!("url is {}, and must begin with https://", url.text());
            self.problem(name, line(url), message);
        }
        match client.get("caBundle").filter(|bundle| !bundle.text().is_empty()) {
            None => self.problem(
                name,
                line(client),
                "clientConfig has no caBundle: the webhook's certificate cannot be verified unless a public authority signed it",
            ),
            Some(bundle) => {
                let text = STANDARD.decode(bundle.text()).ok().and_then(|bytes| String::from_utf8(bytes).ok());
                let found = text.ok_or("is no base64 of PEM".to_owned()).and_then(|text| tls::certificates(&text));
                match found {
                    Ok(found) => self.look_at_certificates(name, line(bundle), &found),
                    Err(reason) => self.problem(name, line(bundle), format!("caBundle {reason}")),
                }
            }
        }
        let Some(own) = client.path(&["service", "namespace"]).map(Node::text) else {
            return;
        };
        let is_exempt = webhook
            .get("namespaceSelector")
            .into_iter()
            .flat_map(|selector| selector.list("matchExpressions"))
            .any(|expression| {
                expression.str("key") == Some("kubernetes.io/metadata.name")
                    && expression.str("operator") == Some("NotIn")
                    && expression.list("values").any(|value| value.text() == own)
            });
        let is_closed = webhook
            .get("failurePolicy")
            .is_none_or(|policy| policy.text() == "Fail");
        let takes_pods = webhook
            .list("rules")
            .flat_map(|rule| rule.list("resources"))
            .any(|resource| matches!(resource.text(), "pods" | "*" | "*/*"));
        if is_closed && takes_pods && !is_exempt {
            let message = format!(
                "the webhook's own namespace {own} is not exempt: once it is down, its pods cannot be made again"
            );
            self.problem(name, line(webhook), message);
        }
    }
}
