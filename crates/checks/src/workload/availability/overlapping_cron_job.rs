use crate::{Check, Findings, Resource, Safety, check, edit};

check! {
    /// ## What it finds
    /// Cron jobs whose runs may overlap: `concurrencyPolicy` is `Allow`, or left out, which means the same.
    ///
    /// ## Why it matters
    /// When a run hangs, each further start adds one more, until the namespace is full.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: batch/v1
    /// kind: CronJob
    /// metadata:
    ///   name: import # <-
    /// spec:
    ///   schedule: "* * * * *"
    /// ---
    /// apiVersion: batch/v1
    /// kind: CronJob
    /// metadata:
    ///   name: export
    /// spec:
    ///   schedule: "* * * * *"
    ///   concurrencyPolicy: Allow # <-
    /// ```
    /// ```yaml pass
    /// apiVersion: batch/v1
    /// kind: CronJob
    /// metadata:
    ///   name: import
    /// spec:
    ///   schedule: "* * * * *"
    ///   concurrencyPolicy: Forbid
    /// ```
    ///
    /// ## Fix
    /// Set `concurrencyPolicy: Forbid`, or `Replace` where the newest run is the one that counts.
    OverlappingCronJob {
        id: "overlapping-cron-job",
        title: "CronJob allows overlapping runs by default",
        ring: Code,
        target: Workload,
        hooks: [Resource],
        severity: Info,
        since: "0.1.0",
        controls: [],
    }
}

const FIELD: &str = "concurrencyPolicy";

impl Check for OverlappingCronJob {
    fn resource(&self, resource: &Resource<'_>, findings: &mut Findings<'_>) {
        if !resource.is("batch", "CronJob") {
            return;
        }
        let policy = resource
            .spec
            .and_then(|spec| spec.get(FIELD))
            .filter(|policy| !policy.is_null() && !policy.text().is_empty());
        let draft = match policy {
            None => findings
                .add(Self::META)
                .missing(resource.place(), FIELD)
                .note("leaves concurrencyPolicy at its default, Allow"),
            Some(policy) if policy.text() == "Allow" => findings
                .add(Self::META)
                .at(policy)
                .note("has concurrencyPolicy: Allow"),
            Some(_) => return,
        };
        draft.fix(
            Safety::Unsafe,
            edit::set(resource.node, &["spec", FIELD], "Forbid"),
        );
    }
}
