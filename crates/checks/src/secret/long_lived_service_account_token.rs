use super::secret_data::is_secret;
use crate::{Check, Findings, Resource, check};

check! {
    /// ## What it finds
    /// Secrets of type `kubernetes.io/service-account-token`, into which the cluster writes a token without expiry.
    ///
    /// ## Why it matters
    /// The token works from anywhere until someone deletes the Secret, also when the pod it was made for is long gone.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: v1
    /// kind: Secret
    /// metadata:
    ///   name: ci-token
    ///   annotations:
    ///     kubernetes.io/service-account.name: ci
    /// type: kubernetes.io/service-account-token # <-
    /// ```
    /// ```yaml pass
    /// apiVersion: v1
    /// kind: Secret
    /// metadata:
    ///   name: ci
    /// type: Opaque
    /// ```
    ///
    /// ## Fix
    /// Delete the Secret; use a projected token in pods and `kubectl create token`, or the identity federation of your CI, elsewhere.
    LongLivedServiceAccountToken {
        id: "long-lived-service-account-token",
        title: "Long-lived service account token Secret",
        ring: Cluster,
        target: Secret,
        hooks: [Resource],
        severity: Medium,
        since: "0.1.0",
        controls: ["cis:3.1.2", "nsa:AUTH", "mitre:T1528"],
    }
}

impl Check for LongLivedServiceAccountToken {
    fn resource(&self, resource: &Resource<'_>, findings: &mut Findings<'_>) {
        if is_secret(resource)
            && let Some(kind) = resource.node.get("type")
            && kind.text() == "kubernetes.io/service-account-token"
        {
            let account = resource
                .annotation("kubernetes.io/service-account.name")
                .map_or("its service account", |name| name.text());
            findings
                .add(Self::META)
                .at(kind)
                .note(format!("receives a token of {account} that never expires"));
        }
    }
}
