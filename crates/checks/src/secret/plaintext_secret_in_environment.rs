use super::literal;
use crate::{Check, Container, Findings, check};

check! {
    /// ## What it finds
    /// Environment variables whose literal value looks like a secret: it has the form of a known token, or a name such as `DB_PASSWORD` promises one.
    /// References such as `$(VAR)`, placeholders, paths and addresses without a password are left out.
    /// The confidence says how sure it is; the value is never printed.
    ///
    /// ## Why it matters
    /// The manifest is in a repository, in the cluster's audit log and in the hands of everyone who may read pods.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    /// spec:
    ///   containers:
    ///     - name: app
    ///       env:
    ///         - name: DB_PASSWORD
    ///           value: correct-horse-battery # <-
    ///         - name: DATABASE_URL
    ///           value: postgres://app:correct-horse-battery@db/shop # <-
    /// ```
    /// ```yaml pass
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    /// spec:
    ///   containers:
    ///     - name: app
    ///       env:
    ///         - name: DB_PASSWORD
    ///           value: $(PASSWORD_FROM_SECRET)
    ///         - name: DATABASE_URL
    ///           value: postgres://db/shop
    /// ```
    /// ```yaml pass
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    /// spec:
    ///   containers:
    ///     - name: app
    ///       env:
    ///         - name: DB_PASSWORD_FILE
    ///           value: /etc/database/password
    ///         - name: API_TOKEN
    ///           value: <your-token>
    ///         - name: MAX_TOKENS
    ///           value: "4096"
    /// ```
    ///
    /// ## Fix
    /// Revoke the value, put the new one into a Secret, and mount it or refer to it with `secretKeyRef`.
    PlaintextSecretInEnvironment {
        id: "plaintext-secret-in-environment",
        title: "Secret-looking literal in env value",
        ring: Code,
        target: Secret,
        hooks: [Container],
        severity: High,
        since: "0.1.0",
        controls: ["cis:5.4.1", "cis-aks:4.5.1", "cis-eks:4.4.1", "cis-gke:4.4.1", "nsa:NET", "mitre:T1552.001"],
    }
}

impl Check for PlaintextSecretInEnvironment {
    fn container(&self, container: &Container<'_>, findings: &mut Findings<'_>) {
        for entry in container.node.list("env") {
            let name = entry.get("name").map_or("", |name| name.text());
            if let Some(value) = entry.get("value")
                && let Some(literal) = literal::named(name, value.text())
            {
                let draft = findings
                    .add(Self::META)
                    .at(value)
                    .secret(value.span())
                    .note(format!(
                        "holds {} in environment variable {name}",
                        literal.title
                    ));
                if let Some(confidence) = literal.confidence {
                    draft.confidence(confidence);
                }
            }
        }
    }
}
