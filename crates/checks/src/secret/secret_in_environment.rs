use crate::{Check, Container, Findings, check};

check! {
    /// ## What it finds
    /// Containers that receive values of a Secret as environment variables, one by one with `secretKeyRef` or all of them with `secretRef`.
    ///
    /// ## Why it matters
    /// Environment variables are inherited by every child process, printed by crash reports and debug pages, and readable in `/proc` by everyone with the same user.
    /// A mounted file is read by the one program that needs it, and follows the Secret when it is rotated.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    /// spec:
    ///   initContainers:
    ///     - name: migrate
    ///       envFrom:
    ///         - secretRef: # <-
    ///             name: database
    ///   containers:
    ///     - name: app
    ///       env:
    ///         - name: DB_PASSWORD
    ///           valueFrom:
    ///             secretKeyRef: # <-
    ///               name: database
    ///               key: password
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
    ///         - name: DB_HOST
    ///           valueFrom:
    ///             configMapKeyRef:
    ///               name: database
    ///               key: host
    ///       volumeMounts:
    ///         - name: database
    ///           mountPath: /etc/database
    ///   volumes:
    ///     - name: database
    ///       secret:
    ///         secretName: database
    /// ```
    ///
    /// ## Fix
    /// Mount the Secret as a volume and let the program read the file.
    SecretInEnvironment {
        id: "secret-in-environment",
        title: "Secret consumed through environment variables",
        ring: Cluster,
        target: Secret,
        hooks: [Container],
        severity: Low,
        since: "0.1.0",
        controls: ["cis:5.4.1", "cis-aks:4.5.1", "cis-eks:4.4.1", "cis-gke:4.4.1", "nsa:NET"],
    }
}

impl Check for SecretInEnvironment {
    fn container(&self, container: &Container<'_>, findings: &mut Findings<'_>) {
        let single = container
            .node
            .list("env")
            .filter_map(|entry| entry.path(&["valueFrom", "secretKeyRef"]));
        let whole = container
            .node
            .list("envFrom")
            .filter_map(|entry| entry.get("secretRef"));
        for reference in single
            .chain(whole)
            .filter(|reference| reference.is_mapping())
        {
            let name = reference.get("name").map_or("", |name| name.text());
            findings
                .add(Self::META)
                .at(reference)
                .note(format!("receives Secret {name} as environment variables"));
        }
    }
}
