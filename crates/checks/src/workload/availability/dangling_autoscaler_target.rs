use super::scale::{horizontal, target, target_group};
use crate::{Check, Confidence, Findings, Inventory, check};

check! {
    /// ## What it finds
    /// Autoscalers whose target is not in the scan, although others of its kind and namespace are.
    ///
    /// ## Why it matters
    /// The autoscaler does nothing, and the workload that it was written for keeps its size under any load.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: autoscaling/v2
    /// kind: HorizontalPodAutoscaler
    /// metadata:
    ///   name: web
    /// spec:
    ///   scaleTargetRef:
    ///     apiVersion: apps/v1
    ///     kind: Deployment
    ///     name: wbe # <-
    ///   maxReplicas: 5
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
    /// ```
    /// ```yaml pass
    /// apiVersion: autoscaling/v2
    /// kind: HorizontalPodAutoscaler
    /// metadata:
    ///   name: web
    /// spec:
    ///   scaleTargetRef:
    ///     apiVersion: apps/v1
    ///     kind: Deployment
    ///     name: web
    ///   maxReplicas: 5
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
    /// ```
    /// ```yaml pass
    /// apiVersion: autoscaling/v2
    /// kind: HorizontalPodAutoscaler
    /// metadata:
    ///   name: web
    /// spec:
    ///   scaleTargetRef:
    ///     apiVersion: apps/v1
    ///     kind: Deployment
    ///     name: kept-elsewhere
    ///   maxReplicas: 5
    /// ```
    /// ```yaml pass
    /// apiVersion: autoscaling/v1
    /// kind: HorizontalPodAutoscaler
    /// metadata:
    ///   name: web
    /// spec:
    ///   scaleTargetRef:
    ///     apiVersion: v1
    ///     kind: DeploymentConfig
    ///     name: web
    ///   maxReplicas: 5
    /// ---
    /// apiVersion: v1
    /// kind: DeploymentConfig
    /// metadata:
    ///   name: other
    /// spec:
    ///   template:
    ///     spec:
    ///       containers:
    ///         - name: app
    /// ---
    /// apiVersion: apps.openshift.io/v1
    /// kind: DeploymentConfig
    /// metadata:
    ///   name: web
    /// spec:
    ///   template:
    ///     spec:
    ///       containers:
    ///         - name: app
    /// ```
    ///
    /// ## Fix
    /// Correct kind, name and API version of `scaleTargetRef`, and let both stand in one namespace.
    DanglingAutoscalerTarget {
        id: "dangling-autoscaler-target",
        title: "HorizontalPodAutoscaler target object not found",
        ring: Code,
        target: Workload,
        hooks: [Inventory],
        severity: Medium,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for DanglingAutoscalerTarget {
    fn inventory(&self, inventory: &Inventory<'_>, findings: &mut Findings<'_>) {
        for scaler in horizontal(inventory) {
            let Some(target) = target(scaler) else {
                continue;
            };
            let (Some(kind), Some(name)) = (target.str("kind"), target.get("name")) else {
                continue; // Its schema says what is missing.
            };
            let group = target_group(target).unwrap_or("apps");
            // In a namespace of which the scan shows no such objects, they are kept elsewhere.
            let is_known = || {
                inventory
                    .of_kind(group, kind)
                    .any(|object| Inventory::share_namespace(object, scaler))
            };
            // A Deployment of `extensions/v1beta1` is stored as one of `apps`.
            let is_there = ["extensions", group].into_iter().any(|group| {
                inventory
                    .named(group, kind, name.text(), scaler)
                    .next()
                    .is_some()
            });
            if !is_there && is_known() {
                findings
                    .add(Self::META)
                    .about(scaler)
                    .at(name)
                    .confidence(Confidence::Medium)
                    .note(format!("scales {kind} {}, which is not there", name.text()));
            }
        }
    }
}
