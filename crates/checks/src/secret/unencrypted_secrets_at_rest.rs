use crate::{Check, Findings, Node, Resource, check};

check! {
    /// ## What it finds
    /// `EncryptionConfigurations` of the API server that leave Secrets in plain text: the first entry that covers `secrets` has the provider `identity` first, or no entry covers them.
    /// Whether a running API server uses such a file is judged by the checks of the control plane.
    ///
    /// ## Why it matters
    /// Whoever reads the disk or a backup of etcd reads every Secret.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: apiserver.config.k8s.io/v1
    /// kind: EncryptionConfiguration
    /// resources:
    ///   - resources: [secrets]
    ///     providers:
    ///       - identity: {} # <-
    ///       - kms: {apiVersion: v2, name: vault, endpoint: "unix:///run/kms.sock"}
    /// ```
    /// ```yaml fail
    /// apiVersion: apiserver.config.k8s.io/v1
    /// kind: EncryptionConfiguration
    /// resources: # <-
    ///   - resources: [configmaps]
    ///     providers:
    ///       - kms: {apiVersion: v2, name: vault, endpoint: "unix:///run/kms.sock"}
    /// ```
    /// ```yaml pass
    /// apiVersion: apiserver.config.k8s.io/v1
    /// kind: EncryptionConfiguration
    /// resources:
    ///   - resources: [secrets]
    ///     providers:
    ///       - kms: {apiVersion: v2, name: vault, endpoint: "unix:///run/kms.sock"}
    ///       - identity: {}
    /// ```
    ///
    /// ## Fix
    /// Put a `kms` provider (or `secretbox`) before `identity` in the entry that covers `secrets`, and write all Secrets anew.
    UnencryptedSecretsAtRest {
        id: "unencrypted-secrets-at-rest",
        title: "Secrets not encrypted at rest",
        ring: Cluster,
        target: Secret,
        hooks: [Resource],
        severity: High,
        since: "0.1.0",
        controls: ["cis:1.2.27", "cis:1.2.28", "nsa:NET"],
    }
}

impl Check for UnencryptedSecretsAtRest {
    fn resource(&self, resource: &Resource<'_>, findings: &mut Findings<'_>) {
        let is_configuration = matches!(
            (resource.api_version, resource.kind),
            (_, "EncryptionConfiguration") | ("v1", "EncryptionConfig")
        );
        if !is_configuration {
            return;
        }
        let entry = resource.node.list("resources").find(covers_secrets);
        let Some(entry) = entry else {
            let place = resource
                .node
                .get("resources")
                .unwrap_or_else(|| resource.place());
            findings
                .add(Self::META)
                .at(place)
                .note("encrypts no Secrets: no entry covers them");
            return;
        };
        if let Some(provider) = entry.list("providers").next()
            && let Some(identity) = provider.get("identity")
        {
            findings
                .add(Self::META)
                .at(identity)
                .note("writes Secrets in plain text: its first provider is identity");
        }
    }
}

fn covers_secrets(entry: &Node<'_>) -> bool {
    entry
        .list("resources")
        .any(|resource| matches!(resource.text(), "secrets" | "secrets." | "*." | "*.*"))
}
