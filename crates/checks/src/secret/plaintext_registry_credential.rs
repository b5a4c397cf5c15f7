use super::secret_data::{is_docker_configuration, is_secret, values};
use crate::{Check, Findings, Resource, check};

check! {
    /// ## What it finds
    /// Secrets with a registry client's configuration (`.dockerconfigjson`, `.dockercfg`) that holds a password or a token.
    /// The base64 of `data` and of `auth` is decoded to judge it; a configuration without a login, or with a placeholder, is left out.
    ///
    /// ## Why it matters
    /// Such a credential often may push: whoever reads the repository can replace the images that the cluster runs.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: v1
    /// kind: Secret
    /// metadata:
    ///   name: registry
    /// type: kubernetes.io/dockerconfigjson
    /// data:
    ///   .dockerconfigjson: eyJhdXRocyI6eyJyZWdpc3RyeS5zaG9wLm9yZyI6eyJhdXRoIjoiWW05ME9tTnZjbkpsWTNRdGFHOXljMlV0WW1GMGRHVnllUT09In19fQ== # <-
    /// ```
    /// ```yaml pass
    /// apiVersion: v1
    /// kind: Secret
    /// metadata:
    ///   name: registry
    /// type: kubernetes.io/dockerconfigjson
    /// data:
    ///   .dockerconfigjson: eyJhdXRocyI6e319
    /// ```
    ///
    /// ## Fix
    /// Revoke the credential, and let the nodes log in with their cloud identity or a credential provider of the kubelet; keep what remains in a secret store.
    PlaintextRegistryCredential {
        id: "plaintext-registry-credential",
        title: "Registry credential in plain form in an image pull Secret",
        ring: Code,
        target: Secret,
        hooks: [Resource],
        severity: Medium,
        since: "0.1.0",
        controls: ["nsa:NET", "mitre:T1552.001"],
    }
}

impl Check for PlaintextRegistryCredential {
    fn resource(&self, resource: &Resource<'_>, findings: &mut Findings<'_>) {
        if !is_secret(resource) {
            return;
        }
        for value in values(resource.node) {
            if is_docker_configuration(value.key) && value.is_real() {
                findings
                    .add(Self::META)
                    .at(value.node)
                    .secret(value.node.span())
                    .note("holds the login of a registry in plain form")
                    .caused_by(value.map);
            }
        }
    }
}
