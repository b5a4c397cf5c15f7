use super::labels::{is_placeholder, is_workload};
use crate::{Check, Findings, Resource, check};

check! {
    /// ## What it finds
    /// Workloads whose label `app.kubernetes.io/instance` does not occur in their name.
    ///
    /// ## Why it matters
    /// The instance tells installations of one program apart, and by convention names the objects that belong to it.
    /// A label left over from another installation makes queries and clean-ups reach the wrong objects.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata:
    ///   name: shop-web
    ///   labels:
    ///     app.kubernetes.io/instance: blog # <-
    /// ```
    /// ```yaml pass
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata:
    ///   name: shop-web
    ///   labels:
    ///     app.kubernetes.io/instance: shop
    /// ---
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata:
    ///   name: shop
    ///   labels:
    ///     app.kubernetes.io/instance: shop
    /// ```
    ///
    /// ## Fix
    /// Write the name of the installation that the object belongs to.
    MismatchedInstanceLabel {
        id: "mismatched-instance-label",
        title: "app.kubernetes.io/instance differs from the object name",
        ring: Code,
        target: Workload,
        hooks: [Resource],
        severity: Info,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for MismatchedInstanceLabel {
    fn resource(&self, resource: &Resource<'_>, findings: &mut Findings<'_>) {
        if !is_workload(resource) || resource.name.is_empty() {
            return;
        }
        let Some(label) = resource.label("app.kubernetes.io/instance") else {
            return;
        };
        let instance = label.text();
        if !instance.is_empty() && !resource.name.contains(instance) && !is_placeholder(instance) {
            findings
                .add(Self::META)
                .at(label)
                .note(format!("is labelled as instance {instance}"));
        }
    }
}
