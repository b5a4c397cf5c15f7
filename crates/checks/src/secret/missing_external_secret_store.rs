use super::secret_data::first_real;
use crate::{Check, Confidence, Findings, Inventory, check};

check! {
    /// ## What it finds
    /// Scans that hold Secrets with values and nothing that brings secrets from elsewhere: no object of External Secrets, Sealed Secrets, the Secrets Store CSI driver, Vault, SOPS, 1Password, Infisical or Doppler, and no pod that asks for such a driver or for Vault's agent.
    /// One finding is made for the scan, at the first such Secret.
    /// A store may be wired up outside of the scan; hence the low confidence.
    ///
    /// ## Why it matters
    /// Without a store, secrets are copied by hand, rotated by nobody, and audited nowhere.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: v1
    /// kind: Secret
    /// metadata:
    ///   name: database # <-
    /// stringData:
    ///   password: correct-horse-battery
    /// ---
    /// apiVersion: v1
    /// kind: Secret
    /// metadata:
    ///   name: cache
    /// stringData:
    ///   password: correct-horse-battery
    /// ```
    /// ```yaml pass
    /// apiVersion: v1
    /// kind: Secret
    /// metadata:
    ///   name: database
    /// stringData:
    ///   password: correct-horse-battery
    /// ---
    /// apiVersion: external-secrets.io/v1
    /// kind: ExternalSecret
    /// metadata:
    ///   name: cache
    /// spec:
    ///   secretStoreRef:
    ///     name: vault
    /// ```
    ///
    /// ## Fix
    /// Keep secrets in a store such as Vault or that of your cloud, and bring them into the cluster with External Secrets or the Secrets Store CSI driver.
    MissingExternalSecretStore {
        id: "missing-external-secret-store",
        title: "No external secret store in use",
        ring: Cluster,
        target: Secret,
        hooks: [Inventory],
        severity: Low,
        since: "0.1.0",
        controls: ["cis:5.4.2", "cis-eks:4.4.2", "cis-gke:4.4.2", "nsa:NET"],
    }
}

/// Groups of the objects that bring secrets from elsewhere.
const GROUPS: &[&str] = &[
    "external-secrets.io",
    "generators.external-secrets.io",
    "kubernetes-client.io",
    "bitnami.com",
    "secrets-store.csi.x-k8s.io",
    "secrets.hashicorp.com",
    "isindir.github.com",
    "ricoberger.de",
    "onepassword.com",
    "secrets.infisical.com",
    "secrets.doppler.com",
    "spv.no",
    "lockbox.ealenn.io",
];

impl Check for MissingExternalSecretStore {
    fn inventory(&self, inventory: &Inventory<'_>, findings: &mut Findings<'_>) {
        let secret = inventory
            .of_kind("", "Secret")
            .find(|resource| first_real(resource).is_some());
        let Some(secret) = secret else {
            return;
        };
        let by_object = inventory
            .resources
            .iter()
            .any(|resource| GROUPS.contains(&resource.group()));
        let by_pod = || {
            inventory.workloads.iter().any(|workload| {
                let pod = &workload.pod;
                let injects = pod.annotation("vault.hashicorp.com/agent-inject").is_some();
                injects
                    || pod.volumes().any(|volume| {
                        volume
                            .path(&["csi", "driver"])
                            .is_some_and(|driver| driver.text() == "secrets-store.csi.k8s.io")
                    })
            })
        };
        if !by_object && !by_pod() {
            findings
                .add(Self::META)
                .about(secret)
                .missing(secret.place(), "secretStore")
                .note("is kept in a manifest, and the scan knows no secret store")
                .confidence(Confidence::Low);
        }
    }
}
