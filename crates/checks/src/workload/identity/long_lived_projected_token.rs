use crate::{Check, Findings, Safety, Workload, check, edit};

check! {
    /// ## What it finds
    /// Projected service account tokens that live longer than a day (`max-token-seconds`), or that name no `audience`.
    /// A token beside the certificate `kube-root-ca.crt` is meant for the API server itself and needs no audience.
    ///
    /// ## Why it matters
    /// A stolen token works until it expires, also outside the cluster.
    /// Without an audience it is one for the API server, so whatever service it is shown to can act as the pod.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    /// spec:
    ///   volumes:
    ///     - name: token
    ///       projected:
    ///         sources:
    ///           - serviceAccountToken:
    ///               path: token
    ///               audience: vault
    ///               expirationSeconds: 604800 # <-
    ///   containers:
    ///     - name: app
    ///       image: app:1.0
    /// ```
    /// ```yaml fail
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    /// spec:
    ///   volumes:
    ///     - name: token
    ///       projected:
    ///         sources:
    ///           - serviceAccountToken: # <-
    ///               path: token
    ///   containers:
    ///     - name: app
    ///       image: app:1.0
    /// ```
    /// ```yaml pass
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    /// spec:
    ///   volumes:
    ///     - name: token
    ///       projected:
    ///         sources:
    ///           - serviceAccountToken:
    ///               path: token
    ///               audience: vault
    ///               expirationSeconds: 3600
    ///   containers:
    ///     - name: app
    ///       image: app:1.0
    /// ```
    /// ```yaml pass
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    /// spec:
    ///   volumes:
    ///     - name: token
    ///       projected:
    ///         sources:
    ///           - serviceAccountToken:
    ///               path: token
    ///               expirationSeconds: 3607
    ///           - configMap:
    ///               name: kube-root-ca.crt
    ///   containers:
    ///     - name: app
    ///       image: app:1.0
    /// ```
    ///
    /// ## Fix
    /// Set `audience` to the service that the token is for, and leave `expirationSeconds` at an hour: the kubelet renews the file.
    LongLivedProjectedToken {
        id: "long-lived-projected-token",
        title: "Projected token lifetime over the recommended bound or audience missing",
        ring: Cluster,
        target: Workload,
        hooks: [Workload],
        severity: Low,
        since: "0.1.0",
        controls: ["nsa:AUTH", "mitre:T1528"],
    }
}

impl Check for LongLivedProjectedToken {
    fn workload(&self, workload: &Workload<'_>, findings: &mut Findings<'_>) {
        let most = findings.settings().max_token_seconds;
        for volume in workload.pod.volumes() {
            let Some(projected) = volume.get("projected") else {
                continue;
            };
            let is_for_api_server = projected
                .list("sources")
                .filter_map(|source| source.get("configMap"))
                .any(|map| map.str("name") == Some("kube-root-ca.crt"));
            for token in projected
                .list("sources")
                .filter_map(|source| source.get("serviceAccountToken"))
            {
                let lifetime = token.get("expirationSeconds");
                if let Some(field) = lifetime
                    && let Some(seconds) = field.as_i64()
                    && seconds > most
                {
                    findings
                        .add(Self::META)
                        .at(field)
                        .note(format!(
                            "projects a token that lives {seconds} seconds, more than {most}"
                        ))
                        .fix(Safety::Unsafe, edit::replace(field, "3600"));
                }
                let audience = token.get("audience").map_or("", |audience| audience.text());
                if audience.is_empty() && !is_for_api_server {
                    findings
                        .add(Self::META)
                        .missing(token, "audience")
                        .note("projects a token without an audience");
                }
            }
        }
    }
}
