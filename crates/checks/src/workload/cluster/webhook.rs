//! Admission webhooks.

use crate::{Node, Resource};

/// Words in the names of webhooks whose purpose is to refuse.
const POLICY_ENGINES: &[&str] = &[
    "gatekeeper",
    "kyverno",
    "kubewarden",
    "opa",
    "polaris",
    "sigstore",
    "cosign",
    "connaisseur",
    "trivy",
    "policy",
    "security",
    "admission-control",
];

/// The webhooks of a configuration; none for other objects.
pub(super) fn webhooks<'a>(resource: &Resource<'a>) -> impl Iterator<Item = Node<'a>> {
    let is_configuration = resource.group() == "admissionregistration.k8s.io"
        && matches!(
            resource.kind,
            "ValidatingWebhookConfiguration" | "MutatingWebhookConfiguration"
        );
    is_configuration
        .then(|| resource.node.list("webhooks"))
        .into_iter()
        .flatten()
        .filter(|webhook| webhook.is_mapping())
}

/// Whether a name is that of a policy engine, word by word.
pub(super) fn is_policy_engine(name: &str) -> bool {
    POLICY_ENGINES.iter().any(|engine| {
        name.split(['.', '-'])
            .any(|word| word == *engine || (engine.len() > 3 && word.starts_with(engine)))
    })
}
