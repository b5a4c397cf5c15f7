//! How many pods a workload has, and what changes that number.

use foldhash::HashMap;
use ringwall_input::kubernetes::group_of;

use crate::{Inventory, Node, Resource};

/// Group and kind of OpenShift's own Deployment.
pub(super) const DEPLOYMENT_CONFIG: (&str, &str) = ("apps.openshift.io", "DeploymentConfig");

/// Whether `spec.replicas` of an object says how many pods it has.
pub(super) fn is_scalable(resource: &Resource<'_>) -> bool {
    match resource.group() {
        "apps" => matches!(resource.kind, "Deployment" | "StatefulSet" | "ReplicaSet"),
        "extensions" => resource.kind == "Deployment",
        "" => resource.kind == "ReplicationController",
        "argoproj.io" => resource.kind == "Rollout",
        "apps.openshift.io" => resource.kind == "DeploymentConfig",
        "apps.kruise.io" => matches!(resource.kind, "CloneSet" | "StatefulSet"),
        _ => false,
    }
}

/// Whether another object made it, as a Deployment makes its `ReplicaSet` objects: the finding belongs to that one.
pub(super) fn is_owned(resource: &Resource<'_>) -> bool {
    resource
        .metadata
        .is_some_and(|metadata| metadata.list("ownerReferences").next().is_some())
}

/// Where the number of pods is written.
pub(super) fn replicas_node<'a>(resource: &Resource<'a>) -> Option<Node<'a>> {
    resource
        .spec?
        .get("replicas")
        .filter(|replicas| !replicas.is_null())
}

/// The number of pods of a scalable object; `None` where it is not written as a number.
pub(super) fn replicas(resource: &Resource<'_>) -> Option<i64> {
    match replicas_node(resource) {
        Some(node) => node.as_i64(),
        // Nothing sets a default in one of OpenShift.
        None => ((resource.group(), resource.kind) != DEPLOYMENT_CONFIG).then_some(1),
    }
}

/// What scales workloads: each `HorizontalPodAutoscaler`, and each `ScaledObject` of KEDA, which makes one.
pub(super) struct Autoscalers<'i, 'a> {
    by_name: HashMap<&'a str, Vec<&'i Resource<'a>>>,
}

impl<'i, 'a> Autoscalers<'i, 'a> {
    pub(super) fn new(inventory: &'i Inventory<'a>) -> Self {
        let mut by_name: HashMap<&str, Vec<&Resource<'_>>> = HashMap::default();
        let scaled = inventory.of_kind("keda.sh", "ScaledObject");
        for scaler in horizontal(inventory).chain(scaled) {
            if let Some(name) = target(scaler).and_then(|target| target.str("name")) {
                by_name.entry(name).or_default().push(scaler);
            }
        }
        Self { by_name }
    }

    /// What scales an object.
    pub(super) fn of(&self, resource: &Resource<'_>) -> Option<&'i Resource<'a>> {
        self.by_name
            .get(resource.name)?
            .iter()
            .copied()
            .find(|scaler| {
                Inventory::share_namespace(scaler, resource)
                    && target(scaler).is_some_and(|target| names(target, resource))
            })
    }
}

/// Every `HorizontalPodAutoscaler`.
pub(super) fn horizontal<'i, 'a>(
    inventory: &'i Inventory<'a>,
) -> impl Iterator<Item = &'i Resource<'a>> {
    inventory.of_kind("autoscaling", "HorizontalPodAutoscaler")
}

/// What an autoscaler scales.
pub(super) fn target<'a>(scaler: &Resource<'a>) -> Option<Node<'a>> {
    scaler.spec?.get("scaleTargetRef")
}

/// The API group that a target names; Deployments of `extensions` are those of `apps`.
pub(super) fn target_group(target: Node<'_>) -> Option<&str> {
    let group = group_of(target.str("apiVersion")?, target.str("kind").unwrap_or(""));
    Some(if group == "extensions" { "apps" } else { group })
}

fn names(target: Node<'_>, resource: &Resource<'_>) -> bool {
    let group = if resource.group() == "extensions" {
        "apps"
    } else {
        resource.group()
    };
    target.str("kind").unwrap_or("Deployment") == resource.kind
        && target_group(target).is_none_or(|named| named == group)
}

/// The fewest pods that an autoscaler leaves.
pub(super) fn min_replicas(scaler: &Resource<'_>) -> Option<i64> {
    bound(scaler, "minReplicas", 1, "minReplicaCount", 0)
}

/// The most pods that an autoscaler makes.
pub(super) fn max_replicas(scaler: &Resource<'_>) -> Option<i64> {
    // Without its maximum a HorizontalPodAutoscaler is refused.
    bound(scaler, "maxReplicas", i64::MAX, "maxReplicaCount", 100)
}

fn bound(
    scaler: &Resource<'_>,
    key: &str,
    default: i64,
    keda_key: &str,
    keda_default: i64,
) -> Option<i64> {
    let (key, default) = if scaler.group() == "keda.sh" {
        (keda_key, keda_default)
    } else {
        (key, default)
    };
    match scaler.spec?.get(key) {
        Some(node) if !node.is_null() => node.as_i64(),
        _ => Some(default),
    }
}

/// Whether several pods of a workload may run: what is spread over nodes or kept during a drain.
pub(super) fn has_several(resource: &Resource<'_>, autoscalers: &Autoscalers<'_, '_>) -> bool {
    is_scalable(resource)
        && match autoscalers.of(resource) {
            Some(scaler) => max_replicas(scaler).is_none_or(|most| most > 1),
            None => replicas(resource).is_some_and(|replicas| replicas > 1),
        }
}
