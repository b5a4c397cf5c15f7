use ringwall_secrets::looks_like_secret_value;

use crate::{Check, Findings, Resource, check};

check! {
    /// ## What it finds
    /// Entries of `secretGenerator[].literals` in a Kustomization or Component whose value is no placeholder.
    ///
    /// ## Why it matters
    /// The value stands in the repository like that of a Secret manifest, only less visibly.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: kustomize.config.k8s.io/v1beta1
    /// kind: Kustomization
    /// metadata:
    ///   name: shop
    /// secretGenerator:
    ///   - name: database
    ///     literals:
    ///       - username=app # <-
    ///       - password=correct-horse-battery # <-
    ///       - token=${TOKEN}
    /// ```
    /// ```yaml pass
    /// apiVersion: kustomize.config.k8s.io/v1beta1
    /// kind: Kustomization
    /// metadata:
    ///   name: shop
    /// secretGenerator:
    ///   - name: database
    ///     envs: [database.env]
    /// configMapGenerator:
    ///   - name: settings
    ///     literals:
    ///       - colour=blue
    /// ```
    ///
    /// ## Fix
    /// Revoke the value; generate the Secret from a file that is not committed, or bring it in with External Secrets or SOPS.
    PlaintextSecretInKustomization {
        id: "plaintext-secret-in-kustomization",
        title: "secretGenerator with literals",
        ring: Code,
        target: Secret,
        hooks: [Resource],
        severity: Medium,
        since: "0.1.0",
        controls: ["nsa:NET", "mitre:T1552.001"],
    }
}

impl Check for PlaintextSecretInKustomization {
    fn resource(&self, resource: &Resource<'_>, findings: &mut Findings<'_>) {
        let is_kustomization = resource.group() == "kustomize.config.k8s.io"
            && matches!(resource.kind, "Kustomization" | "Component");
        if !is_kustomization {
            return;
        }
        for generator in resource.node.list("secretGenerator") {
            let name = generator.get("name").map_or("", |name| name.text());
            for literal in generator.list("literals") {
                if let Some((key, value)) = literal.text().split_once('=')
                    && looks_like_secret_value(value.trim_matches(['"', '\'']))
                {
                    findings
                        .add(Self::META)
                        .at(literal)
                        .secret(literal.span())
                        .note(format!("writes {key} of Secret {name} in plain text"));
                }
            }
        }
    }
}
