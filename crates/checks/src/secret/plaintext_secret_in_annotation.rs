use ringwall_input::yaml;
use ringwall_model::Source;
use std::sync::Arc;

use super::{
    literal,
    secret_data::{SecretValue, is_secret, values},
};
use crate::{Check, Findings, Node, Resource, Safety, check, edit};

check! {
    /// ## What it finds
    /// Secrets whose annotation `kubectl.kubernetes.io/last-applied-configuration` repeats their values, and annotations of any object that hold a token of a known form.
    ///
    /// ## Why it matters
    /// `kubectl apply` keeps a copy of the whole object in that annotation.
    /// It is shown wherever metadata is shown, by tools that hide the data of a Secret, and it is not encrypted where only `data` is.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: v1
    /// kind: Secret
    /// metadata:
    ///   name: database
    ///   annotations:
    ///     shop.org/owner: web
    ///     kubectl.kubernetes.io/last-applied-configuration: | # <-
    ///       {"apiVersion":"v1","kind":"Secret","metadata":{"name":"database"},"stringData":{"password":"correct-horse-battery"}}
    /// ```
    /// ```yaml pass
    /// apiVersion: v1
    /// kind: Secret
    /// metadata:
    ///   name: database
    ///   annotations:
    ///     kubectl.kubernetes.io/last-applied-configuration: |
    ///       {"apiVersion":"v1","kind":"Secret","metadata":{"name":"database"},"type":"Opaque"}
    /// ```
    ///
    /// ## Fix
    /// Remove the annotation and use `kubectl apply --server-side`, which keeps no copy.
    PlaintextSecretInAnnotation {
        id: "plaintext-secret-in-annotation",
        title: "last-applied-configuration annotation carries secret data",
        ring: Cluster,
        target: Secret,
        hooks: [Resource],
        severity: Medium,
        since: "0.1.0",
        controls: ["nsa:NET", "mitre:T1552.001"],
    }
}

const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

impl Check for PlaintextSecretInAnnotation {
    fn resource(&self, resource: &Resource<'_>, findings: &mut Findings<'_>) {
        let annotations = resource
            .metadata
            .and_then(|metadata| metadata.get("annotations"));
        let Some(annotations) = annotations else {
            return;
        };
        for (key, value) in annotations.written_entries() {
            if value.text().len() < 16 {
                continue;
            }
            let is_copy = key.text() == LAST_APPLIED;
            if is_copy && is_secret(resource) {
                if repeats_values(value) {
                    findings
                        .add(Self::META)
                        .at(value)
                        .secret(value.span())
                        .note("repeats its values in the annotation last-applied-configuration")
                        .fix(Safety::Unsafe, edit::remove(annotations, key.text()));
                }
            } else if let Some(literal) = literal::known(value.text())
                && literal.confidence.is_none()
            {
                findings
                    .add(Self::META)
                    .at(value)
                    .secret(value.span())
                    .note(format!(
                        "holds {} in annotation {}",
                        literal.title,
                        key.text()
                    ));
            }
        }
    }
}

fn repeats_values(copy: Node<'_>) -> bool {
    let source = Arc::new(Source::new("", copy.text()));
    let (documents, _) = yaml::parse(&source);
    documents
        .iter()
        .any(|document| values(document.root()).any(|value: SecretValue<'_>| value.is_real()))
}
