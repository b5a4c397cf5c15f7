//! Fields that the API server demands and fills in no default for.
//!
//! A choice among those that [`super::Field::required`] marks, after the validation code of Kubernetes 1.36:
//! only what is refused whatever else the object says, and only in parts that a strategic merge patch
//! never writes without them, so that a patch does not look like a broken object.

use super::TypeRef;
use crate::yaml::Node;

/// The demanded fields that an object of a type lacks.
pub(super) fn missing(node: Node<'_>, of: TypeRef) -> impl Iterator<Item = &'static str> {
    let demanded = of.demanded();
    let demanded = if !demanded.is_empty() && node.get("$patch").is_some() {
        &[]
    } else {
        demanded
    };
    demanded
        .iter()
        .copied()
        .filter(move |field| node.get(field).is_none_or(is_empty))
}

fn is_empty(node: Node<'_>) -> bool {
    node.is_scalar() && node.text().is_empty()
}

/// The demanded fields of a type.
pub(super) fn demanded(package: &str, name: &str) -> &'static [&'static str] {
    let (group, version) = package.split_once('/').unwrap_or((package, ""));
    match group {
        "core" => core(name),
        "meta" => match name {
            "LabelSelectorRequirement" => &["key", "operator"],
            "OwnerReference" => &["apiVersion", "kind", "name", "uid"],
            _ => &[],
        },
        "rbac" => match name {
            "RoleRef" | "Subject" => &["kind", "name"],
            "PolicyRule" => &["verbs"],
            "RoleBinding" | "ClusterRoleBinding" => &["roleRef"],
            _ => &[],
        },
        "networking" | "extensions" => match name {
            // Versions before v1 filled in ImplementationSpecific.
            "HTTPIngressPath" if version == "v1" => &["pathType", "backend"],
            "HTTPIngressPath" => &["backend"],
            "HTTPIngressRuleValue" => &["paths"],
            "IngressServiceBackend" => &["name"],
            "IPBlock" => &["cidr"],
            _ => &[],
        },
        "autoscaling" => match name {
            "CrossVersionObjectReference" => &["kind", "name"],
            "MetricSpec" => &["type"],
            "MetricTarget" if version == "v2" => &["type"],
            "ResourceMetricSource" if version == "v2" => &["name", "target"],
            "HPAScalingPolicy" => &["type", "value", "periodSeconds"],
            _ => &[],
        },
        "batch" if name == "PodFailurePolicyRule" => &["action"],
        "storage" if name == "StorageClass" => &["provisioner"],
        "node" if name == "RuntimeClass" && version != "v1alpha1" => &["handler"],
        "apiextensions" => match name {
            "CustomResourceDefinitionVersion" => &["name"],
            _ => &[],
        },
        "audit" => match name {
            "Policy" => &["rules"],
            "PolicyRule" => &["level"],
            _ => &[],
        },
        _ => &[],
    }
}

fn core(name: &str) -> &'static [&'static str] {
    match name {
        "Container" | "EphemeralContainer" | "EnvVar" | "Volume" | "HTTPHeader" | "Sysctl"
        | "PodOS" | "PodSchedulingGate" => &["name"],
        "VolumeMount" => &["name", "mountPath"],
        "VolumeDevice" => &["name", "devicePath"],
        "ContainerPort" => &["containerPort"],
        "HTTPGetAction" | "TCPSocketAction" | "GRPCAction" | "ServicePort" => &["port"],
        "SecretKeySelector" | "ConfigMapKeySelector" => &["key"],
        "ObjectFieldSelector" => &["fieldPath"],
        "ResourceFieldSelector" => &["resource"],
        "KeyToPath" => &["key", "path"],
        "HostPathVolumeSource" | "DownwardAPIVolumeFile" | "ServiceAccountTokenProjection" => {
            &["path"]
        }
        "PersistentVolumeClaimVolumeSource" => &["claimName"],
        "NFSVolumeSource" => &["server", "path"],
        "CSIVolumeSource" => &["driver"],
        "PodAffinityTerm" => &["topologyKey"],
        "TopologySpreadConstraint" => &["maxSkew", "topologyKey", "whenUnsatisfiable"],
        "NodeSelector" => &["nodeSelectorTerms"],
        "NodeSelectorRequirement" => &["key", "operator"],
        "PreferredSchedulingTerm" => &["weight"],
        "WeightedPodAffinityTerm" => &["weight", "podAffinityTerm"],
        "HostAlias" => &["ip"],
        "SeccompProfile" | "AppArmorProfile" | "LimitRangeItem" => &["type"],
        "PodReadinessGate" => &["conditionType"],
        "TypedLocalObjectReference" | "TypedObjectReference" => &["kind", "name"],
        _ => &[],
    }
}
