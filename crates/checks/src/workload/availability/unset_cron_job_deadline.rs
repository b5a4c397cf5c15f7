use crate::{Check, Findings, Node, Resource, Safety, check, edit};

check! {
    /// ## What it finds
    /// Cron jobs without `startingDeadlineSeconds`.
    ///
    /// ## Why it matters
    /// Without a deadline a start that was missed is made up for, however late: the nightly export runs at noon.
    /// After more than a hundred missed starts, some versions of Kubernetes never start it again.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: batch/v1
    /// kind: CronJob
    /// metadata:
    ///   name: import # <-
    /// spec:
    ///   schedule: "0 3 * * *"
    /// ```
    /// ```yaml pass
    /// apiVersion: batch/v1
    /// kind: CronJob
    /// metadata:
    ///   name: import
    /// spec:
    ///   schedule: "0 3 * * *"
    ///   startingDeadlineSeconds: 300
    /// ```
    ///
    /// ## Fix
    /// Set `startingDeadlineSeconds` to how late a start still makes sense, and not below 10.
    UnsetCronJobDeadline {
        id: "unset-cron-job-deadline",
        title: "CronJob without startingDeadlineSeconds",
        ring: Code,
        target: Workload,
        hooks: [Resource],
        severity: Info,
        since: "0.1.0",
        controls: [],
    }
}

const FIELD: &str = "startingDeadlineSeconds";

impl Check for UnsetCronJobDeadline {
    fn resource(&self, resource: &Resource<'_>, findings: &mut Findings<'_>) {
        if !resource.is("batch", "CronJob") {
            return;
        }
        let deadline = resource.spec.and_then(|spec| spec.get(FIELD));
        if deadline.is_none_or(Node::is_null) {
            findings
                .add(Self::META)
                .missing(resource.place(), FIELD)
                .note("has no startingDeadlineSeconds")
                .fix(
                    Safety::Unsafe,
                    edit::set(resource.node, &["spec", FIELD], "300"),
                );
        }
    }
}
