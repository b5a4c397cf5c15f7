use super::scale::is_owned;
use crate::{Check, Findings, Node, Resource, Safety, check, edit};

check! {
    /// ## What it finds
    /// Jobs without `ttlSecondsAfterFinished`, and cron jobs that set it for their jobs.
    /// Jobs that Helm or Argo CD deletes as hooks are left out.
    ///
    /// ## Why it matters
    /// A finished Job stays for ever, with its pods and their logs.
    /// The jobs of a `CronJob` are removed by its history limits; a time to live removes them before anyone
    /// looks why they failed.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: batch/v1
    /// kind: Job
    /// metadata:
    ///   name: import # <-
    /// spec:
    ///   template:
    ///     spec:
    ///       containers:
    ///         - name: import
    /// ---
    /// apiVersion: batch/v1
    /// kind: CronJob
    /// metadata:
    ///   name: import
    /// spec:
    ///   schedule: "0 3 * * *"
    ///   jobTemplate:
    ///     spec:
    ///       ttlSecondsAfterFinished: 60 # <-
    ///       template:
    ///         spec:
    ///           containers:
    ///             - name: import
    /// ```
    /// ```yaml pass
    /// apiVersion: batch/v1
    /// kind: Job
    /// metadata:
    ///   name: import
    /// spec:
    ///   ttlSecondsAfterFinished: 86400
    ///   template:
    ///     spec:
    ///       containers:
    ///         - name: import
    /// ---
    /// apiVersion: batch/v1
    /// kind: Job
    /// metadata:
    ///   name: migrate
    ///   annotations:
    ///     helm.sh/hook: pre-upgrade
    ///     helm.sh/hook-delete-policy: hook-succeeded
    /// spec:
    ///   template:
    ///     spec:
    ///       containers:
    ///         - name: migrate
    /// ---
    /// apiVersion: batch/v1
    /// kind: CronJob
    /// metadata:
    ///   name: import
    /// spec:
    ///   schedule: "0 3 * * *"
    ///   jobTemplate:
    ///     spec:
    ///       template:
    ///         spec:
    ///           containers:
    ///             - name: import
    /// ```
    ///
    /// ## Fix
    /// Set `ttlSecondsAfterFinished` for a Job, `successfulJobsHistoryLimit` and `failedJobsHistoryLimit` for a `CronJob`.
    UnsuitableJobTtl {
        id: "unsuitable-job-ttl",
        title: "Finished Job is never cleaned (or TTL set on CronJob-owned Job)",
        ring: Code,
        target: Workload,
        hooks: [Resource],
        severity: Info,
        since: "0.1.0",
        controls: [],
    }
}

const FIELD: &str = "ttlSecondsAfterFinished";

impl Check for UnsuitableJobTtl {
    fn resource(&self, resource: &Resource<'_>, findings: &mut Findings<'_>) {
        if resource.is("batch", "CronJob") {
            let spec = resource
                .spec
                .and_then(|spec| spec.path(&["jobTemplate", "spec"]));
            if let Some(spec) = spec
                && let Some(ttl) = spec.get(FIELD).filter(|ttl| !ttl.is_null())
            {
                findings
                    .add(Self::META)
                    .at(ttl)
                    .note(format!(
                        "removes its jobs after {} seconds, past its history limits",
                        ttl.text()
                    ))
                    .fix(Safety::Unsafe, edit::remove(spec, FIELD));
            }
            return;
        }
        let is_hook = [
            "helm.sh/hook-delete-policy",
            "argocd.argoproj.io/hook-delete-policy",
        ]
        .iter()
        .any(|key| resource.annotation(key).is_some());
        if !resource.is("batch", "Job") || is_hook || is_owned(resource) {
            return;
        }
        let ttl = resource.spec.and_then(|spec| spec.get(FIELD));
        if ttl.is_none_or(Node::is_null) {
            findings
                .add(Self::META)
                .missing(resource.place(), FIELD)
                .note("stays for ever once it has finished: it has no ttlSecondsAfterFinished")
                .fix(
                    Safety::Unsafe,
                    edit::set(resource.node, &["spec", FIELD], "86400"),
                );
        }
    }
}
