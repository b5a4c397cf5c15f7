use super::scale::DEPLOYMENT_CONFIG;
use crate::{Check, Findings, Safety, Workload, check, edit};

check! {
    /// ## What it finds
    /// Jobs and cron jobs whose `restartPolicy` is `Always`, or left out, which means the same; and
    /// Deployments and the like with another than `Always`.
    ///
    /// ## Why it matters
    /// The API server refuses the object.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: batch/v1
    /// kind: CronJob
    /// metadata:
    ///   name: import
    /// spec:
    ///   schedule: "0 3 * * *"
    ///   jobTemplate:
    ///     spec:
    ///       template:
    ///         spec: # <-
    ///           containers:
    ///             - name: import
    /// ---
    /// apiVersion: batch/v1
    /// kind: Job
    /// metadata:
    ///   name: import
    /// spec:
    ///   template:
    ///     spec:
    ///       restartPolicy: Always # <-
    ///       containers:
    ///         - name: import
    /// ---
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata:
    ///   name: web
    /// spec:
    ///   template:
    ///     spec:
    ///       restartPolicy: OnFailure # <-
    ///       containers:
    ///         - name: app
    /// ---
    /// apiVersion: apps.openshift.io/v1
    /// kind: DeploymentConfig
    /// metadata:
    ///   name: of-openshift
    /// spec:
    ///   template:
    ///     spec:
    ///       restartPolicy: Never # <-
    ///       containers:
    ///         - name: app
    /// ```
    /// ```yaml pass
    /// apiVersion: batch/v1
    /// kind: Job
    /// metadata:
    ///   name: import
    /// spec:
    ///   template:
    ///     spec:
    ///       restartPolicy: OnFailure
    ///       containers:
    ///         - name: import
    /// ---
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata:
    ///   name: web
    /// spec:
    ///   template:
    ///     spec:
    ///       containers:
    ///         - name: app
    /// ---
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: once
    /// spec:
    ///   restartPolicy: Never
    ///   containers:
    ///     - name: app
    /// ```
    ///
    /// ## Fix
    /// Set `restartPolicy: Never` or `OnFailure` for a job, and leave it out elsewhere.
    UnsuitableRestartPolicy {
        id: "unsuitable-restart-policy",
        title: "restartPolicy does not suit the kind of workload",
        ring: Code,
        target: Workload,
        hooks: [Workload],
        severity: Medium,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for UnsuitableRestartPolicy {
    fn workload(&self, workload: &Workload<'_>, findings: &mut Findings<'_>) {
        let pod = &workload.pod;
        let must_end = match (pod.resource.group(), pod.resource.kind) {
            ("batch", "Job" | "CronJob") => true,
            ("apps" | "extensions", "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet")
            | ("", "ReplicationController")
            | DEPLOYMENT_CONFIG => false,
            _ => return,
        };
        let policy = pod
            .field(["restartPolicy"])
            .filter(|policy| !policy.is_null() && !policy.text().is_empty());
        let kind = pod.resource.kind;
        match policy {
            Some(policy) if must_end && !matches!(policy.text(), "Never" | "OnFailure") => {
                findings.add(Self::META).at(policy).note(format!(
                    "is refused: a {kind} cannot have restartPolicy: {}",
                    policy.text()
                ));
            }
            None if must_end => {
                findings
                    .add(Self::META)
                    .missing(pod.place(), "restartPolicy")
                    .note(format!(
                        "is refused: a {kind} cannot leave restartPolicy at its default, Always"
                    ));
            }
            Some(policy) if !must_end && policy.text() != "Always" => {
                findings
                    .add(Self::META)
                    .at(policy)
                    .note(format!(
                        "is refused: a {kind} cannot have restartPolicy: {}",
                        policy.text()
                    ))
                    .fix(Safety::Unsafe, edit::replace(policy, "Always"));
            }
            _ => {}
        }
    }
}
