use super::labels::is_workload;
use crate::{Check, Findings, Node, Resource, check};

check! {
    /// ## What it finds
    /// Workloads with neither an `app.kubernetes.io/name` nor an `app.kubernetes.io/instance` label, on the object or
    /// on its pods.
    ///
    /// ## Why it matters
    /// Tools that list, group and police programs across teams read these labels; without them a program is not seen.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata:
    ///   name: web # <-
    ///   labels:
    ///     app: web
    /// ```
    /// ```yaml pass
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata:
    ///   name: web
    ///   labels:
    ///     app.kubernetes.io/name: web
    /// ---
    /// apiVersion: v1
    /// kind: ConfigMap
    /// metadata:
    ///   name: settings
    /// ```
    ///
    /// ## Fix
    /// Add the labels `app.kubernetes.io/name`, `instance`, `version`, `component`, `part-of` and `managed-by`, as far as they say something.
    MissingRecommendedLabels {
        id: "missing-recommended-labels",
        title: "Recommended app.kubernetes.io labels missing",
        ring: Code,
        target: Workload,
        hooks: [Resource],
        severity: Info,
        since: "0.1.0",
        controls: [],
    }
}

const NAMES: [&str; 2] = ["app.kubernetes.io/name", "app.kubernetes.io/instance"];

impl Check for MissingRecommendedLabels {
    fn resource(&self, resource: &Resource<'_>, findings: &mut Findings<'_>) {
        if !is_workload(resource) {
            return;
        }
        let template = resource
            .spec
            .and_then(|spec| spec.path(&["template", "metadata", "labels"]));
        let is_named = NAMES.iter().any(|name| {
            resource.label(name).is_some()
                || template
                    .and_then(|labels: Node<'_>| labels.get(name))
                    .is_some()
        });
        if !is_named {
            findings
                .add(Self::META)
                .missing(resource.place(), "metadata")
                .note(
                    "has none of the labels app.kubernetes.io/name and app.kubernetes.io/instance",
                );
        }
    }
}
