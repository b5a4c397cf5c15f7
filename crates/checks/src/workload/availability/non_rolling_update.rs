use super::{disruption::Amount, scale::DEPLOYMENT_CONFIG};
use crate::{Check, Findings, Safety, Severity, Workload, check, edit};

check! {
    /// ## What it finds
    /// Deployments and `DeploymentConfigs` with the strategy `Recreate`, `StatefulSet` objects and `DaemonSet` objects with `OnDelete`, and rolling
    /// updates that may take down all pods at once (`maxUnavailable: 100%`).
    ///
    /// `Recreate` is info where the pod mounts a volume claim, which may allow one pod only.
    ///
    /// ## Why it matters
    /// With `Recreate` each update is an outage; with `OnDelete` a security fix is not rolled out at all until
    /// somebody deletes the pods.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata:
    ///   name: web
    /// spec:
    ///   strategy:
    ///     type: Recreate # <-
    ///   template:
    ///     spec:
    ///       containers:
    ///         - name: app
    /// ---
    /// apiVersion: apps/v1
    /// kind: DaemonSet
    /// metadata:
    ///   name: agent
    /// spec:
    ///   updateStrategy:
    ///     type: OnDelete # <-
    ///   template:
    ///     spec:
    ///       containers:
    ///         - name: agent
    /// ---
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata:
    ///   name: all-at-once
    /// spec:
    ///   strategy:
    ///     rollingUpdate:
    ///       maxUnavailable: 100% # <-
    ///   template:
    ///     spec:
    ///       containers:
    ///         - name: app
    /// ---
    /// apiVersion: apps.openshift.io/v1
    /// kind: DeploymentConfig
    /// metadata:
    ///   name: of-openshift
    /// spec:
    ///   strategy:
    ///     type: Recreate # <-
    ///   template:
    ///     spec:
    ///       containers:
    ///         - name: app
    /// ```
    /// ```yaml pass
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata:
    ///   name: web
    /// spec:
    ///   strategy:
    ///     type: RollingUpdate
    ///     rollingUpdate:
    ///       maxUnavailable: 25%
    ///   template:
    ///     spec:
    ///       containers:
    ///         - name: app
    /// ---
    /// apiVersion: apps/v1
    /// kind: StatefulSet
    /// metadata:
    ///   name: store
    /// spec:
    ///   template:
    ///     spec:
    ///       containers:
    ///         - name: app
    /// ```
    ///
    /// ## Fix
    /// Set the type to `RollingUpdate` (`Rolling` in a `DeploymentConfig`), if the old and the new version can run side by side.
    NonRollingUpdate {
        id: "non-rolling-update",
        title: "Update strategy is not a rolling update",
        ring: Container,
        target: Workload,
        hooks: [Workload],
        severity: Low,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for NonRollingUpdate {
    fn workload(&self, workload: &Workload<'_>, findings: &mut Findings<'_>) {
        let resource = workload.resource();
        let (key, rolling) = match (resource.group(), resource.kind) {
            ("apps" | "extensions", "Deployment") => ("strategy", "RollingUpdate"),
            DEPLOYMENT_CONFIG => ("strategy", "Rolling"),
            ("apps", "StatefulSet") | ("apps" | "extensions", "DaemonSet") => {
                ("updateStrategy", "RollingUpdate")
            }
            _ => return,
        };
        let Some((spec, strategy)) = resource.spec.and_then(|spec| Some((spec, spec.get(key)?)))
        else {
            return;
        };
        if let Some(kind) = strategy.get("type")
            && matches!(kind.text(), "Recreate" | "OnDelete")
        {
            let has_claim = workload
                .pod
                .volumes()
                .any(|volume| volume.get("persistentVolumeClaim").is_some());
            let draft = findings.add(Self::META).at(kind);
            if kind.text() == "Recreate" && has_claim {
                draft
                    .severity(Severity::Info)
                    .note("has the update strategy Recreate, which its volume claim may demand");
            } else {
                draft
                    .note(format!("has the update strategy {}", kind.text()))
                    .fix(Safety::Unsafe, edit::set(spec, &[key, "type"], rolling));
            }
        } else if let Some(unavailable) = strategy
            .path(&["rollingUpdate", "maxUnavailable"])
            .or_else(|| strategy.path(&["rollingParams", "maxUnavailable"]))
            && matches!(Amount::of(unavailable), Some(Amount::Percent(100..)))
        {
            findings.add(Self::META).at(unavailable).note(format!(
                "may take down all pods at once: maxUnavailable is {}",
                unavailable.text()
            ));
        }
    }
}
