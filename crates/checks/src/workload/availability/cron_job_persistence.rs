use crate::{Check, Findings, Node, Resource, check};

check! {
    /// ## What it finds
    /// Every cron job that is not suspended: a list to read, not a flaw.
    ///
    /// ## Why it matters
    /// A `CronJob` brings an intruder back after everything else was cleaned up.
    /// Each one should be known to somebody.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: batch/v1
    /// kind: CronJob
    /// metadata:
    ///   name: import
    /// spec:
    ///   schedule: "0 3 * * *" # <-
    /// ```
    /// ```yaml pass
    /// apiVersion: batch/v1
    /// kind: CronJob
    /// metadata:
    ///   name: import
    /// spec:
    ///   schedule: "0 3 * * *"
    ///   suspend: true
    /// ```
    ///
    /// ## Fix
    /// Make sure that somebody knows what it does, and remove it where nobody does.
    CronJobPersistence {
        id: "cron-job-persistence",
        title: "CronJob present (persistence inventory)",
        ring: Cluster,
        target: Workload,
        hooks: [Resource],
        severity: Info,
        since: "0.1.0",
        controls: ["mitre:T1053.007"],
    }
}

impl Check for CronJobPersistence {
    fn resource(&self, resource: &Resource<'_>, findings: &mut Findings<'_>) {
        if !resource.is("batch", "CronJob") {
            return;
        }
        let field = |key| resource.spec.and_then(|spec| spec.get(key));
        if field("suspend").is_some_and(Node::is_true) {
            return;
        }
        let schedule = field("schedule");
        let text = schedule.map_or("?", Node::text);
        findings
            .add(Self::META)
            .at(schedule.unwrap_or_else(|| resource.place()))
            .note(format!("comes back on the schedule {text}"));
    }
}
