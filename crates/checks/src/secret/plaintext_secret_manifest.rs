use super::secret_data::{is_secret, values};
use crate::{Check, Findings, Resource, check};

check! {
    /// ## What it finds
    /// Secrets whose `data` or `stringData` holds values; base64 is no encryption.
    /// Empty values, placeholders such as `<password>`, `${PASSWORD}` or `REPLACE_ME`, references to a store, values encrypted by SOPS, and certificates without their key are left out.
    /// `SealedSecrets` and `ExternalSecrets` are other kinds and are not meant.
    ///
    /// ## Why it matters
    /// Everyone who can read the repository, now or at any time later, has the secret; removing the file does not remove it from the history.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: v1
    /// kind: Secret
    /// metadata:
    ///   name: database
    /// stringData: # <-
    ///   password: correct-horse-battery
    /// ```
    /// ```yaml fail
    /// apiVersion: v1
    /// kind: Secret
    /// metadata:
    ///   name: database
    /// data: # <-
    ///   password: Y29ycmVjdC1ob3JzZS1iYXR0ZXJ5
    /// ```
    /// ```yaml pass
    /// apiVersion: v1
    /// kind: Secret
    /// metadata:
    ///   name: database
    /// data:
    ///   password: PHJlcGxhY2UtbWU+
    /// ```
    /// ```yaml pass
    /// apiVersion: v1
    /// kind: Secret
    /// metadata:
    ///   name: database
    /// stringData:
    ///   password: ${DB_PASSWORD}
    ///   username: ""
    /// ```
    /// ```yaml pass
    /// apiVersion: bitnami.com/v1alpha1
    /// kind: SealedSecret
    /// metadata:
    ///   name: database
    /// spec:
    ///   encryptedData:
    ///     password: AgBqXk3l0s8vYw2
    /// ```
    ///
    /// ## Fix
    /// Revoke the values, and keep the new ones in a secret store (External Secrets, Secrets Store CSI driver) or encrypted in the repository (Sealed Secrets, SOPS).
    PlaintextSecretManifest {
        id: "plaintext-secret-manifest",
        title: "Secret object with data committed to the repository",
        ring: Code,
        target: Secret,
        hooks: [Resource],
        severity: High,
        since: "0.1.0",
        controls: ["nsa:NET", "mitre:T1552.001"],
    }
}

impl Check for PlaintextSecretManifest {
    fn resource(&self, resource: &Resource<'_>, findings: &mut Findings<'_>) {
        let real: Vec<_> = values(resource.node)
            .filter(|value| is_secret(resource) && value.is_real())
            .collect();
        if let Some(first) = real.first() {
            let count = real.len();
            let note = match count {
                1 => format!("holds a value in plain text: {}", first.key),
                _ => format!(
                    "holds {count} values in plain text, {} among them",
                    first.key
                ),
            };
            let mut draft = findings.add(Self::META).at(first.map).note(note);
            // A map may hold what is not taken for a secret and is one, so it is concealed as a whole.
            let maps = ["data", "stringData"];
            let maps = maps.iter().filter_map(|field| resource.node.get(field));
            for node in maps.chain(real.iter().map(|value| value.node)) {
                draft = draft.secret(node.span());
            }
        }
    }
}
