use ringwall_input::yaml;
use ringwall_model::Source;
use ringwall_secrets::looks_like_secret_value;
use std::sync::Arc;

use super::secret_data::{is_secret, values};
use crate::{Check, Findings, Node, Resource, check};

check! {
    /// ## What it finds
    /// kubeconfig files with a client key, a token, a password or the tokens of an `auth-provider` in them, as files of their own and as values of a Secret or ConfigMap.
    /// Files that call a program with `exec` or name a key by its path are left out, as are redacted values.
    ///
    /// ## Why it matters
    /// Whoever reads the file has the user's rights in the cluster, from anywhere, and a client certificate cannot be revoked.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: v1
    /// kind: Config
    /// users:
    ///   - name: admin
    ///     user:
    ///       token: correct-horse-battery-staple # <-
    /// ```
    /// ```yaml fail
    /// apiVersion: v1
    /// kind: ConfigMap
    /// metadata:
    ///   name: kubeconfig
    /// data:
    ///   config: | # <-
    ///     apiVersion: v1
    ///     kind: Config
    ///     users:
    ///       - name: admin
    ///         user:
    ///           password: correct-horse-battery-staple
    /// ```
    /// ```yaml pass
    /// apiVersion: v1
    /// kind: Config
    /// users:
    ///   - name: admin
    ///     user:
    ///       token: REDACTED
    /// ```
    /// ```yaml pass
    /// apiVersion: v1
    /// kind: Config
    /// users:
    ///   - name: admin
    ///     user:
    ///       exec:
    ///         apiVersion: client.authentication.k8s.io/v1
    ///         command: kubelogin
    /// ```
    ///
    /// ## Fix
    /// Revoke the credential (for a client certificate: rotate the CA, or take the user's rights away), and log in with `exec` or OIDC.
    PlaintextKubeconfigCredential {
        id: "plaintext-kubeconfig-credential",
        title: "kubeconfig with embedded credentials",
        ring: Code,
        target: Secret,
        hooks: [Resource],
        severity: Critical,
        since: "0.1.0",
        controls: ["nsa:NET", "mitre:T1552.001"],
    }
}

impl Check for PlaintextKubeconfigCredential {
    fn resource(&self, resource: &Resource<'_>, findings: &mut Findings<'_>) {
        if resource.is("", "Config") {
            for (credential, what) in credentials(resource.node) {
                findings
                    .add(Self::META)
                    .at(credential)
                    .secret(credential.span())
                    .message(format!("kubeconfig holds {what}"));
            }
            return;
        }
        if !(is_secret(resource) || resource.is("", "ConfigMap")) {
            return;
        }
        for value in values(resource.node) {
            // `data` of a ConfigMap is no base64.
            let text = if is_secret(resource) {
                &*value.text
            } else {
                value.node.text()
            };
            if let Some(what) = in_text(text) {
                let cause = if is_secret(resource) {
                    value.map
                } else {
                    value.node
                };
                findings
                    .add(Self::META)
                    .at(value.node)
                    .secret(value.node.span())
                    .note(format!("holds a kubeconfig with {what}"))
                    .caused_by(cause);
            }
        }
    }
}

fn in_text(text: &str) -> Option<&'static str> {
    if !(text.contains("kind: Config") || text.contains("current-context")) {
        return None;
    }
    let source = Arc::new(Source::new("", text));
    let (documents, _) = yaml::parse(&source);
    documents.iter().find_map(|document| {
        let found = credentials(document.root());
        found.first().map(|(_, what)| *what)
    })
}

/// The credentials of a kubeconfig and what they are.
fn credentials(config: Node<'_>) -> Vec<(Node<'_>, &'static str)> {
    let users = config.list("users").filter_map(|entry| entry.get("user"));
    users
        .flat_map(|user| {
            let provider = user.path(&["auth-provider", "config"]);
            let of = |key| provider.and_then(|provider| provider.get(key));
            [
                (
                    user.get("client-key-data").filter(is_encoded_key),
                    "a client key",
                ),
                (user.get("token").filter(is_value), "a token"),
                (user.get("password").filter(is_value), "a password"),
                (of("id-token").filter(is_value), "an id token"),
                (of("access-token").filter(is_value), "an access token"),
                (of("refresh-token").filter(is_value), "a refresh token"),
                (of("client-secret").filter(is_value), "a client secret"),
            ]
        })
        .filter_map(|(node, what)| Some((node?, what)))
        .collect()
}

fn is_value(node: &Node<'_>) -> bool {
    looks_like_secret_value(node.text())
}

/// The base64 of a PEM block; `REDACTED` and `DATA+OMITTED` are none.
fn is_encoded_key(node: &Node<'_>) -> bool {
    node.text().starts_with("LS0tLS")
}
