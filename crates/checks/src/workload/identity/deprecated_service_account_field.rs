use crate::{
    Check, Findings, Node, Safety, Workload, check, edit,
    workload::identity::service_account::written,
};

check! {
    /// ## What it finds
    /// Pods with the field `serviceAccount`, unless `serviceAccountName` says the same: so does the API server write what it returns.
    ///
    /// ## Why it matters
    /// The field is a deprecated alias of `serviceAccountName` and is ignored wherever both are there.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    /// spec:
    ///   serviceAccount: web # <-
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
    ///   serviceAccountName: web
    ///   serviceAccount: old # <-
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
    ///   serviceAccountName: web
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
    ///   serviceAccountName: web
    ///   serviceAccount: web
    ///   containers:
    ///     - name: app
    ///       image: app:1.0
    /// ```
    ///
    /// ## Fix
    /// Write `serviceAccountName` instead.
    DeprecatedServiceAccountField {
        id: "deprecated-service-account-field",
        title: "Deprecated spec.serviceAccount field",
        ring: Code,
        target: Workload,
        hooks: [Workload],
        severity: Low,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for DeprecatedServiceAccountField {
    fn workload(&self, workload: &Workload<'_>, findings: &mut Findings<'_>) {
        let pod = &workload.pod;
        let Some(field) = written(pod, "serviceAccount") else {
            return;
        };
        match written(pod, "serviceAccountName") {
            Some(name) if name.text() == field.text() => {}
            Some(name) => {
                findings
                    .add(Self::META)
                    .at(field)
                    .note(format!(
                        "sets serviceAccount: {}, but runs as {}",
                        field.text(),
                        name.text()
                    ))
                    .fix(Safety::Safe, edit::remove(pod.spec, "serviceAccount"));
            }
            None => {
                let key = field.key();
                // An empty serviceAccountName beside it would become a repeated key.
                let renamed = key
                    .filter(|_| pod.spec.get("serviceAccountName").is_none())
                    .and_then(|key: Node<'_>| edit::replace(key, "serviceAccountName"));
                findings
                    .add(Self::META)
                    .at(field)
                    .note("sets the deprecated field serviceAccount")
                    .fix(Safety::Safe, renamed);
            }
        }
    }
}
